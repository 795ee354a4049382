/** Joins binary messages to samples; a sample cut in two by a message's end is put together with the next. */
export class Pcm16Stream {
  /** No byte or one. */
  #spare = new Uint8Array(0);

  /** Takes one message's bytes, little-endian, and gives the samples that are complete. */
  push(bytes: Uint8Array): Int16Array {
    const joined = new Uint8Array(this.#spare.length + bytes.length);
    joined.set(this.#spare);
    joined.set(bytes, this.#spare.length);
    this.#spare = joined.slice(joined.length & ~1);
    return new Int16Array(joined.buffer, 0, joined.length >> 1);
  }
}
