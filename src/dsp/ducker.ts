/** A quarter of the loudness. */
const DOWN_DB = -12;
const FALL_MS = 40;
const RISE_MS = 100;

/**
 * Makes a stream softer by 12 dB and loud again, gliding.
 * Audio thread: {@link apply} never allocates, blocks or throws.
 */
export class Ducker {
  readonly #least = 10 ** (DOWN_DB / 20);
  readonly #fall: number;
  readonly #rise: number;
  #gain = 1;

  constructor(sampleRate: number) {
    this.#fall = ((1 - this.#least) * 1000) / (FALL_MS * sampleRate);
    this.#rise = ((1 - this.#least) * 1000) / (RISE_MS * sampleRate);
  }

  /**
   * Changes the first `length` samples in place: not at all while it is up, not even in their last bit.
   * @param isDown - Where to glide: down within 40 ms, up within 100.
   */
  apply(samples: Float32Array, length: number, isDown: boolean): void {
    if (!isDown && this.#gain === 1) return;
    for (let i = 0; i < length; i++) {
      this.#gain = isDown ? Math.max(this.#least, this.#gain - this.#fall) : Math.min(1, this.#gain + this.#rise);
      samples[i]! *= this.#gain;
    }
  }
}
