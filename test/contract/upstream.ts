import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const apiKey = 'sk-KEY-7f3a9c+/=~';
export const page = 'https://www.example.com';

type Answer = (response: ServerResponse, host: string, count: number) => void;

const json = (response: ServerResponse, body: unknown, status = 200, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
const session: Answer = (response, host) => json(response, { sessionURL: `ws://${host}/start?token=t` });
const failing =
  (status: number, headers = {}): Answer =>
  (response) =>
    json(response, { detail: apiKey, message: `Bearer ${apiKey}` }, status, headers);

/** How a fake Synthflow answers for each agent, by alias. */
const answers: Record<string, Answer> = {
  support: session,
  sales: session,
  key: failing(401),
  forbidden: failing(403),
  missing: failing(404),
  broken: failing(500),
  many: failing(429, { 'retry-after': '9' }),
  manyOdd: failing(429, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }),
  busy: failing(503, { 'retry-after': '7' }),
  moved: failing(302, { location: '/stolen' }),
  flaky: (response, host, count) =>
    count % 2 === 1 ? failing(502)(response, host, count) : session(response, host, count),
  cut: (response) => void response.socket!.destroy(),
  torn: (response) => {
    response.writeHead(200, { 'content-length': '500' }).write('{"sessionURL":', () => response.socket!.destroy());
  },
  garbage: (response) => void response.end(`<html>${apiKey}`),
  list: (response) => json(response, []),
  nothing: (response) => json(response, {}),
  big: (response, host) => json(response, { sessionURL: `ws://${host}/start`, padding: 'x'.repeat(17_000) }),
  elsewhere: (response) => json(response, { sessionURL: 'wss://evil.example/start' }),
  plain: (response) => json(response, { sessionURL: 'ws://widget.synthflow.ai/start' }),
  loud: (response, host) =>
    json(response, { sessionURL: `ws://${host}/start?token=${encodeURIComponent(apiKey)}${apiKey}` }),
  slow: () => undefined,
  drip: (response) => void response.writeHead(200).write('{'),
  media: (response, host) => json(response, { wsMediaUrl: `ws://${host}/media`, callId: 'call-1' }),
  bind: (response, host) => json(response, { wsMediaBaseUrl: `ws://${host}/ws`, sid: 'sid-1', callId: 'call-2' }),
  mediaBroken: failing(502),
  mediaOff: failing(503),
  mediaBusy: failing(503, { 'retry-after': '7' }),
  mediaCut: (response) => void response.socket!.destroy(),
};

const media = (id: string, more = {}) => ({
  protocol: 'media',
  modelId: id,
  fromPhoneNumber: '+15551230001',
  toPhoneNumber: '+15551230002',
  ...more,
});
const idOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
const ids = new Map(Object.keys(answers).map((alias, index) => [alias, idOf(index)]));

/** The agents of the endpoint under test. */
const agents = Object.fromEntries(
  [...ids].map(([alias, id]) => {
    if (alias === 'bind') return [alias, media(id, { bind: true })];
    return [alias, alias.startsWith('media') ? media(id) : id];
  }),
);

export interface Upstream {
  readonly url: string;
  /** How the endpoint under test is set up, as environment: it asks this Synthflow. */
  readonly settings: Readonly<Record<string, string>>;
  /** What it was asked for an agent: method, path, and body. */
  asked(alias: string): readonly string[];
  /** What was asked that no endpoint should ask, and every request without the key. */
  readonly strays: readonly string[];
  close(): void;
}

/** A Synthflow on loopback that fails in every way, by agent. @param port - 0 takes any free one. */
export async function startUpstream(port = 0): Promise<Upstream> {
  const asked = new Map<string, string[]>();
  const strays: string[] = [];
  const server = createServer(async (request, response) => {
    const { alias, text } = await identify(request);
    const said = `${request.method} ${request.url} ${text}`.trim();
    const answer = answers[alias];
    if (!answer || request.headers.authorization !== `Bearer ${apiKey}`) {
      strays.push(said);
      response.writeHead(404).end();
      return;
    }
    const list = asked.get(alias) ?? [];
    asked.set(alias, [...list, said]);
    answer(response, request.headers.host!, list.length + 1);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    settings: {
      SYNTHFLOW_API_KEY: apiKey,
      SYNTHFLOW_AGENTS: JSON.stringify(agents),
      ALLOWED_ORIGINS: page,
      SYNTHFLOW_WIDGET_URL: url,
      SYNTHFLOW_API_URL: `${url}/v2`,
    },
    asked: (alias) => asked.get(alias) ?? [],
    strays,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function identify(request: IncomingMessage): Promise<{ alias: string; text: string }> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part as string;
  const inPath = /^\/websocket\/token\/([\w-]+)$/.exec(request.url!)?.[1];
  const inBody = /"modelId":"([\w-]+)"/.exec(text)?.[1];
  const id = request.url === '/v2/calls/outbound-test-ws-media/base-url' ? ids.get('bind') : (inPath ?? inBody);
  return { alias: [...ids].find(([, one]) => one === id)?.[0] ?? '', text };
}
