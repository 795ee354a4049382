import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { solveChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import { tokenPath } from '../../server/serve.js';
import { version } from '../../server/version.js';
import { redisIsMissing, startRedis } from './redis.js';
import { apiKey, errorOf, listen, mediaAgent, page, supportId } from './support.js';

const tsx = import.meta.resolve('tsx');
const root = fileURLToPath(new URL('../../', import.meta.url));
const working = {
  SYNTHFLOW_API_KEY: apiKey,
  SYNTHFLOW_AGENTS: `support=${supportId}`,
  ALLOWED_ORIGINS: page,
  PORT: '0',
};

interface Command {
  process: ChildProcess;
  /** The next line of stdout. */
  line(): Promise<string>;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function start(test: TestContext, args: string[], environment: Record<string, string> = {}, cwd = root): Command {
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(process.execPath, ['--import', tsx, `${root}server/cli.ts`, ...args], {
    cwd,
    env,
    stdio: 'pipe',
  });
  test.after(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part) => (stdout += String(part)));
  child.stderr.on('data', (part) => (stderr += String(part)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`No line came. stderr: ${stderr}`);
      return value;
    },
    ended: once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr })),
  };
}

async function serving(test: TestContext, environment: Record<string, string> = {}, args: string[] = []) {
  const command = start(test, ['serve', ...args], { ...working, ...environment });
  const { url, ...entry } = JSON.parse(await command.line()) as { url: string; event: string };
  assert.equal(entry.event, 'listening');
  return { ...command, url };
}

