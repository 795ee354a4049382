import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import type { MediaAgentOptions, TokenHandlerOptions } from '../../server/index.js';
import {
  apiKey,
  createEndpoint,
  errorOf,
  get,
  listen,
  mediaAgent,
  mediaUrl,
  modelId,
  page,
  post,
  sessionUrl,
  supportId,
  untilAborted,
  upstreamOf,
  type Upstream,
} from './support.js';

const callsUrl = 'https://api.synthflow.ai/v2/calls/outbound-test-ws-media';
const baseUrl = 'wss://media.synthflow.ai/ws';
const created = { callId: 'call-1', wsMediaUrl: mediaUrl, sid: 'sid-1' };
const serverName = 'node-7.eu:8443';
const binding = { server_name: serverName };

/** A fake Synthflow that speaks both wires. */
const working = (): Upstream =>
  upstreamOf(({ method, url }) => {
    if (method === 'POST') return Response.json(created);
    return Response.json(url.endsWith('/base-url') ? { wsMediaBaseUrl: baseUrl } : { sessionURL: sessionUrl });
  });

const endpointOf = (
  agent: Partial<MediaAgentOptions> = {},
  upstream: Upstream = working(),
  options: Partial<TokenHandlerOptions> = {},
) => createEndpoint({ agents: { support: { ...mediaAgent, ...agent } }, ...options }, upstream);

const answering = (answer: () => Response, agent: Partial<MediaAgentOptions> = {}) =>
  endpointOf(agent, upstreamOf(answer));

/** The requests that create something at Synthflow, each with what creates it. */
const creations: [string, Partial<MediaAgentOptions>, object][] = [
  ['a single node', {}, {}],
  ['connect-then-bind', { bind: true }, binding],
];

describe('a session of a single node', () => {
  it('is one call, made as the configuration says, and its socket', async () => {
    const { handler, requests, entries } = endpointOf({ leadName: 'Visitor', agentVersion: 'draft', codec: 'pcmu' });
    const response = await handler(post({ client_reference: 'r' }));
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), {
      sessionURL: mediaUrl,
      protocol: 'media',
      codec: 'pcmu',
      framing: 'payload',
      callId: 'call-1',
    });
    assert.equal(requests.length, 1);
    const [request] = requests;
    assert.equal(`${request!.method} ${request!.url}`, `POST ${callsUrl}`);
    assert.equal(request!.redirect, 'manual');
    assert.equal(request!.headers.get('authorization'), `Bearer ${apiKey}`);
    assert.equal(request!.headers.get('content-type'), 'application/json');
    assert.deepEqual(await request!.json(), {
      modelId,
      fromPhoneNumber: mediaAgent.fromPhoneNumber,
      toPhoneNumber: mediaAgent.toPhoneNumber,
      leadName: 'Visitor',
      agentVersion: 'draft',
      wsMediaCodec: 'pcmu',
      wsMediaFraming: 'payload',
    });
    const { requestId: _, ms: __, ...entry } = entries[0]!;
    assert.deepEqual(entry, {
      level: 'info',
      event: 'token',
      status: 200,
      agent: 'support',
      clientReference: 'r',
      callId: 'call-1',
    });
  });

  it('takes nothing from the browser but which agent', async () => {
    const { handler, requests } = endpointOf();
    const wishes = {
      modelId: supportId,
      fromPhoneNumber: '+15559999999',
      leadName: 'x',
      codec: 'opus',
      framing: 'rtp',
      wsMediaCodec: 'opus',
      wsMediaServerName: 'x',
      agentVersion: 'draft',
      bind: true,
      region: 'eu',
    };
    const answer = (await (await handler(post({ assistant_id: modelId, ...wishes }))).json()) as object;
    assert.deepEqual(answer, {
      sessionURL: mediaUrl,
      protocol: 'media',
      codec: 'l16',
      framing: 'payload',
      callId: 'call-1',
    });
    assert.equal(requests[0]!.url, callsUrl);
    assert.deepEqual(await requests[0]!.json(), {
      modelId,
      fromPhoneNumber: mediaAgent.fromPhoneNumber,
      toPhoneNumber: mediaAgent.toPhoneNumber,
      wsMediaCodec: 'l16',
      wsMediaFraming: 'payload',
    });
  });

  it('is had without a call id where Synthflow says none that can be told', async () => {
    for (const callId of [undefined, '', 5, null, 'a b', '<b>', 'https://x.example/', 'x'.repeat(513), `a${apiKey}`]) {
      const { handler, entries } = answering(() => Response.json({ ...created, callId }));
      const answer = (await (await handler(post())).json()) as object;
      assert.deepEqual(Object.keys(answer), ['sessionURL', 'protocol', 'codec', 'framing'], String(callId));
      assert.equal('callId' in entries[0]!, false);
    }
  });

  it('is had without a call id that holds the key', async () => {
    const upstream = upstreamOf(() => Response.json({ ...created, callId: 'call-plainkey' }));
    const { handler, entries } = endpointOf({}, upstream, { apiKey: 'plainkey' });
    const response = await handler(post());
    assert.equal(response.status, 200);
    const text = `${await response.text()}${JSON.stringify(entries)}`;
    assert.ok(!text.includes('plainkey'), text);
  });

  it('is created in the agent’s region, or where the endpoint says', async () => {
    const eu = endpointOf({ region: 'eu' });
    await eu.handler(post());
    assert.equal(eu.requests[0]!.url, callsUrl.replace('api.', 'api.eu.'));
    const proxied = endpointOf({ region: 'eu' }, working(), { apiBaseUrl: 'https://proxy.example.com/synthflow/' });
    await proxied.handler(post());
    assert.equal(proxied.requests[0]!.url, 'https://proxy.example.com/synthflow/calls/outbound-test-ws-media');
  });
});

