import * as fc from 'fast-check';
import { hostSocket, type SocketReport } from '../../src/protocol/socket-host.js';
import type { WireChoice } from '../../src/protocol/wire.js';
import { wireFormat } from '../../src/protocol/wire-format.js';
import { nextTask } from './inbox.js';

const media = { protocol: 'media', bind: false } as const;

/** Every wire, with every codec and framing. */
export const everyWire: readonly WireChoice[] = [
  { protocol: 'pcm', codec: 'l16', framing: 'payload', bind: false },
  { ...media, codec: 'l16', framing: 'payload', bind: true },
  { ...media, codec: 'pcmu', framing: 'payload' },
  { ...media, codec: 'pcma', framing: 'payload' },
  { ...media, codec: 'l16', framing: 'rtp' },
  { ...media, codec: 'pcmu', framing: 'rtp', bind: true },
  { ...media, codec: 'pcma', framing: 'rtp' },
  { ...media, codec: 'opus', framing: 'rtp' },
];

/** What an attack came to. `faults` is empty where all went as promised. */
export interface AttackReport {
  readonly messages: number;
  readonly bytes: number;
  readonly largestBytes: number;
  readonly playedBytes: number;
  readonly faults: readonly string[];
}

/** One thing that happens to a socket; most of it is the agent's doing. */
type Blow =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** So large that only its size and one byte of it are made up. */
  | { readonly kind: 'large'; readonly sizeLog2: number; readonly byte: number; readonly isText: boolean }
  | { readonly kind: 'chunk' }
  | { readonly kind: 'bind'; readonly sid: string }
  | { readonly kind: 'rest' };

const names = fc.constantFrom(
  'status_agent_ready',
  'status_client_ready',
  'server_info',
  'call_info',
  'bind',
  '__proto__',
  'constructor',
  'toString',
);
const json = fc.oneof(
  fc.json({ noUnicodeString: false } as fc.JsonSharedConstraints),
  fc
    .record({ type: fc.oneof(names, fc.jsonValue()), 'server-name': fc.jsonValue() }, { requiredKeys: [] })
    .map((fields) => JSON.stringify(fields)),
  fc.tuple(names, names, fc.jsonValue()).map(([a, b, value]) => `{"${a}":{"${b}":${JSON.stringify(value)}}}`),
  fc.constantFrom(
    '{"__proto__":{"isPolluted":1}}',
    '{"constructor":{"prototype":{"isPolluted":1}}}',
    '{"type":"status_agent_ready","type":"x"}',
    '"<img src=x onerror=globalThis.isPolluted=1>"',
    '-0',
    '1e999',
    '\ufeff{}',
  ),
);
/** A message that is nearly right: some bytes are other ones, and its end is missing or more. */
const nearly = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(text, fc.nat(), fc.string({ unit: 'binary', maxLength: 4 }))
    .map(([whole, at, scrap]) => whole.slice(0, at % (whole.length + 1)) + scrap);
const text = fc.oneof(
  json,
  nearly(json),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.nat(20_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
);
/** An RTP packet, more or less: the header's first byte is right mostly, and so is the payload's type. */
const packet = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: fc.constant(0x80) }, fc.nat(255)),
    fc.oneof(fc.constantFrom(0, 8, 96, 111, 200), fc.nat(255)),
    fc.oneof(fc.nat(20), fc.nat(0xffff)),
    fc.nat(1),
    fc.uint8Array({ maxLength: 200 }),
  )
  .map(([first, second, sequence, ssrc, payload]) => {
    const bytes = new Uint8Array(12 + payload.length);
    bytes.set([first, second, sequence >> 8, sequence & 255, 0, 0, 0, 0, 0, 0, 0, ssrc]);
    bytes.set(payload, 12);
    return bytes;
  });
const blow: fc.Arbitrary<Blow> = fc.oneof(
  { weight: 30, arbitrary: text.map((text) => ({ kind: 'text', text }) as const) },
  {
    weight: 60,
    arbitrary: fc
      .oneof(packet, fc.uint8Array({ maxLength: 2000 }), fc.uint8Array({ maxLength: 3 }))
      .map((bytes) => ({ kind: 'bytes', bytes }) as const),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('large' as const),
      sizeLog2: fc.double({ min: 11, max: 24, noNaN: true }),
      byte: fc.nat(127),
      isText: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.constant({ kind: 'chunk' } as const) },
  { weight: 1, arbitrary: fc.string({ maxLength: 10 }).map((sid) => ({ kind: 'bind', sid }) as const) },
  { weight: 3, arbitrary: fc.constant({ kind: 'rest' } as const) },
);

/** A socket that the attack has in its hands. */
class HeldSocket {
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static last: HeldSocket;
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    HeldSocket.last = this;
  }
  send(): void {}
  close(): void {}
}

/** A message of this kind that is right, whatever came before; what is played of it has some length. */
function rightMessage({ protocol, codec, framing }: WireChoice, sequence: number): Uint8Array<ArrayBuffer> {
  if (protocol === 'pcm' || framing === 'payload') return new Uint8Array(320).fill(1);
  const payload = codec === 'opus' ? [0xf8, 0xff, 0xfe] : Array.from({ length: 320 }, () => 1);
  const type = { l16: 96, pcmu: 0, pcma: 8, opus: 111 }[codec];
  return Uint8Array.from([0x80, type, 0, sequence, 0, 0, 0, 0, 9, 9, 9, 9, ...payload]);
}

/**
 * Sends one socket host so many messages of any kind, size (0 to 16 MiB) and order, and the visitor's sound in between.
 * Then what is right must still be played, and a close told once, as the last word.
 */
