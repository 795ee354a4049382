const FIRST_RING_MS = 4000;
const FLUSH_FADE_MS = 10;
// Silence for longer than this was the end of what the agent had to say, not a late message.
const SPURT_GAP_MS = 700;

/**
 * Holds a little of the agent's audio back so that a late message is not heard as a gap.
 * Audio thread: {@link pull} never allocates, blocks or throws; {@link push} allocates only when the ring must grow.
 *
 * The only clock is the count of samples pulled. A spurt is what plays without a gap: it starts once `startMs` is
 * buffered or that long has passed since its first sample (a short message plays too), fades in, and fades out when
 * nothing is left. One spurt never sounds over the fade of another, so no two fades add up to a click.
 */
export class JitterBuffer {
  readonly #sampleRate: number;
  readonly #startLength: number;
  readonly #fadeLength: number;
  readonly #flushFadeLength: number;
  readonly #spurtGapLength: number;
  readonly #maxLength: number;

  #ring: Int16Array;
  #readAt = 0;
  #buffered = 0;

  #playing = false;
  /** Samples pulled since the first sample of a spurt that has not started. */
  #waited = 0;
  /** Samples played of the fade-in. */
  #fadedIn = 0;
  /** What the ring gave last: held where a fade-out finds nothing to play. */
  #last = 0;
  /** What fades out after the ring is done with: written whole at an underrun or flush, then played. */
  readonly #tail: Float32Array;
  #tailAt = 0;
  #tailLength = 0;

  /** Samples pulled since an underrun, which counts only if audio comes in time. At the gap's length: nothing to count. */
  #sinceUnderrun: number;
  #underruns = 0;
  #droppedSamples = 0;

  /**
   * @param options - `sampleRate` is the wire's.
   * `startMs`: audio to hold before a spurt starts. More costs response time.
   * `fadeMs`: length of a fade in, and of the fade out at an underrun. Shorter than 5 clicks at 16 kHz.
   * `maxMs`: the most that is ever held; what comes beyond is dropped and counted.
   */
  constructor(options: { sampleRate: number; startMs?: number; fadeMs?: number; maxMs?: number }) {
    const { sampleRate, startMs = 60, fadeMs = 5, maxMs = 120_000 } = options;
    const toLength = (ms: number): number => Math.round((ms * sampleRate) / 1000);
    this.#sampleRate = sampleRate;
    this.#startLength = toLength(startMs);
    this.#fadeLength = toLength(fadeMs);
    this.#flushFadeLength = toLength(FLUSH_FADE_MS);
    this.#spurtGapLength = this.#sinceUnderrun = toLength(SPURT_GAP_MS);
    this.#maxLength = toLength(maxMs);
    this.#ring = new Int16Array(toLength(Math.min(FIRST_RING_MS, maxMs)));
    this.#tail = new Float32Array(Math.max(this.#fadeLength, this.#flushFadeLength));
  }

  /** Audio held, in ms. */
  get bufferedMs(): number {
    return (this.#buffered * 1000) / this.#sampleRate;
  }

  /** Whether a spurt plays; false already while it fades out. */
  get playing(): boolean {
    return this.#playing;
  }

  /** How often a spurt ran dry and went on within 700 ms. */
  get underruns(): number {
    return this.#underruns;
  }

  /** Samples that came while `maxMs` was held. */
  get droppedSamples(): number {
    return this.#droppedSamples;
  }

  /** Takes a copy of the samples of one message. */
  push(samples: Int16Array): void {
    if (samples.length === 0) return;
    if (this.#sinceUnderrun < this.#spurtGapLength) this.#underruns++;
    this.#sinceUnderrun = this.#spurtGapLength;
    if (this.#buffered === 0) this.#waited = 0;

    const count = Math.min(samples.length, this.#maxLength - this.#buffered);
    this.#droppedSamples += samples.length - count;
    if (this.#buffered + count > this.#ring.length) this.#grow(this.#buffered + count);
    const ring = this.#ring;
    let writeAt = (this.#readAt + this.#buffered) % ring.length;
    for (let i = 0; i < count; i++) {
      ring[writeAt] = samples[i]!;
      if (++writeAt === ring.length) writeAt = 0;
    }
    this.#buffered += count;
  }

  /** Writes `length` samples to the start of `output`: silence where nothing plays. */
  pull(output: Float32Array, length: number): void {
    for (let i = 0; i < length; i++) {
      if (this.#playing && this.#buffered === 0) {
        this.#fadeOut(this.#fadeLength);
        this.#sinceUnderrun = 0;
      }
      if (!this.#playing) this.#wait();
      output[i] = this.#playing ? this.#read() : this.#tailAt < this.#tailLength ? this.#tail[this.#tailAt++]! : 0;
    }
  }

  /** Fades out what plays over 10 ms and drops all that is held. What is pushed later plays. */
  flush(): void {
    if (this.#playing) this.#fadeOut(this.#flushFadeLength);
    this.#buffered = 0;
    this.#sinceUnderrun = this.#spurtGapLength;
  }

  /** One sample's time passes in which no spurt plays, unless one starts now. */
  #wait(): void {
    if (this.#sinceUnderrun < this.#spurtGapLength) this.#sinceUnderrun++;
    if (this.#buffered === 0) return;
    const due = this.#buffered >= this.#startLength || this.#waited >= this.#startLength;
    if (due && this.#tailAt === this.#tailLength) {
      this.#playing = true;
      this.#fadedIn = 0;
    } else {
      this.#waited++;
    }
  }

  /** The next sample of the ring, which must not be empty. */
  #read(): number {
    this.#last = this.#ring[this.#readAt]! / 32768;
    if (++this.#readAt === this.#ring.length) this.#readAt = 0;
    this.#buffered--;
    if (this.#fadedIn < this.#fadeLength) this.#last *= rise(++this.#fadedIn, this.#fadeLength);
    return this.#last;
  }

  #fadeOut(length: number): void {
    for (let i = 0; i < length; i++) {
      if (this.#buffered > 0) this.#read();
      this.#tail[i] = this.#last * rise(length - 1 - i, length);
    }
    this.#tailAt = 0;
    this.#tailLength = length;
    this.#playing = false;
  }

  #grow(needed: number): void {
    const { length } = this.#ring;
    let grownLength = length;
    while (grownLength < needed) grownLength *= 2;
    const grown = new Int16Array(Math.min(grownLength, this.#maxLength));
    grown.set(this.#ring.subarray(this.#readAt));
    grown.set(this.#ring.subarray(0, this.#readAt), length - this.#readAt);
    this.#ring = grown;
    this.#readAt = 0;
  }
}

/** Raised cosine from 0 at step 0 to 1 at the last. */
const rise = (step: number, steps: number): number => 0.5 - 0.5 * Math.cos((Math.PI * step) / steps);
