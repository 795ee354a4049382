const blockMs = 20;
/** Mean square of a block at the level that counts as speech, -45 dBFS. */
const speechPower = 32768 ** 2 * 10 ** (-45 / 10);
const startBlocks = 100 / blockMs;
const endBlocks = 700 / blockMs;
const maxBlocks = 20_000 / blockMs;
// The first sound of a word is often too quiet to count.
const leadBlocks = 300 / blockMs;
const tailBlocks = 200 / blockMs;

/**
 * Finds what the visitor says between two silences, by level alone.
 * Speech starts with 100 ms above -45 dBFS and ends with 700 ms below, or after 20 s. Time is counted in samples, not on a
 * clock, so a late message changes nothing.
 */
export class Listener {
  readonly #blockLength: number;
  #block: Int16Array;
  #filled = 0;
  /** What is kept: the lead while nobody speaks, all of it while somebody does. */
  #kept: Int16Array[] = [];
  #loudBlocks = 0;
  #quietBlocks = 0;
  #speaking = false;
  #ignored = 0;

  /** @param sampleRate - In Hz, of everything that it is given. */
  constructor(sampleRate: number) {
    this.#blockLength = (sampleRate * blockMs) / 1000;
    this.#block = new Int16Array(this.#blockLength);
  }

  /** Whether the visitor is in the middle of saying something. */
  get speaking(): boolean {
    return this.#speaking;
  }

  /**
   * Takes samples.
   * @returns What the visitor said, once it is over; what follows it in `samples` is forgotten.
   */
  push(samples: Int16Array): Int16Array | undefined {
    let at = Math.min(this.#ignored, samples.length);
    this.#ignored -= at;
    while (at < samples.length) {
      const count = Math.min(this.#blockLength - this.#filled, samples.length - at);
      this.#block.set(samples.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled < this.#blockLength) break;
      const block = this.#block;
      this.#block = new Int16Array(this.#blockLength);
      this.#filled = 0;
      if (this.#pushBlock(block)) return this.finish();
    }
    return undefined;
  }

  /** Ends the utterance now: the visitor's client fell silent by sending nothing. */
  finish(): Int16Array | undefined {
    const kept = this.#kept;
    const surplus = Math.max(0, this.#quietBlocks - tailBlocks);
    const wasSpeaking = this.#speaking;
    this.reset();
    if (!wasSpeaking) return undefined;
    const blocks = kept.slice(0, kept.length - surplus);
    const utterance = new Int16Array(blocks.length * this.#blockLength);
    blocks.forEach((block, i) => utterance.set(block, i * this.#blockLength));
    return utterance;
  }

  /**
   * Forgets what was heard.
   * @param ignoreMs - Audio after now that is not listened to, in ms.
   */
  reset(ignoreMs = 0): void {
    this.#filled = 0;
    this.#kept = [];
    this.#loudBlocks = 0;
    this.#quietBlocks = 0;
    this.#speaking = false;
    this.#ignored = (ignoreMs * this.#blockLength) / blockMs;
  }

  /** True when the utterance is over. */
  #pushBlock(block: Int16Array): boolean {
    let energy = 0;
    for (const sample of block) energy += sample * sample;
    const loud = energy > speechPower * this.#blockLength;
    this.#loudBlocks = loud ? this.#loudBlocks + 1 : 0;
    this.#quietBlocks = loud ? 0 : this.#quietBlocks + 1;
    this.#kept.push(block);

    if (!this.#speaking) {
      this.#speaking = this.#loudBlocks >= startBlocks;
      if (!this.#speaking && this.#kept.length > leadBlocks) this.#kept.shift();
      return false;
    }
    return this.#quietBlocks >= endBlocks || this.#kept.length >= maxBlocks;
  }
}
