import { floatToPcm16 } from './pcm16.js';

/**
 * Gathers float samples into PCM16 chunks of one length, in buffers that come back to be used again.
 * Audio thread: {@link push} allocates only if every buffer of the pool is out, and never blocks or throws.
 *
 * The bytes are little-endian because every machine that runs a browser is.
 */
export class Chunker {
  readonly #chunkLength: number;
  readonly #onChunk: (chunk: ArrayBuffer) => void;
  readonly #poolSize: number;
  // Views, not buffers: push() needs a view, and making one there would be an allocation.
  readonly #pool: Int16Array<ArrayBuffer>[] = [];
  #filling: Int16Array<ArrayBuffer> | undefined;
  #filled = 0;

  /**
   * @param chunkLength - Samples in a chunk.
   * @param onChunk - Called during {@link push}; the buffer is the receiver's, who may transfer it.
   * @param poolSize - How many buffers are made at once, and how many are kept at most.
   * @throws RangeError if `chunkLength` is not a positive integer.
   */
  constructor(chunkLength: number, onChunk: (chunk: ArrayBuffer) => void, poolSize = 8) {
    if (!(chunkLength > 0 && chunkLength % 1 === 0)) throw RangeError('chunk length');
    this.#chunkLength = chunkLength;
    this.#onChunk = onChunk;
    this.#poolSize = poolSize;
    for (let i = 0; i < poolSize; i++) this.#pool.push(new Int16Array(chunkLength));
  }

  /** Takes the first `length` samples and hands over every chunk that they complete. */
  push(samples: Float32Array, length: number): void {
    let taken = 0;
    while (taken < length) {
      const filling = (this.#filling ??= this.#take());
      const count = Math.min(length - taken, this.#chunkLength - this.#filled);
      floatToPcm16(samples, filling, count, this.#filled, taken);
      taken += count;
      this.#filled += count;
      if (this.#filled === this.#chunkLength) {
        // Let go of first: the receiver may call recycle() at once.
        this.#filling = undefined;
        this.#filled = 0;
        this.#onChunk(filling.buffer);
      }
    }
  }

  /**
   * Takes a chunk's buffer back. Costs one small view, so it belongs in a message handler, not in `process()`.
   * Whatever is not a whole buffer of a chunk's size, or is here already, is ignored.
   */
  recycle(buffer: ArrayBuffer): void {
    // A detached buffer has 0 bytes. It comes from a message, so its type is only a claim.
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== 2 * this.#chunkLength) return;
    if (this.#pool.length >= this.#poolSize) return;
    if (this.#filling?.buffer === buffer || this.#pool.some((view) => view.buffer === buffer)) return;
    this.#pool.push(new Int16Array(buffer));
  }

  #take(): Int16Array<ArrayBuffer> {
    return this.#pool.pop() ?? new Int16Array(this.#chunkLength);
  }
}
