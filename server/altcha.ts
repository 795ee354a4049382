import { createChallenge, randomInt, verifySolution, type Challenge, type Payload } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import type { ChallengeOptions } from './challenge.js';
import { UsageError } from './environment.js';

/** How hard a visitor's browser has to work, and how we know our own challenges again. */
export interface AltchaOptions {
  /** At least 32 characters that nobody else knows; the same on every machine. */
  secret: string;
  /** See {@link ChallengeOptions.mode}. Default `always`. */
  mode?: ChallengeOptions['mode'];
  /**
   * The most key derivations (PBKDF2, 1000 rounds of SHA-256) that a browser tries; it needs three quarters of them on
   * average. Default 2000: under a second on a laptop.
   */
  effort?: number | undefined;
  /** Seconds until an answer comes too late. Default 120. */
  expiresInS?: number | undefined;
}

/** Rounds of one derivation: enough that calling the browser's own code for each costs little beside it. */
const rounds = 1000;
const algorithm = 'PBKDF2/SHA-256';

/**
 * Proof of work by ALTCHA: the widget solves it by itself, nobody reads distorted letters, and no third party is asked.
 * @throws TypeError - for options it cannot work with: one sentence, which holds no secret.
 */
export function createAltcha({ secret, mode, effort = 2000, expiresInS = 120 }: AltchaOptions): ChallengeOptions {
  if (typeof secret !== 'string' || secret.length < 32) {
    throw new TypeError(
      'The secret of the challenge is shorter than 32 characters: make one with openssl rand -hex 32.',
    );
  }
  if (!Number.isInteger(effort) || effort < 2 || effort > 1_000_000) {
    throw new TypeError('The effort of the challenge (CHALLENGE_EFFORT) must be a whole number from 2 to 1000000.');
  }
  if (!Number.isInteger(expiresInS) || expiresInS < 10 || expiresInS > 3600) {
    throw new TypeError('The challenge must expire in a whole number of seconds from 10 to 3600.');
  }
  // Signed apart from each other, so that checking an answer costs two signatures and no derivation.
  const secrets = { hmacSignatureSecret: `challenge:${secret}`, hmacKeySignatureSecret: `key:${secret}` };
  return {
    mode,
    async issue() {
      const challenge = await createChallenge({
        algorithm,
        cost: rounds,
        counter: randomInt(Math.ceil(effort / 2), effort),
        deriveKey,
        expiresAt: Math.floor(Date.now() / 1000) + expiresInS,
        ...secrets,
      });
      return { type: 'altcha', ...challenge };
    },
    async verify(answer) {
      const payload = payloadOf(answer);
      if (!payload) return false;
      const { verified } = await verifySolution({ ...payload, deriveKey, ...secrets });
      // A second longer than it holds, as the two clocks need not agree on when that is.
      return verified && { spentAs: payload.challenge.signature!, forS: expiresInS + 1 };
    },
  };
}

/**
 * The challenge that the environment sets: CHALLENGE (`off`, `on-suspicion`, `always`), CHALLENGE_SECRET and, if the default
 * is not right, CHALLENGE_EFFORT.
 * @throws Error - one sentence on the variable that is missing or wrong; it quotes no value.
 */
export function readChallenge(environment: object): ChallengeOptions | undefined {
  const variables = environment as Readonly<Record<string, string | undefined>>;
  const mode = variables['CHALLENGE'] || 'off';
  if (mode === 'off') return undefined;
  if (mode !== 'on-suspicion' && mode !== 'always') {
    throw new UsageError('CHALLENGE must be one of off, on-suspicion, always.');
  }
  const secret = variables['CHALLENGE_SECRET'];
  if (!secret) {
    throw new UsageError('CHALLENGE_SECRET is not set: every machine needs the same; try openssl rand -hex 32.');
  }
  const effort = variables['CHALLENGE_EFFORT'];
  return createAltcha({ secret, mode, effort: effort ? Number(effort) : undefined });
}

/** The page may send anything: only text and numbers in the places where the library looks. */
function payloadOf(answer: unknown): Payload | undefined {
  const { challenge, solution } = (answer ?? {}) as { challenge?: Partial<Challenge>; solution?: Payload['solution'] };
  const { parameters, signature } = challenge ?? {};
  // Checked before the library sees it: without a key signature it would derive a key, as often as it is told to.
  const isOurs =
    typeof signature === 'string' &&
    parameters?.algorithm === algorithm &&
    parameters.cost === rounds &&
    typeof parameters.keySignature === 'string' &&
    typeof parameters.expiresAt === 'number';
  if (!isOurs || typeof solution !== 'object' || solution === null) return undefined;
  return { challenge: { parameters, signature }, solution };
}
