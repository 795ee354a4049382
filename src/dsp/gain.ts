/** In 1/s: from full to a quarter in 20 ms, and back in 100. */
const FALL = 37.5;
const RISE = 7.5;
/** 12 dB less. */
const DUCKED = 0.25;

/**
 * Makes a stream softer and louder, gliding: a step would click.
 * Audio thread: {@link apply} never allocates, blocks or throws.
 */
export class Gain {
  /** Where to glide while it is not ducked, 0 to 1. */
  volume: number;
  readonly #sampleRate: number;
  // A number from the start, or V8 would take it for anything, and allocate what each call leaves here.
  #gain = 1;

  constructor(sampleRate: number, volume = 1) {
    this.#sampleRate = sampleRate;
    this.volume = this.#gain = volume;
  }

  /**
   * Changes the first `length` samples in place: not at all while it is 1, not even in their last bit.
   * @param isDucked - Whether to be 12 dB below the volume: down within 20 ms, up within 100.
   */
  apply(samples: Float32Array, length: number, isDucked: boolean): void {
    const target = isDucked ? this.volume * DUCKED : this.volume;
    const fall = FALL / this.#sampleRate;
    const rise = RISE / this.#sampleRate;
    let gain = this.#gain;
    if (gain === 1 && target === 1) return;
    for (let i = 0; i < length; i++) {
      gain = gain > target ? Math.max(target, gain - fall) : Math.min(target, gain + rise);
      samples[i]! *= gain;
    }
    this.#gain = gain;
  }
}
