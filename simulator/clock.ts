/** Time, and a way to wait; tests bring their own. */
export interface Clock {
  /** In ms. */
  now(): number;
  /** Calls back after about `delayMs`; returns how to cancel. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The machine's own clock. */
export const wallClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
