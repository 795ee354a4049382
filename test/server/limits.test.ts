import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import type { Limit, LimitOptions, LimitStore, TokenHandlerOptions } from '../../server/index.js';
import { createMemoryStore } from '../../server/memory-store.js';
import { createEndpoint, errorOf, get, mediaAgent, mediaUrl, page, post, upstreamOf } from './support.js';

const none = { addressPerMinute: false, addressPerHour: false, perMinute: false, perDay: false } as const;
const first = { address: '192.0.2.1' };
const second = { address: '192.0.2.2' };

function limited(limits: LimitOptions | undefined, options: Partial<TokenHandlerOptions> = {}) {
  const clock = { nowMs: 1e12 };
  const store = createMemoryStore(() => clock.nowMs);
  return { clock, ...createEndpoint({ limits, store, ...options }) };
}

describe('the limits', () => {
  it('are five sessions a minute and twenty an hour of one address, unless the site says otherwise', async () => {
    const { clock, handler, requests } = limited(undefined);
    const statuses: number[] = [];
    for (let minute = 0; minute < 5; minute += 1) {
      for (let count = 0; count < 6; count += 1) statuses.push((await handler(post(), first)).status);
      clock.nowMs += 60_000;
    }
    const passed = [200, 200, 200, 200, 200, 429];
    assert.deepEqual(statuses, [...passed, ...passed, ...passed, ...passed, ...Array<number>(6).fill(429)]);
    assert.equal(requests.length, 20);
    assert.equal((await handler(post(), second)).status, 200);
  });

  it('say when to come again, in header and body, readable from the page', async () => {
    const { clock, handler, entries } = limited({ addressPerMinute: 1 });
    await handler(post(), first);
    clock.nowMs += 20_500;
    const response = await handler(post(), first);
    assert.equal(response.status, 429);
    assert.equal(response.headers.get('retry-after'), '40');
    assert.equal(response.headers.get('access-control-allow-origin'), page);
    const error = await errorOf(response);
    assert.deepEqual([error.code, error.retryAfter], ['rate-limited', 40]);
    assert.equal(entries.at(-1)!.limit, 'address-minute');
    assert.ok(!JSON.stringify(entries).includes('192.0.2'));
  });

  const overall: [string, LimitOptions, windowS: number][] = [
    ['all sessions of a minute', { perMinute: 3 }, 60],
    ['all sessions of a day', { perDay: 3 }, 86_400],
    ['the sessions that may be open', { concurrent: 3 }, 600],
    ['the sessions that may be open, for as long as the site says', { concurrent: 3, leaseS: 30 }, 30],
  ];
  for (const [what, limits, windowS] of overall) {
    it(`hold for ${what}, whoever starts them`, async () => {
      const { clock, handler, requests } = limited({ ...none, ...limits });
      const from = (index: number) => ({ address: `198.51.100.${index}` });
      const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => handler(post(), from(index))));
      assert.equal(answers.filter(({ status }) => status === 200).length, 3);
      assert.equal(requests.length, 3);
      clock.nowMs += windowS * 1000 - 1;
      assert.equal((await handler(post(), from(99))).status, 429);
      clock.nowMs += 1;
      assert.equal((await handler(post(), from(99))).status, 200);
    });
  }

  it('of everybody are not used up by one who exceeds his own', async () => {
    const { handler } = limited({ ...none, addressPerMinute: 1, perDay: 2 });
    for (let count = 0; count < 9; count += 1) await handler(post(), first);
    assert.equal((await handler(post(), second)).status, 200);
  });

  it('count those whose address is unknown as one visitor', async () => {
    const { handler } = limited({ addressPerMinute: 1 });
    assert.equal((await handler(post())).status, 200);
    assert.equal((await handler(post(), { address: 'unix socket' })).status, 429);
  });

  it('count a GET like a POST, and no preflight, dry check or refused request', async () => {
    const { handler } = limited({ addressPerMinute: 2 });
    const others = [
      new Request(post().url, { method: 'OPTIONS', headers: { origin: page } }),
      post('{'),
      post({ assistant_id: 'x' }),
      post({}, { origin: 'null' }),
      get('', { 'sec-fetch-dest': 'image' }),
    ];
    for (const request of others) await handler(request, first);
    assert.equal((await handler(get(), first)).status, 200);
    assert.equal((await handler(post(), first)).status, 200);
    assert.equal((await handler(get(), first)).status, 429);
  });

  it('count a call of WebSocket media when it is created: connect-then-bind at its second request, and its first apart', async () => {
    const upstream = () =>
      upstreamOf(() => Response.json({ wsMediaBaseUrl: mediaUrl, wsMediaUrl: mediaUrl, sid: 's' }));
    const limits = { addressPerMinute: 1 };
    const binding = createEndpoint({ limits, agents: { support: { ...mediaAgent, bind: true } } }, upstream());
    const statuses: number[] = [];
    for (const fields of [{}, {}, {}, { server_name: 'n1' }, { server_name: 'n1' }, {}]) {
      statuses.push((await binding.handler(post(fields), first)).status);
    }
    // The last one is the third that asks where to connect, and two are let through for one call.
    assert.deepEqual(statuses, [200, 200, 429, 200, 429, 429]);
    assert.deepEqual(
      binding.entries.map(({ limit }) => limit),
      [undefined, undefined, 'address-connect', undefined, 'address-minute', 'address-connect'],
    );
    assert.equal((await binding.handler(post(), second)).status, 200);
    const unlimited = createEndpoint({ limits: none, agents: { support: { ...mediaAgent, bind: true } } }, upstream());
    for (let count = 0; count < 9; count += 1) assert.equal((await unlimited.handler(post(), first)).status, 200);
    const single = createEndpoint({ limits, agents: { support: mediaAgent } }, upstream());
    assert.equal((await single.handler(post(), first)).status, 200);
    assert.equal((await single.handler(post(), first)).status, 429);
  });

  it('are off by default where nobody bills the sessions, and on where the site says so', async () => {
    const local = { widgetBaseUrl: 'http://localhost:1', limits: undefined };
    const send = async (options: Partial<TokenHandlerOptions>) => {
      const { handler } = createEndpoint({ ...local, ...options });
      for (let count = 0; count < 5; count += 1) await handler(post(), first);
      return (await handler(post(), first)).status;
    };
    assert.equal(await send({}), 200);
    assert.equal(await send({ limits: {} }), 429);
    assert.equal(await send({ agents: { support: mediaAgent }, apiBaseUrl: 'https://api.synthflow.ai/v2' }), 429);
  });

  it('must be whole numbers under names that there are', () => {
    const wrong = [5, 'on', [1], { perHour: 1 }, { perDay: 0 }, { perDay: 1.5 }, { perDay: '9' }, { leaseS: false }];
    for (const limits of wrong) {
      assert.throws(
        () => createEndpoint({ limits: limits as LimitOptions }),
        /^TypeError: The limit/,
        JSON.stringify(limits),
      );
    }
  });
});