describe('connect-then-bind', () => {
  it('asks where to connect first, and no call is made', async () => {
    const { handler, requests, entries } = endpointOf({ bind: true, codec: 'opus' });
    const response = await handler(post());
    assert.deepEqual(await response.json(), {
      sessionURL: baseUrl,
      protocol: 'media',
      codec: 'opus',
      framing: 'rtp',
      bind: true,
    });
    assert.deepEqual(
      requests.map(({ method, url, redirect }) => [method, url, redirect]),
      [['GET', `${callsUrl}/base-url`, 'manual']],
    );
    assert.equal(requests[0]!.headers.get('authorization'), `Bearer ${apiKey}`);
    assert.equal('callId' in entries[0]!, false);
  });

  it('then creates the call for the node that the visitor is connected to', async () => {
    const { handler, requests, entries } = endpointOf({ bind: true });
    const response = await handler(post(binding));
    assert.deepEqual(await response.json(), { sid: 'sid-1', callId: 'call-1' });
    assert.equal(requests.length, 1);
    assert.equal(`${requests[0]!.method} ${requests[0]!.url}`, `POST ${callsUrl}`);
    assert.deepEqual(await requests[0]!.json(), {
      modelId,
      fromPhoneNumber: mediaAgent.fromPhoneNumber,
      toPhoneNumber: mediaAgent.toPhoneNumber,
      wsMediaCodec: 'l16',
      wsMediaFraming: 'payload',
      wsMediaServerName: serverName,
    });
    assert.equal(entries[0]!.callId, 'call-1');
  });

  it('takes the name of a node and nothing else', async () => {
    const { handler, requests } = endpointOf({ bind: true });
    const wrong = ['', 'x'.repeat(129), 'a b', 'a/b', 'a"b', 'é', 'a\n', '../x', 5, null, {}, ['a']];
    for (const name of wrong) {
      const response = await handler(post({ server_name: name }));
      assert.equal(response.status, 400, String(name));
      assert.equal((await errorOf(response)).code, 'bad-request');
    }
    assert.equal(requests.length, 0);
    assert.equal((await handler(post({ server_name: 'x'.repeat(128) }))).status, 200);
  });

  it('is for its own agents: to any other a server name is a mistake', async () => {
    const agents = { single: mediaAgent, pcm: supportId };
    const { handler, requests } = createEndpoint({ agents }, working());
    for (const agent of ['single', 'pcm']) {
      const response = await handler(post({ assistant_id: agent, ...binding }));
      assert.equal(response.status, 400, agent);
      assert.equal((await errorOf(response)).code, 'bad-request');
    }
    assert.equal((await handler(get(`?assistant_id=pcm&server_name=${serverName}`))).status, 400);
    assert.equal(requests.length, 0);
  });

  it('needs a session id that is safe to send', async () => {
    for (const sid of [undefined, null, 5, '', 'a b', 'a"b', 'a\n', 'é', 'x'.repeat(513), {}, apiKey]) {
      const { handler, entries } = answering(() => Response.json({ ...created, sid }), { bind: true });
      const response = await handler(post(binding));
      assert.equal(response.status, 502, String(sid));
      assert.equal((await errorOf(response)).code, 'upstream-error');
      assert.equal(entries[0]!.callId, 'call-1');
    }
    for (const sid of ['x'.repeat(512), 'aGk+/w==', 'eyJ.e-_30~', modelId]) {
      const { handler } = answering(() => Response.json({ sid }), { bind: true });
      assert.deepEqual(await (await handler(post(binding))).json(), { sid });
    }
  });
});

