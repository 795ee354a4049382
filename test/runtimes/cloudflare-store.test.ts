import { readFileSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import { Miniflare } from 'miniflare';
import { createCloudflareStore, type CloudflareStoreOptions } from '../../server/stores/cloudflare.js';
import { describeStore } from '../server/store-contract.js';
import { bundles } from './hosts.js';

describe('the store in Durable Objects', () => {
  let worker: Miniflare;
  let counters: CloudflareStoreOptions['counters'];
  before(async () => {
    worker = new Miniflare({
      modules: true,
      script: readFileSync(`${bundles}worker.mjs`, 'utf8'),
      compatibilityDate: '2025-11-01',
      durableObjects: { TOKEN_LIMITS: { className: 'TokenLimits', useSQLite: true } },
    });
    counters = (await worker.getDurableObjectNamespace('TOKEN_LIMITS')) as unknown as typeof counters;
  });
  after(() => worker.dispose());
  describeStore(() => createCloudflareStore({ counters }));
});