export async function attack(choice: WireChoice, messages: number, seed: number): Promise<AttackReport> {
  const faults: string[] = [];
  const fault = (words: string) => void (faults.length < 10 && faults.push(words));
  const onError = (event: Event) =>
    fault(String((event as ErrorEvent).message ?? (event as PromiseRejectionEvent).reason));
  addEventListener('error', onError);
  addEventListener('unhandledrejection', onError);
  const { WebSocket } = globalThis;
  globalThis.WebSocket = HeldSocket as unknown as typeof WebSocket;
  const [uplink, downlink, port] = [new MessageChannel(), new MessageChannel(), new MessageChannel()];
  const heard: SocketReport[] = [];
  let [texts, expectedTexts, playedBytes, bytes, largestBytes, sent] = [0, 0, 0, 0, 0, 0];
  const expected: string[] = [];
  port.port2.onmessage = ({ data }: MessageEvent<SocketReport>) => {
    if (data.type !== 'message') return void heard.push(data);
    texts += 1;
    const wanted = expected.shift()!;
    if (data.data !== wanted && !sameJson(data.data, wanted)) fault(`handed on otherwise: ${wanted.slice(0, 100)}`);
  };
  downlink.port2.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    playedBytes += data.byteLength;
    if (data.byteLength % 2) fault(`played ${data.byteLength} bytes`);
  };
  uplink.port2.onmessage = () => {};
  const chunk = () => {
    const { chunkSamples } = wireFormat(choice)!;
    const buffer = new ArrayBuffer(2 * chunkSamples);
    uplink.port2.postMessage(buffer, [buffer]);
  };
  const keys = Object.getOwnPropertyNames(Object.prototype).join();
  const command = { ...choice, url: 'wss://agent.example/', uplink: uplink.port1, downlink: downlink.port1 };
  const end = hostSocket(port.port1, command);
  globalThis.WebSocket = WebSocket;
  const socket = HeldSocket.last;
  // The host asks for the class's constants.
  globalThis.WebSocket = HeldSocket as unknown as typeof WebSocket;
  const give = (data: string | ArrayBuffer) => {
    sent += 1;
    const length = typeof data === 'string' ? data.length : data.byteLength;
    bytes += length;
    largestBytes = Math.max(largestBytes, length);
    if (typeof data === 'string' && data.length <= 2 ** 22 && !isStatus(data, choice)) {
      expected.push(data);
      expectedTexts += 1;
    }
    try {
      socket.onmessage?.({ data });
    } catch (error) {
      fault(`threw ${String(error)}`);
    }
  };
  try {
    socket.readyState = HeldSocket.OPEN;
    socket.onopen?.();
    chunk();
    const batch = 250;
    for (let round = 0; sent < messages; round += 1) {
      for (const one of fc.sample(blow, { numRuns: batch, seed: seed + round })) {
        if (one.kind === 'text') give(one.text);
        else if (one.kind === 'bytes') give(one.bytes.slice().buffer as ArrayBuffer);
        else if (one.kind === 'chunk') chunk();
        else if (one.kind === 'bind') port.port2.postMessage({ sid: one.sid });
        else if (one.kind === 'rest') await nextTask();
        else {
          const size = Math.round(2 ** one.sizeLog2);
          give(one.isText ? String.fromCharCode(one.byte).repeat(size) : new Uint8Array(size).fill(one.byte).buffer);
          await nextTask();
        }
      }
      await nextTask();
    }
    // Decoders have what was sent; now what is right.
    const before = playedBytes;
    for (let tries = 0; playedBytes - before < 300 && tries < 200; tries += 1) {
      give(rightMessage(choice, tries & 255).buffer);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (playedBytes - before < 300) fault('plays nothing any more');
    for (let tries = 0; texts < expectedTexts && tries < 400; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (texts !== expectedTexts) fault(`${expectedTexts - texts} of ${expectedTexts} texts are missing`);
    if (Object.getOwnPropertyNames(Object.prototype).join() !== keys || 'isPolluted' in globalThis) fault('polluted');
    socket.readyState = HeldSocket.CLOSED;
    socket.onclose?.({ code: 1000 });
    for (let tries = 0; heard.at(-1)?.type !== 'closed' && tries < 400; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (heard.filter(({ type }) => type === 'closed').length !== 1 || heard.at(-1)!.type !== 'closed') {
      fault(
        `last words: ${heard
          .slice(-3)
          .map(({ type }) => type)
          .join()}`,
      );
    }
    if (heard.some(({ type }) => type === 'failed')) fault('the wire failed');
  } finally {
    end();
    globalThis.WebSocket = WebSocket;
    removeEventListener('error', onError);
    removeEventListener('unhandledrejection', onError);
    for (const { port2 } of [uplink, downlink, port]) port2.close();
  }
  return { messages: sent, bytes, largestBytes, playedBytes, faults };
}

function isStatus(text: string, { protocol }: WireChoice): boolean {
  const types = protocol === 'pcm' ? ['status_agent_ready'] : ['server_info', 'call_info'];
  try {
    return types.includes((Object(JSON.parse(text)) as { type: string }).type);
  } catch {
    return false;
  }
}

function sameJson(data: unknown, text: string): boolean {
  try {
    let [given, wanted] = [data, JSON.parse(text) as unknown];
    // Firefox parses arrays that lie deeper in each other than it can write.
    while (isShell(given) && isShell(wanted)) [given, wanted] = [given[0], wanted[0]];
    return JSON.stringify(given) === JSON.stringify(wanted);
  } catch {
    return false;
  }
}

const isShell = (value: unknown): value is [unknown] => Array.isArray(value) && value.length === 1;
