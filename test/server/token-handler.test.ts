import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { version } from '../../server/version.js';
import {
  createEndpoint,
  endpoint,
  errorOf,
  get,
  page,
  post,
  salesId,
  sessionUrl,
  supportId,
  upstreamOf,
} from './support.js';

const both = { agents: { support: supportId, sales: salesId } };

describe('a session', () => {
  it('is given to a listed page, with the wire to speak and nothing else', async () => {
    const { handler } = createEndpoint();
    const response = await handler(post());
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.deepEqual(await response.json(), { sessionURL: sessionUrl, protocol: 'pcm' });
  });

  it('is given to a GET that fetch() sent', async () => {
    const { handler, requests } = createEndpoint(both);
    const response = await handler(get('?assistant_id=sales&client_reference=r1'));
    assert.equal(response.status, 200);
    assert.match(requests[0]!.url, new RegExp(`/${salesId}$`));
  });

  it('is of the agent that was named by alias or by id', async () => {
    const { handler, requests } = createEndpoint(both);
    for (const name of ['support', supportId, 'sales', salesId]) {
      assert.equal((await handler(post({ assistant_id: name }))).status, 200);
    }
    const asked = requests.map((request) => request.url.split('/').at(-1));
    assert.deepEqual(asked, [supportId, supportId, salesId, salesId]);
  });

  it('is of the only agent where none is named', async () => {
    const { handler, requests } = createEndpoint();
    for (const fields of [{}, { assistant_id: '' }]) assert.equal((await handler(post(fields))).status, 200);
    assert.equal(requests.length, 2);
  });

  it('needs a name where there are several agents', async () => {
    const { handler, requests } = createEndpoint(both);
    const response = await handler(post());
    assert.equal(response.status, 400);
    assert.equal((await errorOf(response)).code, 'agent-required');
    assert.equal(requests.length, 0);
  });

  it('is refused for any other agent, names of Object included', async () => {
    const { handler, requests } = createEndpoint(both);
    for (const name of ['other', '__proto__', 'constructor', 'toString', `${supportId}/../x`, ' support', 'SUPPORT']) {
      const response = await handler(post({ assistant_id: name }));
      assert.equal(response.status, 403, name);
      assert.equal((await errorOf(response)).code, 'agent-not-allowed');
    }
    assert.equal(requests.length, 0);
  });

  it('is given whatever fields we do not know', async () => {
    const { handler } = createEndpoint();
    assert.equal((await handler(post({ challenge: {}, other: 5, __proto__: null }))).status, 200);
    assert.equal((await handler(get('?challenge=x&foo=bar'))).status, 200);
  });
});

