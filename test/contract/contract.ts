import assert from 'node:assert/strict';
import { it } from 'node:test';
import { solveChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import { cases, slowCases, type Case } from './cases.js';
import { ask, send, type Answer } from './send.js';
import { apiKey, page, type Upstream } from './upstream.js';

/** A token endpoint that runs with {@link Upstream.settings} and without limits. */
export interface Endpoint {
  /** Such as `http://127.0.0.1:8787/api/synthflow/token`; it may have a query. */
  readonly url: string;
  readonly upstream: Upstream;
  /** What the dry check says. */
  readonly version: string;
  /** The platform answers by itself where the endpoint has no such method: by another 405 than ours. */
  readonly platformKnowsMethods?: boolean | undefined;
  /** What it has written so far to its log. */
  output?(): string;
}

/** The key as it is, and in the ways it might be written by accident. */
const forms = [apiKey, encodeURIComponent(apiKey), btoa(apiKey), 'Bearer'];

/**
 * The contract of every token endpoint, in whatever language: a test for each case, one for the time limit, and one for what
 * Synthflow was asked meanwhile.
 * @param endpointOf - Called in the tests, so that a `before` may start the endpoint.
 */
export function testContract(endpointOf: () => Endpoint): void {
  for (const one of cases) it(one.name, () => checkCase(endpointOf(), one));
  it('gives Synthflow eight seconds', () => checkTimeLimit(endpointOf()));
  it('has asked Synthflow as it should, and said the key to nobody else', () => checkQuestions(endpointOf()));
}

/** Sends one case, and looks at all of its answer. */
export async function checkCase(endpoint: Endpoint, expected: Case): Promise<void> {
  judge(await send(endpoint.url, expected), expected, endpoint);
}

/** Sends the slow cases at the same moment: an endpoint that answers one after the other fails. */
export async function checkTimeLimit(endpoint: Endpoint): Promise<void> {
  const startedMs = performance.now();
  await Promise.all(slowCases.map((one) => checkCase(endpoint, one)));
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs >= 7900 && tookMs < 14_000, `${tookMs} ms`);
}

/** After each case was sent once: what Synthflow was asked, how often, and what was said of the key. */
export function checkQuestions({ upstream, output }: Endpoint): void {
  assert.deepEqual(upstream.strays, []);
  const counts = ['key', 'many', 'moved', 'broken', 'flaky', 'mediaBroken', 'mediaCut'].map(
    (alias) => `${alias} ${upstream.asked(alias).length}`,
  );
  // A GET may be repeated once. What creates a call is sent once, whatever becomes of it.
  assert.deepEqual(counts, ['key 1', 'many 1', 'moved 1', 'broken 2', 'flaky 2', 'mediaBroken 1', 'mediaCut 1']);
  // Bun repeats a GET by itself where the connection was one of before.
  assert.ok([2, 3].includes(upstream.asked('cut').length));
  assert.match(upstream.asked('bind')[1]!, /"wsMediaServerName":"node-1:8080"/);
  const written = output?.() ?? '';
  for (const form of forms) assert.ok(!written.includes(form), written);
}

/**
 * Of 12 requests of one address at the same moment exactly 4 pass, others are counted apart, and a forged address is not
 * believed.
 * @param url - Of an endpoint that has just started, with {@link Upstream.settings} and `LIMIT_ADDRESS_PER_MINUTE` 4.
 */
export async function checkAddressLimit(url: string): Promise<void> {
  const from = (address: string, forged: string) =>
    ask(url, { assistant_id: 'support' }, addressHeaders(address, forged));
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => from('192.0.2.1', `10.0.0.${index}`)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 4);
  const refused = answers.find(({ status }) => status === 429)!;
  assert.match(refused.headers['retry-after']!, /^(?:[1-9]|[1-5]\d|60)$/);
  assert.equal(refused.headers['access-control-allow-origin'], page);
  assert.equal((await from('192.0.2.2', '192.0.2.1')).status, 200);
  assert.equal((await from('192.0.2.1', '192.0.2.2')).status, 429);
}

/** What {@link checkChallenge} needs beside {@link Upstream.settings}. */
export const challengeSettings = {
  LIMITS: 'off',
  CHALLENGE: 'always',
  CHALLENGE_SECRET: 's'.repeat(40),
  CHALLENGE_EFFORT: '50',
};

/** A solved challenge of ALTCHA gives a session, and no second one. @param url - Of an endpoint with {@link challengeSettings}. */
export async function checkChallenge(url: string): Promise<void> {
  const asked = await ask(url, { assistant_id: 'support' });
  assert.equal(asked.status, 428, asked.text);
  const { parameters, signature } = (JSON.parse(asked.text) as { error: { challenge: Challenge } }).error.challenge;
  const solution = await solveChallenge({ challenge: { parameters }, deriveKey });
  const challenge = { challenge: { parameters, signature }, solution };
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask(url, { assistant_id: 'support', challenge })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array<number>(11).fill(403)]);
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

function judge(answer: Answer, expected: Case, { upstream, version, platformKnowsMethods }: Endpoint): void {
  const { status, headers, text } = answer;
  assert.equal(status, expected.status, text);
  for (const form of forms) assert.ok(!`${JSON.stringify(headers)}${text}`.includes(form), text);
  if (platformKnowsMethods && expected.mayBePlatform) return;
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  // Apache writes it without the space.
  assert.equal(headers['vary']?.replace(/,\s*/g, ', '), 'Origin, Sec-Fetch-Site');
  for (const [name, value] of Object.entries(expected.answerHeaders ?? {})) {
    assert.equal(headers[name] ?? null, value, name);
  }
  assert.equal(headers['retry-after'], expected.retryAfter === undefined ? undefined : String(expected.retryAfter));
  if (status === 204) return assert.equal(text, '');
  // Some platforms add the charset that JSON has anyway.
  assert.match(headers['content-type'] ?? '', /^application\/json(?:; ?charset=utf-8)?$/i);
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
    assert.deepEqual(body, JSON.parse(wanted.replace('{version}', version)));
  }
}
