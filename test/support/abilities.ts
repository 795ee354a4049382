/**
 * `it` for what only some browsers can do: elsewhere the test is counted as skipped, and its title says what lacks.
 * @param isThere - Whether this browser has it: found out, never guessed from its name.
 */
export const itWhere =
  (isThere: boolean, what: string) =>
  (title: string, work: Mocha.AsyncFunc): Mocha.Test =>
    isThere ? it(title, work) : it.skip(`${title} (this browser has no ${what})`, work);

/** The same where it is found out in the test, or in a `before` hook, which skips all tests of its suite. */
export function skipWithout(context: Mocha.Context, what: string): void {
  const test = context.test as Mocha.Test | Mocha.Hook;
  (test.type === 'hook' ? test.parent! : test).title += ` (this browser has no ${what})`;
  context.skip();
}

/** Chromium's word for an output that is gone. */
export const hasContextErrors = 'onerror' in AudioContext.prototype;

/** A rendering that waits in its middle for the page: not in Firefox. */
export const hasOfflineSuspend = 'suspend' in OfflineAudioContext.prototype;
