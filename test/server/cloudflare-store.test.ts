import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { createCloudflareStore, TokenLimits } from '../../server/stores/cloudflare.js';
import { describeStore } from './store-contract.js';

/** Durable Objects whose storage takes a turn of the event loop, as Cloudflare's does. */
function createObjects() {
  const objects = new Map<string, TokenLimits>();
  const stored = new Map<string, Map<string, unknown>>();
  const alarmsMs = new Map<string, number>();
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const create = (name: string): TokenLimits => {
    const storage = {
      list: async () => (await turn(), new Map(stored.get(name))),
      put: async (key: string, value: unknown) => {
        await turn();
        stored.set(name, (stored.get(name) ?? new Map<string, unknown>()).set(key, structuredClone(value)));
      },
      deleteAll: async () => void stored.delete(name),
      setAlarm: async (ms: number) => void alarmsMs.set(name, ms),
    };
    return new TokenLimits({ storage });
  };
  const counters = {
    idFromName: (name: string) => name,
    get: (id: string) => {
      const object = objects.get(id) ?? create(id);
      objects.set(id, object);
      return { fetch: (url: string, init: RequestInit) => object.fetch(new Request(url, init)) };
    },
  };
  return { counters, objects, stored, alarmsMs };
}

const minute = { name: 'address-minute', max: 2, windowS: 60 };

describe('the store of Cloudflare', () => {
  describeStore(() => createCloudflareStore({ counters: createObjects().counters }));

  it('has an object for each visitor, and one for everybody', async () => {
    const { counters, stored } = createObjects();
    const store = createCloudflareStore({ counters });
    await store.take(minute, '192.0.2.1');
    await store.take({ ...minute, name: 'address-hour' }, '192.0.2.1');
    await store.take({ ...minute, name: 'day' }, '');
    const kept = [...stored].map(([name, uses]) => [name, ...uses.keys()]);
    assert.deepEqual(kept, [
      ['192.0.2.1', 'address-minute', 'address-hour'],
      ['everybody', 'day'],
    ]);
  });

  it('goes on counting when an object was asleep', async () => {
    const { counters, objects } = createObjects();
    const store = createCloudflareStore({ counters });
    const waitsS: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      waitsS.push(await store.take(minute, 'a'));
      objects.clear();
    }
    assert.deepEqual(waitsS.slice(0, 2), [0, 0]);
    assert.ok(waitsS[2]! > 0);
  });

  it('leaves nothing behind when all has ended, and nothing is deleted before', async () => {
    const { counters, objects, stored, alarmsMs } = createObjects();
    const store = createCloudflareStore({ counters });
    mock.timers.enable({ apis: ['Date'], now: 1e12 });
    try {
      await store.take({ ...minute, windowS: 3600 }, 'a');
      await store.take({ ...minute, name: 'other' }, 'a');
      assert.equal(alarmsMs.get('a'), 1e12 + 3_600_000);
      mock.timers.setTime(1e12 + 60_000);
      await objects.get('a')!.alarm();
      assert.equal(stored.size, 1);
      mock.timers.setTime(1e12 + 3_600_000);
      await objects.get('a')!.alarm();
      assert.equal(stored.size, 0);
    } finally {
      mock.timers.reset();
    }
  });

  it('asks a rate-limit binding first, for visitors alone', async () => {
    const { counters, stored } = createObjects();
    const keys: string[] = [];
    const limit = async ({ key }: { key: string }) => ({ success: keys.push(key) < 2 });
    const store = createCloudflareStore({ counters, rateLimiter: { limit } });
    assert.equal(await store.take(minute, 'a'), 0);
    assert.equal(await store.take(minute, 'b'), 60);
    assert.equal(await store.take({ ...minute, name: 'day' }, ''), 0);
    assert.deepEqual(keys, ['a', 'b']);
    assert.deepEqual([...stored.keys()], ['a', 'everybody']);
  });
});
