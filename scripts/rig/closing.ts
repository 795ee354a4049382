/** What was started and has to end, the last first: on success, on failure and on Ctrl+C. */
export class Closing {
  #ends: (() => unknown)[] = [];
  #closed: Promise<void> | undefined;

  constructor() {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      process.once(signal, () => void this.close().then(() => process.exit(code)));
    }
  }

  /** Whether the end has begun. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Has `end` called at the end. What is started while all ends is ended at once. */
  add(end: () => unknown): void {
    if (this.#closed) end();
    else this.#ends.push(end);
  }

  /** Ends all of it. Idempotent; what fails to end holds up nothing else. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      for (const end of this.#ends.reverse()) {
        try {
          await end();
        } catch {
          // It has ended before, or nothing more can be done about it.
        }
      }
    })();
    return this.#closed;
  }
}
