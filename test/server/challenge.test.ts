import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { solveChallenge, type Challenge, type Solution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import { createAltcha, readChallenge, type AltchaOptions } from '../../server/altcha.js';
import type { ChallengeOptions, RequestContext, TokenHandler, TokenHandlerOptions } from '../../server/index.js';
import { createEndpoint, errorOf, get, mediaAgent, mediaUrl, post, upstreamOf } from './support.js';

const secret = 'a secret that nobody else knows, 0123456789';
const altcha = (options: Partial<AltchaOptions> = {}) => createAltcha({ secret, effort: 20, ...options });
const challenged = (options: Partial<AltchaOptions> = {}, others: Partial<TokenHandlerOptions> = {}) =>
  createEndpoint({ challenge: altcha(options), ...others });

type Task = Challenge & { type: string };

/** What the widget does with a 428. */
async function solve({ type, parameters, signature }: Task): Promise<{ challenge: Challenge; solution: Solution }> {
  assert.equal(type, 'altcha');
  const challenge = { parameters, ...(signature === undefined ? {} : { signature }) };
  const solution = await solveChallenge({ challenge, deriveKey });
  return { challenge, solution: solution! };
}

async function taskOf(handler: TokenHandler, context?: RequestContext): Promise<Task> {
  const response = await handler(post(), context);
  assert.equal(response.status, 428);
  return (await errorOf(response)).challenge as unknown as Task;
}

async function answerTo(handler: TokenHandler, challenge: unknown): Promise<string> {
  const response = await handler(post({ challenge }));
  return response.status === 200 ? '200' : `${response.status} ${(await errorOf(response)).code}`;
}

describe('ALTCHA', () => {
  it('is asked for with a 428 that says all that the widget needs', async () => {
    const { handler, requests, entries } = challenged();
    const response = await handler(post());
    assert.equal(response.status, 428);
    const { code, challenge } = await errorOf(response);
    assert.equal(code, 'challenge-required');
    const { type, parameters, signature, ...rest } = challenge as unknown as Task;
    assert.deepEqual(rest, {});
    assert.equal(type, 'altcha');
    assert.match(signature!, /^[\da-f]{64}$/);
    const names = ['algorithm', 'cost', 'expiresAt', 'keyLength', 'keyPrefix', 'keySignature', 'nonce', 'salt'];
    assert.deepEqual(Object.keys(parameters), names);
    assert.deepEqual([parameters.algorithm, parameters.cost], ['PBKDF2/SHA-256', 1000]);
    assert.equal(requests.length, 0);
    assert.equal(entries[0]!.code, 'challenge-required');
  });

  it('solved with the library gives one session, and no second one', async () => {
    const { handler, requests } = challenged();
    const answer = await solve(await taskOf(handler));
    assert.ok(JSON.stringify(answer).length < 1000);
    assert.equal(await answerTo(handler, answer), '200');
    assert.equal(await answerTo(handler, answer), '403 challenge-failed');
    assert.equal(requests.length, 1);
  });

  it('sent twelve times at the same moment gives one session', async () => {
    const { handler, requests } = challenged();
    const answer = await solve(await taskOf(handler));
    const answers = await Promise.all(Array.from({ length: 12 }, () => answerTo(handler, answer)));
    assert.equal(answers.filter((status) => status === '200').length, 1);
    assert.equal(requests.length, 1);
  });

  it('is not solved by what is made up, altered, another’s or nonsense', async () => {
    const { handler, requests } = challenged();
    const { challenge, solution } = await solve(await taskOf(handler));
    const { parameters } = challenge;
    const foreign = await solve(await taskOf(createEndpoint({ challenge: altcha({ secret: `${secret}?` }) }).handler));
    const { keySignature: _, ...unsigned } = parameters;
    const wrong: unknown[] = [
      foreign,
      { challenge, solution: { ...solution, derivedKey: 'ab'.repeat(32) } },
      { challenge, solution: { ...solution, derivedKey: 5 } },
      { challenge, solution: {} },
      { challenge, solution: null },
      { challenge },
      { solution },
      { challenge: { parameters }, solution },
      { challenge: { ...challenge, signature: '00'.repeat(32) }, solution },
      { challenge: { ...challenge, parameters: { ...parameters, expiresAt: parameters.expiresAt! + 60 } }, solution },
      { challenge: { ...challenge, parameters: { ...parameters, cost: 1e9 } }, solution },
      { challenge: { ...challenge, parameters: { ...parameters, algorithm: 'SHA-256' } }, solution },
      { challenge: { ...challenge, parameters: unsigned }, solution },
      { challenge: { ...challenge, parameters: null }, solution },
      { challenge: { ...challenge, parameters: { ...parameters, __proto__: null, nonce: {} } }, solution },
      '',
      'altcha',
      5,
      true,
      [],
      {},
      [challenge],
    ];
    for (const answer of wrong)
      assert.equal(await answerTo(handler, answer), '403 challenge-failed', JSON.stringify(answer));
    assert.equal(requests.length, 0);
    assert.equal(await answerTo(handler, { challenge, solution }), '200');
  });

  it('is not solved too late', async () => {
    const { handler } = challenged({ expiresInS: 60 });
    const answer = await solve(await taskOf(handler));
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 61_000 });
    try {
      assert.equal(await answerTo(handler, answer), '403 challenge-failed');
    } finally {
      mock.timers.reset();
    }
  });

  it('is known again by another machine with the same secret', async () => {
    const answer = await solve(await taskOf(challenged().handler));
    assert.equal(await answerTo(challenged().handler, answer), '200');
  });

  it('refuses a weak secret and odd numbers, without quoting them', () => {
    for (const options of [{ secret: 'short-secret' }, { effort: 1 }, { effort: 1.5 }, { expiresInS: 5 }]) {
      assert.throws(
        () => altcha(options),
        (error: Error) => error instanceof TypeError && !error.message.includes('short-secret'),
      );
    }
  });
});

