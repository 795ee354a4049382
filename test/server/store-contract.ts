import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Limit, LimitStore } from '../../server/index.js';

/** What every store has to do, whatever engine it counts with. */
export function describeStore(open: () => LimitStore | Promise<LimitStore>): void {
  const minute: Limit = { name: 'address-minute', max: 5, windowS: 60 };
  const lease: Limit = { name: 'concurrent', max: 5, windowS: 600, isLease: true };

  for (const limit of [minute, lease, { ...minute, max: 1 }, { name: 'day', max: 11, windowS: 86_400 }]) {
    const kind = limit.isLease ? 'leases' : `uses in ${limit.windowS} s`;
    it(`lets exactly ${limit.max} of 12 ${kind} pass that come at the same moment`, async () => {
      const store = await open();
      const subject = crypto.randomUUID();
      const waitsS = await Promise.all(Array.from({ length: 12 }, () => store.take(limit, subject)));
      assert.equal(waitsS.filter((waitS) => waitS === 0).length, limit.max, waitsS.join(' '));
      for (const waitS of waitsS.filter((waitS) => waitS !== 0)) {
        assert.ok(waitS > 0 && waitS <= limit.windowS, String(waitS));
      }
    });
  }

  it('counts each subject and each limit by itself', async () => {
    const store = await open();
    const once = { ...minute, max: 1 };
    const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
    assert.equal(await store.take(once, one), 0);
    assert.equal(await store.take(once, other), 0);
    assert.equal(await store.take({ ...once, name: 'address-hour' }, one), 0);
    assert.ok((await store.take(once, one)) > 0);
  });
}
