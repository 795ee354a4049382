/** Joins binary messages to samples; a sample cut in two by a message's end is put together with the next. */
export class Pcm16Stream {
  readonly #isLittle: boolean;
  /** No byte or one. */
  #spare = new Uint8Array(0);

  constructor(byteOrder: 'little' | 'big' = 'little') {
    this.#isLittle = byteOrder === 'little';
  }

  /** Takes one message's bytes and gives the samples that are complete. */
  push(bytes: Uint8Array): Int16Array {
    const joined = new Uint8Array(this.#spare.length + bytes.length);
    joined.set(this.#spare);
    joined.set(bytes, this.#spare.length);
    this.#spare = joined.slice(joined.length & ~1);
    const samples = new Int16Array(joined.buffer, 0, joined.length >> 1);
    if (!this.#isLittle) Buffer.from(joined.buffer, 0, samples.byteLength).swap16();
    return samples;
  }
}
