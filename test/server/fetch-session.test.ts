import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, it, mock } from 'node:test';
import {
  apiKey,
  createEndpoint,
  errorOf,
  listen,
  post,
  sessionUrl,
  supportId,
  untilAborted,
  upstreamOf,
} from './support.js';

const answering = (answer: Response | (() => Response)) =>
  createEndpoint(
    {},
    upstreamOf(() => (typeof answer === 'function' ? answer() : answer)),
  );

describe('Synthflow', () => {
  it('is asked for the agent, with the key, and never followed elsewhere', async () => {
    const { handler, requests } = createEndpoint();
    await handler(post());
    const [request] = requests;
    assert.equal(request!.method, 'GET');
    assert.equal(request!.url, `https://widget.synthflow.ai/websocket/token/${supportId}`);
    assert.equal(request!.headers.get('authorization'), `Bearer ${apiKey}`);
    assert.equal(request!.redirect, 'manual');
  });

  it('is asked under another base, path and slashes included', async () => {
    const upstream = upstreamOf(() => Response.json({ sessionURL: sessionUrl }));
    const { handler } = createEndpoint({ widgetBaseUrl: 'https://proxy.example.com/synthflow//' }, upstream);
    await handler(post());
    assert.equal(upstream.requests[0]!.url, `https://proxy.example.com/synthflow/websocket/token/${supportId}`);
  });

  const outcomes: [number, number, string][] = [
    [401, 502, 'upstream-rejected-key'],
    [403, 502, 'upstream-rejected-key'],
    [429, 429, 'rate-limited'],
    [503, 503, 'busy'],
    [400, 502, 'upstream-error'],
    [404, 502, 'upstream-error'],
    [500, 502, 'upstream-error'],
    [302, 502, 'upstream-error'],
    [204, 502, 'upstream-error'],
  ];
  for (const [upstreamStatus, status, code] of outcomes) {
    it(`answering ${upstreamStatus} becomes ${status} ${code}, in our words`, async () => {
      const secret = `stack trace at db.internal ${apiKey}`;
      const body = upstreamStatus === 204 ? null : JSON.stringify({ detail: secret, sessionURL: sessionUrl });
      const headers = { location: 'https://evil.example/', 'x-secret': secret };
      const { handler } = answering(new Response(body, { status: upstreamStatus, headers }));
      const response = await handler(post());
      assert.equal(response.status, status);
      const text = `${await response.clone().text()}${JSON.stringify([...response.headers])}`;
      assert.ok(!/stack trace|internal|evil|wss:/.test(text), text);
      assert.equal((await errorOf(response)).code, code);
    });
  }

  it('may say when to come back, in whole seconds up to an hour', async () => {
    for (const status of [429, 503]) {
      for (const seconds of ['1', '30', '3600']) {
        const { handler } = answering(new Response(null, { status, headers: { 'retry-after': seconds } }));
        const response = await handler(post());
        assert.equal(response.headers.get('retry-after'), seconds);
        assert.equal((await errorOf(response)).retryAfter, Number(seconds));
      }
      for (const wrong of ['0', '3601', '-5', '1.5', '1e3', '0x10', 'Wed, 21 Oct 2026 07:28:00 GMT', '', '5, 6']) {
        const { handler } = answering(new Response(null, { status, headers: { 'retry-after': wrong } }));
        const response = await handler(post());
        assert.equal(response.headers.get('retry-after'), null, wrong);
        assert.ok(!('retryAfter' in (await errorOf(response))));
      }
    }
  });

  it('must answer JSON with a session URL', async () => {
    const wrong = [
      '',
      'null',
      '[]',
      '5',
      '{',
      '<html>',
      '{}',
      '{"sessionURL":5}',
      '{"sessionURL":null}',
      '{"sessionURL":""}',
    ];
    for (const body of [...wrong, '{"sessionURL":"/websocket/start"}', '{"sessionURL":"nonsense"}']) {
      const { handler } = answering(new Response(body));
      const response = await handler(post());
      assert.equal(response.status, 502, body);
      assert.equal((await errorOf(response)).code, 'upstream-error');
    }
  });

  it('must lead to a secure socket of its own', async () => {
    const elsewhere = [
      'ws://widget.synthflow.ai/start',
      'https://widget.synthflow.ai/start',
      'http://widget.synthflow.ai/start',
      'javascript:alert(1)',
      'wss://evil.example/start',
      'wss://synthflow.ai.evil.example/start',
      'wss://evilsynthflow.ai/start',
      'wss://widget.synthflow.ai@evil.example/start',
      'wss://user:pass@widget.synthflow.ai/start',
      'wss://localhost/start',
      'ws://localhost/start',
    ];
    for (const sessionURL of elsewhere) {
      const { handler } = answering(Response.json({ sessionURL }));
      assert.equal((await handler(post())).status, 502, sessionURL);
    }
    for (const sessionURL of ['wss://synthflow.ai/a', 'wss://eu.widget.synthflow.ai:8443/a?token=b%20c']) {
      const { handler } = answering(Response.json({ sessionURL }));
      assert.equal(((await (await handler(post())).json()) as { sessionURL: string }).sessionURL, sessionURL);
    }
  });

  it('may lead to the host of another base, in the clear on this machine alone', async () => {
    const cases: [base: string, sessionURL: string, status: number][] = [
      ['https://proxy.example.com', 'wss://proxy.example.com/start', 200],
      ['https://proxy.example.com', 'wss://proxy.example.com:444/start', 502],
      ['https://proxy.example.com', 'ws://proxy.example.com/start', 502],
      ['https://proxy.example.com', 'wss://widget.synthflow.ai/start', 200],
      ['http://localhost:4000', 'ws://localhost:4000/start', 200],
      ['http://127.0.0.1:4000', 'ws://127.0.0.1:4000/start', 200],
      ['http://localhost:4000', 'ws://localhost:4001/start', 502],
      ['http://localhost:4000', 'ws://widget.synthflow.ai/start', 502],
      ['http://localhost:4000', 'http://localhost:4000/start', 502],
    ];
    for (const [widgetBaseUrl, sessionURL, status] of cases) {
      const { handler } = createEndpoint(
        { widgetBaseUrl },
        upstreamOf(() => Response.json({ sessionURL })),
      );
      assert.equal((await handler(post())).status, status, `${widgetBaseUrl} ${sessionURL}`);
    }
  });

  it('is asked for once more after a connection that broke, or a 500, 502 or 504, and never a third time', async () => {
    const broken = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'));
    const failing = [broken, ...[500, 502, 504].map((status) => () => new Response('x', { status }))];
    for (const fail of failing) {
      let asked = 0;
      const recovering = createEndpoint(
        {},
        upstreamOf(() => ((asked += 1) === 1 ? fail() : Response.json({ sessionURL: sessionUrl }))),
      );
      assert.equal((await recovering.handler(post())).status, 200);
      const dead = createEndpoint({}, upstreamOf(fail));
      assert.equal((await dead.handler(post())).status, 502);
      assert.deepEqual([recovering.requests.length, dead.requests.length], [2, 2]);
    }
  });

  it('is asked for once where another try would change nothing', async () => {
    for (const status of [301, 400, 401, 403, 404, 429, 503]) {
      const { handler, requests } = createEndpoint(
        {},
        upstreamOf(() => new Response(null, { status })),
      );
      await handler(post());
      assert.equal(requests.length, 1, String(status));
    }
  });

  it('passes on nothing but the session URL', async () => {
    const { handler } = answering(
      Response.json({ sessionURL: sessionUrl, protocol: 'evil', account: 'secret', bind: true }),
    );
    assert.deepEqual(await (await handler(post())).json(), { sessionURL: sessionUrl, protocol: 'pcm' });
  });

  it('is read no further than 16 KiB', async () => {
    const padded = (lengthBytes: number): string => {
      const answer = JSON.stringify({ sessionURL: sessionUrl, x: '' });
      return answer.replace('"x":""', `"x":"${'a'.repeat(lengthBytes - answer.length)}"`);
    };
    assert.equal((await answering(new Response(padded(16_384))).handler(post())).status, 200);
    assert.equal((await answering(new Response(padded(16_385))).handler(post())).status, 502);

    let canceled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(4096).fill(0x20)),
      cancel: () => {
        canceled = true;
      },
    });
    assert.equal((await answering(new Response(endless)).handler(post())).status, 502);
    assert.ok(canceled);
  });

  it('has eight seconds, and then the visitor hears so', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      let asked = (_signal: AbortSignal): void => undefined;
      const signals = new Promise<AbortSignal>((resolve) => (asked = resolve));
      const { handler } = createEndpoint(
        {},
        upstreamOf(({ signal }) => {
          asked(signal);
          return untilAborted(signal);
        }),
      );
      const answered = handler(post());
      const signal = await signals;
      mock.timers.tick(7999);
      assert.ok(!signal.aborted);
      mock.timers.tick(1);
      assert.ok(signal.aborted);
      const response = await answered;
      assert.equal(response.status, 504);
      assert.equal((await errorOf(response)).code, 'upstream-timeout');
    } finally {
      mock.timers.reset();
    }
  });

  it('has those eight seconds for the body too', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      let reading = (): void => undefined;
      const begun = new Promise<void>((resolve) => (reading = resolve));
      const { handler } = createEndpoint(
        {},
        upstreamOf(({ signal }) => {
          const body = new ReadableStream({
            start: (controller) => {
              controller.enqueue(new TextEncoder().encode('{"sessionURL":'));
              signal.addEventListener('abort', () => controller.error(signal.reason));
            },
            pull: () => reading(),
          });
          return new Response(body);
        }),
      );
      const answered = handler(post());
      await begun;
      mock.timers.tick(8000);
      assert.equal((await answered).status, 504);
    } finally {
      mock.timers.reset();
    }
  });

  it('is let go when the client leaves, and the log says so', async () => {
    const client = new AbortController();
    let isLetGo = false;
    const { handler, entries } = createEndpoint(
      {},
      upstreamOf(({ signal }) => {
        client.abort();
        isLetGo = signal.aborted;
        throw new Error('aborted');
      }),
    );
    const response = await handler(post({}, {}, { signal: client.signal }));
    assert.ok(isLetGo);
    assert.equal(response.status, 499);
    assert.equal(entries[0]!.code, 'client-closed');
    assert.equal(entries[0]!.level, 'warn');
  });

  it('out of reach is an error of the upstream', async () => {
    const { handler } = createEndpoint(
      {},
      upstreamOf(() => {
        throw new TypeError('fetch failed');
      }),
    );
    const response = await handler(post());
    assert.equal(response.status, 502);
    assert.equal((await errorOf(response)).code, 'upstream-error');
  });
});

