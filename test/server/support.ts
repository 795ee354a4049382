import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import {
  createTokenHandler,
  type ChallengeTask,
  type TokenHandler,
  type TokenHandlerOptions,
  type TokenLogEntry,
} from '../../server/index.js';

export const apiKey = 'sk-KEY-7f3a9c+/=~';
export const supportId = '11111111-2222-4333-8444-555555555555';
export const salesId = '1700000000000x123456789012345678';
export const modelId = '99999999-8888-4777-8666-555555555555';
export const mediaUrl = 'wss://media.synthflow.ai/ws/abc?token=def';
/** What an agent of wire B cannot do without. */
export const mediaAgent = {
  protocol: 'media',
  modelId,
  fromPhoneNumber: '+15551230001',
  toPhoneNumber: '+15551230002',
} as const;
export const fullMediaAgent = {
  ...mediaAgent,
  leadName: 'Website visitor',
  agentVersion: 'draft',
  codec: 'pcma',
  framing: 'rtp',
  bind: true,
  region: 'eu',
} as const;
export const page = 'https://www.example.com';
export const endpoint = 'https://api.example.com/api/synthflow/token';
export const sessionUrl = 'wss://widget.synthflow.ai/websocket/start?token=abc.def';

/** A fake Synthflow: answers every request the same way and remembers it. */
export interface Upstream {
  fetch: typeof fetch;
  requests: Request[];
}

export function upstreamOf(answer: (request: Request) => Response | Promise<Response>): Upstream {
  const requests: Request[] = [];
  return {
    requests,
    fetch: async (input, init) => {
      const request = new Request(input as string, init);
      requests.push(request);
      return answer(request);
    },
  };
}

export const workingUpstream = (): Upstream => upstreamOf(() => Response.json({ sessionURL: sessionUrl }));

/** An answer that never comes, from a fetch that ends when it is told to. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

/** A handler over a fake Synthflow, its log, and what Synthflow was asked. */
export function createEndpoint(options: Partial<TokenHandlerOptions> = {}, upstream = workingUpstream()) {
  const entries: TokenLogEntry[] = [];
  const handler: TokenHandler = createTokenHandler({
    apiKey,
    agents: { support: supportId },
    allowedOrigins: [page],
    fetch: upstream.fetch,
    limits: 'off',
    log: (entry) => void entries.push(entry),
    ...options,
  });
  return { handler, entries, requests: upstream.requests };
}

/** A POST as the widget sends it from a listed page. A header of `null` is left out. */
export function post(
  fields: unknown = {},
  headers: Record<string, string | null> = {},
  init: RequestInit = {},
): Request {
  return new Request(endpoint, {
    method: 'POST',
    body: typeof fields === 'string' ? fields : JSON.stringify(fields),
    headers: present({ origin: page, 'sec-fetch-site': 'cross-site', 'content-type': 'application/json', ...headers }),
    ...init,
  });
}

/** A GET as the widget sends it from a listed page. */
export function get(query = '', headers: Record<string, string | null> = {}): Request {
  const fetched = { origin: page, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
  return new Request(`${endpoint}${query}`, { headers: present({ ...fetched, ...headers }) });
}

function present(headers: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null));
}

export interface ErrorBody {
  error: {
    code: string;
    message: string;
    requestId: string;
    retryAfter?: number;
    challenge?: ChallengeTask;
  };
}

export async function errorOf(response: Response): Promise<ErrorBody['error']> {
  return ((await response.json()) as ErrorBody).error;
}

/** A real http server on a free port of this machine, gone when the test ends. */
export async function listen(
  test: TestContext,
  listener: RequestListener,
): Promise<{ url: string; port: number; server: Server }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${port}`, port, server };
}
