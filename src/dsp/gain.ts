/** In 1/s: from full to a quarter in 20 ms, and back in 100. */
const FALL = 37.5;
const RISE = 7.5;

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
    this.#fall = FALL / sampleRate;
    this.#rise = RISE / sampleRate;
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
