import type { ChallengeTask } from './challenge.js';

/** Every error code an answer can carry, and the HTTP status it goes with. */
export const refusalStatus = {
  'bad-request': 400,
  'agent-required': 400,
  'agent-not-allowed': 403,
  'origin-not-allowed': 403,
  'challenge-failed': 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'too-large': 413,
  'unsupported-media-type': 415,
  'challenge-required': 428,
  'rate-limited': 429,
  'client-closed': 499, // Only the log sees it: nobody is left to read the answer.
  'internal-error': 500,
  misconfigured: 500,
  'upstream-error': 502,
  'upstream-not-enabled': 502,
  'upstream-rejected-key': 502,
  busy: 503,
  'upstream-timeout': 504,
} as const;

export type RefusalCode = keyof typeof refusalStatus;

/** The methods of an endpoint, or of an agent, that no GET gives a session of. */
export const methodsWithoutGet = 'POST, OPTIONS';

/** What an error answer says besides its code and message. */
export interface RefusalDetails {
  /** Seconds after which another try makes sense. */
  retryAfterS?: number | undefined;
  /** The methods that are allowed. */
  allow?: string | undefined;
  /** What to solve first. */
  challenge?: ChallengeTask | undefined;
  /** The limit that was reached: for the log alone. */
  limit?: string | undefined;
}

/** Why a request gets no session. Its message goes to the visitor's browser, so it says nothing secret. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly details: RefusalDetails;

  constructor(code: RefusalCode, message: string, details: RefusalDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return refusalStatus[this.code];
  }
}

/** The JSON body of an error answer. */
export interface RefusalBody {
  error: { code: RefusalCode; message: string; requestId: string; retryAfter?: number; challenge?: ChallengeTask };
}

/** The one shape of an error answer, whoever gives it. */
export function refusalBody({ code, message, details }: Refusal, requestId: string): RefusalBody {
  const { retryAfterS: retryAfter, challenge } = details;
  // JSON leaves out what is undefined.
  return { error: { code, message, requestId, retryAfter, challenge } as RefusalBody['error'] };
}
