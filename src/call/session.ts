import type { WireChoice } from '../protocol/wire.js';
import type { Solved } from './challenge.js';
import { CallError } from './errors.js';
import { importFile, type FileLocation } from './import-file.js';

/** What a site's own function is asked for. */
export interface TokenProviderRequest {
  readonly assistantId: string | undefined;
  /** The site's own name for the call. */
  readonly clientReference: string | undefined;
  /** Which server the socket has reached: the second request of a session with `bind`, answered with a `sid`. */
  readonly serverName: string | undefined;
  /**
   * The answer to the challenge that the function resolved to just before, for the endpoint's field `challenge`. The first
   * time there is none.
   */
  readonly challenge: unknown;
  /** Aborted some seconds after the call was stopped: a call that is billed by then is hung up until then. */
  readonly signal: AbortSignal;
}

/** What a token endpoint answers. */
export interface TokenAnswer extends Partial<WireChoice> {
  /** An absolute `wss:` URL. */
  readonly sessionURL: string;
  /** Synthflow's name of the call. */
  readonly callId?: string | undefined;
}

/** What it answers to the request with `serverName`. */
export interface BindAnswer {
  readonly sid: string;
  readonly callId?: string | undefined;
}

/** What an endpoint wants solved before it gives a session; any further fields say how. */
export interface Challenge {
  /** `altcha` is solved by ourselves, anything else by the page's {@link ChallengeSolver}. */
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The refusal (428) that holds one. */
export interface ChallengeAnswer {
  readonly error: { readonly challenge: Challenge };
}

/**
 * A site's own way to a session: resolves to a session URL, or to the same answer as a token endpoint's. Where that is a
 * challenge, it is called once more with the answer to it.
 */
export type TokenProvider = (
  request: TokenProviderRequest,
) => Promise<string | TokenAnswer | BindAnswer | ChallengeAnswer>;

/**
 * A site's own way to solve a challenge: resolves to what the endpoint gets as `challenge`, text or JSON. The signal is
 * aborted when the call is stopped, or has waited for its session too long.
 */
export type ChallengeSolver = (challenge: Challenge, signal: AbortSignal) => Promise<unknown>;

/** Where a session comes from. The first of `sessionUrl`, `tokenProvider`, `tokenEndpoint` that is there is used. */
export interface SessionRequest extends FileLocation {
  /** A session URL that is already there; it works once. */
  readonly sessionUrl?: string | null | undefined;
  readonly tokenProvider?: TokenProvider | undefined;
  readonly challengeSolver?: ChallengeSolver | undefined;
  /** Relative URLs resolve against the page. `{assistant_id}` in it is replaced, and then not sent again. */
  readonly tokenEndpoint?: string | undefined;
  /** Default `post`. */
  readonly tokenMethod?: 'post' | 'get' | undefined;
  /** Default `same-origin`. */
  readonly tokenCredentials?: RequestCredentials | undefined;
  readonly assistantId?: string | undefined;
  /** The site's own name for the call: the endpoint is told, and it comes back in events. */
  readonly clientReference?: string | undefined;
  /** The wire, where the answer does not say. Default `pcm`. */
  readonly protocol?: WireChoice['protocol'] | undefined;
}

/** A session that may be opened, once. Its wire is only a claim. */
export interface Session extends WireChoice {
  readonly url: string;
  readonly callId: string | undefined;
}

/** A call that the open socket is to be bound to. */
export interface Binding {
  readonly sid: string;
  readonly callId: string | undefined;
}

/** What to change after a refusal, by our own endpoint's code or any's status. Its message is not shown: it might hold anything. */
const remedies: Readonly<Record<string, string>> = {
  'agent-required': 'Set assistant-id.',
  'agent-not-allowed': 'Add assistant-id to its agents (SYNTHFLOW_AGENTS).',
  'origin-not-allowed': 'Add this origin to its ALLOWED_ORIGINS.',
  'upstream-rejected-key': 'Check its apiKey (SYNTHFLOW_API_KEY).',
  'upstream-not-enabled': 'Have WebSocket media enabled.',
  404: 'Set token-endpoint to its path.',
  405: 'Set token-endpoint to its path, or token-method="get".',
  429: 'Raise the limit in its log.',
  other: 'Mend the error in its log.',
};
/** More of an answer is not read, in bytes: an endless one must not fill the memory until the time is over. */
const mostAnswerBytes = 2 ** 16;

/** The longest wait that a server's word is believed for: an hour. */
const longestRetryS = 3600;

/**
 * Asks for a session.
 * @param stopped - Ends work on a challenge: until that is done there is no call to hang up.
 * @throws {CallError} a `token-…` code, `rate-limited`, `session-url-rejected`. What a signal aborts rejects with its
 *   reason.
 */
export async function fetchSession(request: SessionRequest, signal: AbortSignal, stopped = signal): Promise<Session> {
  const answer = request.sessionUrl || (await ask(request, signal, stopped));
  const { sessionURL, protocol, codec, framing, bind, callId } = (
    typeof answer === 'string' ? { sessionURL: answer } : (answer ?? {})
  ) as Partial<TokenAnswer>;
  if (typeof sessionURL !== 'string') throw new CallError('token-response-invalid');
  return {
    protocol: protocol ?? request.protocol ?? 'pcm',
    codec: codec ?? 'l16',
    framing: framing ?? 'payload',
    bind: bind === true,
    url: checkedUrl(sessionURL),
    callId: name(callId),
  };
}

/**
 * Asks for the call that the socket is to be bound to: the second request of a session with `bind`. It creates the call.
 * @param serverName - What the socket said: only a claim.
 * @throws {CallError} as {@link fetchSession}, and `protocol-error` for a name that is none.
 */
export async function fetchBinding(
  request: SessionRequest,
  signal: AbortSignal,
  serverName: unknown,
  stopped = signal,
): Promise<Binding> {
  if (typeof serverName !== 'string' || !/^[\w.:-]{1,128}$/.test(serverName)) throw new CallError('protocol-error');
  const { sid, callId } = ((await ask(request, signal, stopped, serverName)) ?? {}) as Partial<BindAnswer>;
  if (!name(sid))
    throw new CallError('token-response-invalid', { detail: 'It must answer server_name with { "sid" }.' });
  return { sid: sid!, callId: name(callId) };
}

/** A name that somebody else gave: one line, not too long. */
function name(value: unknown): string | undefined {
  return typeof value === 'string' && /^[!-~]{1,512}$/.test(value) ? value : undefined;
}

async function ask(
  request: SessionRequest,
  signal: AbortSignal,
  stopped: AbortSignal,
  serverName?: string,
): Promise<unknown> {
  const { tokenProvider, assistantId, clientReference } = request;
  const askOnce = (challenge?: unknown) =>
    tokenProvider
      ? askProvider(tokenProvider, { assistantId, clientReference, serverName, challenge, signal })
      : askEndpoint(request, signal, serverName, challenge);
  const answer = await askOnce();
  const challenge = challengeIn(answer);
  return challenge ? askOnce(await solve(request, challenge, stopped)) : answer;
}

function challengeIn(answer: unknown): Challenge | undefined {
  return (answer as Partial<ChallengeAnswer> | null | undefined)?.error?.challenge;
}

/** @throws {CallError} `token-request-failed`; or what `stopped` is aborted with. */
async function solve(request: SessionRequest, challenge: Challenge, stopped: AbortSignal) {
  const loading = importFile<typeof import('./challenge.js')>(
    'synthflow-call.challenge.js',
    request,
    () => import('./challenge.js'),
  );
  const { answer, detail } = await loading.then(
    (loaded) => loaded.solve(challenge, request.challengeSolver, stopped),
    (): Solved => ({ detail: 'Serve synthflow-call.challenge.js beside the script, allowed by script-src.' }),
  );
  stopped.throwIfAborted();
  if (!detail) return answer;
  throw new CallError('token-request-failed', { detail, httpStatus: 428, endpointCode: 'challenge-required' });
}

async function askProvider(provider: TokenProvider, request: TokenProviderRequest) {
  try {
    return await provider(request);
  } catch {
    request.signal.throwIfAborted();
    // Its error may name a URL with a token in it, so it is not kept.
    throw new CallError('token-request-failed', { detail: 'Mend tokenProvider: it rejected.' });
  }
}

async function askEndpoint(
  request: SessionRequest,
  signal: AbortSignal,
  serverName: string | undefined,
  challenge: unknown,
): Promise<unknown> {
  const { tokenEndpoint, assistantId, clientReference } = request;
  const { tokenMethod = 'post', tokenCredentials = 'same-origin' } = request;
  if (!tokenEndpoint) throw new CallError('token-endpoint-missing');
  const hasPlace = tokenEndpoint.includes('{assistant_id}');
  const fields = {
    ...(assistantId && !hasPlace && { assistant_id: assistantId }),
    ...(clientReference && { client_reference: clientReference }),
    ...(serverName && { server_name: serverName }),
    ...(challenge !== undefined && { challenge }),
  };
  const init: RequestInit = { signal, credentials: tokenCredentials, cache: 'no-store', redirect: 'error' };
  let response: Response;
  try {
    const url = new URL(
      tokenEndpoint.replace('{assistant_id}', encodeURIComponent(assistantId ?? '')),
      document.baseURI,
    );
    // A request that creates a call is a POST.
    if (tokenMethod.toLowerCase() === 'get' && !serverName) {
      for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value as string);
    } else {
      init.method = 'POST';
      init.headers = { 'Content-Type': 'application/json' };
      init.body = JSON.stringify(fields);
    }
    response = await fetch(url, init);
  } catch {
    signal.throwIfAborted();
    throw new CallError('token-request-failed', {
      detail: navigator.onLine
        ? 'No answer that the page may read: token-endpoint must be an https: URL, not redirect, allow this origin (ALLOWED_ORIGINS, Access-Control-Allow-Origin), and be in connect-src.'
        : 'Connect the browser: it is offline.',
    });
  }
  const answer: unknown = await readJson(response).catch(() => signal.throwIfAborted());
  // A challenge is solved once, and not where the answer to it has no place: in a query.
  if (response.ok || (challengeIn(answer) && init.body && challenge === undefined)) return answer;
  throw refusal(response, answer, init);
}