describe('an agent of WebSocket media', () => {
  it('is refused to a GET, which anything on a page can send', async () => {
    for (const bind of [false, true]) {
      const { handler, requests, entries } = endpointOf({ bind });
      for (const query of ['', '?assistant_id=support', `?server_name=${serverName}`]) {
        const response = await handler(get(query));
        assert.equal(response.status, 405);
        assert.equal(response.headers.get('allow'), 'POST, OPTIONS');
        assert.equal(response.headers.get('access-control-allow-origin'), page);
        assert.equal((await errorOf(response)).code, 'method-not-allowed');
      }
      assert.equal(requests.length, 0);
      assert.equal(entries[0]!.agent, 'support');
    }
  });

  it('lives beside one of the widget websocket', async () => {
    const agents = {
      old: supportId,
      older: { id: supportId },
      single: mediaAgent,
      bound: { ...mediaAgent, bind: true },
    };
    const { handler, requests } = createEndpoint({ agents }, working());
    const ask = async (name: string): Promise<unknown> => (await handler(post({ assistant_id: name }))).json();
    assert.deepEqual(await ask('old'), { sessionURL: sessionUrl, protocol: 'pcm' });
    assert.deepEqual(await ask('older'), { sessionURL: sessionUrl, protocol: 'pcm' });
    assert.equal(((await ask('single')) as { sessionURL: string }).sessionURL, mediaUrl);
    assert.equal(((await ask('bound')) as { sessionURL: string }).sessionURL, baseUrl);
    assert.equal((await handler(get('?assistant_id=old'))).status, 200);
    assert.deepEqual(
      requests.map(({ url }) => url.replace('https://', '')),
      [
        `widget.synthflow.ai/websocket/token/${supportId}`,
        `widget.synthflow.ai/websocket/token/${supportId}`,
        'api.synthflow.ai/v2/calls/outbound-test-ws-media',
        'api.synthflow.ai/v2/calls/outbound-test-ws-media/base-url',
        `widget.synthflow.ai/websocket/token/${supportId}`,
      ],
    );
  });

  it('costs nothing when an unlisted page asks, a form, or one for another agent', async () => {
    const { handler, requests } = endpointOf();
    assert.equal((await handler(post({}, { origin: 'https://evil.example' }))).status, 403);
    assert.equal((await handler(post({}, { 'content-type': 'text/plain' }))).status, 415);
    assert.equal((await handler(post({ assistant_id: 'other' }))).status, 403);
    assert.equal(requests.length, 0);
  });
});

