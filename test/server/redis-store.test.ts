import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
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
      const machines = [createRedisStore({ client }), createRedisStore({ client: second })];
      const subject = crypto.randomUUID();
      const waitsS = await Promise.all(
        Array.from({ length: 12 }, (_, index) => machines[index % 2]!.take(limit, subject)),
      );
      second.disconnect();
      assert.equal(waitsS.filter((waitS) => waitS === 0).length, 5);
    });
  }

  it('does not hold against a visitor on one machine what another machine’s counts refused', async () => {
    const prefix = crypto.randomUUID();
    const [one, other] = [createRedisStore({ client, prefix }), createRedisStore({ client, prefix })];
    const twice = { ...minute, max: 2 };
    for (const waits of [false, false, true]) assert.equal((await one.take(twice, 'a')) > 0, waits);
    for (let count = 0; count < 5; count += 1) assert.ok((await other.take(twice, 'a')) > 0);
    await client.del(`${prefix}:minute:a`); // as when its window ends
    assert.equal(await other.take(twice, 'a'), 0);
  });

  it('counts the first request of each process too, which comes before its client has connected', async () => {
    const clients = Array.from({ length: 12 }, () => new Redis(server.url));
    const subject = crypto.randomUUID();
    const waitsS = await Promise.all(clients.map((one) => createRedisStore({ client: one }).take(minute, subject)));
    for (const one of clients) one.disconnect();
    assert.equal(waitsS.filter((waitS) => waitS === 0).length, 5);
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
    const tookMs = performance.now() - startedMs;
    server.signal('SIGCONT');
    client.disconnect();
    await server.kill();
    assert.equal(waitsS.filter((waitS) => waitS === 0).length, 4);
    assert.ok(tookMs < 900, `${tookMs} ms`);
  });
});
