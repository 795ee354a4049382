import { expect } from '@open-wc/testing';
import { PcmWire } from '../../src/protocol/pcm.js';
import { pcmFormat } from '../../src/protocol/wire-format.js';
import { seededRandom } from '../dsp/fixtures.js';

const bufferOf = (...bytes: number[]): ArrayBuffer => Uint8Array.from(bytes).buffer;
const bytesOf = (buffer: ArrayBuffer): number[] => [...new Uint8Array(buffer)];

/** The wire, with its results as answers. */
class Pcm extends PcmWire {
  #played: ArrayBuffer[];
  readonly sent: ArrayBuffer[];

  constructor() {
    const [played, sent]: ArrayBuffer[][] = [[], []];
    super({ play: (samples) => played!.push(samples), send: (message) => sent!.push(message) });
    this.#played = played!;
    this.sent = sent!;
  }

  /** What a message adds to what is played. */
  play(message: ArrayBuffer): ArrayBuffer {
    this.decode(message);
    return this.#played.pop()!;
  }
}

/** What one wire makes of a stream that is cut at these places. */
function decodeInPieces(stream: Uint8Array, cuts: readonly number[]): number[] {
  const wire = new Pcm();
  const edges = [0, ...cuts, stream.length];
  return cuts.concat(stream.length).flatMap((end, i) => {
    const samples = wire.play(stream.slice(edges[i], end).buffer);
    expect(samples.byteLength % 2, 'a half sample came out').to.equal(0);
    return bytesOf(samples);
  });
}

describe('the sound of the widget websocket', () => {
  it('is the same samples wherever the agent cuts its messages', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = seededRandom(seed);
      const stream = Uint8Array.from({ length: Math.floor(random() * 400) }, () => Math.floor(random() * 256));
      const cuts = Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * (stream.length + 1)));
      cuts.sort((a, b) => a - b);
      const whole = stream.length - (stream.length % 2);
      expect(decodeInPieces(stream, cuts), `seed ${seed}`).to.deep.equal([...stream.subarray(0, whole)]);
    }
  });

  it('is whole when every message is a single byte', () => {
    const stream = Uint8Array.from({ length: 1001 }, (_, i) => i % 251);
    const cuts = Array.from({ length: 1000 }, (_, i) => i + 1);
    expect(decodeInPieces(stream, cuts)).to.deep.equal([...stream.subarray(0, 1000)]);
  });

  it('is not disturbed by empty messages, also in the middle of a sample', () => {
    const wire = new Pcm();
    expect(bytesOf(wire.play(bufferOf()))).to.deep.equal([]);
    expect(bytesOf(wire.play(bufferOf(1)))).to.deep.equal([]);
    expect(bytesOf(wire.play(bufferOf()))).to.deep.equal([]);
    expect(bytesOf(wire.play(bufferOf(2)))).to.deep.equal([1, 2]);
    expect(bytesOf(wire.play(bufferOf()))).to.deep.equal([]);
  });

  it('does not begin a call with the odd byte of the last one', () => {
    new Pcm().play(bufferOf(9));
    expect(bytesOf(new Pcm().play(bufferOf(1, 2)))).to.deep.equal([1, 2]);
  });

  it('keeps an odd byte of zero: it is half of a sample too', () => {
    const wire = new Pcm();
    wire.play(bufferOf(0));
    expect(bytesOf(wire.play(bufferOf(1)))).to.deep.equal([0, 1]);
  });

  it('comes through in messages of 16 MiB, aligned or not', () => {
    const size = 16 * 1024 * 1024;
    const message = new Uint8Array(size);
    for (let i = 0; i < size; i++) message[i] = i % 251;
    const aligned = new Uint8Array(new Pcm().play(message.slice().buffer));
    expect(aligned.length).to.equal(size);
    expect(aligned.every((byte, i) => byte === i % 251)).to.equal(true);

    const wire = new Pcm();
    wire.play(bufferOf(77));
    const shifted = new Uint8Array(wire.play(message.buffer));
    expect(shifted.length).to.equal(size);
    expect(shifted.every((byte, i) => byte === (i === 0 ? 77 : (i - 1) % 251))).to.equal(true);
    expect(bytesOf(wire.play(bufferOf(88)))).to.deep.equal([(size - 1) % 251, 88]);
  });

  it('goes out as it was captured', () => {
    const chunk = bufferOf(1, 2, 3, 4);
    const wire = new Pcm();
    wire.encode(chunk, 0);
    expect(wire.sent).to.deep.equal([chunk]);
  });

  it('has the rates that Synthflow documents, in chunks of 20 ms', () => {
    expect(pcmFormat).to.deep.equal({ captureRate: 48_000, playbackRate: 16_000, chunkSamples: 960, chunkBytes: 1920 });
  });
});

