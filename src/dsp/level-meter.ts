const FLOOR_DBFS = -100;

/**
 * Measures the level of a stream, window after window.
 * Audio thread: {@link push} never allocates, blocks or throws.
 */
export class LevelMeter {
  readonly #windowLength: number;
  #count = 0;
  #sumOfSquares = 0;
  #levelDbfs = FLOOR_DBFS;

  /** @param windowMs - Length of a window: 100 gives 10 levels a second. */
  constructor(sampleRate: number, windowMs = 100) {
    this.#windowLength = Math.max(1, Math.round((sampleRate * windowMs) / 1000));
  }

  /** RMS of the last whole window in dBFS: 0 for a full square wave, -3 for a full sine, -100 for silence and at first. */
  get levelDbfs(): number {
    return this.#levelDbfs;
  }

  /**
   * Takes the first `length` samples.
   * @returns Whether a window has ended, so that {@link levelDbfs} is new.
   */
  push(samples: Float32Array, length: number): boolean {
    let ended = false;
    for (let i = 0; i < length; i++) {
      const sample = samples[i]!;
      this.#sumOfSquares += sample * sample;
      if (++this.#count === this.#windowLength) {
        const levelDbfs = 10 * Math.log10(this.#sumOfSquares / this.#windowLength);
        // Not Math.max: one NaN among the samples must not come out as a level.
        this.#levelDbfs = levelDbfs > FLOOR_DBFS ? levelDbfs : FLOOR_DBFS;
        this.#count = this.#sumOfSquares = 0;
        ended = true;
      }
    }
    return ended;
  }
}
