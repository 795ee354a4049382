import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { LimitStore } from '../../server/limits.js';
import { createRedisStore } from '../../server/stores/redis.js';
import { redisIsMissing, startRedis, type RedisServer } from './redis.js';
import { describeStore } from './store-contract.js';
import { createEndpoint, post } from './support.js';

const minute = { name: 'minute', max: 5, windowS: 60 };

async function connect(url: string): Promise<Redis> {
  const client = new Redis(url, { enableOfflineQueue: false, retryStrategy: () => 20 });
  client.on('error', () => undefined);
  if (client.status !== 'ready') await once(client, 'ready');
  return client;
}

/** What came of it; again where Redis was late on a busy machine, since each process counts by itself then. */
async function inTime<T>(work: (onChange: (isWorking: boolean) => void) => Promise<T>): Promise<T> {
  for (let triesLeft = 3; triesLeft > 0; triesLeft -= 1) {
    let isLate = false;
    const result = await work((isWorking) => (isLate ||= !isWorking));
    if (!isLate) return result;
  }
  throw new Error('Redis was late three times.');
}

describe('the store in Redis', { skip: redisIsMissing() }, () => {
  let server: RedisServer;
  let client: Redis;
  before(async () => {
    server = await startRedis();
    client = await connect(server.url);
  });
  after(async () => {
    client.disconnect();
    await server.kill();
  });

  describe('by ioredis', () => describeStore(() => createRedisStore({ client })));

  describe('by redis', () => {
    const other = () => createClient({ url: server.url, disableOfflineQueue: true });
    let nodeRedis: ReturnType<typeof other>;
    before(async () => {
      nodeRedis = other();
      await nodeRedis.connect();
    });
    after(() => nodeRedis.destroy());
    describeStore(() => createRedisStore({ client: nodeRedis }));
  });

  for (const limit of [minute, { name: 'concurrent', max: 5, windowS: 600, isLease: true }]) {
    it(`lets exactly 5 of 12 pass of two machines at the same moment (${limit.name})`, async () => {
      const second = await connect(server.url);
      const passed = await inTime(async (onChange) => {
        const machines = [client, second].map((one) => createRedisStore({ client: one, onChange }));
        const subject = crypto.randomUUID();
        const takes = Array.from({ length: 12 }, (_, index) => machines[index % 2]!.take(limit, subject));
        return (await Promise.all(takes)).filter((waitS) => waitS === 0).length;
      });
      second.disconnect();
      assert.equal(passed, 5);
    });
  }

  it('does not hold against a visitor on one machine what another machine’s counts refused', async () => {
    const waits = await inTime(async (onChange) => {
      const prefix = crypto.randomUUID();
      const [one, other] = [1, 2].map(() => createRedisStore({ client, prefix, onChange })) as [LimitStore, LimitStore];
      const twice = { ...minute, max: 2 };
      const waitsS: number[] = [];
      for (let count = 0; count < 3; count += 1) waitsS.push(await one.take(twice, 'a'));
      for (let count = 0; count < 5; count += 1) waitsS.push(await other.take(twice, 'a'));
      await client.del(`${prefix}:minute:a`); // as when its window ends
      waitsS.push(await other.take(twice, 'a'));
      return waitsS.map((waitS) => waitS > 0);
    });
    assert.deepEqual(waits, [false, false, true, ...Array<boolean>(5).fill(true), false]);
  });

  it('counts the first request of each process too, which comes before its client has connected', async () => {
    const passed = await inTime(async (onChange) => {
      const clients = Array.from({ length: 12 }, () => new Redis(server.url));
      const subject = crypto.randomUUID();
      const takes = clients.map((one) => createRedisStore({ client: one, onChange }).take(minute, subject));
      const waitsS = await Promise.all(takes);
      for (const one of clients) one.disconnect();
      return waitsS.filter((waitS) => waitS === 0).length;
    });
    assert.equal(passed, 5);
  });

  it('believes an answer that came in time to a process that was busy', async () => {
    const changes: boolean[] = [];
    const store = createRedisStore({ client, onChange: (isWorking) => void changes.push(isWorking) });
    await store.take(minute, crypto.randomUUID());
    server.signal('SIGSTOP');
    const taken = store.take(minute, crypto.randomUUID());
    await setImmediate();
    server.signal('SIGCONT');
    const startedMs = performance.now();
    while (performance.now() - startedMs < 300);
    assert.equal(await taken, 0);
    assert.deepEqual(changes, []);
  });

  it('writes its own keys alone, and each with an end', async () => {
    const prefix = `shop-${crypto.randomUUID()}`;
    const store = createRedisStore({ client, prefix });
    await store.take(minute, '192.0.2.1');
    await store.take({ name: 'concurrent', max: 1, windowS: 600, isLease: true }, '');
    const keys = (await client.keys(`${prefix}*`)).sort();
    assert.deepEqual(keys, [`${prefix}:concurrent::0`, `${prefix}:minute:192.0.2.1`]);
    for (const key of keys) assert.ok((await client.pttl(key)) > 0, key);
  });
});

describe('a Redis that goes away', { skip: redisIsMissing() }, () => {
  it('in the middle of a load loses no limit, and its return none either', async () => {
    let server = await startRedis();
    const client = await connect(server.url);
    const changes: boolean[] = [];
    const store = createRedisStore({
      client,
      onChange: (isWorking) => void changes.push(isWorking),
    });
    const { handler } = createEndpoint({
      store,
      limits: { addressPerMinute: false, addressPerHour: false, perMinute: 20 },
    });
    const send = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => handler(post())));
      return answers.map(({ status }) => status);
    };
    const statuses = await send(5);
    const load = send(30);
    await server.kill();
    statuses.push(...(await load), ...(await send(30)));
    assert.deepEqual(changes, [false]);

    // It comes back empty: what was counted before still counts.
    server = await startRedis(Number(new URL(server.url).port));
    if (client.status !== 'ready') await once(client, 'ready');
    const other = { ...minute, name: 'other', max: 1_000_000 };
    while (changes.length < 2) {
      await store.take(other, '');
      await setImmediate();
    }
    statuses.push(...(await send(30)));
    client.disconnect();
    await server.kill();

    assert.deepEqual(changes, [false, true]);
    assert.equal(statuses.filter((status) => status === 200).length, 20);
    assert.equal(statuses.filter((status) => status === 429).length, statuses.length - 20);
  });

  it('without a word costs one request a moment, the others nothing', async () => {
    const server = await startRedis();
    const client = await connect(server.url);
    const store = createRedisStore({ client });
    await store.take(minute, '');
    server.signal('SIGSTOP');
    const startedMs = performance.now();
    const waitsS: number[] = [];
    for (let count = 0; count < 6; count += 1) waitsS.push(await store.take(minute, ''));
    // Without the pause each would wait for an answer.
    for (let count = 0; count < 20; count += 1) await store.take({ ...minute, name: 'wide', max: 1000 }, '');
    const tookMs = performance.now() - startedMs;
    server.signal('SIGCONT');
    client.disconnect();
    await server.kill();
    assert.equal(waitsS.filter((waitS) => waitS === 0).length, 4);
    assert.ok(tookMs < 2000, `${tookMs} ms`);
  });
});