describe('the command', () => {
  it('explains itself', async (test) => {
    for (const args of [['--help'], ['serve', '-h']]) {
      const { code, stdout, stderr } = await start(test, args).ended;
      assert.equal(code, 0);
      assert.equal(stderr, '');
      for (const name of [
        'SYNTHFLOW_API_KEY',
        'SYNTHFLOW_AGENTS',
        'ALLOWED_ORIGINS',
        'PORT',
        'HOST',
        'SYNTHFLOW_WIDGET_URL',
        'SYNTHFLOW_API_URL',
        'TRUSTED_PROXIES',
        'LIMITS',
        'LIMIT_ADDRESS_PER_MINUTE',
        'LIMIT_ADDRESS_PER_HOUR',
        'LIMIT_PER_MINUTE',
        'LIMIT_PER_DAY',
        'LIMIT_CONCURRENT',
        'CHALLENGE',
        'CHALLENGE_SECRET',
        'CHALLENGE_EFFORT',
        'REDIS_URL',
        'METRICS_TOKEN',
        'LOG_LEVEL',
      ]) {
        assert.ok(stdout.includes(name), name);
      }
      assert.ok(!stdout.includes('--synthflow-api-key'));
    }
  });

  it('tells its version', async (test) => {
    assert.equal((await start(test, ['--version']).ended).stdout, `${version}\n`);
  });

  it('ends with 2 and one line on what is wrong with how it was started', async (test) => {
    const mistakes: [args: string[], environment: Record<string, string>, message: RegExp][] = [
      [[], {}, /serve, demo or doctor/],
      [['server'], working, /serve, demo or doctor/],
      [['serve'], { ...working, SYNTHFLOW_API_KEY: '' }, /SYNTHFLOW_API_KEY is not set/],
      [['serve'], { ...working, SYNTHFLOW_API_KEY: `${apiKey}\n` }, /paste it again/],
      [['serve'], { ...working, SYNTHFLOW_AGENTS: '' }, /SYNTHFLOW_AGENTS is not set/],
      [['serve'], { ...working, SYNTHFLOW_AGENTS: apiKey }, /Agent 1 has no valid id/],
      [['serve'], { ...working, ALLOWED_ORIGINS: '' }, /ALLOWED_ORIGINS is not set/],
      [['serve'], { ...working, ALLOWED_ORIGINS: '*' }, /any page on the web/],
      [['serve'], { ...working, ALLOWED_ORIGINS: apiKey }, /Allowed origin 1/],
      [['serve'], { ...working, SYNTHFLOW_WIDGET_URL: 'http://example.com' }, /widget base URL/],
      [['serve', '--synthflow-api-url', 'http://example.com'], working, /API base URL/],
      [['serve'], { ...working, SYNTHFLOW_AGENTS: `{"support":"${apiKey}"` }, /not valid JSON/],
      [
        ['serve'],
        { ...working, SYNTHFLOW_AGENTS: `{"a":{"protocol":"media","modelId":"${apiKey}"}}` },
        /Agent 1 .*modelId/,
      ],
      [['serve'], { ...working, PORT: 'http' }, /PORT must be a number/],
      [['serve', '--prot', '1'], working, /Unknown option '--prot'/],
      [['serve', '--port'], working, /argument missing/],
      [['serve', apiKey], working, /flags only/],
      [['demo', '--allowed-origins', page], {}, /Unknown option '--allowed-origins'/],
      [['doctor'], {}, /SYNTHFLOW_API_KEY is not set/],
      [['doctor', '--live'], { ...working, SYNTHFLOW_AGENTS: '' }, /SYNTHFLOW_AGENTS is not set/],
      [['doctor', '--live'], { ...working, SYNTHFLOW_AGENTS: apiKey }, /Agent 1 has no valid id/],
      [['doctor', '--port', '1'], working, /Unknown option '--port'/],
      [['doctor', '--synthflow-api-key', apiKey], working, /list of processes/],
      [['serve', '--synthflow-api-key', apiKey], working, /list of processes/],
      [['serve'], { ...working, REDIS_URL: `http://:${apiKey}@localhost` }, /REDIS_URL must be/],
      [['serve', `--synthflow-api-key=${apiKey}`], {}, /list of processes/],
    ];
    const ends = mistakes.map(async ([args, environment, message]) => {
      const { code, stdout, stderr } = await start(test, args, environment).ended;
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.match(stderr, /^synthflow-call: [^\n]+\n$/);
      assert.ok(!stderr.includes(apiKey), stderr);
    });
    await Promise.all(ends);
  });

  it('ends with 1 when the port is taken, and says which and what to do', async (test) => {
    const { port } = await listen(test, (_request, response) => void response.end());
    for (const command of ['serve', 'demo']) {
      const { code, stdout, stderr } = await start(test, [command, '--port', String(port)], working).ended;
      assert.equal(code, 1, stderr);
      assert.equal(stdout, '');
      assert.equal(
        stderr,
        `synthflow-call: Port ${port} on 127.0.0.1 is taken: choose another with --port (0 takes any free one).\n`,
      );
    }
  });

  it('ends with 1 when the host is none of this machine', async (test) => {
    const { code, stderr } = await start(test, ['serve', '--host', '192.0.2.1'], working).ended;
    assert.equal(code, 1);
    assert.match(stderr, /^synthflow-call: 192\.0\.2\.1 is not an address of this machine: [^\n]+\n$/);
  });
});

