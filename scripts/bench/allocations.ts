// What one `process` call of each processor allocates. Alone: `node --expose-gc --import tsx scripts/bench/allocations.ts`.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fileURLToPath } from 'node:url';

interface Processor {
  readonly port: { onmessage: (event: { data: unknown }) => void };
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

const quantum = 128;
/**
 * Rounds until everything is compiled, also what runs five times a second, and those that are counted: few enough that nothing
 * is collected meanwhile.
 */
const [warmUp, counted] = [6000, 120];
/** Calls in a round; the buffers of the chunks come back between rounds, as messages do. */
const calls = 40;

/** Bytes of heap for a call, at a device of 44.1 kHz, with speech in both directions. Ports do nothing: cloning a message is the browser's. */
export async function allocations(): Promise<Readonly<Record<'capture' | 'playback', number>>> {
  const processors = new Map<string, new (options: object) => Processor>();
  class AudioWorkletProcessor {
    readonly port = silentPort();
  }
  Object.assign(globalThis, {
    sampleRate: 44_100,
    currentFrame: 0,
    AudioWorkletProcessor,
    registerProcessor: (name: string, processor: never) => processors.set(name, processor),
  });
  // By URL: its types are those of an audio thread.
  await import(new URL('../../src/audio/worklets/synthflow-call.worklet.ts', import.meta.url).href);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const options = { processorOptions: { wireRate: 16_000, chunkSamples: 320 } };
  const [Capture, Playback] = ['capture', 'playback'].map((name) => processors.get(`synthflow-${name}`)!);

  const inRound = (work: () => void): number => {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < calls; i += 1) work();
    return process.memoryUsage().heapUsed - before;
  };
  const nothingDone = (): void => {};
  const count = (work: () => void, between: () => void): number => {
    const bytes: number[] = [];
    for (let round = 0; round < warmUp + counted; round += 1) {
      if (round === warmUp) collect();
      // Looking at the heap takes some of it.
      const spent = inRound(work) - inRound(nothingDone);
      if (round >= warmUp) bytes.push(spent);
      between();
    }
    // What the engine keeps of the code itself comes once, in some round; a report to the page in more than every second one.
    return bytes.sort((a, b) => a - b)[counted / 2]! / calls;
  };

  const capture = new Capture!(options);
  const uplink = silentPort();
  // In an array that is as long as it will be: one that grows would be counted.
  const chunks: unknown[] = Array.from({ length: calls }, () => null);
  let sent = 0;
  uplink.postMessage = (chunk) => (chunks[sent++] = chunk);
  capture.port.onmessage({ data: { type: 'link', port: uplink } });
  const heard = [[Float32Array.from({ length: quantum }, (_, i) => Math.sin(i) / 4)]];
  const nothing: Float32Array[][] = [];

  const playback = new Playback!(options);
  const downlink = silentPort();
  playback.port.onmessage({ data: { type: 'link', port: downlink } });
  // All that it is to say is there before, since what a message brings is allocated by the message.
  const spoken = new ArrayBuffer(2 * 16_000 * 100);
  new Int16Array(spoken).forEach((_, i, samples) => (samples[i] = 8000 * Math.sin(i)));
  for (let i = 0; i < 2; i += 1) downlink.onmessage({ data: spoken });
  const played = [[new Float32Array(quantum)]];
  return {
    capture: count(
      () => capture.process(heard, nothing),
      () => {
        uplink.onmessage({ data: chunks.slice(0, sent) });
        sent = 0;
      },
    ),
    playback: count(() => playback.process(nothing, played), nothingDone),
  };
}

interface SilentPort {
  onmessage: (event: { data: unknown }) => void;
  postMessage(data: unknown): void;
  close(): void;
}

const silentPort = (): SilentPort => ({ onmessage: () => {}, postMessage: () => {}, close: () => {} });

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await allocations());
