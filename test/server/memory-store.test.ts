import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryStore } from '../../server/memory-store.js';
import { describeStore } from './store-contract.js';

const clocked = () => {
  const clock = { nowMs: 1e12 };
  return { clock, store: createMemoryStore(() => clock.nowMs) };
};

describe('the store in memory', () => {
  describeStore(() => createMemoryStore());

  it('begins anew when the window is over that the first use opened', async () => {
    const { clock, store } = clocked();
    const limit = { name: 'minute', max: 2, windowS: 60 };
    assert.equal(await store.take(limit, ''), 0);
    clock.nowMs += 59_000;
    assert.equal(await store.take(limit, ''), 0);
    assert.equal(await store.take(limit, ''), 1);
    clock.nowMs += 1000;
    for (const waitS of [0, 0, 60]) assert.equal(await store.take(limit, ''), waitS);
  });

  it('ends each lease by itself', async () => {
    const { clock, store } = clocked();
    const limit = { name: 'concurrent', max: 2, windowS: 600, isLease: true };
    assert.equal(await store.take(limit, ''), 0);
    clock.nowMs += 400_000;
    assert.equal(await store.take(limit, ''), 0);
    assert.equal(await store.take(limit, ''), 200);
    clock.nowMs += 200_000;
    assert.equal(await store.take(limit, ''), 0);
    assert.equal(await store.take(limit, ''), 400);
  });

  it('forgets the oldest of 20,000 addresses, and nothing of other limits', async () => {
    const { clock, store } = clocked();
    const limit = { name: 'address-minute', max: 1, windowS: 60 };
    const day = { name: 'day', max: 1, windowS: 86_400 };
    await store.take(day, '');
    for (let index = 0; index <= 20_000; index += 1) {
      clock.nowMs += 1;
      await store.take(limit, String(index));
    }
    assert.ok((await store.take(limit, '1')) > 0);
    assert.equal(await store.take(limit, '0'), 0);
    assert.ok((await store.take(day, '')) > 0);
  });
});
