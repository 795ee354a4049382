import type { WireChoice } from '../protocol/wire.js';
import { CallError } from './errors.js';

/** What a site's own function is asked for. */
export interface TokenProviderRequest {
  readonly assistantId: string | undefined;
  /** Which server the socket has reached: the second request of a session with `bind`, answered with a `sid`. */
  readonly serverName: string | undefined;
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

/** A site's own way to a session: resolves to a session URL, or to the same answer as a token endpoint's. */
export type TokenProvider = (request: TokenProviderRequest) => Promise<string | TokenAnswer | BindAnswer>;

/** Where a session comes from. The first of `sessionUrl`, `tokenProvider`, `tokenEndpoint` that is there is used. */
export interface SessionRequest {
  /** A session URL that is already there; it works once. */
  readonly sessionUrl?: string | null | undefined;
  readonly tokenProvider?: TokenProvider | undefined;
  /** Relative URLs resolve against the page. `{assistant_id}` in it is replaced, and then not sent again. */
  readonly tokenEndpoint?: string | undefined;
  /** Default `post`. */
  readonly tokenMethod?: 'post' | 'get' | undefined;
  /** Default `same-origin`. */
  readonly tokenCredentials?: RequestCredentials | undefined;
  readonly assistantId?: string | undefined;
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

/** More of an answer is not read, in bytes: an endless one must not fill the memory until the time is over. */
const mostAnswerBytes = 2 ** 16;

/** The longest wait that a server's word is believed for: an hour. */
const longestRetryS = 3600;

/**
 * Asks for a session.
 * @throws {CallError} a `token-…` code, `rate-limited`, `session-url-rejected`. What `signal` aborts rejects with its
 *   reason.
 */
export async function fetchSession(request: SessionRequest, signal: AbortSignal): Promise<Session> {
  const answer = request.sessionUrl || (await ask(request, signal));
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
): Promise<Binding> {
  if (typeof serverName !== 'string' || !/^[\w.:-]{1,128}$/.test(serverName)) throw new CallError('protocol-error');
  const { sid, callId } = ((await ask(request, signal, serverName)) ?? {}) as Partial<BindAnswer>;
  if (!name(sid))
    throw new CallError('token-response-invalid', { detail: 'It must answer server_name with { "sid" }.' });
  return { sid: sid!, callId: name(callId) };
}

/** A name that somebody else gave: one line, not too long. */
function name(value: unknown): string | undefined {
  return typeof value === 'string' && /^[!-~]{1,512}$/.test(value) ? value : undefined;
}

function ask(request: SessionRequest, signal: AbortSignal, serverName?: string): Promise<unknown> {
  const { tokenProvider } = request;
  return tokenProvider
    ? askProvider(tokenProvider, { assistantId: request.assistantId, serverName, signal })
    : askEndpoint(request, signal, serverName);
}

async function askProvider(provider: TokenProvider, request: TokenProviderRequest) {
  try {
    return await provider(request);
  } catch {
    request.signal.throwIfAborted();
    // Its error may name a URL with a token in it, so it is not kept.
    throw new CallError('token-request-failed', { detail: 'tokenProvider rejected.' });
  }
}

async function askEndpoint(request: SessionRequest, signal: AbortSignal, serverName?: string): Promise<unknown> {
  const { tokenEndpoint, assistantId, tokenMethod = 'post', tokenCredentials = 'same-origin' } = request;
  if (!tokenEndpoint) throw new CallError('token-endpoint-missing');
  const hasPlace = tokenEndpoint.includes('{assistant_id}');
  const fields = {
    ...(assistantId && !hasPlace && { assistant_id: assistantId }),
    ...(serverName && { server_name: serverName }),
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
      for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
    } else {
      init.method = 'POST';
      init.headers = { 'Content-Type': 'application/json' };
      init.body = JSON.stringify(fields);
    }
    response = await fetch(url, init);
  } catch {
    signal.throwIfAborted();
    throw new CallError('token-request-failed');
  }
  const answer: unknown = await readJson(response).catch(() => signal.throwIfAborted());
  if (!response.ok) throw refusal(response, answer);
  return answer;
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

function refusal(response: Response, answer: unknown): CallError {
  const { status: httpStatus, headers } = response;
  const error = (answer as { error?: { code?: unknown; retryAfter?: unknown } } | undefined)?.error;
  const endpointCode = typeof error?.code === 'string' && /^[\w-]{1,64}$/.test(error.code) ? error.code : undefined;
  const isBusy = httpStatus === 429 || httpStatus === 503;
  return new CallError(isBusy ? 'rate-limited' : 'token-request-failed', {
    detail: `It answered ${httpStatus}${endpointCode ? ` (${endpointCode})` : ''}.`,
    httpStatus,
    endpointCode,
    retryAfterS: seconds(error?.retryAfter) ?? seconds(headers.get('Retry-After')),
  });
}

function seconds(value: unknown): number | undefined {
  const count = Number.parseFloat(String(value));
  return count >= 0 ? Math.floor(Math.min(count, longestRetryS)) : undefined;
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
