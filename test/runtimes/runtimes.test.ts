import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { solveChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import { ask, send, type Answer } from './client.js';
import { cases, slowCases, type Case } from './contract.js';
import { hosts, type Host, type Running } from './hosts.js';
import { agents, apiKey, page, startUpstream, type Upstream } from './upstream.js';

/** The key as it is, and in the ways it might be written by accident. */
const forms = [apiKey, encodeURIComponent(apiKey), btoa(apiKey), 'Bearer'];

const only = process.env['RUNTIME'];

for (const host of hosts.filter(({ name }) => !only || name === only)) {
  describe(host.name, () => {
    let upstream: Upstream;
    let open: Running;
    before(async () => {
      upstream = await startUpstream();
      open = await host.start(environmentOf(upstream, host, { LIMITS: 'off' }));
    });
    after(async () => {
      await open.stop();
      upstream.close();
    });

    for (const one of cases) {
      it(one.name, async () => judge(await send(open.url, one), one, upstream, host));
    }

    it('gives Synthflow eight seconds', async () => {
      const startedMs = performance.now();
      await Promise.all(slowCases.map(async (one) => judge(await send(open.url, one), one, upstream, host)));
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs >= 7900 && tookMs < 9000, `${tookMs} ms`);
    });

    it('has asked Synthflow as it should, and said the key to nobody else', () => {
      assert.deepEqual(upstream.strays, []);
      const counts = ['key', 'many', 'moved', 'broken', 'flaky', 'mediaBroken', 'mediaCut'].map(
        (alias) => `${alias} ${upstream.asked(alias).length}`,
      );
      // A GET may be repeated once. What creates a call is sent once, whatever becomes of it.
      assert.deepEqual(counts, ['key 1', 'many 1', 'moved 1', 'broken 2', 'flaky 2', 'mediaBroken 1', 'mediaCut 1']);
      // Bun repeats a GET by itself where the connection was one of before.
      assert.ok([2, 3].includes(upstream.asked('cut').length));
      assert.match(upstream.asked('bind')[1]!, /"wsMediaServerName":"node-1:8080"/);
      for (const form of forms) assert.ok(!open.output().includes(form), open.output());
    });

    it('lets exactly 4 of 12 of one address pass, counts others apart, and believes no forged address', async () => {
      const limited = await host.start(environmentOf(upstream, host, { LIMIT_ADDRESS_PER_MINUTE: '4' }));
      try {
        const from = (address: string, forged: string) =>
          ask(limited.url, { assistant_id: 'support' }, addressHeaders(address, forged));
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, index) => from('192.0.2.1', `10.0.0.${index}`)),
        );
        assert.equal(answers.filter(({ status }) => status === 200).length, 4);
        const refused = answers.find(({ status }) => status === 429)!;
        assert.match(refused.headers['retry-after']!, /^(?:[1-9]|[1-5]\d|60)$/);
        assert.equal(refused.headers['access-control-allow-origin'], page);
        assert.equal((await from('192.0.2.2', '192.0.2.1')).status, 200);
        assert.equal((await from('192.0.2.1', '192.0.2.2')).status, 429);
      } finally {
        await limited.stop();
      }
    });

    it('gives a session for a solved challenge, once', async () => {
      const variables = {
        LIMITS: 'off',
        CHALLENGE: 'always',
        CHALLENGE_SECRET: 's'.repeat(40),
        CHALLENGE_EFFORT: '50',
      };
      const challenged = await host.start(environmentOf(upstream, host, variables));
      try {
        const asked = await ask(challenged.url, { assistant_id: 'support' });
        assert.equal(asked.status, 428, asked.text);
        const { parameters, signature } = (JSON.parse(asked.text) as { error: { challenge: Challenge } }).error
          .challenge;
        const solution = await solveChallenge({ challenge: { parameters }, deriveKey });
        const challenge = { challenge: { parameters, signature }, solution };
        const answers = await Promise.all(
          Array.from({ length: 12 }, () => ask(challenged.url, { assistant_id: 'support', challenge })),
        );
        assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array<number>(11).fill(403)]);
      } finally {
        await challenged.stop();
      }
    });
  });
}

function environmentOf({ url }: Upstream, host: Host, more: Record<string, string>): Record<string, string> {
  return {
    SYNTHFLOW_API_KEY: apiKey,
    SYNTHFLOW_AGENTS: JSON.stringify(agents),
    ALLOWED_ORIGINS: page,
    SYNTHFLOW_WIDGET_URL: url,
    SYNTHFLOW_API_URL: `${url}/v2`,
    TRUSTED_PROXIES: host.trustedProxies,
    ...more,
  };
}

/** An address as every kind of platform would say it; what a visitor forges stands on the left. */
const addressHeaders = (address: string, forged: string): Record<string, string> => ({
  'x-forwarded-for': `${forged}, ${address}`,
  'cf-connecting-ip': address,
  'x-vercel-forwarded-for': address,
  'x-nf-client-connection-ip': address,
  'x-real-ip': forged,
  forwarded: `for=${forged}`,
});

function judge(answer: Answer, expected: Case, upstream: Upstream, host: Host): void {
  const { status, headers, text } = answer;
  assert.equal(status, expected.status, text);
  for (const form of forms) assert.ok(!`${JSON.stringify(headers)}${text}`.includes(form), text);
  if (host.knowsMethods && expected.mayBePlatform) return;
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['vary'], 'Origin, Sec-Fetch-Site');
  for (const [name, value] of Object.entries(expected.answerHeaders ?? {})) {
    assert.equal(headers[name] ?? null, value, name);
  }
  assert.equal(headers['retry-after'], expected.retryAfter === undefined ? undefined : String(expected.retryAfter));
  if (status === 204) return assert.equal(text, '');
  assert.equal(headers['content-type'], 'application/json');
  const body = JSON.parse(text) as {
    error?: { code: string; message: string; requestId: string; retryAfter?: number };
  };
  if (expected.code !== undefined) {
    const { requestId, message, ...rest } = body.error!;
    assert.match(requestId, /^[\da-f-]{36}$/);
    assert.match(message, /^\w.+\.$/);
    const retryAfter = expected.retryAfter === undefined ? {} : { retryAfter: expected.retryAfter };
    assert.deepEqual(rest, { code: expected.code, ...retryAfter });
  }
  if (expected.json !== undefined) {
    const wanted = JSON.stringify(expected.json).replace('{upstream}', new URL(upstream.url).host);
    assert.deepEqual(body, JSON.parse(wanted));
  }
}
