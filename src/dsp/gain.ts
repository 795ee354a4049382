/** From full to a quarter, and back. */
const FALL_MS = 20;
const RISE_MS = 100;
const RANGE = 0.75;

/**
 * Makes a stream softer and louder, gliding: a step would click.
 * Audio thread: {@link apply} never allocates, blocks or throws.
 */
export class Gain {
  readonly #fall: number;
  readonly #rise: number;
  #gain: number;

  /** @param gain - What it begins with, 0 to 1. */
  constructor(sampleRate: number, gain = 1) {
    this.#fall = (RANGE * 1000) / FALL_MS / sampleRate;
    this.#rise = (RANGE * 1000) / RISE_MS / sampleRate;
    this.#gain = gain;
  }

  /**
   * Changes the first `length` samples in place: not at all while it is 1, not even in their last bit.
   * @param target - Where to glide, 0 to 1: 12 dB down within 20 ms, up within 100.
   */
  apply(samples: Float32Array, length: number, target: number): void {
    let gain = this.#gain;
    if (gain === 1 && target === 1) return;
    for (let i = 0; i < length; i++) {
      gain = gain > target ? Math.max(target, gain - this.#fall) : Math.min(target, gain + this.#rise);
      samples[i]! *= gain;
    }
    this.#gain = gain;
  }
}