describe('serve', () => {
  it('writes one line of JSON a request, without key, URL or address', async (test) => {
    const upstream = await listen(test, (_request, response) => {
      response.end(JSON.stringify({ sessionURL: `ws://${_request.headers.host}/start?token=secret` }));
    });
    const { url, line, process: child, ended } = await serving(test, { SYNTHFLOW_WIDGET_URL: upstream.url });
    assert.ok(url.endsWith(tokenPath));
    const send = (body: string) =>
      fetch(url, { method: 'POST', body, headers: { origin: page, 'content-type': 'application/json' } });

    const response = await send('{"client_reference":"order\\n7"}');
    assert.equal(response.status, 200);
    const entry = JSON.parse(await line()) as Record<string, unknown>;
    assert.match(entry['time'] as string, /^\d{4}-\d\d-\d\dT/);
    assert.equal(entry['status'], 200);
    assert.equal(entry['agent'], 'support');
    assert.equal(entry['clientReference'], 'order\n7');

    assert.equal((await send('{"assistant_id":"x"}')).status, 403);
    assert.equal((JSON.parse(await line()) as Record<string, unknown>)['code'], 'agent-not-allowed');

    child.kill('SIGTERM');
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.equal(stdout.trim().split('\n').length, 4);
    assert.ok(!stdout.includes(apiKey));
    assert.ok(!/secret|127\.0\.0\.1/.test(stdout), stdout);
  });

  it('creates a call for an agent of SYNTHFLOW_AGENTS in JSON, at SYNTHFLOW_API_URL, and logs its id', async (test) => {
    const seen: string[] = [];
    const upstream = await listen(test, (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      const wsMediaUrl = `ws://${request.headers.host}/media`;
      response.end(JSON.stringify({ callId: 'call-1', wsMediaUrl }));
    });
    const { url, line } = await serving(test, {
      SYNTHFLOW_AGENTS: JSON.stringify({ support: mediaAgent }),
      SYNTHFLOW_API_URL: `${upstream.url}/v2`,
    });
    const headers = { origin: page, 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', body: '{}', headers });
    assert.deepEqual(await response.json(), {
      sessionURL: `${upstream.url.replace('http', 'ws')}/media`,
      protocol: 'media',
      codec: 'l16',
      framing: 'payload',
      callId: 'call-1',
    });
    assert.deepEqual(seen, ['POST /v2/calls/outbound-test-ws-media']);
    assert.equal((JSON.parse(await line()) as Record<string, unknown>)['callId'], 'call-1');
  });

  it('lets an answer under way arrive before it ends, and takes no new request', async (test) => {
    let answer = (): void => undefined;
    let asked = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    const upstream = await listen(test, (request, response) => {
      answer = () => response.end(JSON.stringify({ sessionURL: `ws://${request.headers.host}/start` }));
      asked();
    });
    const { url, line, process: child, ended } = await serving(test, { SYNTHFLOW_WIDGET_URL: upstream.url });
    const ready = new URL('/readyz', url);
    assert.equal((await fetch(ready)).status, 200);
    const headers = { origin: page, 'content-type': 'application/json' };
    const answered = fetch(url, { method: 'POST', body: '{}', headers });
    await waiting;
    child.kill('SIGTERM');
    assert.equal((JSON.parse(await line()) as { event: string }).event, 'closing');
    await assert.rejects(fetch(ready));
    answer();
    assert.equal((await answered).status, 200);
    assert.equal((await ended).code, 0);
  });

  it('reads .env, and what is set otherwise counts more', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'synthflow-call-'));
    test.after(() => rm(folder, { recursive: true }));
    const lines = Object.entries({ ...working, ALLOWED_ORIGINS: 'https://other.example', LIMIT_PER_DAY: '"1"' });
    await writeFile(join(folder, '.env'), lines.map((pair) => pair.join('=')).join('\n'));
    const { line, process: child } = start(test, ['serve'], { ALLOWED_ORIGINS: page }, folder);
    const { url } = JSON.parse(await line()) as { url: string };
    const check = (origin: string) => fetch(url, { method: 'OPTIONS', headers: { origin } });
    assert.equal((await check(page)).status, 200);
    assert.equal((await check('https://other.example')).status, 403);
    child.kill('SIGTERM');
  });

  it('says at once that Redis is not there, and when it is', { skip: redisIsMissing() }, async (test) => {
    const gone = await startRedis();
    await gone.kill();
    const { line, process: child } = start(test, ['serve'], { ...working, REDIS_URL: gone.url });
    const event = async () => (JSON.parse(await line()) as { event: string }).event;
    assert.deepEqual([await event(), await event()], ['redis-gone', 'listening']);
    const redis = await startRedis(Number(new URL(gone.url).port));
    test.after(() => redis.kill());
    assert.equal(await event(), 'redis-back');
    child.kill('SIGTERM');
    assert.equal(await event(), 'closing');
    await assert.rejects(line());
  });

  it('asks for a challenge and counts in Redis, where that is set', { skip: redisIsMissing() }, async (test) => {
    const redis = await startRedis();
    test.after(() => redis.kill());
    const upstream = await listen(test, (request, response) => {
      response.end(JSON.stringify({ sessionURL: `ws://${request.headers.host}/start` }));
    });
    const { url, line } = await serving(test, {
      SYNTHFLOW_WIDGET_URL: upstream.url,
      REDIS_URL: redis.url,
      LIMIT_PER_DAY: '1',
      CHALLENGE: 'always',
      CHALLENGE_SECRET: 'x'.repeat(32),
      CHALLENGE_EFFORT: '20',
    });
    const send = (fields: object) => {
      const headers = { origin: page, 'content-type': 'application/json' };
      return fetch(url, { method: 'POST', body: JSON.stringify(fields), headers });
    };
    const answer = async () => {
      const { challenge } = await errorOf(await send({}));
      const { parameters, signature } = challenge as unknown as Challenge;
      const solution = await solveChallenge({ challenge: { parameters }, deriveKey });
      return { challenge: { challenge: { parameters, signature }, solution } };
    };
    for (const status of [200, 429]) assert.equal((await send(await answer())).status, status);
    await redis.kill();
    await send(await answer());
    let event: unknown;
    while (event !== 'redis-gone') ({ event } = JSON.parse(await line()) as { event: unknown });
    assert.match(await (await fetch(new URL('/metrics', url))).text(), /^synthflow_token_store_working 0$/m);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends with 0 at ${signal}, over connections that are open`, async (test) => {
      const { url, process: child, ended } = await serving(test);
      await (await fetch(new URL('/healthz', url))).text();
      const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
      test.after(() => socket.destroy());
      await once(socket, 'connect');
      socket.write(`POST ${tokenPath} HTTP/1.1\r\n`);
      child.kill(signal);
      const { code, stderr } = await ended;
      assert.equal(code, 0);
      assert.equal(stderr, '');
    });
  }

  it('goes on when nobody reads its lines', async (test) => {
    const { url, process: child, ended } = await serving(test);
    child.stdout!.destroy();
    for (let count = 0; count < 3; count += 1) assert.equal((await fetch(url)).status, 403);
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
  });
});

describe('demo', () => {
  it('prints one URL, which answers, and ends with 0', async (test) => {
    const { line, process: child, ended } = start(test, ['demo', '--port', '0']);
    const sentence = await line();
    const urls = sentence.match(/\w+:\/\/\S+/g);
    assert.equal(urls?.length, 1);
    assert.match(urls[0], /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assert.equal((await fetch(`${urls[0]}healthz`)).status, 200);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.equal(stdout, `${sentence}\n`);
  });
});

describe('doctor', () => {
  it('ends with 0 when Synthflow can be reached, with 1 when not, and sends no key', async (test) => {
    const seen: string[] = [];
    const { url, server } = await listen(test, (request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.end();
    });
    const well = await start(test, ['doctor'], { ...working, SYNTHFLOW_WIDGET_URL: url }).ended;
    assert.equal(well.code, 0, well.stderr);
    assert.match(well.stdout, /: 200\n/);
    assert.deepEqual(seen, ['HEAD / undefined']);
    server.close();
    server.closeAllConnections();
    const failed = await start(test, ['doctor', '--synthflow-widget-url', url], working).ended;
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /^failed {3}Synthflow could not be reached/m);
    for (const { stdout, stderr } of [well, failed]) {
      assert.equal(stderr, '');
      assert.ok(!stdout.includes(apiKey), stdout);
    }
  });
});
