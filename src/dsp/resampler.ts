// 64 taps under a Kaiser window of beta 13 with the edge at 0.92 of the lower Nyquist frequency: -0.1 dB at 0.84 of it,
// -120 dB at 1.05 and -132 dB from 1.16 on. More taps delay more; less beta lets more noise through.
const TAPS = 64;
const BETA = 13;
const CUTOFF = 0.92;

/**
 * Changes the sample rate of a stream: polyphase windowed sinc at the exact ratio of the two rates.
 * Audio thread: {@link push} and {@link pull} never block or throw, and allocate only if some 4,000 samples are held.
 *
 * After n samples pushed, exactly `ceil(n * toRate / fromRate)` have become available, however they were split into
 * blocks, and each is the same to the last bit. Delay: 32 samples of the lower rate; none at equal rates (bit-exact).
 * The table holds 64 × max(fromRate, toRate) / gcd(fromRate, toRate) numbers: 80 kB for 44.1 → 48 kHz.
 * @throws RangeError if a rate is not a positive integer.
 */
export class Resampler {
  // toRate / fromRate in lowest terms. Positions are counted in 1/up of an input sample, where all are whole numbers.
  #up = 1;
  readonly #down: number;
  readonly #taps: number;
  /** A row of taps for each phase, the oldest sample's first. */
  readonly #kernel: Float64Array[];
  /** A ring, a power of two long. The zeros it starts with are the past of the first sample. */
  #history = new Float64Array(4096);
  /** How many samples were pushed: sample n lies at n modulo the ring's length. */
  #pushed = 0;
  /** How far the input is ahead of the output: a sample pushed adds `up`, a sample pulled costs `down`. */
  #ahead: number;

  constructor(fromRate: number, toRate: number) {
    if ([fromRate, toRate].some((rate) => rate < 1 || rate % 1 !== 0)) throw new RangeError('Bad sample rate');
    while ((this.#up * fromRate) % toRate) this.#up++;
    const up = this.#up;
    this.#down = (up * fromRate) / toRate;
    this.#ahead = this.#down - 1; // the first sample pushed makes the first output available
    // A falling rate needs the same curve at the lower rate's pace.
    const stretch = Math.max(1, fromRate / toRate);
    // A single tap is normalised to 1: equal rates need no path of their own.
    const taps = (this.#taps = fromRate === toRate ? 1 : Math.ceil(TAPS * stretch));
    this.#kernel = Array.from({ length: up }, (_, phase) => {
      let gain = 0;
      const row = new Float64Array(taps).map((_, tap) => {
        const place = (2 * (tap + (phase + 1) / up)) / taps - 1; // -1 and 1 are the ends of the window
        const angle = ((Math.PI * CUTOFF * taps) / stretch / 2) * place;
        // Sinc times Kaiser window: the series of the Bessel function I0, begun with the sinc instead of 1.
        let term = Math.sin(angle) / angle || 1;
        let sum = term;
        for (let k = 1; k < 32; k++) sum += term *= (((BETA * BETA) / 4) * (1 - place * place)) / k / k;
        gain += sum;
        return sum;
      });
      // Every phase passes DC unchanged: else a constant would come out as a tone.
      return row.map((tap) => tap / gain);
    });
  }

  /** How many output samples can be pulled now. */
  get available(): number {
    return Math.floor(this.#ahead / this.#down);
  }

  /** How many more input samples must be pushed before `outputLength` can be pulled; 0 if they can be now. */
  needed(outputLength: number): number {
    return Math.max(0, Math.ceil((outputLength * this.#down - this.#ahead) / this.#up));
  }

  /** Takes the first `length` samples of `input`. */
  push(input: Float32Array, length = input.length): void {
    this.#ahead += length * this.#up;
    // The ring twice in a row: every sample lies where it is looked for in the longer ring.
    while (this.#taps + this.#ahead / this.#up > this.#history.length) {
      this.#history = new Float64Array([...this.#history, ...this.#history]);
    }
    for (let i = 0; i < length; i++) this.#history[this.#pushed++ & (this.#history.length - 1)] = input[i]!;
  }

  /**
   * Writes up to `length` samples to the start of `output` and leaves the rest of it alone.
   * @returns How many it wrote: `length`, or fewer if fewer were available.
   */
  pull(output: Float32Array, length: number): number {
    const history = this.#history;
    let pulled = 0;
    for (; pulled < length && this.#ahead >= this.#down; pulled++) {
      this.#ahead -= this.#down;
      const row = this.#kernel[this.#ahead % this.#up]!;
      let n = this.#pushed - Math.floor(this.#ahead / this.#up) - row.length;
      let sum = -0; // not 0, which would lose the sign of a zero at equal rates
      for (let tap = 0; tap < row.length; tap++) sum += row[tap]! * history[n++ & (history.length - 1)]!;
      output[pulled] = sum;
    }
    return pulled;
  }
}
