const FLOOR_DBFS = -100;
/**
 * Softer than what a microphone gives: less than the smallest step of 24 bits. What the browser's filters let ring on when it
 * is gone takes more than three seconds to become 0.
 */
const SILENCE_DBFS = -144;

/**
 * Measures the level of a stream, from one look at it to the next.
 * Audio thread: never allocates, blocks or throws.
 */
export class LevelMeter {
  #count = 0;
  #sumOfSquares = 0;

  /** Takes the first `length` samples. */
  push(samples: Float32Array, length: number): void {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += samples[i]! * samples[i]!;
    this.#sumOfSquares += sum;
    this.#count += length;
  }

  /**
   * RMS in dBFS of what came since it was looked at last: 0 for a full square wave, -3 for a full sine, -100 for what is
   * softer or no number, -Infinity where it is softer than any microphone (-144), or none came.
   */
  take(): number {
    const levelDbfs = this.#sumOfSquares === 0 ? -Infinity : 10 * Math.log10(this.#sumOfSquares / this.#count);
    this.#count = this.#sumOfSquares = 0;
    if (levelDbfs < SILENCE_DBFS) return -Infinity;
    return levelDbfs > FLOOR_DBFS ? levelDbfs : FLOOR_DBFS;
  }
}