describe('over a real connection', () => {
  it('a session is fetched', async (test) => {
    const seen: (string | undefined)[] = [];
    const { url, port } = await listen(test, (request, response) => {
      seen.push(`${request.method} ${request.url}`, request.headers.authorization);
      response.end(JSON.stringify({ sessionURL: `ws://localhost:${port}/start?token=1` }));
    });
    const { handler } = createEndpoint({ fetch: undefined, widgetBaseUrl: url });
    const response = await handler(post());
    assert.deepEqual(await response.json(), { sessionURL: `ws://localhost:${port}/start?token=1`, protocol: 'pcm' });
    assert.deepEqual(seen, [`GET /websocket/token/${supportId}`, `Bearer ${apiKey}`]);
  });

  it('a redirect is not followed: the key stays', async (test) => {
    const seen: string[] = [];
    const elsewhere = await listen(test, (request, response) => {
      seen.push(request.url ?? '');
      response.end(JSON.stringify({ sessionURL: sessionUrl }));
    });
    const { url } = await listen(test, (_request, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/stolen` }).end();
    });
    const { handler } = createEndpoint({ fetch: undefined, widgetBaseUrl: url });
    assert.equal((await handler(post())).status, 502);
    assert.deepEqual(seen, []);
  });

  it('an answer that breaks off is an error of the upstream', async (test) => {
    const { url } = await listen(test, (_request, response) => {
      response.writeHead(200, { 'content-length': '500' }).write('{"sessionURL":', () => response.destroy());
    });
    const { handler } = createEndpoint({ fetch: undefined, widgetBaseUrl: url });
    assert.equal((await handler(post())).status, 502);
  });

  it('a closed port is an error of the upstream', async () => {
    const { handler } = createEndpoint({ fetch: undefined, widgetBaseUrl: 'http://127.0.0.1:1' });
    assert.equal((await handler(post())).status, 502);
  });

  it('a client that leaves frees the connection to Synthflow', async (test) => {
    let arrived = (_response: ServerResponse): void => undefined;
    const held = new Promise<ServerResponse>((resolve) => (arrived = resolve));
    const { url } = await listen(test, (_request, response) => {
      response.writeHead(200).write('{');
      arrived(response);
    });
    const client = new AbortController();
    const { handler, entries } = createEndpoint({ fetch: undefined, widgetBaseUrl: url });
    const answered = handler(post({}, {}, { signal: client.signal }));
    const response = await held;
    const closed = once(response, 'close');
    client.abort();
    await closed;
    await answered;
    assert.equal(entries[0]!.code, 'client-closed');
  });
});