describe('Synthflow’s API', () => {
  const outcomes: [number, number, string][] = [
    [400, 502, 'upstream-error'],
    [401, 502, 'upstream-rejected-key'],
    [403, 502, 'upstream-rejected-key'],
    [404, 502, 'upstream-error'],
    [429, 429, 'rate-limited'],
    [500, 502, 'upstream-error'],
    [502, 502, 'upstream-error'],
    [503, 502, 'upstream-not-enabled'],
    [307, 502, 'upstream-error'],
    [308, 502, 'upstream-error'],
  ];
  for (const [upstreamStatus, status, code] of outcomes) {
    it(`answering ${upstreamStatus} is asked once and becomes ${status} ${code}, in our words`, async () => {
      for (const [, agent, fields] of [...creations, ['the base URL', { bind: true }, {}] as const]) {
        const secret = `stack trace at db.internal ${apiKey}`;
        const body = { detail: secret, error: secret, message: secret, wsMediaUrl: mediaUrl, wsMediaBaseUrl: baseUrl };
        const headers = { location: 'https://api.synthflow.ai/elsewhere', 'x-secret': secret };
        const { handler, requests } = answering(() => Response.json(body, { status: upstreamStatus, headers }), agent);
        const response = await handler(post(fields));
        assert.equal(response.status, status);
        const text = `${await response.clone().text()}${JSON.stringify([...response.headers])}`;
        assert.ok(!/stack trace|internal|elsewhere|wss:/.test(text), text);
        assert.equal((await errorOf(response)).code, code);
        assert.equal(requests.length, 1);
      }
    });
  }

  it('is busy, and not switched off, where it answers 503 with a time to come back', async () => {
    for (const [, agent, fields] of [...creations, ['the base URL', { bind: true }, {}] as const]) {
      const { handler } = answering(() => new Response(null, { status: 503, headers: { 'retry-after': '7' } }), agent);
      const response = await handler(post(fields));
      assert.equal(response.status, 503);
      const { code, retryAfter } = await errorOf(response);
      assert.deepEqual([code, retryAfter], ['busy', 7]);
    }
  });

  it('may say when to come back', async () => {
    for (const [, agent, fields] of creations) {
      const { handler } = answering(() => new Response(null, { status: 429, headers: { 'retry-after': '7' } }), agent);
      const response = await handler(post(fields));
      assert.equal(response.headers.get('retry-after'), '7');
      assert.equal((await errorOf(response)).retryAfter, 7);
    }
  });

  it('must answer JSON with a secure socket of its own', async () => {
    const wrong = [
      'null',
      '[]',
      '{',
      '<html>',
      '{}',
      ...[
        5,
        '',
        '/ws',
        'ws://media.synthflow.ai/ws',
        'https://media.synthflow.ai/ws',
        'wss://evil.example/ws',
        'wss://synthflow.ai.evil.example/ws',
        'wss://evilsynthflow.ai/ws',
        'wss://user:pass@media.synthflow.ai/ws',
        'wss://localhost/ws',
        `wss://media.synthflow.ai/${apiKey}`,
      ].map((url) => JSON.stringify({ wsMediaUrl: url, wsMediaBaseUrl: url })),
    ];
    for (const body of wrong) {
      for (const bind of [false, true]) {
        const response = await answering(() => new Response(body), { bind }).handler(post());
        assert.equal(response.status, 502, body);
        assert.equal((await errorOf(response)).code, 'upstream-error');
      }
    }
  });

  it('may lead to a host of its own on this machine alone', async () => {
    const cases: [base: string, url: string, status: number][] = [
      ['http://localhost:4000/v2', 'ws://localhost:4000/ws', 200],
      ['http://127.0.0.1:4000', 'wss://127.0.0.1:4000/ws', 200],
      ['http://localhost:4000', 'ws://localhost:4001/ws', 502],
      ['http://localhost:4000', 'ws://media.synthflow.ai/ws', 502],
      ['http://localhost:4000', 'wss://media.synthflow.ai/ws', 200],
      ['https://proxy.example.com', 'wss://proxy.example.com/ws', 502],
      ['https://proxy.example.com', 'wss://media.synthflow.ai/ws', 200],
    ];
    for (const [apiBaseUrl, url, status] of cases) {
      for (const bind of [false, true]) {
        const upstream = upstreamOf(() => Response.json({ wsMediaUrl: url, wsMediaBaseUrl: url }));
        const { handler } = endpointOf({ bind }, upstream, { apiBaseUrl });
        assert.equal((await handler(post())).status, status, `${apiBaseUrl} ${url}`);
      }
    }
  });

  it('is read no further than 16 KiB', async () => {
    const padded = (lengthBytes: number): string => {
      const answer = JSON.stringify({ ...created, wsMediaBaseUrl: baseUrl });
      return answer + ' '.repeat(lengthBytes - answer.length);
    };
    for (const fields of [{}, binding]) {
      const status = async (lengthBytes: number): Promise<number> =>
        (await answering(() => new Response(padded(lengthBytes)), { bind: true }).handler(post(fields))).status;
      assert.equal(await status(16_384), 200);
      assert.equal(await status(16_385), 502);
    }
  });

  it('has eight seconds in all, and is not asked again', async () => {
    for (const isBodySlow of [false, true]) {
      mock.timers.enable({ apis: ['setTimeout'] });
      try {
        let asked = (): void => undefined;
        const begun = new Promise<void>((resolve) => (asked = resolve));
        const upstream = upstreamOf(({ signal }) => {
          if (!isBodySlow) {
            asked();
            return untilAborted(signal);
          }
          const start = (controller: ReadableStreamDefaultController): void =>
            signal.addEventListener('abort', () => controller.error(signal.reason));
          return new Response(new ReadableStream({ start, pull: () => asked() }));
        });
        const { handler, entries } = endpointOf({}, upstream);
        const answered = handler(post());
        await begun;
        mock.timers.tick(7999);
        assert.equal(entries.length, 0);
        mock.timers.tick(1);
        const response = await answered;
        assert.equal(response.status, 504);
        assert.equal((await errorOf(response)).code, 'upstream-timeout');
        assert.equal(upstream.requests.length, 1);
      } finally {
        mock.timers.reset();
      }
    }
  });
});

