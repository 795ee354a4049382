/**
 * A queue of PCM16 that also remembers what was read last, so that a reader may step back.
 * Audio thread: {@link push} allocates only when the ring must grow, nothing else does; nothing blocks or throws.
 */
export class SampleRing {
  readonly #kept: number;
  /** A power of two long: an index is a position's lowest bits. */
  #samples: Int16Array;
  #readAt = 0;
  #length = 0;
  #behind = 0;

  /**
   * @param length - How many samples fit before it grows, at least.
   * @param kept - How many samples can be stepped back.
   */
  constructor(length: number, kept: number) {
    this.#kept = kept;
    this.#samples = new Int16Array(2 ** Math.ceil(Math.log2(length + kept)));
  }

  /** How many samples can be read. */
  get length(): number {
    return this.#length;
  }

  /** How many samples lie behind the reader in one piece with what comes; at most those kept. */
  get behind(): number {
    return this.#behind;
  }

  /** A sample from the reader on (0 is the next), or before it (-1 is the last one read). */
  at(offset: number): number {
    return this.#samples[(this.#readAt + offset) & (this.#samples.length - 1)]!;
  }

  /** Takes a copy of the first `length` samples. */
  push(samples: Int16Array, length: number): void {
    if (this.#kept + this.#length + length > this.#samples.length) this.#grow(this.#kept + this.#length + length);
    const ring = this.#samples;
    const writeAt = this.#readAt + this.#length;
    for (let i = 0; i < length; i++) ring[(writeAt + i) & (ring.length - 1)] = samples[i]!;
    this.#length += length;
  }

  /** Steps over samples, or back where the count is negative. */
  skip(count: number): void {
    this.#readAt = (this.#readAt + count) & (this.#samples.length - 1);
    this.#length -= count;
    this.#behind = Math.min(this.#kept, this.#behind + count);
  }

  /** What lies behind is not one piece with what comes. */
  cut(): void {
    this.#behind = 0;
  }

  #grow(needed: number): void {
    const grown = new Int16Array(2 ** Math.ceil(Math.log2(needed)));
    for (let i = 0; i < this.#kept + this.#length; i++) grown[i] = this.at(i - this.#kept);
    this.#samples = grown;
    this.#readAt = this.#kept;
  }
}
