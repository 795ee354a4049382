import { floatToPcm16, pcm16ToFloat } from '../src/dsp/pcm16.js';
import { Resampler } from '../src/dsp/resampler.js';

/** Rate of everything the agent says, in Hz. */
export const agentRate = 16_000;

/** Rate of everything the agent hears, in Hz, when the visitor's client is right. */
export const visitorRate = 48_000;

/** A sine of {@link agentRate}, phase-continuous, starting at zero. */
export function sine(hz: number, levelDbfs: number, seconds: number): Int16Array {
  // The level of a sine is its RMS, 3 dB below its peak.
  const peak = 10 ** (levelDbfs / 20) * Math.SQRT2 * 32768;
  const samples = new Int16Array(Math.round(seconds * agentRate));
  for (let i = 0; i < samples.length; i++) {
    samples[i] = Math.round(peak * Math.sin((2 * Math.PI * hz * i) / agentRate));
  }
  return samples;
}

/** Speech said again and again until `seconds` are full. */
export function loop(speech: Int16Array, seconds: number): Int16Array {
  const samples = new Int16Array(Math.round(seconds * agentRate));
  for (let at = 0; at < samples.length; at += speech.length) {
    samples.set(speech.subarray(0, samples.length - at), at);
  }
  return samples;
}

/** Brings the visitor's stream from 48 kHz to the agent's 16 kHz, 2 ms late. */
export class ToAgentRate {
  readonly #resampler = new Resampler(visitorRate, agentRate);

  /** Takes samples of 48 kHz and gives those of 16 kHz that they complete. */
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
