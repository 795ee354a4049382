interface Timer {
  readonly dueMs: number;
  readonly ring: () => void;
  /** Rings again and again. */
  readonly everyMs?: number | undefined;
}

/** Stands in for setTimeout and setInterval: time passes when the test says so. Uninstall it after each test. */
export class ManualClock {
  nowMs = 0;
  #timers = new Map<number, Timer>();
  #lastId = 0;
  #original = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
  };

  /** Timers that are set and have not rung. */
  get pending(): number {
    return this.#timers.size;
  }

  install(): void {
    const add = (ring: () => void, delayMs: number, everyMs?: number): number => {
      this.#lastId += 1;
      // Browsers read the delay as a 32-bit integer, and what is negative then as 0.
      this.#timers.set(this.#lastId, { ring, dueMs: this.nowMs + Math.max(0, delayMs | 0), everyMs });
      return this.#lastId;
    };
    const set = (ring: () => void, delayMs = 0): number => add(ring, delayMs);
    const repeat = (ring: () => void, everyMs: number): number => add(ring, everyMs, everyMs);
    const clear = (id?: number): void => void this.#timers.delete(id ?? 0);
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear, setInterval: repeat, clearInterval: clear });
  }

  uninstall(): void {
    Object.assign(globalThis, this.#original);
  }

  /** Lets time pass and every timer ring that falls due in it. */
  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.dueMs <= untilMs);
      const first = due.sort(([, a], [, b]) => a.dueMs - b.dueMs)[0];
      if (!first) break;
      const [id, timer] = first;
      const { dueMs, ring, everyMs } = timer;
      if (everyMs) this.#timers.set(id, { ...timer, dueMs: dueMs + everyMs });
      else this.#timers.delete(id);
      this.nowMs = dueMs;
      ring();
    }
    this.nowMs = untilMs;
  }
}