describe('a request', () => {
  it('must be JSON by its content type, so that no form can send it', async () => {
    const { handler, requests } = createEndpoint();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'text/json',
      'application/jsonp',
      '',
      null,
    ]) {
      // Without a type of its own, a string body counts as text/plain.
      const response = await handler(post('{}', { 'content-type': type }));
      assert.equal(response.status, 415, String(type));
      assert.equal((await errorOf(response)).code, 'unsupported-media-type');
    }
    assert.equal(requests.length, 0);
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json;']) {
      assert.equal((await handler(post('{}', { 'content-type': type }))).status, 200, type);
    }
  });

  it('must be an object', async () => {
    const { handler } = createEndpoint();
    for (const body of ['', '{', '[]', 'null', '"support"', '5', '{} {}']) {
      const response = await handler(post(body));
      assert.equal(response.status, 400, body);
      assert.equal((await errorOf(response)).code, 'bad-request');
    }
  });

  it('must be UTF-8', async () => {
    const { handler } = createEndpoint();
    const body = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    assert.equal((await handler(post({}, {}, { body }))).status, 400);
  });

  it('may be 2048 bytes and not one more, counted in bytes', async () => {
    const { handler } = createEndpoint();
    const padded = (lengthBytes: number) => `{"x":"${'a'.repeat(lengthBytes - 8)}"}`;
    assert.equal((await handler(post(padded(2048)))).status, 200);
    const response = await handler(post(padded(2049)));
    assert.equal(response.status, 413);
    assert.equal((await errorOf(response)).code, 'too-large');
    assert.equal((await handler(post(`{"x":"${'é'.repeat(1500)}"}`))).status, 413);
  });

  it('is not read on once it is too large, whatever its Content-Length claims', async () => {
    const { handler } = createEndpoint();
    let pulled = 0;
    let canceled = false;
    const body = new ReadableStream({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(1024).fill(0x20));
      },
      cancel: () => {
        canceled = true;
      },
    });
    const request = post({}, { 'content-length': '2' }, { body, duplex: 'half' });
    assert.equal((await handler(request)).status, 413);
    assert.ok(pulled < 8, `pulled ${pulled} times`);
    assert.ok(canceled);
  });

  it('must name its agent as text', async () => {
    const { handler } = createEndpoint();
    for (const name of [null, 5, {}, ['support'], true]) {
      const response = await handler(post({ assistant_id: name }));
      assert.equal(response.status, 400);
      assert.equal((await errorOf(response)).code, 'bad-request');
    }
  });

  it('may carry a reference of 128 characters, which only the log sees', async () => {
    const { handler, entries, requests } = createEndpoint();
    const reference = 'é'.repeat(128);
    const response = await handler(post({ client_reference: reference }));
    assert.equal(response.status, 200);
    assert.ok(!(await response.text()).includes('é'));
    assert.equal(entries[0]!.clientReference, reference);
    assert.ok(!requests[0]!.url.includes(encodeURIComponent('é')));
    for (const wrong of ['x'.repeat(129), 5, null, {}]) {
      assert.equal((await handler(post({ client_reference: wrong }))).status, 400);
    }
  });

  it('by GET is answered only to fetch()', async () => {
    const { handler, requests } = createEndpoint();
    const others = [
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
      { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'image' },
      { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'script' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'empty' },
      { 'sec-fetch-mode': null },
      { 'sec-fetch-dest': null },
    ];
    for (const headers of others) {
      const response = await handler(get('', { 'sec-fetch-site': 'same-origin', ...headers }));
      assert.equal(response.status, 400, JSON.stringify(headers));
      assert.equal((await errorOf(response)).code, 'bad-request');
    }
    assert.equal(requests.length, 0);
  });

  it('by any other method is told which ones there are', async () => {
    const { handler, requests } = createEndpoint();
    for (const method of ['PUT', 'PATCH', 'DELETE', 'HEAD']) {
      const response = await handler(new Request(endpoint, { method, headers: { origin: page } }));
      assert.equal(response.status, 405, method);
      assert.equal(response.headers.get('allow'), 'GET, POST, OPTIONS');
      assert.equal((await errorOf(response)).code, 'method-not-allowed');
    }
    assert.equal(requests.length, 0);
  });

  it('whose body somebody else has read is refused, not waited for', async () => {
    const { handler } = createEndpoint();
    const request = post();
    await request.text();
    assert.equal((await handler(request)).status, 400);
  });
});