describe('the store', () => {
  it('may be the site’s own', async () => {
    const taken: string[] = [];
    const store: LimitStore = {
      take: ({ name, max, windowS, isLease }: Limit, subject) => {
        taken.push(`${name} ${max} ${windowS} ${isLease} ${subject}`);
        return Promise.resolve(0);
      },
    };
    const { handler } = createEndpoint({ limits: { concurrent: 7 }, store });
    assert.equal((await handler(post(), { address: '2001:db8::1' })).status, 200);
    assert.deepEqual(taken, [
      'address-minute 5 60 false 2001:db8:0:0::/64',
      'address-hour 20 3600 false 2001:db8:0:0::/64',
      'minute 60 60 false ',
      'day 1000 86400 false ',
      'concurrent 7 600 true ',
    ]);
    assert.throws(() => createEndpoint({ store: {} as LimitStore }), /^TypeError: The store/);
  });

  it('that fails lets nobody pass', async () => {
    for (const take of [() => Promise.reject(new Error('redis://:secret@host')), () => JSON.parse('{') as number]) {
      const { handler, requests, entries } = createEndpoint({ limits: {}, store: { take } });
      const response = await handler(post(), first);
      assert.equal(response.status, 503);
      assert.equal(response.headers.get('retry-after'), '5');
      assert.equal((await errorOf(response)).code, 'busy');
      assert.equal(requests.length, 0);
      assert.ok(!JSON.stringify(entries).includes('secret'));
    }
  });

  it('that does not answer is waited for 900 ms', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      let asked = (): void => undefined;
      const waiting = new Promise<void>((resolve) => (asked = resolve));
      const take = () => new Promise<number>(() => asked());
      const { handler, requests } = createEndpoint({ limits: {}, store: { take } });
      const answered = handler(post(), first);
      await waiting;
      mock.timers.tick(900);
      assert.equal((await answered).status, 503);
      assert.equal(requests.length, 0);
    } finally {
      mock.timers.reset();
    }
  });
});
