import { solveChallenge, type ChallengeParameters } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import type { Challenge, ChallengeSolver } from './session.js';

/** What the token endpoint is sent as `challenge`, or else why nothing is, for the site's developer. */
export type Solved =
  { readonly answer: unknown; readonly detail?: undefined } | { readonly answer?: undefined; readonly detail: string };

/** PBKDF2's rounds for one key: the browser does not stop within them. Ours are 1000, of under a millisecond. */
const mostRounds = 100_000;
/** In bytes. Ours are 32, and each further 32 are the same work again. */
const longestKey = 64;
/** In characters; a token endpoint takes no more than 8 KiB back. */
const longestChallenge = 4096;
/** The browser derives keys in a thread of its own: while one is on its way to this thread, the next is worked on. */
const atOnce = 4;

/**
 * Solves a challenge: of ALTCHA by itself, any other by the page's solver. Never rejects.
 * @param challenge - As the endpoint gave it: only a claim.
 * @param signal - Ends the work, whatever the solver makes of it; what is answered then is of no use.
 */
export async function solve(
  challenge: Challenge,
  solver: ChallengeSolver | undefined,
  signal: AbortSignal,
): Promise<Solved> {
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => (ending.signal.onabort = () => resolve()));
  const end = () => ending.abort();
  signal.addEventListener('abort', end);
  const isOurs = challenge.type === 'altcha';
  try {
    signal.throwIfAborted();
    const work = isOurs ? solveAltcha(challenge, ending) : solver?.(challenge, signal);
    const answer = await Promise.race([work, ended]);
    if (answer !== undefined) return { answer };
  } catch {
    // What a solver says may hold a secret, such as the answer.
  } finally {
    end();
    signal.removeEventListener('abort', end);
  }
  return {
    detail: isOurs
      ? 'Its challenge is malformed or too much work: lower its cost.'
      : 'Its challenge is one for challengeSolver, which is not set or has failed.',
  };
}

/** Does the work that ALTCHA asks for, beside this thread. */
async function solveAltcha(challenge: Challenge, controller: AbortController): Promise<object | undefined> {
  const { signature } = challenge;
  const parameters = challenge['parameters'] as ChallengeParameters;
  const { cost, keyLength = 32 } = parameters;
  const isModest =
    cost <= mostRounds && keyLength <= longestKey && JSON.stringify(challenge).length <= longestChallenge;
  if (!isModest) return undefined;
  const solution = await Promise.race(
    Array.from({ length: atOnce }, (_, counterStart) =>
      solveChallenge({ challenge: { parameters }, deriveKey, controller, counterStart, counterStep: atOnce }),
    ),
  );
  if (!solution) return undefined;
  const { counter, derivedKey } = solution;
  return { challenge: { parameters, signature }, solution: { counter, derivedKey } };
}
