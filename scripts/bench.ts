// `npm run bench`: prints the figures that the README and the docs name, and writes those of docs/performance.md. Nothing
// here passes or fails; machines differ.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { floatToPcm16 } from '../src/dsp/pcm16.js';
import { resample, sine } from '../test/e2e/support/sound.js';
import { benchArithmetic } from './bench/arithmetic-report.js';
import { benchBrowser } from './bench/browser-report.js';
import { goRealtime } from './performance/realtime.js';
import { printTable, type Row } from './performance/report.js';

const isRealtime = goRealtime();
const rows: Row[] = [];

const gzip = (file: string): string =>
  `${gzipSync(readFileSync(new URL(`../dist/${file}`, import.meta.url)), { level: 9 }).length} B`;
rows.push(['script, gzip', gzip('synthflow-call.js'), '24,000']);
rows.push(['worklet file, gzip', gzip('synthflow-call.worklet.js'), '5,000']);
rows.push(['worker file, gzip', gzip('synthflow-call.worker.js'), '4,500']);
rows.push(['host file (without a Worker), gzip', gzip('synthflow-call.host.js'), '4,500']);

rows.push(['capture path at 44.1 kHz, 997 Hz at -6 dBFS', `${captureDb(44_100).toFixed(1)} dB`, '≥ 90']);
rows.push(['capture path at 48 kHz', isBitExact(48_000) ? 'bit-exact' : 'changed', 'bit-exact']);

const arithmetic = await benchArithmetic(isRealtime);
rows.push(...arithmetic, ...(await benchBrowser(isRealtime)));
printTable(rows);

/** What the microphone's samples become at the wire's rate. */
function captured(samples: Float32Array, fromRate: number): Int16Array {
  const resampled = fromRate === 48_000 ? samples : resample(samples, fromRate, 48_000);
  const pcm = new Int16Array(resampled.length);
  floatToPcm16(resampled, pcm);
  return pcm;
}

/** Signal to everything else of a sine, in dB, in the middle of three seconds. */
function captureDb(fromRate: number): number {
  const pcm = captured(sine(997, fromRate, 3), fromRate).subarray(48_000, 96_000);
  const step = (2 * Math.PI * 997) / 48_000;
  let [inPhase, quadrature, energy] = [0, 0, 0];
  pcm.forEach((sample, i) => {
    inPhase += sample * Math.sin(step * i);
    quadrature += sample * Math.cos(step * i);
    energy += sample * sample;
  });
  const tone = (2 * (inPhase ** 2 + quadrature ** 2)) / pcm.length;
  return 10 * Math.log10(tone / (energy - tone));
}

/** Whether every 16-bit sample comes through the resampler and the conversion as it was. */
function isBitExact(rate: number): boolean {
  const all = Float32Array.from({ length: 65_536 }, (_, i) => (i - 32_768) / 32_768);
  return captured(resample(all, rate, rate), rate).every((sample, i) => sample === i - 32_768);
}