describe('the origin guard', () => {
  const refused: [string, Record<string, string | null>][] = [
    ['an unlisted page', { origin: 'https://evil.example' }],
    [
      'a page of the same site that is not listed',
      { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' },
    ],
    ['a sandboxed frame', { origin: 'null' }],
    ['no page at all', { origin: null, 'sec-fetch-site': null }],
    ['a typed address', { origin: null, 'sec-fetch-site': 'none' }],
    ['a cross-site request without Origin', { origin: null }],
    ['the listed host over http', { origin: 'http://www.example.com' }],
    ['the listed host on another port', { origin: `${page}:8443` }],
    ['a host that begins like the listed one', { origin: `${page}.evil.example` }],
    ['a host that ends like the listed one', { origin: 'https://evilwww.example.com' }],
    ['the listed origin with a slash', { origin: `${page}/` }],
    ['the listed origin in capitals', { origin: page.toUpperCase() }],
    ['two origins', { origin: `${page}, https://evil.example` }],
    ['two values of Sec-Fetch-Site', { origin: null, 'sec-fetch-site': 'same-origin, same-origin' }],
    ['the endpoint itself, without Sec-Fetch-Site', { origin: new URL(endpoint).origin, 'sec-fetch-site': null }],
  ];
  for (const [who, headers] of refused) {
    it(`refuses ${who}, unreadably and before Synthflow is asked`, async () => {
      const { handler, requests } = createEndpoint();
      for (const request of [post({}, headers), get('', headers)]) {
        const response = await handler(request);
        assert.equal(response.status, 403);
        assert.equal((await errorOf(response)).code, 'origin-not-allowed');
        assert.equal(response.headers.get('access-control-allow-origin'), null);
      }
      assert.equal(requests.length, 0);
    });
  }

  it('admits a listed origin whatever Sec-Fetch-Site says of it', async () => {
    const { handler } = createEndpoint();
    for (const site of ['cross-site', 'same-site', null]) {
      assert.equal((await handler(post({}, { 'sec-fetch-site': site }))).status, 200);
    }
  });

  it('admits the endpoint’s own pages, which need no place in the list', async () => {
    const { handler } = createEndpoint();
    const own = { 'sec-fetch-site': 'same-origin', origin: null };
    const response = await handler(post({}, own));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('access-control-allow-origin'), null);
    assert.equal((await handler(get('', own))).status, 200);
  });

  it('set to same-origin admits no other page', async () => {
    const { handler } = createEndpoint({ allowedOrigins: 'same-origin' });
    assert.equal((await handler(post({}, { 'sec-fetch-site': 'same-origin', origin: null }))).status, 200);
    for (const site of ['cross-site', 'same-site', 'none', null]) {
      const response = await handler(post({}, { 'sec-fetch-site': site }));
      assert.equal(response.status, 403, String(site));
      assert.equal(response.headers.get('access-control-allow-origin'), null);
    }
  });

  it('set to same-origin takes Origin where Sec-Fetch-Site is absent, and only there', async () => {
    const { handler } = createEndpoint({ allowedOrigins: 'same-origin' });
    const origin = new URL(endpoint).origin;
    assert.equal((await handler(post({}, { 'sec-fetch-site': null, origin }))).status, 200);
    assert.equal((await handler(post({}, { 'sec-fetch-site': null, origin: 'http://api.example.com' }))).status, 403);
    assert.equal((await handler(post({}, { 'sec-fetch-site': null, origin: null }))).status, 403);
    assert.equal((await handler(post({}, { 'sec-fetch-site': 'cross-site', origin }))).status, 403);
  });
});

