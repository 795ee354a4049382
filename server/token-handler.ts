import { fetchMediaSession, type BindAnswer, type MediaAnswer } from './fetch-media-session.js';
import { fetchSession } from './fetch-session.js';
import { admitsOrigin, readableBy } from './origin-guard.js';
import { readCapped } from './read-capped.js';
import { Refusal, refusalBody } from './refusal.js';
import type { Agent } from './resolve-agents.js';
import { resolveSettings, type TokenHandlerOptions, type TokenLogEntry, type TokenSettings } from './token-settings.js';
import { version } from './version.js';

/** Answers one request. Never rejects. */
export type TokenHandler = (request: Request) => Promise<Response>;

/** Where to open a socket of the `pcm` wire. */
export interface PcmAnswer {
  sessionURL: string;
  protocol: 'pcm';
}

/** What the widget gets: where to open its socket, and what to speak there. */
export type TokenAnswer = PcmAnswer | MediaAnswer | BindAnswer;

const bodyLimitBytes = 2048;
const referenceLimit = 128;
const methods = 'GET, POST, OPTIONS';
const mediaMethods = 'POST, OPTIONS';
const serverNamePattern = /^[\w.:-]{1,128}$/;

/**
 * Makes the token endpoint: the page asks it for a session URL, and the API key stays on the server.
 * Web standards only, so it runs wherever there is a `fetch`.
 * @throws TypeError - for options it cannot work with: one sentence on what to change, which never holds the key.
 */
export function createTokenHandler(options: TokenHandlerOptions): TokenHandler {
  const settings = resolveSettings(options);

  return async (request) => {
    const startedMs = performance.now();
    const requestId = crypto.randomUUID();
    const facts: RequestFacts = { event: eventOf(request) };
    const headers = answerHeaders(request, settings);
    const { status, body, code } = await answer(request, settings, facts, headers).catch((error: unknown): Answer => {
      const refusal = error instanceof Refusal ? error : new Refusal('internal-error', 'The endpoint failed.');
      if (refusal.retryAfterS !== undefined) headers.set('retry-after', String(refusal.retryAfterS));
      return { status: refusal.status, body: refusalBody(refusal, requestId), code: refusal.code };
    });
    tell(settings.log, {
      level: status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info',
      requestId,
      status,
      ...(code === undefined ? {} : { code }),
      ...facts,
      ms: Math.round(performance.now() - startedMs),
    });
    if (body === undefined) return new Response(null, { status, headers });
    headers.set('content-type', 'application/json');
    return new Response(JSON.stringify(body), { status, headers });
  };
}

interface Answer {
  status: number;
  body?: object;
  code?: string;
}

/** What the log is told of a request besides its outcome; filled in as it becomes known. */
type RequestFacts = Pick<TokenLogEntry, 'event' | 'agent' | 'clientReference' | 'callId'>;

