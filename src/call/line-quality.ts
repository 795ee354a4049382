/** The time that counts, in ms. */
const windowMs = 5000;
/** So much of it must be lost for the line to be poor, and less for it to be good again. */
const poorMs = 1000;
const goodMs = 200;
/** An interruption counts for no more: where the agent sends no silence it may have been a pause between sentences. */
const longestGapMs = 250;

/** Whether a line is poor, from what either side lost of the other's words in the last seconds. */
export class LineQuality {
  #heard: { readonly atMs: number; readonly lostMs: number }[] = [];
  #droppedMs = 0;
  #concealedMs = 0;
  #lostMs = 0;
  isPoor = false;

  /**
   * Judges by the figures of the call so far.
   * @param atMs - Now, on any clock.
   * @param droppedMs - What was not sent.
   * @param concealedMs - What was not there to be played.
   */
  hear(atMs: number, droppedMs: number, concealedMs: number): void {
    const droppedNowMs = Math.max(0, droppedMs - this.#droppedMs);
    const concealedNowMs = Math.max(0, concealedMs - this.#concealedMs);
    [this.#droppedMs, this.#concealedMs] = [droppedMs, concealedMs];
    this.#lostMs += droppedNowMs + Math.min(concealedNowMs, longestGapMs);
    const lately = this.#lostMs - this.#remember(atMs);
    this.isPoor = lately >= (this.isPoor ? goodMs : poorMs);
  }

  /** The line has broken, or is there again: it counts as poor for a while. */
  break(atMs: number): void {
    this.#remember(atMs);
    this.#lostMs += poorMs;
    this.isPoor = true;
  }

  /** Answers what was lost when the time that counts began. */
  #remember(atMs: number): number {
    const heard = this.#heard;
    heard.push({ atMs, lostMs: this.#lostMs });
    while (heard[0]!.atMs < atMs - windowMs) heard.shift();
    return heard[0]!.lostMs;
  }
}
