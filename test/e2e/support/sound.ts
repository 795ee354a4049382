import { readFileSync } from 'node:fs';
import { floatToPcm16, pcm16ToFloat } from '../../../src/dsp/pcm16.js';
import { Resampler } from '../../../src/dsp/resampler.js';
import { readWav } from '../../../simulator/wav.js';

/** The simulated agent's greeting, at 16 kHz. */
export const greeting: Float32Array = (() => {
  const { samples } = readWav(readFileSync(new URL('../../../simulator/greeting.wav', import.meta.url)));
  return toFloat(samples);
})();

export function toFloat(pcm: Int16Array): Float32Array {
  const samples = new Float32Array(pcm.length);
  pcm16ToFloat(pcm, samples);
  return samples;
}

/** The same sound at another rate. */
export function resample(samples: Float32Array, fromRate: number, toRate: number): Float32Array {
  const resampler = new Resampler(fromRate, toRate);
  resampler.push(samples);
  const output = new Float32Array(resampler.available);
  resampler.pull(output, output.length);
  return output;
}

export function sine(hz: number, sampleRate: number, seconds: number, peak = 0.5): Float32Array {
  return Float32Array.from(
    { length: sampleRate * seconds },
    (_, i) => peak * Math.sin((2 * Math.PI * hz * i) / sampleRate),
  );
}

/** Samples of the longest silence from the first that is not silent to the end; all of them where each is. */
export function longestSilence(samples: Float32Array): number {
  let [longest, quiet] = [0, 0];
  for (const sample of samples.subarray(Math.max(0, samples.findIndex(isLoud)))) {
    quiet = isLoud(sample) ? 0 : quiet + 1;
    longest = Math.max(longest, quiet);
  }
  return longest;
}

const isLoud = (sample: number): boolean => Math.abs(sample) >= 0.001;

/** A mono 16-bit WAV file. */
export function toWav(samples: Float32Array, sampleRate: number): Buffer {
  // The fake microphone leaves no gap at its loop where the length is a multiple of 10 ms.
  const pcm = new Int16Array(Math.ceil(samples.length / 441) * 441);
  floatToPcm16(samples, pcm);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + pcm.byteLength, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(pcm.byteLength, 40);
  return Buffer.concat([head, Buffer.from(pcm.buffer)]);
}

/** Where `part` is best found in `whole` (in samples), by correlation at an eighth of the rate and then exactly. */
export function locate(part: Float32Array, whole: Float32Array): { offset: number; correlation: number } {
  const coarse = 8;
  const probe = part.subarray(0, Math.min(part.length, 96_000));
  const [small, large] = [thin(probe, coarse), thin(whole, coarse)];
  const rough = best(small, large, 0, large.length - small.length) * coarse;
  const offset = best(
    probe,
    whole,
    Math.max(0, rough - 2 * coarse),
    Math.min(whole.length - probe.length, rough + 2 * coarse),
  );
  return { offset, correlation: correlationAt(part, whole, offset) };
}

/**
 * How much of a sound is heard in a recording in its order and time: the share of its loud pieces of 60 ms that are found
 * within 250 ms of where most are. A player that bridges late messages by stretching passes; lost, doubled or swapped sound
 * does not.
 * @param alike - Correlation from which a piece counts as found.
 */
export function heardShare(sound: Float32Array, recording: Float32Array, sampleRate: number, alike = 0.85): number {
  const coarse = 8;
  const [part, whole] = [thin(sound, coarse), thin(recording, coarse)];
  const rate = sampleRate / coarse;
  const length = Math.round(0.06 * rate);
  const pieces = Array.from({ length: Math.floor(part.length / length) }, (_, i) => ({
    start: i * length,
    samples: part.subarray(i * length, (i + 1) * length),
  })).filter(({ samples }) => samples.reduce((sum, sample) => sum + sample * sample, 0) / length > 1e-3);
  const delays = pieces.map(({ start, samples }) => {
    let [place, most] = [0, alike];
    for (let offset = 0; offset + length <= whole.length; offset += 1) {
      const correlation = correlationAt(samples, whole, offset);
      if (correlation > most) [place, most] = [offset, correlation];
    }
    return most > alike ? place - start : NaN;
  });
  const found = delays.filter((delay) => !Number.isNaN(delay)).sort((a, b) => a - b);
  const median = found[found.length >> 1] ?? NaN;
  return delays.filter((delay) => Math.abs(delay - median) < 0.25 * rate).length / pieces.length;
}

/**
 * How much of a 16 kHz sound is in a recording: signal to difference, in dB, from 100 ms to the end of the sound.
 * The player's resampler may have begun at any phase between two of its output samples, so all are tried.
 */
export function fidelityDb(sound: Float32Array, recording: Float32Array, sampleRate: number): number {
  const { offset } = locate(resample(sound, 16_000, sampleRate), recording);
  let [most, bestLead, bestShift] = [-Infinity, 0, 0];
  const probe = sound.subarray(0, 8000);
  for (let lead = 0; lead < 160; lead += 1) {
    const reference = resample(leadBy(probe, lead), 16_000, sampleRate);
    const start = offset - Math.round((lead * sampleRate) / 16_000);
    for (let shift = -2; shift <= 2; shift += 1) {
      const db = differenceDb(reference, recording, start + shift, sampleRate * 0.1, reference.length * 0.9);
      if (db > most) [most, bestLead, bestShift] = [db, lead, start + shift];
    }
  }
  const reference = resample(leadBy(sound, bestLead), 16_000, sampleRate);
  return differenceDb(reference, recording, bestShift, sampleRate * 0.1, reference.length);
}

function leadBy(samples: Float32Array, lead: number): Float32Array {
  const led = new Float32Array(lead + samples.length);
  led.set(samples, lead);
  return led;
}

function differenceDb(part: Float32Array, whole: Float32Array, offset: number, from: number, to: number): number {
  let [signal, noise] = [0, 0];
  for (let i = Math.round(from); i < Math.round(to); i += 1) {
    const expected = part[i]!;
    signal += expected * expected;
    noise += (expected - (whole[offset + i] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / Math.max(noise, 1e-12));
}

function thin(samples: Float32Array, factor: number): Float32Array {
  return Float32Array.from({ length: Math.floor(samples.length / factor) }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < factor; k += 1) sum += samples[i * factor + k]!;
    return sum / factor;
  });
}

function best(part: Float32Array, whole: Float32Array, from: number, to: number): number {
  let [place, most] = [from, -Infinity];
  for (let offset = from; offset <= to; offset += 1) {
    let sum = 0;
    for (let i = 0; i < part.length; i += 1) sum += part[i]! * whole[offset + i]!;
    if (sum > most) [place, most] = [offset, sum];
  }
  return place;
}

function correlationAt(part: Float32Array, whole: Float32Array, offset: number): number {
  let [both, first, second] = [0, 0, 0];
  for (let i = 0; i < part.length; i += 1) {
    const [a, b] = [part[i]!, whole[offset + i] ?? 0];
    both += a * b;
    first += a * a;
    second += b * b;
  }
  return both / Math.sqrt(first * second + 1e-12);
}
