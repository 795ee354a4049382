/** Every error code an answer can carry, and the HTTP status it goes with. */
export const refusalStatus = {
  'bad-request': 400,
  'agent-required': 400,
  'agent-not-allowed': 403,
  'origin-not-allowed': 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'too-large': 413,
  'unsupported-media-type': 415,
  'rate-limited': 429,
  'client-closed': 499, // Only the log sees it: nobody is left to read the answer.
  'internal-error': 500,
  'upstream-error': 502,
  'upstream-rejected-key': 502,
  busy: 503,
  'upstream-timeout': 504,
} as const;

export type RefusalCode = keyof typeof refusalStatus;

/** Why a request gets no session. Its message goes to the visitor's browser, so it says nothing secret. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  /** Seconds after which another try makes sense. */
  readonly retryAfterS: number | undefined;

  constructor(code: RefusalCode, message: string, retryAfterS?: number) {
    super(message);
    this.code = code;
    this.retryAfterS = retryAfterS;
  }

  get status(): number {
    return refusalStatus[this.code];
  }
}

/** The JSON body of an error answer. */
export interface RefusalBody {
  error: { code: RefusalCode; message: string; requestId: string; retryAfter?: number };
}

/** The one shape of an error answer, whoever gives it. */
export function refusalBody(refusal: Refusal, requestId: string): RefusalBody {
  const { code, message, retryAfterS } = refusal;
  return { error: { code, message, requestId, ...(retryAfterS === undefined ? {} : { retryAfter: retryAfterS }) } };
}
