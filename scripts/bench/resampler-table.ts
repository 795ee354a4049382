// Our resampler beside libsamplerate (WebAssembly) and straight lines between samples.
// Alone: `node --import tsx scripts/bench/resampler-table.ts`.
import { fileURLToPath } from 'node:url';
import LibSampleRate from '@alexanderolsen/libsamplerate-js';
import { Resampler } from '../../src/dsp/resampler.js';
import { fitSine, rmsDb, tone } from '../../test/dsp/fixtures.js';

/** Takes 128 samples, as an audio thread gives them; answers what is ready of them. The answer is good until the next call. */
type Stream = (input: Float32Array) => Float32Array;

const block = 128;
const quality = LibSampleRate.ConverterType;

/** Linear interpolation, as the page of most voice agents does it. */
function linear(fromRate: number, toRate: number): Stream {
  const step = fromRate / toRate;
  const output = new Float32Array(Math.ceil(block / step) + 1);
  let [last, at] = [0, 0];
  return (input) => {
    let count = 0;
    for (; at < input.length; at += step) {
      const index = Math.floor(at);
      const before = index ? input[index - 1]! : last;
      output[count++] = before + (input[index]! - before) * (at - index);
    }
    at -= input.length;
    last = input.at(-1)!;
    return output.subarray(0, count);
  };
}

function ours(fromRate: number, toRate: number): Stream {
  const resampler = new Resampler(fromRate, toRate);
  const output = new Float32Array(1024);
  return (input) => {
    resampler.push(input);
    return output.subarray(0, resampler.pull(output, resampler.available));
  };
}

async function libsamplerate(converterType: number, fromRate: number, toRate: number): Promise<Stream> {
  const converter = await LibSampleRate.create(1, fromRate, toRate, { converterType } as never);
  const [output, length] = [new Float32Array(4096), { frames: 0 }];
  return (input) => {
    converter.full(input, output, length);
    return output.subarray(0, length.frames);
  };
}

const pairs = [
  [44_100, 48_000],
  [16_000, 48_000],
  [48_000, 16_000],
  [96_000, 48_000],
] as const;

/** All of a stream's output. */
function run(stream: Stream, input: Float32Array): Float32Array {
  const pieces: number[] = [];
  for (let at = 0; at + block <= input.length; at += block) pieces.push(...stream(input.subarray(at, at + block)));
  return Float32Array.from(pieces);
}

const names = ['ours', 'libsamplerate, best', 'libsamplerate, medium', 'libsamplerate, fastest', 'linear'] as const;

const players = {
  ours: (from: number, to: number) => Promise.resolve(ours(from, to)),
  'libsamplerate, best': (from: number, to: number) => libsamplerate(quality.SRC_SINC_BEST_QUALITY, from, to),
  'libsamplerate, medium': (from: number, to: number) => libsamplerate(quality.SRC_SINC_MEDIUM_QUALITY, from, to),
  'libsamplerate, fastest': (from: number, to: number) => libsamplerate(quality.SRC_SINC_FASTEST, from, to),
  linear: (from: number, to: number) => Promise.resolve(linear(from, to)),
};

/** Seconds of sound in one timed run; all resamplers take turns, so that a busy moment of the machine hits them alike. */
const seconds = 2;
const turns = 15;

/** The whole table, as cells: a head and a row for each resampler at each pair of rates. */
export async function resamplerTable(): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [fromRate, toRate] of pairs) {
    const measureDb = async (name: keyof typeof players, hz: number): Promise<string> => {
      const output = run(await players[name](fromRate, toRate), tone(fromRate / 2, fromRate, hz));
      // 20 ms until the slowest of them has begun.
      return `${fitSine(output, toRate, hz, toRate / 50).snrDb.toFixed(0)} dB`;
    };
    // A tone that the lower rate cannot hold: how much of it comes through, as another one.
    const aliasDb = async (name: keyof typeof players): Promise<string> => {
      if (fromRate < toRate) return '';
      const output = run(await players[name](fromRate, toRate), tone(fromRate / 2, fromRate, toRate * 0.6));
      return `${(rmsDb(output.subarray(toRate / 50)) + 9.03).toFixed(0)} dB`;
    };
    const input = tone(block, fromRate, 997);
    const streams = await Promise.all(names.map((name) => players[name](fromRate, toRate)));
    const bestMs = names.map(() => Infinity);
    for (let turn = 0; turn < turns; turn += 1) {
      streams.forEach((stream, index) => {
        const start = performance.now();
        for (let pushed = 0; pushed < seconds * fromRate; pushed += block) stream(input);
        bestMs[index] = Math.min(bestMs[index]!, performance.now() - start);
      });
    }
    const edgeHz = Math.min(fromRate, toRate) * 0.4;
    for (const [index, name] of names.entries()) {
      rows.push([
        `${fromRate / 1000} → ${toRate / 1000} kHz`,
        name,
        await measureDb(name, 1000),
        await measureDb(name, edgeHz),
        await aliasDb(name),
        `${(bestMs[index]! / seconds / 10).toFixed(2)} %`,
        (bestMs[index]! / bestMs[0]!).toFixed(2),
      ]);
    }
  }
  return [
    ['Rates', 'Resampler', 'SNR, 1 kHz', 'SNR, 0.8 Nyquist', 'Aliases', 'Share of a core', 'Time, ours = 1'],
    ...rows,
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of await resamplerTable())
    console.log(row.map((cell, i) => (i < 2 ? cell.padEnd(24) : cell.padStart(18))).join(''));
}
