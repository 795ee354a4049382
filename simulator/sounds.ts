import { floatToPcm16, pcm16ToFloat } from '../src/dsp/pcm16.js';
import { Resampler } from '../src/dsp/resampler.js';

/** A sine, phase-continuous, starting at zero. */
export function sine(hz: number, levelDbfs: number, seconds: number, sampleRate: number): Int16Array {
  // The level of a sine is its RMS, 3 dB below its peak.
  const peak = 10 ** (levelDbfs / 20) * Math.SQRT2 * 32768;
  const samples = new Int16Array(Math.round(seconds * sampleRate));
  for (let i = 0; i < samples.length; i++) {
    samples[i] = Math.round(peak * Math.sin((2 * Math.PI * hz * i) / sampleRate));
  }
  return samples;
}

/** Speech said again and again until `seconds` are full. */
export function loop(speech: Int16Array, seconds: number, sampleRate: number): Int16Array {
  const samples = new Int16Array(Math.round(seconds * sampleRate));
  for (let at = 0; at < samples.length; at += speech.length) {
    samples.set(speech.subarray(0, samples.length - at), at);
  }
  return samples;
}

/** Brings a stream from one rate to another, 32 samples of the lower one late; at equal rates it changes nothing. */
export class RateConverter {
  readonly #resampler: Resampler;

  constructor(fromRate: number, toRate: number) {
    this.#resampler = new Resampler(fromRate, toRate);
  }

  /** Takes samples of the one rate and gives those of the other that they complete. */
  push(samples: Int16Array): Int16Array {
    const input = new Float32Array(samples.length);
    pcm16ToFloat(samples, input);
    this.#resampler.push(input);
    const output = new Float32Array(this.#resampler.available);
    this.#resampler.pull(output, output.length);
    const converted = new Int16Array(output.length);
    floatToPcm16(output, converted);
    return converted;
  }
}
