import type { LimitStore } from './limits.js';
import { methodsWithoutGet, Refusal } from './refusal.js';

/** What a visitor's browser is asked to do before it gets a session; any further fields say how. */
export interface ChallengeTask {
  /** `altcha` is solved by the widget itself, anything else by the page's `challengeSolver`. */
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Whether an answer holds; where it could be sent twice, what to remember it by, and for how many seconds. */
export type ChallengeVerdict = boolean | { readonly spentAs: string; readonly forS: number };

/** A challenge: how it is made and how its answers are checked. */
export interface ChallengeOptions {
  /**
   * Who has to solve it. `on-suspicion`: an address from its third session in ten minutes on, everybody while there are
   * more than half of `limits.perMinute`, and whoever sends no `Sec-Fetch-Site`. Default `always`.
   */
  mode?: 'off' | 'on-suspicion' | 'always' | undefined;
  /** Makes one; it goes into the 428 as it is. */
  issue: () => ChallengeTask | Promise<ChallengeTask>;
  /** Checks what the page sent as `challenge`: anything at all. What it throws counts as "cannot be checked now". */
  verify: (answer: unknown, visitor: Visitor) => ChallengeVerdict | Promise<ChallengeVerdict>;
}

/** Who answers a challenge. */
export interface Visitor {
  /** As the connection or the platform tells it. */
  readonly address: string | undefined;
}

/** What the page sent, and what it is judged by. */
export interface ChallengedRequest {
  readonly method: string;
  readonly answer: unknown;
  readonly address: string | undefined;
  readonly isSuspicious: () => Promise<boolean>;
}

const modes: readonly unknown[] = ['off', 'on-suspicion', 'always'];

/** @throws TypeError - one sentence on what to change. */
export function resolveChallenge(options: ChallengeOptions | undefined): ChallengeOptions | undefined {
  if (options === undefined) return undefined;
  const { mode = 'always', issue, verify } = options;
  if (!modes.includes(mode)) throw new TypeError('The challenge has a mode that is none of off, on-suspicion, always.');
  if (typeof issue !== 'function' || typeof verify !== 'function') {
    throw new TypeError('The challenge needs two functions: issue and verify.');
  }
  return mode === 'off' ? undefined : { mode, issue, verify };
}

/**
 * Lets a request pass that has solved a challenge, or needs none.
 * @throws Refusal - 428 with a new challenge, or 403 for an answer that does not hold or was used before.
 */
export async function passChallenge(
  challenge: ChallengeOptions,
  store: LimitStore,
  { method, answer, address, isSuspicious }: ChallengedRequest,
): Promise<void> {
  // A query has no place for an answer: it would be in logs, and might be too long.
  if (answer === undefined || answer === null || method === 'GET') {
    if (challenge.mode === 'on-suspicion' && !(await isSuspicious())) return;
    if (method === 'GET') {
      const sentence = 'Visitors have to solve a challenge here: use POST.';
      throw new Refusal('method-not-allowed', sentence, { allow: methodsWithoutGet });
    }
    const task = await challenge.issue();
    throw new Refusal('challenge-required', 'Solve the challenge and send the request again with the answer.', {
      challenge: task,
    });
  }
  const verdict = await challenge.verify(answer, { address });
  const isSpent =
    typeof verdict === 'object' &&
    (await store.take({ name: 'challenge', max: 1, windowS: verdict.forS }, verdict.spentAs)) > 0;
  if (verdict === false || isSpent) {
    throw new Refusal('challenge-failed', 'The answer to the challenge is wrong, too late, or was used before.');
  }
}