describe('a call that nobody takes up', () => {
  it('after a failed join is in the log by its id, and not in the answer', async () => {
    for (const [how, agent, fields] of creations) {
      const failed = { callId: 'orphan-1', detail: 'room join failed' };
      const { handler, entries } = answering(() => Response.json(failed, { status: 502 }), agent);
      const response = await handler(post(fields));
      assert.equal(response.status, 502);
      assert.deepEqual(Object.keys(await errorOf(response.clone())), ['code', 'message', 'requestId'], how);
      assert.doesNotMatch(await response.text(), /orphan/);
      assert.equal(entries[0]!.callId, 'orphan-1');
      assert.equal(entries[0]!.code, 'upstream-error');
      assert.equal(entries[0]!.level, 'error');
    }
  });

  it('has no id in the log that could be anything else', async () => {
    const bodies = ['', '[]', 'null', '{"callId":5}', '{"callId":"a b"}', JSON.stringify({ callId: apiKey })];
    for (const body of [...bodies, `{"callId":"x"}${' '.repeat(16_384)}`]) {
      const { handler, entries } = answering(() => new Response(body, { status: 502 }));
      assert.equal((await handler(post())).status, 502);
      assert.ok(!('callId' in entries[0]!), body.slice(0, 40));
    }
  });

  it('because its socket may not be opened is in the log as well', async () => {
    const { handler, entries } = answering(() => Response.json({ ...created, wsMediaUrl: 'wss://evil.example' }));
    assert.equal((await handler(post())).status, 502);
    assert.equal(entries[0]!.callId, 'call-1');
  });

  it('because the client left is waited for, and in the log', async () => {
    const client = new AbortController();
    let wasAborted = false;
    const upstream = upstreamOf(({ signal }) => {
      client.abort();
      wasAborted = signal.aborted;
      return Response.json(created);
    });
    const { handler, entries } = endpointOf({}, upstream);
    const response = await handler(post({}, {}, { signal: client.signal }));
    assert.equal(response.status, 499);
    assert.equal(wasAborted, false);
    assert.equal(entries[0]!.code, 'client-closed');
    assert.equal(entries[0]!.callId, 'call-1');
  });

  it('is not made for a client that has left already', async () => {
    const client = new AbortController();
    const { handler, entries, requests } = endpointOf();
    const answered = handler(post({}, {}, { signal: client.signal }));
    client.abort();
    assert.equal((await answered).status, 499);
    assert.equal(requests.length, 0);
    assert.equal(entries[0]!.code, 'client-closed');
  });

  it('is not made by asking where to connect, so that is let go when the client leaves', async () => {
    const client = new AbortController();
    let isLetGo = false;
    const upstream = upstreamOf(({ signal }) => {
      client.abort();
      isLetGo = signal.aborted;
      throw new Error('aborted');
    });
    const { handler } = endpointOf({ bind: true }, upstream);
    assert.equal((await handler(post({}, {}, { signal: client.signal }))).status, 499);
    assert.ok(isLetGo);
  });
});

