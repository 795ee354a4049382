/**
 * Changes the sample rate of a stream: polyphase windowed sinc at the exact ratio of the two rates.
 * Audio thread: {@link push} and {@link pull} never block or throw, and nothing is allocated but by a {@link push} that leaves
 * more samples waiting than ever before.
 *
 * After n samples pushed, exactly `ceil(n * toRate / fromRate)` have become available, however they were split into
 * blocks, and each is the same to the last bit. Delay: 32 samples of the lower rate; none at equal rates (bit-exact).
 * The table holds 64 × max(fromRate, toRate) / gcd(fromRate, toRate) numbers: 80 kB for 44.1 → 48 kHz.
 * @throws RangeError if a rate is not a positive integer.
 */
export class Resampler {
  // Positions are counted in 1 / toRate of an input sample, where all are whole numbers.
  readonly #fromRate: number;
  readonly #toRate: number;
  readonly #taps: number;
  /** The taps for each phase, the newest sample's first; phases in the order in which outputs have them. */
  readonly #kernel: number[] = [];
  /** Where the next output's taps begin. */
  #at = 0;
  /**
   * The last samples pushed, the newest first, as many as are needed. The zeros that it grows by are the past of the first.
   * One that is no integer: engines then keep the numbers themselves from the start, as in a typed array.
   */
  readonly #history = [-0];
  /** How far the input is ahead of the output: a sample pushed adds `toRate`, a sample pulled costs `fromRate`. */
  #ahead: number;

  constructor(fromRate: number, toRate: number) {
    if (fromRate < 1 || toRate < 1 || (fromRate % 1) + (toRate % 1) !== 0) throw RangeError('rate');
    this.#fromRate = fromRate;
    this.#toRate = toRate;
    this.#ahead = fromRate - 1; // the first sample pushed makes the first output available
    // 64 taps, 32 to either side. A falling rate needs the same curve at the lower rate's pace.
    const reach = fromRate > toRate ? (32 * fromRate) / toRate : 32;
    // A single tap is normalised to 1: equal rates need no path of their own.
    this.#taps = fromRate - toRate ? (2 * reach) | 0 : 1;
    const kernel = this.#kernel;
    let made = 0;
    let phase = 0;
    do {
      let gain = 0;
      for (let age = phase / toRate; age < this.#taps;) {
        // A sinc under a window: -1 and 1 are its ends, 92 is the sinc's angle there, so that the edge is at
        // 92 / 32 / pi = 0.915 of the lower Nyquist frequency. The window is Kaiser's, near enough, and needs no series.
        // Less than 12.5 lets more noise through, more than it less treble. More taps delay more.
        const place = age++ / reach - 1;
        gain += kernel[made++] = (Math.sin(92 * place) / place || 92) * Math.cosh(12.5 * (1 - place * place) ** 0.5);
      }
      // Every phase passes DC unchanged: else a constant would come out as a tone.
      for (let left = this.#taps; left;) kernel[made - left--]! /= gain;
    } while ((phase = (phase + fromRate) % toRate));
  }

  /** How many output samples can be pulled now. */
  get available(): number {
    return (this.#ahead / this.#fromRate) | 0;
  }

  /** How many more input samples must be pushed before `outputLength` can be pulled; 0 if they can be now. */
  needed(outputLength: number): number {
    return Math.max(0, Math.ceil((outputLength * this.#fromRate - this.#ahead) / this.#toRate));
  }

  /** Takes the first `length` samples of `input`. */
  push(input: Float32Array, length = input.length): void {
    const history = this.#history;
    // No more is moved than will be needed: to move all that came would take as long as to filter.
    let age = ((this.#ahead += length * this.#toRate) / this.#toRate + this.#taps) | 0;
    while (history.length < age) history.push(0);
    while (age--) history[age] = age < length ? input[length - 1 - age]! : history[age - length]!;
  }

  /**
   * Writes up to `length` samples to the start of `output` and leaves the rest of it alone.
   * @returns How many it wrote: `length`, or fewer if fewer were available.
   */
  pull(output: Float32Array, length: number): number {
    const history = this.#history;
    const kernel = this.#kernel;
    let at = this.#at;
    let pulled = 0;
    while (pulled < length && this.#ahead >= this.#fromRate) {
      let sum = -0; // not 0, which would lose the sign of a zero at equal rates
      for (let age = ((this.#ahead -= this.#fromRate) / this.#toRate) | 0, end = at + this.#taps; at < end;) {
        // Three at a time: each addition to the sum waits for the one before.
        sum +=
          at < end - 2
            ? kernel[at++]! * history[age++]! + kernel[at++]! * history[age++]! + kernel[at++]! * history[age++]!
            : kernel[at++]! * history[age++]!;
      }
      output[pulled++] = sum;
      at %= kernel.length;
    }
    this.#at = at;
    return pulled;
  }
}
