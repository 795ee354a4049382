/** Keeps what arrives, in order, and lets a test wait for it. A wait that is never met ends with the test's time. */
export class Inbox<T> {
  readonly all: T[] = [];
  #waiting: (() => void)[] = [];

  readonly push = (item: T): void => {
    this.all.push(item);
    for (const wake of this.#waiting.splice(0)) wake();
  };

  async until(isThere: (all: readonly T[]) => boolean): Promise<readonly T[]> {
    while (!isThere(this.all)) await new Promise<void>((wake) => this.#waiting.push(wake));
    return this.all;
  }

  count(count: number): Promise<readonly T[]> {
    return this.until((all) => all.length >= count);
  }
}

/** Resolves in a new task: every promise that could go on has done so by then. */
export function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