describe('over a real connection', () => {
  it('a connection that breaks is not tried again: the call may exist', async (test) => {
    const seen: string[] = [];
    const { url } = await listen(test, (request) => {
      seen.push(`${request.method} ${request.url}`);
      request.socket.destroy();
    });
    const { handler } = endpointOf({}, working(), { fetch: undefined, apiBaseUrl: `${url}/v2` });
    assert.equal((await handler(post())).status, 502);
    assert.deepEqual(seen, ['POST /v2/calls/outbound-test-ws-media']);
  });

  it('a redirect of the call is not followed: key and numbers stay', async (test) => {
    const seen: string[] = [];
    const elsewhere = await listen(test, (request, response) => {
      seen.push(request.url ?? '');
      response.end(JSON.stringify(created));
    });
    const { url } = await listen(test, (_request, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/stolen` }).end();
    });
    const { handler } = endpointOf({}, working(), { fetch: undefined, apiBaseUrl: url });
    assert.equal((await handler(post())).status, 502);
    assert.deepEqual(seen, []);
  });

  it('connect-then-bind is a base URL and a call', async (test) => {
    const seen: unknown[] = [];
    const { url, port } = await listen(test, async (request, response) => {
      let body = '';
      for await (const part of request.setEncoding('utf8')) body += part as string;
      seen.push([request.method, request.url, request.headers.authorization, body && (JSON.parse(body) as object)]);
      const answer = request.method === 'GET' ? { wsMediaBaseUrl: `ws://localhost:${port}/ws` } : created;
      response.end(JSON.stringify(answer));
    });
    const { handler } = endpointOf({ bind: true }, working(), { fetch: undefined, apiBaseUrl: `${url}/v2` });
    const first = (await (await handler(post())).json()) as { sessionURL: string; bind: boolean };
    assert.deepEqual([first.sessionURL, first.bind], [`ws://localhost:${port}/ws`, true]);
    assert.deepEqual(await (await handler(post(binding))).json(), { sid: 'sid-1', callId: 'call-1' });
    const { fromPhoneNumber, toPhoneNumber } = mediaAgent;
    const media = { wsMediaCodec: 'l16', wsMediaFraming: 'payload', wsMediaServerName: serverName };
    const path = '/v2/calls/outbound-test-ws-media';
    assert.deepEqual(seen, [
      ['GET', `${path}/base-url`, `Bearer ${apiKey}`, ''],
      ['POST', path, `Bearer ${apiKey}`, { modelId, fromPhoneNumber, toPhoneNumber, ...media }],
    ]);
  });
});