describe('the challenge of the environment', () => {
  const set = { CHALLENGE: 'always', CHALLENGE_SECRET: secret };

  it('is off unless it is set', () => {
    for (const variables of [{}, { CHALLENGE: '' }, { CHALLENGE: 'off', CHALLENGE_SECRET: '' }]) {
      assert.equal(readChallenge(variables), undefined);
    }
    assert.equal(readChallenge({ ...set, CHALLENGE: 'on-suspicion' })?.mode, 'on-suspicion');
  });

  it('needs a mode that there is, a secret and a number', () => {
    const wrong = [{ CHALLENGE: 'on' }, { CHALLENGE_SECRET: '' }, { CHALLENGE_EFFORT: 'much' }];
    for (const variables of wrong) {
      const [name] = Object.keys(variables) as [string];
      assert.throws(() => readChallenge({ ...set, ...variables }), new RegExp(name));
    }
  });
});

describe('a challenge', () => {
  /** One that is solved by a word, as Turnstile's is by its token. */
  const word: ChallengeOptions = {
    issue: () => ({ type: 'turnstile', siteKey: 'site' }),
    verify: (answer, { address }) => answer === `token of ${address}`,
  };
  const first = { address: '192.0.2.1' };

  it('may be of any other kind, solved by the page and verified by the site', async () => {
    const { handler } = createEndpoint({ challenge: word });
    const response = await handler(post(), first);
    assert.deepEqual((await errorOf(response)).challenge, { type: 'turnstile', siteKey: 'site' });
    assert.equal((await handler(post({ challenge: 'token of 192.0.2.1' }), first)).status, 200);
    assert.equal((await handler(post({ challenge: 'token of 192.0.2.2' }), first)).status, 403);
  });

  it('may have an answer of 2 KiB and more, where there is one', async () => {
    const challenge = { ...word, verify: (answer: unknown) => answer === 'x'.repeat(7000) };
    assert.equal((await createEndpoint({ challenge }).handler(post({ challenge: 'x'.repeat(7000) }))).status, 200);
    assert.equal((await createEndpoint({ challenge }).handler(post({ challenge: 'x'.repeat(8200) }))).status, 413);
    assert.equal((await createEndpoint().handler(post({ challenge: 'x'.repeat(7000) }))).status, 413);
  });

  it('is asked of nobody where it is off', async () => {
    const { handler } = createEndpoint({ challenge: { ...word, mode: 'off' } });
    assert.equal((await handler(post({ challenge: 'wrong' }))).status, 200);
  });

  it('on suspicion is asked of an address from its third session in ten minutes on', async () => {
    const { handler } = createEndpoint({ challenge: { ...word, mode: 'on-suspicion' }, limits: {} });
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await handler(post(), first)).status);
    assert.deepEqual(statuses, [200, 200, 428]);
    assert.equal((await handler(post(), { address: '192.0.2.2' })).status, 200);
    assert.equal((await handler(post({ challenge: 'token of 192.0.2.1' }), first)).status, 200);
  });

  it('on suspicion is asked of everybody while sessions come fast', async () => {
    const { handler } = createEndpoint({ challenge: { ...word, mode: 'on-suspicion' }, limits: { perMinute: 6 } });
    const statuses: number[] = [];
    for (let count = 1; count <= 4; count += 1) {
      statuses.push((await handler(post(), { address: `192.0.2.${count}` })).status);
    }
    assert.deepEqual(statuses, [200, 200, 200, 428]);
  });

  it('on suspicion is asked of what is no browser', async () => {
    const { handler } = createEndpoint({ challenge: { ...word, mode: 'on-suspicion' } });
    assert.equal((await handler(post({}, { 'sec-fetch-site': null }), first)).status, 428);
  });

  it('does not count against the limits until it is solved', async () => {
    const { handler } = createEndpoint({ challenge: word, limits: { addressPerMinute: 1 } });
    for (let count = 0; count < 3; count += 1) assert.equal((await handler(post(), first)).status, 428);
    for (const status of [200, 429]) {
      assert.equal((await handler(post({ challenge: 'token of 192.0.2.1' }), first)).status, status);
    }
  });

  it('cannot be answered in a query, and says so', async () => {
    const { handler } = createEndpoint({ challenge: word });
    for (const query of ['', '?challenge=token%20of%20undefined']) {
      const response = await handler(get(query));
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'POST, OPTIONS');
    }
  });

  it('comes before the second request of connect-then-bind, which creates the call', async () => {
    const upstream = upstreamOf(() => Response.json({ wsMediaBaseUrl: mediaUrl, sid: 's' }));
    const { handler } = createEndpoint(
      { challenge: word, agents: { support: { ...mediaAgent, bind: true } } },
      upstream,
    );
    assert.equal((await handler(post(), first)).status, 200);
    assert.equal((await handler(post({ server_name: 'n' }), first)).status, 428);
    assert.equal((await handler(post({ server_name: 'n', challenge: 'token of 192.0.2.1' }), first)).status, 200);
  });

  it('that cannot be checked lets nobody pass', async () => {
    const failing = { ...word, verify: () => Promise.reject(new Error('secret')) };
    const { handler, requests } = createEndpoint({ challenge: failing });
    const response = await handler(post({ challenge: 'x' }));
    assert.equal(response.status, 503);
    assert.ok(!(await response.text()).includes('secret'));
    assert.equal(requests.length, 0);
  });

  it('must have a mode that there is, and both functions', () => {
    for (const challenge of [{ ...word, mode: 'never' }, { issue: word.issue }, { verify: word.verify }, {}]) {
      assert.throws(() => createEndpoint({ challenge: challenge as ChallengeOptions }), /^TypeError: The challenge/);
    }
  });
});