async function answer(
  request: Request,
  settings: TokenSettings,
  facts: RequestFacts,
  headers: Headers,
): Promise<Answer> {
  if (!admitsOrigin(request, settings.allowedOrigins)) {
    throw new Refusal('origin-not-allowed', 'This page may not ask for a call: add its origin to the allowed origins.');
  }
  switch (request.method) {
    case 'OPTIONS':
      if (facts.event === 'check') return { status: 200, body: { ok: true, version } };
      headers.set('access-control-allow-methods', methods);
      headers.set('access-control-allow-headers', 'Content-Type');
      headers.set('access-control-max-age', '600');
      return { status: 204 };
    case 'GET':
    case 'POST': {
      const fields = request.method === 'GET' ? readQuery(request) : await readJson(request);
      const clientReference = clientReferenceOf(fields);
      if (clientReference !== undefined) facts.clientReference = clientReference;
      const agent = agentOf(fields, settings);
      facts.agent = agent.alias;
      if (agent.protocol === 'media' && request.method === 'GET') {
        headers.set('allow', mediaMethods);
        throw new Refusal('method-not-allowed', 'A session of this agent is a call that is billed: use POST.');
      }
      const serverName = serverNameOf(fields, agent);
      return { status: 200, body: await fetchAnswer(settings, agent, serverName, request.signal, facts) };
    }
    default:
      headers.set('allow', methods);
      throw new Refusal('method-not-allowed', `Use one of ${methods}.`);
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
function eventOf(request: Request): TokenLogEntry['event'] {
  if (request.method !== 'OPTIONS') return 'token';
  return request.headers.has('access-control-request-method') ? 'preflight' : 'check';
}

function answerHeaders(request: Request, settings: TokenSettings): Headers {
  const headers = new Headers({
    vary: 'Origin, Sec-Fetch-Site',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  const origin = readableBy(request, settings.allowedOrigins);
  if (origin !== undefined) {
    headers.set('access-control-allow-origin', origin);
    headers.set('access-control-expose-headers', 'Retry-After');
  }
  return headers;
}

interface RequestFields {
  assistant_id?: unknown;
  client_reference?: unknown;
  server_name?: unknown;
}

function readQuery(request: Request): RequestFields {
  // Only fetch() sends this pair: an <img>, a link or a typed address must not start a session.
  if (request.headers.get('sec-fetch-mode') !== 'cors' || request.headers.get('sec-fetch-dest') !== 'empty') {
    throw new Refusal('bad-request', 'A GET is answered only to fetch() in a browser.');
  }
  return Object.fromEntries(new URL(request.url).searchParams);
}

async function readJson(request: Request): Promise<RequestFields> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    // What a form can send needs no preflight, so only JSON counts.
    throw new Refusal('unsupported-media-type', 'Send JSON with the content type application/json.');
  }
  const text = await readCapped(request.body, bodyLimitBytes).catch(() => {
    if (request.signal.aborted) throw new Refusal('client-closed', 'The client left before the answer.');
    throw new Refusal(
      'bad-request',
      'The body cannot be read: it is not UTF-8, broke off, or something read it before.',
    );
  });
  if (text === undefined) throw new Refusal('too-large', `The body is longer than ${bodyLimitBytes} bytes.`);
  const fields = parseJson(text);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new Refusal('bad-request', 'The body is not a JSON object.');
  }
  return fields;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function clientReferenceOf({ client_reference: reference }: RequestFields): string | undefined {
  if (reference === undefined) return undefined;
  if (typeof reference === 'string' && reference.length <= referenceLimit) return reference;
  throw new Refusal('bad-request', `client_reference must be text of at most ${referenceLimit} characters.`);
}

function agentOf({ assistant_id: name }: RequestFields, { agents, onlyAgent }: TokenSettings): Agent {
  if (name !== undefined && typeof name !== 'string') throw new Refusal('bad-request', 'assistant_id must be text.');
  // A tag without the attribute may send it empty.
  if (name === undefined || name === '') {
    if (onlyAgent) return onlyAgent;
    throw new Refusal('agent-required', 'This endpoint has several agents: say which one in assistant_id.');
  }
  const agent = agents.get(name);
  if (!agent)
    throw new Refusal('agent-not-allowed', 'This endpoint does not have that agent: add its id to the agents.');
  return agent;
}

function serverNameOf({ server_name: name }: RequestFields, agent: Agent): string | undefined {
  if (name === undefined) return undefined;
  if (agent.protocol !== 'media' || !agent.bind) {
    throw new Refusal('bad-request', 'This agent takes no server_name: its session comes in one answer.');
  }
  if (typeof name === 'string' && serverNamePattern.test(name)) return name;
  throw new Refusal(
    'bad-request',
    'server_name must be 1 to 128 letters, digits, dots, colons, dashes or underscores.',
  );
}

/** A log that throws, now or later, must not cost the visitor the call. */
function tell(log: TokenSettings['log'], entry: TokenLogEntry): void {
  try {
    Promise.resolve(log?.(entry) as unknown).catch(() => undefined);
  } catch {
    // Nowhere left to say so.
  }
}
