import { readCapped } from './read-capped.js';
import { Refusal } from './refusal.js';
import type { Agent } from './resolve-agents.js';
import type { TokenSettings } from './token-settings.js';

const referenceLimit = 128;
const serverNamePattern = /^[\w.:-]{1,128}$/;

/** What of a request the endpoint looks at. Node’s adapter has it without making a `Request`, which costs more than all we do. */
export interface TokenRequest extends Pick<Request, 'method' | 'url' | 'signal'> {
  readonly headers: Pick<Headers, 'get' | 'has'>;
  /** As {@link readCapped}. */
  readText(limitBytes: number): Promise<string | undefined>;
  /** Where it came as one. */
  readonly original?: Request;
}

/** A `Request` as the endpoint looks at it. */
export function fromRequest(request: Request): TokenRequest {
  const { method, url, headers } = request;
  return {
    method,
    url,
    headers,
    // Some platforms make it when it is asked for.
    get signal() {
      return request.signal;
    },
    readText: (limitBytes) => readCapped(request.body, limitBytes),
    original: request,
  };
}

/** What a page may send, unchecked. */
export interface RequestFields {
  assistant_id?: unknown;
  client_reference?: unknown;
  server_name?: unknown;
  challenge?: unknown;
}

/**
 * The fields of a GET.
 * @throws Refusal - where anything but fetch() sent it.
 */
export function readQuery(request: TokenRequest): RequestFields {
  // Only fetch() sends this pair: an <img>, a link or a typed address must not start a session.
  if (request.headers.get('sec-fetch-mode') !== 'cors' || request.headers.get('sec-fetch-dest') !== 'empty') {
    throw new Refusal('bad-request', 'A GET is answered only to fetch() in a browser.');
  }
  return Object.fromEntries(new URL(request.url).searchParams);
}

/**
 * The fields of a POST.
 * @throws Refusal - for anything but a JSON object of at most `limitBytes`.
 */
export async function readJson(request: TokenRequest, limitBytes: number): Promise<RequestFields> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    // What a form can send needs no preflight, so only JSON counts.
    throw new Refusal('unsupported-media-type', 'Send JSON with the content type application/json.');
  }
  const text = await request.readText(limitBytes).catch(() => {
    if (request.signal.aborted) throw new Refusal('client-closed', 'The client left before the answer.');
    throw new Refusal(
      'bad-request',
      'The body cannot be read: it is not UTF-8, broke off, or something read it before.',
    );
  });
  if (text === undefined) throw new Refusal('too-large', `The body is longer than ${limitBytes} bytes.`);
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

/** The page's own name of the call. @throws Refusal */
export function clientReferenceOf({ client_reference: reference }: RequestFields): string | undefined {
  if (reference === undefined) return undefined;
  if (typeof reference === 'string' && reference.length <= referenceLimit) return reference;
  throw new Refusal('bad-request', `client_reference must be text of at most ${referenceLimit} characters.`);
}

/** The agent that is asked for. @throws Refusal - where there is none, or none such. */
export function agentOf({ assistant_id: name }: RequestFields, { agents, onlyAgent }: TokenSettings): Agent {
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

/** The node that the visitor's socket is open to, where this is the second request of connect-then-bind. @throws Refusal */
export function serverNameOf({ server_name: name }: RequestFields, agent: Agent): string | undefined {
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
