import { admit, admitConnection } from './admission.js';
import type { RequestContext } from './client-address.js';
import { fetchMediaSession, type BindAnswer, type MediaAnswer } from './fetch-media-session.js';
import { fetchSession } from './fetch-session.js';
import { admitsOrigin, readableBy } from './origin-guard.js';
import { methodsWithoutGet, Refusal, refusalBody } from './refusal.js';
import {
  agentOf,
  clientReferenceOf,
  fromRequest,
  readJson,
  readQuery,
  serverNameOf,
  type RequestFields,
  type TokenRequest,
} from './request-fields.js';
import type { Agent } from './resolve-agents.js';
import { resolveSettings, type TokenHandlerOptions, type TokenLogEntry, type TokenSettings } from './token-settings.js';
import { version } from './version.js';

/** Answers one request. Never rejects. */
export type TokenHandler = (request: Request, context?: RequestContext) => Promise<Response>;

/** An answer that is no `Response` yet. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string | null;
}

/** A {@link TokenHandler} without `Request` and `Response`. */
export type PlainHandler = (request: TokenRequest, context: RequestContext) => Promise<PlainAnswer>;

const plainHandlers = new WeakMap<TokenHandler, PlainHandler>();

/** The same handler for who has no `Request`; undefined where it is not one of ours, or the site's own code wants one. */
export const plainHandlerOf = (handler: TokenHandler): PlainHandler | undefined => plainHandlers.get(handler);

/** Where to open a socket of the `pcm` wire. */
export interface PcmAnswer {
  sessionURL: string;
  protocol: 'pcm';
}

/** What the widget gets: where to open its socket, and what to speak there. */
export type TokenAnswer = PcmAnswer | MediaAnswer | BindAnswer;

const bodyLimitBytes = 2048;
/** Where there are challenges: an answer to one may be 2 KiB by itself (Turnstile, reCAPTCHA). */
const challengedBodyLimitBytes = 8192;
const methods = 'GET, POST, OPTIONS';

/**
 * Makes the token endpoint: the page asks it for a session URL, and the API key stays on the server.
 * Web standards only, so it runs wherever there is a `fetch`.
 * @throws TypeError - for options it cannot work with: one sentence on what to change, which never holds the key.
 */
export function createTokenHandler(options: TokenHandlerOptions): TokenHandler {
  const settings = resolveSettings(options);

  const answerPlainly: PlainHandler = async (request, context) => {
    const startedMs = performance.now();
    const requestId = crypto.randomUUID();
    const facts: RequestFacts = { event: eventOf(request) };
    const headers = answerHeaders(request, settings);
    const { status, body, code } = await answer(request, context, settings, facts, headers).catch(
      (error: unknown): Answer => {
        const refusal = error instanceof Refusal ? error : new Refusal('internal-error', 'The endpoint failed.');
        const { retryAfterS, allow, limit } = refusal.details;
        if (allow !== undefined) headers['allow'] = allow;
        if (retryAfterS !== undefined) headers['retry-after'] = String(retryAfterS);
        if (limit !== undefined) facts.limit = limit;
        return { status: refusal.status, body: refusalBody(refusal, requestId), code: refusal.code };
      },
    );
    tell(settings.log, {
      level: status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info',
      requestId,
      status,
      ...(code === undefined ? {} : { code }),
      ...facts,
      ms: Math.round(performance.now() - startedMs),
    });
    if (body === undefined) return { status, headers, text: null };
    headers['content-type'] = 'application/json';
    return { status, headers, text: JSON.stringify(body) };
  };
  const handler: TokenHandler = async (request, context = {}) => {
    const { status, headers, text } = await answerPlainly(fromRequest(request), context);
    return new Response(text, { status, headers });
  };
  if (typeof options.clientAddress !== 'function') plainHandlers.set(handler, answerPlainly);
  return handler;
}

interface Answer {
  status: number;
  body?: object;
  code?: string;
}

/** What the log is told of a request besides its outcome; filled in as it becomes known. */
type RequestFacts = Pick<TokenLogEntry, 'event' | 'agent' | 'clientReference' | 'callId' | 'limit'>;

async function answer(
  request: TokenRequest,
  context: RequestContext,
  settings: TokenSettings,
  facts: RequestFacts,
  headers: PlainAnswer['headers'],
): Promise<Answer> {
  if (!admitsOrigin(request, settings.allowedOrigins)) {
    throw new Refusal('origin-not-allowed', 'This page may not ask for a call: add its origin to the allowed origins.');
  }
  switch (request.method) {
    case 'OPTIONS':
      if (facts.event === 'check') return { status: 200, body: { ok: true, version } };
      headers['access-control-allow-methods'] = methods;
      headers['access-control-allow-headers'] = 'Content-Type';
      headers['access-control-max-age'] = '600';
      return { status: 204 };
    case 'GET':
    case 'POST': {
      const fields: RequestFields =
        request.method === 'GET'
          ? readQuery(request)
          : await readJson(request, settings.challenge ? challengedBodyLimitBytes : bodyLimitBytes);
      const clientReference = clientReferenceOf(fields);
      if (clientReference !== undefined) facts.clientReference = clientReference;
      const agent = agentOf(fields, settings);
      facts.agent = agent.alias;
      if (agent.protocol === 'media' && request.method === 'GET') {
        throw new Refusal('method-not-allowed', 'A session of this agent is a call that is billed: use POST.', {
          allow: methodsWithoutGet,
        });
      }
      const serverName = serverNameOf(fields, agent);
      // The first request of connect-then-bind creates nothing: the second one counts.
      const isSession = agent.protocol === 'pcm' || !agent.bind || serverName !== undefined;
      if (isSession) await admit(request, context, fields.challenge, settings);
      else await admitConnection(request, context, settings);
      return { status: 200, body: await fetchAnswer(settings, agent, serverName, request.signal, facts) };
    }
    default:
      throw new Refusal('method-not-allowed', `Use one of ${methods}.`, { allow: methods });
  }
}

async function fetchAnswer(
  settings: TokenSettings,
  agent: Agent,
  serverName: string | undefined,
  clientSignal: AbortSignal,
  facts: RequestFacts,
): Promise<TokenAnswer> {
  if (agent.protocol === 'pcm') {
    return { sessionURL: await fetchSession(settings, agent.id, clientSignal), protocol: 'pcm' };
  }
  const onCall = (callId: string): void => void (facts.callId = callId);
  return fetchMediaSession(settings, agent, { serverName, clientSignal, onCall });
}

/** A browser's preflight names the method it wants; an OPTIONS without one is somebody asking whether we are there. */
function eventOf(request: TokenRequest): TokenLogEntry['event'] {
  if (request.method !== 'OPTIONS') return 'token';
  return request.headers.has('access-control-request-method') ? 'preflight' : 'check';
}

function answerHeaders(request: TokenRequest, settings: TokenSettings): PlainAnswer['headers'] {
  const headers: PlainAnswer['headers'] = {
    vary: 'Origin, Sec-Fetch-Site',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  const origin = readableBy(request, settings.allowedOrigins);
  if (origin !== undefined) {
    headers['access-control-allow-origin'] = origin;
    headers['access-control-expose-headers'] = 'Retry-After';
  }
  return headers;
}

/** A log that throws, now or later, must not cost the visitor the call. */
function tell(log: TokenSettings['log'], entry: TokenLogEntry): void {
  try {
    Promise.resolve(log?.(entry) as unknown).catch(() => undefined);
  } catch {
    // Nowhere left to say so.
  }
}
