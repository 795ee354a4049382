import type { WireName } from '../protocol/wire.js';
import { CallError } from './errors.js';

/** What a site's own function is asked for. */
export interface TokenProviderRequest {
  readonly assistantId: string | undefined;
  /** Aborted when the call was stopped meanwhile. */
  readonly signal: AbortSignal;
}

/** A site's own way to a session: resolves to a session URL, or to the same answer as a token endpoint's. */
export type TokenProvider = (request: TokenProviderRequest) => Promise<string | { readonly sessionURL: string }>;

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
}

/** A session that may be opened, once. */
export interface Session {
  readonly url: string;
  readonly protocol: WireName;
}

/** The longest wait that a server's word is believed for: an hour. */
const longestRetryS = 3600;

/**
 * Asks for a session.
 * @throws {CallError} a `token-…` code, `rate-limited`, `session-url-rejected`, `protocol-error`. What `signal` aborts
 *   rejects with its reason.
 */
export async function fetchSession(request: SessionRequest, signal: AbortSignal): Promise<Session> {
  const { sessionUrl, tokenProvider } = request;
  const answer =
    sessionUrl || (await (tokenProvider ? askProvider(tokenProvider, request, signal) : askEndpoint(request, signal)));
  const { sessionURL, protocol = 'pcm' } = (typeof answer === 'string' ? { sessionURL: answer } : (answer ?? {})) as {
    sessionURL?: unknown;
    protocol?: unknown;
  };
  if (typeof sessionURL !== 'string') throw new CallError('token-response-invalid');
  if (protocol !== 'pcm') throw new CallError('protocol-error');
  return { url: checkedUrl(sessionURL), protocol };
}

async function askProvider(provider: TokenProvider, { assistantId }: SessionRequest, signal: AbortSignal) {
  try {
    return await provider({ assistantId, signal });
  } catch {
    signal.throwIfAborted();
    // Its error may name a URL with a token in it, so it is not kept.
    throw new CallError('token-request-failed', { detail: 'tokenProvider rejected.' });
  }
}

async function askEndpoint(request: SessionRequest, signal: AbortSignal): Promise<unknown> {
  const { tokenEndpoint, assistantId, tokenMethod = 'post', tokenCredentials = 'same-origin' } = request;
  if (!tokenEndpoint) throw new CallError('token-endpoint-missing');
  const hasPlace = tokenEndpoint.includes('{assistant_id}');
  const fields = assistantId && !hasPlace ? { assistant_id: assistantId } : {};
  const init: RequestInit = { signal, credentials: tokenCredentials, cache: 'no-store', redirect: 'error' };
  let response: Response;
  try {
    const url = new URL(
      tokenEndpoint.replace('{assistant_id}', encodeURIComponent(assistantId ?? '')),
      document.baseURI,
    );
    if (tokenMethod.toLowerCase() === 'get') {
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
  const answer: unknown = await response.json().catch(() => signal.throwIfAborted());
  if (!response.ok) throw refusal(response, answer);
  return answer;
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