function readJson({ body }: Response): Promise<unknown> {
  let bytesLeft = mostAnswerBytes;
  const limit = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (piece, stream) => {
      bytesLeft -= piece.length;
      if (bytesLeft < 0) stream.error();
      else stream.enqueue(piece);
    },
  });
  return new Response(body?.pipeThrough(limit)).json();
}

function refusal(response: Response, answer: unknown, { method }: RequestInit): CallError {
  const { status: httpStatus, headers } = response;
  const error = (answer as { error?: { code?: unknown; retryAfter?: unknown } } | undefined)?.error;
  const endpointCode = typeof error?.code === 'string' && /^[\w-]{1,64}$/.test(error.code) ? error.code : undefined;
  const isBusy = httpStatus === 429 || httpStatus === 503;
  const keys = [`${endpointCode}`, isBusy && endpointCode ? 429 : httpStatus];
  const remedy =
    !method && [405, 428].includes(httpStatus)
      ? 'Set token-method="post".'
      : remedies[keys.find((key) => Object.hasOwn(remedies, key)) ?? 'other'];
  return new CallError(isBusy ? 'rate-limited' : 'token-request-failed', {
    detail: `It answered ${httpStatus}${endpointCode ? ` (${endpointCode})` : ''}. ${remedy}`,
    httpStatus,
    endpointCode,
    retryAfterS: wait(error?.retryAfter) ?? wait(headers.get('Retry-After'), headers.get('Date')),
  });
}

/**
 * How long to wait, in whole seconds: a number of them, or a date (RFC 9110, 10.2.3) by the clock of whoever sent it, where that
 * may be read.
 */
function wait(word: unknown, sentAt?: string | null): number | undefined {
  const text = String(word);
  // Of its three forms only asctime's does not say GMT.
  const date = /^[A-Z].*:/.test(text) && Date.parse(text.replace(/( GMT)?$/, ' GMT'));
  const seconds = date ? Math.max(0, date - (Date.parse(sentAt!) || Date.now())) / 1000 : Number.parseFloat(text);
  return seconds >= 0 ? Math.floor(Math.min(seconds, longestRetryS)) : undefined;
}

function checkedUrl(text: string): string {
  try {
    // Without a base: a relative URL would be the page's own.
    const url = new URL(text);
    const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
    if (url.protocol === 'wss:' || (url.protocol === 'ws:' && isLocal)) return url.href;
  } catch {
    // Its message would name the URL.
  }
  throw new CallError('session-url-rejected');
}
