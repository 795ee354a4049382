// What one `process` call of each processor allocates. Alone, after a build: `node --import tsx scripts/bench/allocations.ts`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext, runInThisContext } from 'node:vm';

interface Processor {
  readonly port: SilentPort;
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

const quantum = 128;
const sampleRate = 44_100;
/**
 * Rounds until everything is compiled, also what runs five times a second, and those that are counted together: few enough that
 * nothing is collected meanwhile.
 */
const [warmUp, counted] = [6000, 120];
/** How often that many are counted: what is compiled later than the rest would count in the first of them. */
const looks = 3;
/** Calls in a round; the buffers of the chunks come back between rounds, as messages do. */
const calls = 40;
const roundMs = (1000 * calls * quantum) / sampleRate;
const messageMs = 100;

/**
 * Bytes of heap for a call of what is built, at a device of 44.1 kHz: the visitor speaks now and then over an agent whose messages
 * are late now and then, at a volume of 0.6. Ports do nothing: cloning a message is the browser's.
 */
export function allocations(): Readonly<Record<'capture' | 'playback', number>> {
  const processors = new Map<string, new (options: object) => Processor>();
  class AudioWorkletProcessor {
    readonly port = silentPort();
  }
  Object.assign(globalThis, {
    sampleRate,
    currentFrame: 0,
    AudioWorkletProcessor,
    registerProcessor: (name: string, processor: never) => processors.set(name, processor),
  });
  runInThisContext(readFileSync(new URL('../../dist/synthflow-call.worklet.js', import.meta.url), 'utf8'));
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const create = (name: string): readonly [Processor, SilentPort] => {
    const processorOptions = { wireRate: 16_000, chunkSamples: 320, volume: 0.6 };
    const processor = new (processors.get(`synthflow-${name}`)!)({ processorOptions });
    const port = silentPort();
    processor.port.onmessage({ data: { type: 'link', port } });
    return [processor, port];
  };

  const [capture, uplink] = create('capture');
  // In an array that is as long as it will be: one that grows would be counted.
  const chunks: unknown[] = Array.from({ length: calls }, () => null);
  let sent = 0;
  uplink.postMessage = (chunk) => (chunks[sent++] = chunk);
  const heard = new Float32Array(quantum);
  const [inputs, none]: Float32Array[][][] = [[[heard]], []];
  // 344 Hz, which go on from one call to the next.
  const voice = heard.map((_, i) => Math.sin((2 * Math.PI * i) / quantum) / 4);

  const [playback, downlink] = create('playback');
  const outputs = [[new Float32Array(quantum)]];
  const message = new Int16Array(16 * messageMs).map((_, i) => 8000 * Math.sin((2 * Math.PI * i) / 100)).buffer;
  let [sentMs, passedMs] = [0, 0];
  const passRound = (round: number): void => {
    heard.set(voice.map((value) => (round % 9 < 4 ? value : 0)));
    uplink.onmessage({ data: chunks.slice(0, sent) });
    sent = 0;
    passedMs += roundMs;
    // Late enough to be missed now and then; what was late then comes at once.
    if (round % 15 < 2) return;
    for (; sentMs < passedMs + messageMs; sentMs += messageMs) downlink.onmessage({ data: message });
  };

  const heap = (work: () => void): number => {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < calls; i += 1) work();
    return process.memoryUsage().heapUsed - before;
  };
  const nothingDone = (): void => {};
  /** Looking at the heap takes some of it. */
  const spent = (work: () => void): number => heap(work) - heap(nothingDone);
  const works = [() => capture.process(inputs!, none!), () => playback.process(none!, outputs)];
  for (let round = 0; round < warmUp; round += 1) {
    works.forEach(spent);
    passRound(round);
  }
  const medians = Array.from({ length: looks }, (_, look) => {
    collect();
    const rounds = Array.from({ length: counted }, (__, i) => {
      const bytes = works.map(spent);
      passRound(warmUp + look * counted + i);
      return bytes;
    });
    // What the engine keeps of the code itself comes once, in some round; a report to the page in more than every second one.
    return works.map((_work, i) => rounds.map((bytes) => bytes[i]!).sort((a, b) => a - b)[counted / 2]! / calls);
  });
  const least = (i: number): number => Math.min(...medians.map((bytes) => bytes[i]!));
  return { capture: least(0), playback: least(1) };
}

interface SilentPort {
  onmessage: (event: { data: unknown }) => void;
  postMessage(data: unknown): void;
  close(): void;
}

const silentPort = (): SilentPort => ({ onmessage: () => {}, postMessage: () => {}, close: () => {} });

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(allocations());