describe('an answer', () => {
  it('is readable by the exact origin alone, without credentials, errors included', async () => {
    const { handler } = createEndpoint();
    for (const request of [
      post(),
      post('{'),
      post({ assistant_id: 'x' }),
      new Request(endpoint, { method: 'PUT', headers: { origin: page } }),
    ]) {
      const { headers } = await handler(request);
      assert.equal(headers.get('access-control-allow-origin'), page);
      assert.equal(headers.get('access-control-expose-headers'), 'Retry-After');
      assert.equal(headers.get('access-control-allow-credentials'), null);
    }
  });

  it('is never cached, shared between origins or sniffed', async () => {
    const { handler } = createEndpoint();
    const preflight = new Request(endpoint, {
      method: 'OPTIONS',
      headers: { origin: page, 'access-control-request-method': 'POST' },
    });
    for (const request of [post(), get(), post('{'), post({}, { origin: 'null' }), preflight]) {
      const { headers } = await handler(request);
      assert.equal(headers.get('vary'), 'Origin, Sec-Fetch-Site');
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
  });

  it('to a preflight says what may be sent', async () => {
    const { handler, requests } = createEndpoint();
    const headers = {
      origin: page,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    const response = await handler(new Request(endpoint, { method: 'OPTIONS', headers }));
    assert.equal(response.status, 204);
    assert.equal(await response.text(), '');
    assert.equal(response.headers.get('access-control-allow-origin'), page);
    assert.equal(response.headers.get('access-control-allow-methods'), 'GET, POST, OPTIONS');
    assert.equal(response.headers.get('access-control-allow-headers'), 'Content-Type');
    assert.equal(requests.length, 0);
  });

  it('to the preflight of an unlisted page is a refusal', async () => {
    const { handler } = createEndpoint();
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const response = await handler(new Request(endpoint, { method: 'OPTIONS', headers }));
    assert.equal(response.status, 403);
    assert.equal(response.headers.get('access-control-allow-origin'), null);
    assert.equal(response.headers.get('access-control-allow-methods'), null);
  });

  it('to the dry check is the version, and no session is made', async () => {
    const { handler, requests, entries } = createEndpoint();
    const response = await handler(new Request(endpoint, { method: 'OPTIONS', headers: { origin: page } }));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('access-control-allow-origin'), page);
    assert.deepEqual(await response.json(), { ok: true, version });
    assert.equal(requests.length, 0);
    assert.equal(entries[0]!.event, 'check');
    const unlisted = new Request(endpoint, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
    assert.equal((await handler(unlisted)).status, 403);
  });

  it('tells the version of package.json', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    assert.equal(version, manifest.version);
  });
});

describe('the log', () => {
  it('is told once of each request: what came of it, which agent, and nothing that identifies the visitor', async () => {
    const { handler, entries } = createEndpoint(both);
    await handler(post({ assistant_id: supportId, client_reference: 'order 7' }));
    await handler(post({ assistant_id: 'other' }));
    await handler(
      new Request(endpoint, { method: 'OPTIONS', headers: { origin: page, 'access-control-request-method': 'POST' } }),
    );
    const shapes = entries.map(({ requestId, ms, ...rest }) => {
      assert.match(requestId, /^[\da-f-]{36}$/);
      assert.ok(Number.isInteger(ms) && ms >= 0);
      return rest;
    });
    assert.deepEqual(shapes, [
      { level: 'info', event: 'token', status: 200, agent: 'support', clientReference: 'order 7' },
      { level: 'warn', event: 'token', status: 403, code: 'agent-not-allowed' },
      { level: 'info', event: 'preflight', status: 204 },
    ]);
  });

  it('names the request as its answer does', async () => {
    const { handler, entries } = createEndpoint();
    const error = await errorOf(await handler(post('{')));
    assert.equal(error.requestId, entries[0]!.requestId);
  });

  it('calls a failure of Synthflow an error', async () => {
    const { handler, entries } = createEndpoint(
      {},
      upstreamOf(() => new Response(null, { status: 500 })),
    );
    await handler(post());
    assert.equal(entries[0]!.level, 'error');
    assert.equal(entries[0]!.code, 'upstream-error');
  });

  it('may throw, at once or later, and the visitor still gets the call', async () => {
    const unhandled: unknown[] = [];
    const remember = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', remember);
    const throwing = createEndpoint({
      log: () => {
        throw new Error('disk full');
      },
    });
    const rejecting = createEndpoint({ log: async () => Promise.reject(new Error('disk full')) });
    assert.equal((await throwing.handler(post())).status, 200);
    assert.equal((await rejecting.handler(post())).status, 200);
    // Node reports an unhandled rejection before the next turn of its loop.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', remember);
    assert.deepEqual(unhandled, []);
  });

  it('may be missing', async () => {
    const { handler } = createEndpoint({ log: undefined });
    assert.equal((await handler(post())).status, 200);
  });
});
