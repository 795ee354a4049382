import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { toNodeListener } from '../../server/adapters/node.js';
import type { TokenLogEntry } from '../../server/index.js';
import { serve, tokenPath, type ServeOptions } from '../../server/serve.js';
import {
  createEndpoint,
  errorOf,
  listen,
  page,
  sessionUrl,
  untilAborted,
  upstreamOf,
  type ErrorBody,
} from './support.js';

const fromPage = { origin: page, 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' };

async function start(test: TestContext, options: Partial<ServeOptions> = {}) {
  const { handler } = createEndpoint();
  const serving = await serve({ handler, port: 0, host: '127.0.0.1', ...options });
  test.after(() => serving.close());
  return serving;
}

/** What the server says to bytes that no fetch would send. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes);
  let answer = '';
  for await (const part of socket.setEncoding('utf8')) answer += part as string;
  return answer;
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

describe('the server', () => {
  it('answers at the token path', async (test) => {
    const { url } = await start(test);
    const response = await fetch(url + tokenPath, { method: 'POST', headers: fromPage, body: '{}' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('access-control-allow-origin'), page);
    assert.deepEqual(await response.json(), { sessionURL: sessionUrl, protocol: 'pcm' });
  });

  it('answers there to a query too', async (test) => {
    const { port } = await start(test);
    const headers = `Host: localhost\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty`;
    const answer = await exchange(
      port,
      `GET ${tokenPath}?client_reference=a HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 200 /);
  });

  it('says ok at /healthz, without asking Synthflow', async (test) => {
    const { handler, requests, entries } = createEndpoint();
    const { url } = await start(test, { handler });
    const response = await fetch(`${url}/healthz`);
    assert.equal(response.status, 200);
    assert.equal(await response.text(), 'ok');
    assert.equal(requests.length + entries.length, 0);
  });

  it('refuses every other path as JSON', async (test) => {
    const { url } = await start(test);
    for (const path of ['/', '/.env', '/api', `${tokenPath}/`, '/__proto__', '/constructor', '/package.json']) {
      const response = await fetch(url + path);
      assert.equal(response.status, 404, path);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.equal((await errorOf(response)).code, 'not-found');
    }
  });

  it('hands every other path to the fallback, and survives one that throws', async (test) => {
    const { url } = await start(test, {
      fallback: (request, response) => {
        if (request.url === '/throws') throw new Error('no such page');
        if (request.url === '/breaks') {
          response.write('half');
          throw new Error('no such page');
        }
        response.end('page');
      },
    });
    assert.equal(await (await fetch(`${url}/a`)).text(), 'page');
    assert.equal((await fetch(`${url}/throws`)).status, 500);
    await assert.rejects(async () => (await fetch(`${url}/breaks`)).text());
    assert.equal((await fetch(url + tokenPath)).status, 403);
  });

  it('compares Origin with the Host header where a browser says no more', async (test) => {
    const { handler } = createEndpoint({ allowedOrigins: 'same-origin' });
    const { url, port } = await start(test, { handler });
    const send = (headers: Record<string, string>) =>
      fetch(url + tokenPath, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', ...headers },
      });
    assert.equal((await send({ origin: url })).status, 200);
    assert.equal((await send({ origin: `https://localhost:${port}` })).status, 403);
    assert.equal((await send({ origin: 'http://localhost' })).status, 403);
    const forwarded = {
      'x-forwarded-host': 'www.example.com',
      'x-forwarded-proto': 'https',
      forwarded: 'host=www.example.com;proto=https',
    };
    assert.equal((await send({ origin: page, ...forwarded })).status, 403);
  });

  it('refuses what makes no request', async (test) => {
    const { port } = await start(test);
    const malformed = [
      `GET ${tokenPath} HTTP/1.1\r\nHost: a b\r\n`,
      `GET ${tokenPath} HTTP/1.1\r\nHost: user:pass@localhost\r\n`,
      `TRACE ${tokenPath} HTTP/1.1\r\nHost: localhost\r\n`,
    ];
    for (const head of malformed) {
      const answer = await exchange(port, `${head}Connection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 400 /, head);
      assert.match(answer, /"code":"bad-request"/);
    }
    assert.match(await exchange(port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.match(
      await exchange(port, 'GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
      / 404 /,
    );
  });

  it('answers a body that is too large before its end', async (test) => {
    const { port } = await start(test);
    const socket = await connected(port);
    test.after(() => socket.destroy());
    const head = Object.entries({ ...fromPage, host: 'localhost', 'content-length': '1000000000' });
    socket.write(
      `POST ${tokenPath} HTTP/1.1\r\n${head.map((pair) => pair.join(': ')).join('\r\n')}\r\n\r\n${' '.repeat(5000)}`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 413 /);
  });

  it('lives on when a client leaves in the middle of its body or of the answer', async (test) => {
    const left: TokenLogEntry[] = [];
    let told = (): void => undefined;
    let asked = (): void => undefined;
    const upstream = upstreamOf(({ signal }) => {
      asked();
      return untilAborted(signal);
    });
    const log = (entry: TokenLogEntry): void => {
      left.push(entry);
      told();
    };
    const { handler } = createEndpoint({ log }, upstream);
    const { url, port } = await start(test, { handler });
    const head = Object.entries({ ...fromPage, host: 'localhost', 'content-length': '100' });
    const request = `POST ${tokenPath} HTTP/1.1\r\n${head.map((pair) => pair.join(': ')).join('\r\n')}\r\nExpect: 100-continue\r\n\r\n`;

    const first = await connected(port);
    const firstTold = new Promise<void>((resolve) => (told = resolve));
    first.write(request);
    await once(first, 'data'); // "100 Continue": the server has the head, and waits for the body.
    first.write('{"assist');
    first.destroy();
    await firstTold;

    const second = await connected(port);
    const secondTold = new Promise<void>((resolve) => (told = resolve));
    const secondAsked = new Promise<void>((resolve) => (asked = resolve));
    second.write(`${request}{}${' '.repeat(98)}`);
    await secondAsked;
    second.destroy();
    await secondTold;

    assert.deepEqual(
      left.map(({ status, code }) => `${status} ${code}`),
      ['499 client-closed', '499 client-closed'],
    );
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
  });

  it('rejects with Node’s code when the port is taken', async (test) => {
    const { port } = await start(test);
    const { handler } = createEndpoint();
    await assert.rejects(serve({ handler, port, host: '127.0.0.1' }), { code: 'EADDRINUSE' });
  });

  it('has a URL a browser can open', async (test) => {
    for (const host of ['127.0.0.1', 'localhost', '0.0.0.0']) {
      const { url, port } = await start(test, { host });
      assert.equal(url, `http://localhost:${port}`);
    }
  });

  it('closes over connections that are idle, silent, half-way and waiting', async () => {
    let asked = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    const upstream = upstreamOf(({ signal }) => {
      asked();
      return untilAborted(signal);
    });
    const { handler } = createEndpoint({}, upstream);
    const { url, port, close } = await serve({ handler, port: 0, host: '127.0.0.1' });
    await (await fetch(`${url}/healthz`)).text();
    const silent = await connected(port);
    const halfway = await connected(port);
    halfway.write(`POST ${tokenPath} HTTP/1.1\r\nHost: localhost\r\n`);
    const unanswered = fetch(url + tokenPath, { method: 'POST', headers: fromPage, body: '{}' });
    const refused = assert.rejects(unanswered);
    await waiting;
    const gone = [silent, halfway].map((socket) => once(socket.on('error', () => undefined).resume(), 'close'));
    await Promise.all([close(), close()]);
    await Promise.all([refused, ...gone]);
    await assert.rejects(fetch(`${url}/healthz`));
  });

  it('lets an answer under way arrive before it closes', async () => {
    let answer = (_response: Response): void => undefined;
    let asked = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    const upstream = upstreamOf(() => {
      asked();
      return new Promise((resolve) => (answer = resolve));
    });
    const { handler } = createEndpoint({}, upstream);
    const { url, close } = await serve({ handler, port: 0, host: '127.0.0.1', graceMs: 60_000 });
    const answered = fetch(url + tokenPath, { method: 'POST', headers: fromPage, body: '{}' });
    await waiting;
    const closed = close();
    answer(Response.json({ sessionURL: sessionUrl }));
    assert.equal((await answered).status, 200);
    await closed;
  });

  it('ends a connection that is kept alive with the answer under way', async () => {
    let answer = (_response: Response): void => undefined;
    let asked = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    const upstream = upstreamOf(() => {
      asked();
      return new Promise((resolve) => (answer = resolve));
    });
    const { handler } = createEndpoint({}, upstream);
    const { port, close } = await serve({ handler, port: 0, host: '127.0.0.1', graceMs: 60_000 });
    const socket = await connected(port);
    const head = Object.entries({ ...fromPage, host: 'localhost', 'content-length': '2' });
    socket.write(`POST ${tokenPath} HTTP/1.1\r\n${head.map((pair) => pair.join(': ')).join('\r\n')}\r\n\r\n{}`);
    await waiting;
    const closed = close();
    answer(Response.json({ sessionURL: sessionUrl }));
    const [first] = (await once(socket, 'data')) as [Buffer];
    // A browser or a proxy that was not told would send its next request here.
    assert.match(first.toString(), /^HTTP\/1\.1 200 .*\r\nconnection: close\r\n/is);
    await closed;
  });
});

describe('the listener for Node', () => {
  it('says so when a body parser ran before it, and does not hang', async (test) => {
    const { handler, requests } = createEndpoint();
    const listener = toNodeListener(handler);
    const { url } = await listen(test, (request, response) => {
      request.resume().on('end', () => listener(request, response));
    });
    const response = await fetch(url, { method: 'POST', headers: fromPage, body: '{}' });
    assert.equal(response.status, 500);
    const { error } = (await response.json()) as ErrorBody;
    assert.equal(error.code, 'misconfigured');
    assert.match(error.message, /body parser/);
    assert.equal(requests.length, 0);
  });

  it('gives a Request to the site’s own code, around the endpoint and inside it', async (test) => {
    const seen: unknown[] = [];
    const clientAddress = (request: Request): string => {
      seen.push(request instanceof Request, request.headers.get('x-visitor'));
      return '192.0.2.1';
    };
    const { handler } = createEndpoint({ clientAddress, limits: { addressPerMinute: 1 } });
    const inside = await listen(test, toNodeListener(handler));
    const around = await listen(
      test,
      toNodeListener((request, context) => {
        seen.push(request instanceof Request, context?.address);
        return createEndpoint().handler(request, context);
      }),
    );
    for (const { url } of [inside, around]) {
      const headers = { ...fromPage, 'x-visitor': 'me' };
      assert.equal((await fetch(url, { method: 'POST', headers, body: '{}' })).status, 200);
    }
    assert.deepEqual(seen, [true, 'me', true, '127.0.0.1']);
  });

  it('reads a body that comes in pieces, and refuses one that is no UTF-8', async (test) => {
    const { url } = await listen(test, toNodeListener(createEndpoint().handler));
    const send = (...parts: Uint8Array[]) =>
      fetch(url, {
        method: 'POST',
        headers: fromPage,
        body: ReadableStream.from(parts),
        duplex: 'half',
      } as RequestInit);
    const body = new TextEncoder().encode('{"client_reference":"größer"}');
    assert.equal((await send(...Array.from(body, (byte) => Uint8Array.of(byte)))).status, 200);
    const refused = await send(body.slice(0, -5), Uint8Array.of(0xff), body.slice(-5));
    assert.deepEqual([refused.status, ((await refused.json()) as ErrorBody).error.code], [400, 'bad-request']);
    assert.equal(refused.headers.get('content-type'), 'application/json');
    assert.equal((await send(body)).status, 200);
  });

  it('answers at whatever path it is mounted', async (test) => {
    const { url } = await listen(test, toNodeListener(createEndpoint().handler));
    const response = await fetch(`${url}/anything`, { method: 'POST', headers: fromPage, body: '{}' });
    assert.equal(response.status, 200);
  });
});