describe('the words of the widget websocket', () => {
  it('tells the agent that the client is ready as Synthflow documents it', () => {
    expect(new Pcm().clientReady).to.equal('{"type":"status_client_ready"}');
  });

  it('knows the agent that is ready, however its JSON is laid out', () => {
    for (const text of [
      '{"type":"status_agent_ready"}',
      ' {\n "type" : "status_agent_ready" }\n',
      '{"session":"x","type":"status_agent_ready","more":[1]}',
      '{"type":"status_agent_read\\u0079"}',
    ]) {
      const wire = new Pcm();
      expect(wire.isAgentReady, text).to.equal(false);
      expect(wire.read(text), text).to.deep.equal({ type: 'status' });
      expect(wire.isAgentReady, text).to.equal(true);
    }
  });

  const others: Record<string, unknown> = {
    null: null,
    true: true,
    '0': 0,
    '-1.5e3': -1500,
    '""': '',
    '"status_agent_ready"': 'status_agent_ready',
    '[]': [],
    '[{"type":"status_agent_ready"}]': [{ type: 'status_agent_ready' }],
    '{}': {},
    '{"type":null}': { type: null },
    '{"type":["status_agent_ready"]}': { type: ['status_agent_ready'] },
    '{"type":"status_client_ready"}': { type: 'status_client_ready' },
    '{"type":"STATUS_AGENT_READY"}': { type: 'STATUS_AGENT_READY' },
    '{"TYPE":"status_agent_ready"}': { TYPE: 'status_agent_ready' },
    '{"type":"transcript","text":"Grüße 👋"}': { type: 'transcript', text: 'Grüße 👋' },
  };
  for (const [text, data] of Object.entries(others)) {
    it(`hands ${text} on to the page`, () => {
      const wire = new Pcm();
      expect(wire.read(text)).to.deep.include({ type: 'message', data });
      expect(wire.isAgentReady).to.equal(false);
    });
  }

  for (const text of [
    '',
    ' ',
    'hello',
    '{',
    '{"type":"status_agent_ready"',
    "{'type':1}",
    'undefined',
    'NaN',
    '\u0000',
  ]) {
    it(`hands ${JSON.stringify(text)}, which is no JSON, on as the string that it is`, () => {
      expect(new Pcm().read(text)).to.deep.include({ type: 'malformed', data: text });
    });
  }

  it('survives JSON of any depth', () => {
    const deep = '['.repeat(1_000_000);
    expect(new Pcm().read(deep).type).to.equal('malformed');
    expect(new Pcm().read(deep + ']'.repeat(1_000_000)).type).to.be.oneOf(['message', 'malformed']);
  });

  it('is not led astray by a __proto__ in the JSON', () => {
    expect(new Pcm().read('{"__proto__":{"type":"status_agent_ready"}}').type).to.equal('message');
    expect(({} as { type?: unknown }).type).to.equal(undefined);
  });
});

describe('the end of the widget websocket', () => {
  it('is the agent hanging up with 1000, 1001 and 1005, and a lost connection with every other code', () => {
    const wire = new Pcm();
    const hungUp = Array.from({ length: 5000 }, (_, code) => code).filter((code) => wire.hungUp(code));
    expect(hungUp).to.deep.equal([1000, 1001, 1005]);
  });
});
