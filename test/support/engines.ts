import { AudioEngine, type AudioOptions, type AudioReport } from '../../src/audio/audio-engine.js';
import { tone } from '../dsp/fixtures.js';
import { Inbox } from './inbox.js';

const options: AudioOptions = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
};
const format = { captureRate: 48_000, playbackRate: 16_000, chunkSamples: 960 };

const engines: AudioEngine[] = [];
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.stop())));

/** An engine whose microphone is not cleaned. Gone with the test. */
export function openEngine(more: Partial<AudioOptions> = {}) {
  const reports = new Inbox<AudioReport>();
  const engine = new AudioEngine({ ...options, ...more }, reports.push);
  engines.push(engine);
  return { engine, reports };
}

/** An engine that runs, with what the visitor says and a way to let the agent speak. */
export async function connectEngine(prepare = (_engine: AudioEngine) => {}, more: Partial<AudioOptions> = {}) {
  const { engine, reports } = openEngine(more);
  prepare(engine);
  await Promise.all([engine.granted(), engine.ready()]);
  const { uplink, downlink } = engine.connect(format);
  const chunks = new Inbox<ArrayBuffer>();
  uplink.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => chunks.push(data);
  const say = (seconds: number) => {
    const { buffer } = Int16Array.from(tone(16_000 * seconds, 16_000, 440), (sample) => sample * 32_767);
    downlink.postMessage(buffer, [buffer]);
  };
  return { engine, reports, chunks, say };
}

/** Whether a sound of the microphone was told of, since so many reports. */
export const heard = (all: readonly AudioReport[], since = 0) =>
  all.slice(since).some((report) => report.type === 'sound' && report.visitorLevelDbfs > -50);

export const isSilent = (chunk: ArrayBuffer) => new Int16Array(chunk).every((sample) => sample === 0);
