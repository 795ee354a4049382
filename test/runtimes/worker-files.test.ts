// The example for Cloudflare Workers also serves the script and its files, to pages of other origins.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { hosts, type Running } from './hosts.js';

describe('the files of the Worker', () => {
  let worker: Running;
  before(async () => {
    worker = await hosts
      .find(({ name }) => name === 'workerd')!
      .start({ SYNTHFLOW_API_KEY: 'key', SYNTHFLOW_AGENTS: crypto.randomUUID(), ALLOWED_ORIGINS: 'https://a.example' });
  });
  after(() => worker.stop());

  it('are those of the package, for every origin', async () => {
    const answer = await fetch(`${worker.url}/server.js`, { headers: { Origin: 'https://a.example' } });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('Content-Type')!, /javascript/);
    assert.equal(answer.headers.get('Access-Control-Allow-Origin'), '*');
    assert.equal(await answer.text(), readFileSync(new URL('../../dist/server.js', import.meta.url), 'utf8'));
  });

  it('are no more than those', async () => {
    for (const path of ['/', '/missing.js', '/../package.json', '/%2e%2e/package.json']) {
      assert.equal((await fetch(worker.url + path)).status, 404, path);
    }
  });

  it('leave the token endpoint alone', async () => {
    const answer = await fetch(`${worker.url}/api/synthflow/token`, {
      method: 'POST',
      headers: { Origin: 'https://b.example' },
    });
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get('Access-Control-Allow-Origin'), null);
  });
});
