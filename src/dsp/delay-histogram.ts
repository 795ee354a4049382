const BUCKET_MS = 5;
const BUCKETS = 100;

/**
 * How late messages come, as a histogram that forgets: a message's weight halves with every 350 that follow.
 * Audio thread: never allocates, blocks or throws.
 */
export class DelayHistogram {
  readonly #weights = new Float64Array(BUCKETS);

  /** @param delayMs - How much later a message came than the quickest of late; beyond 500 ms it counts as that. */
  push(delayMs: number): void {
    for (let i = 0; i < BUCKETS; i++) this.#weights[i]! *= 0.998;
    this.#weights[Math.max(0, Math.min(BUCKETS - 1, Math.floor(delayMs / BUCKET_MS)))]!++;
  }

  /** The delay in ms that so large a share of the messages, 0 to 1, stays below; 0 before the first. */
  quantileMs(share: number): number {
    let left = 0;
    for (let i = 0; i < BUCKETS; i++) left += this.#weights[i]!;
    left *= share;
    for (let i = 0; i < BUCKETS; i++) {
      const weight = this.#weights[i]!;
      if (weight > 0 && weight >= left) return (i + left / weight) * BUCKET_MS;
      left -= weight;
    }
    return 0;
  }
}
