import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../simulator/simulator.js';
import { dominantHz } from '../../simulator/spectrum.js';
import { readWav } from '../../simulator/wav.js';
import { levelDbfs, likeness, samplesOf, silence, sweep, tone } from './speech.js';
import { refusal, Visitor } from './visitor.js';

const agentReady = '{"type":"status_agent_ready"}';
const greeting = readWav(readFileSync(new URL('../../simulator/greeting.wav', import.meta.url))).samples;

/** Runs a test with a simulator of its own. */
async function withSimulator(options: SimulatorOptions, test: (simulator: Simulator) => Promise<void>): Promise<void> {
  const simulator = await createSimulator(options);
  try {
    await test(simulator);
  } finally {
    await simulator.close();
  }
}

function askToken(simulator: Simulator, agent = 'talk', query = '', key: string | null = 'any-key'): Promise<Response> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  return fetch(`${simulator.url}/websocket/token/${simulator.agents[agent] ?? agent}${query}`, { headers });
}

async function fetchSession(simulator: Simulator, agent = 'talk', query = ''): Promise<string> {
  const response = await askToken(simulator, agent, query);
  assert.equal(response.status, 200);
  return ((await response.json()) as { sessionURL: string }).sessionURL;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

describe('the token route', { timeout: 30_000 }, () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await createSimulator({ apiKey: 'right' });
  });
  after(() => simulator.close());

  it('gives the session URL of a websocket on this machine', async () => {
    const response = await askToken(simulator, 'talk', '', 'right');
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type')!, /^application\/json/);
    const answer = (await response.json()) as { sessionURL: string };
    assert.deepEqual(Object.keys(answer), ['sessionURL']);
    assert.ok(answer.sessionURL.startsWith(`${simulator.socketOrigin}/websocket/start?token=`));
  });

  it('asks for the API key', async () => {
    for (const key of [null, '', 'wrong', 'right2']) {
      const response = await askToken(simulator, 'talk', '', key);
      assert.equal(response.status, 401);
      assert.deepEqual(Object.keys((await response.json()) as object), ['detail']);
    }
    const response = await fetch(`${simulator.url}/websocket/token/${simulator.agents['talk']}`, {
      headers: { authorization: 'Basic right' },
    });
    assert.equal(response.status, 401);
  });

  it('counts the tokens that it gave, not the refusals', async () => {
    const before = simulator.tokensIssued;
    await askToken(simulator, 'talk', '', 'wrong');
    await askToken(simulator, 'refuse-token', '', 'right');
    await askToken(simulator, 'no-url', '', 'right');
    assert.equal(simulator.tokensIssued, before);
    await askToken(simulator, 'talk', '', 'right');
    assert.equal(simulator.tokensIssued, before + 1);
  });

  it('knows no other agents, paths or methods', async () => {
    assert.equal((await askToken(simulator, '00000000-0000-4000-8000-000000000000', '', 'right')).status, 404);
    for (const path of ['/', '/websocket/token/', '/websocket/start', '//', '/websocket/token/%ff']) {
      const response = await fetch(`${simulator.url}${path}`, { headers: { authorization: 'Bearer right' } });
      assert.equal(response.status, 404, path);
      assert.equal(typeof ((await response.json()) as { detail: string }).detail, 'string');
    }
    const url = `${simulator.url}/websocket/token/${simulator.agents['talk']}`;
    assert.equal((await fetch(url, { method: 'POST', headers: { authorization: 'Bearer right' } })).status, 405);
  });

  it('says what is wrong with a parameter', async () => {
    const response = await askToken(simulator, 'talk', '?readyMs=soon', 'right');
    assert.equal(response.status, 400);
    assert.match(((await response.json()) as { detail: string }).detail, /readyMs/);
    assert.match(await (await askToken(simulator, 'talk', '?scenario=x', 'right')).text(), /There is no scenario/);
  });

  it('takes any key when it has none of its own', () =>
    withSimulator({}, async (open) => {
      assert.equal((await askToken(open)).status, 200);
      assert.equal((await askToken(open, 'talk', '', null)).status, 401);
    }));

  it('has an agent for every scenario, with ids that never change', () => {
    assert.equal(Object.keys(simulator.agents)[0], 'talk');
    assert.equal(simulator.agents['talk'], 'b29b0baf-1fc5-4c99-82b4-b10aef901b77');
    const ids = Object.values(simulator.agents);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('answers a slow token after a quick one that was asked for later', async () => {
    const order: string[] = [];
    const slow = askToken(simulator, 'slow-token', '?tokenDelayMs=1000', 'right').then((response) => {
      order.push('slow');
      return response;
    });
    await askToken(simulator, 'talk', '', 'right').then(() => order.push('quick'));
    assert.equal((await slow).status, 200);
    assert.deepEqual(order, ['quick', 'slow']);
  });

  it('refuses as Synthflow might', async () => {
    assert.equal((await askToken(simulator, 'refuse-token', '', 'right')).status, 500);
    assert.equal((await askToken(simulator, 'refuse-token', '?tokenStatus=403', 'right')).status, 403);
    const limited = await askToken(simulator, 'rate-limited', '', 'right');
    assert.equal(limited.status, 429);
    assert.equal(limited.headers.get('retry-after'), '7');
    assert.equal(typeof ((await limited.json()) as { detail: string }).detail, 'string');
  });

  it('answers with a page, or without a URL, when told so', async () => {
    const page = await askToken(simulator, 'bad-token', '', 'right');
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type')!, /html/);
    assert.match(await page.text(), /^<!doctype html>/);
    const noUrl = await askToken(simulator, 'no-url', '', 'right');
    assert.equal(noUrl.status, 200);
    assert.equal('sessionURL' in ((await noUrl.json()) as object), false);
  });
});

describe('the websocket', { timeout: 30_000 }, () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await createSimulator();
  });
  after(() => simulator.close());

  const trial = (query: string): string => `${simulator.socketOrigin}/websocket/start?${query}`;

  it('lets each token in once', async () => {
    const url = await fetchSession(simulator);
    const visitor = await Visitor.open(url);
    assert.equal((await refusal(url)).status, 401);
    await visitor.hangUp();
    assert.equal((await refusal(url)).status, 401);
  });

  it('lets nobody in with a made-up token or none', async () => {
    assert.equal((await refusal(trial('token=x&scenario=tone'))).status, 401);
    assert.equal((await refusal(trial('token=&scenario=tone'))).status, 401);
    const { status, body } = await refusal(trial(''));
    assert.equal(status, 401);
    assert.match((JSON.parse(body) as { detail: string }).detail, /token/);
  });

  it('knows no other path, and says what is wrong with a parameter', async () => {
    assert.equal((await refusal(`${simulator.socketOrigin}/websocket/begin?scenario=tone`)).status, 404);
    assert.match((await refusal(trial('scenario=tonne'))).body, /There is no scenario/);
    assert.equal((await refusal(trial('scenario=tone&seconds=x'))).status, 400);
  });

  it('refuses the handshake when told so', async () => {
    assert.equal((await refusal(await fetchSession(simulator, 'refuse'))).status, 403);
  });

  it('leaves the handshake unanswered, and lets go when the visitor does', async () => {
    await until(() => simulator.openSockets === 0);
    const socket = new WebSocket(trial('scenario=never-open'));
    socket.on('error', () => {});
    await until(() => simulator.openSockets === 1);
    // A whole call later it is still unanswered.
    const other = await Visitor.call(trial('scenario=silent'));
    await other.untilAgentReady();
    await other.hangUp();
    assert.equal(socket.readyState, WebSocket.CONNECTING);
    socket.terminate();
    await until(() => simulator.openSockets === 0);
  });

  it('can be tried without a token', async () => {
    const visitor = await Visitor.call(trial('scenario=tone&seconds=0.2&readyMs=0'));
    await visitor.untilBytes(6400);
    await visitor.hangUp();
  });

  it('hears a visitor vanish', async () => {
    await withSimulator({}, async (own) => {
      const visitor = await Visitor.call(`${own.socketOrigin}/websocket/start?scenario=talk`);
      await visitor.untilAgentReady();
      visitor.vanish();
      const report = await own.nextReport();
      assert.equal(report.endedBy, 'drop');
      assert.equal(report.closeCode, 1006);
      assert.equal(own.openSockets, 0);
    });
  });
});

describe('a call', { timeout: 30_000, concurrency: true }, () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await createSimulator();
  });
  after(() => simulator.close());

  /** Calls an agent with a fresh token; knobs go through the token route, as from a page. */
  const call = async (agent: string, query = ''): Promise<Visitor> =>
    Visitor.call(await fetchSession(simulator, agent, query));

  it('starts with the greeting in messages of 20 ms', async () => {
    const visitor = await call('talk');
    await visitor.until(() => visitor.audio.length >= 20);
    assert.equal(visitor.messages[0], agentReady);
    assert.ok(visitor.audio.every(({ length }) => length === 640));
    assert.deepEqual(visitor.samples, greeting.slice(0, visitor.samples.length));
    await visitor.hangUp();
  });

  it('repeats what the visitor said', async () => {
    const visitor = await call('talk', '?greeting=0&pacing=burst&readyMs=0');
    await visitor.untilAgentReady();
    visitor.say(sweep(1));
    visitor.say(silence(1));
    await visitor.untilBytes(32_000);
    assert.ok(likeness(sweep(1, 16_000), visitor.samples, 6000) > 0.99);
    await visitor.hangUp();
  });

  it('echoes', async () => {
    const visitor = await call('echo', '?readyMs=0');
    await visitor.untilAgentReady();
    visitor.say(sweep(1));
    await visitor.untilBytes(32_000);
    assert.equal(visitor.audio.length, 50);
    assert.ok(likeness(sweep(0.9, 16_000).slice(0, 3000), visitor.samples, 40) > 0);
    assert.ok(likeness(sweep(1, 16_000).slice(0, 15_000), visitor.samples, 40) > 0.99);
    await visitor.hangUp();
  });

  it('plays 1 kHz at -12 dBFS without a break in its phase', async () => {
    const visitor = await call('tone', '?pacing=burst');
    await visitor.untilBytes(8 * 32_000);
    assert.equal(visitor.samples.length, 8 * 16_000);
    assert.ok(Math.abs(dominantHz(visitor.samples, 16_000) - 1000) < 0.5);
    assert.ok(Math.abs(levelDbfs(visitor.samples) + 12) < 0.1);
    visitor.samples.forEach((sample, i, samples) => assert.ok(Math.abs(sample - (samples[i - 16] ?? sample)) <= 1));
    await visitor.hangUp();
  });

  it('sends a burst of 8 s of speech in eight messages', async () => {
    const visitor = await call('burst');
    await visitor.untilBytes(8 * 32_000);
    assert.deepEqual(
      visitor.audio.map(({ length }) => length),
      Array(8).fill(32_000),
    );
    assert.deepEqual(visitor.samples.slice(0, greeting.length), greeting);
    await visitor.hangUp();
  });

  for (const name of ['speech', 'jitter', 'stalls', 'odd']) {
    it(`keeps speech whole with ${name}`, async () => {
      const visitor = await call(name, '?seconds=1');
      await visitor.untilBytes(32_000);
      assert.deepEqual(visitor.samples, greeting.slice(0, 16_000));
      if (name === 'odd')
        assert.deepEqual(
          visitor.audio.slice(0, 2).map(({ length }) => length),
          [0, 1],
        );
      await visitor.hangUp();
    });
  }

  it('speaks before it is ready when early', async () => {
    const visitor = await call('early');
    await visitor.untilAgentReady();
    assert.equal(typeof visitor.messages[0], 'object');
    const heardBefore = visitor.messages.indexOf(agentReady);
    await visitor.until(() => visitor.audio.length > heardBefore);
    assert.deepEqual(visitor.samples, greeting.slice(0, visitor.samples.length));
    await visitor.hangUp();
  });

  it('mixes in texts that are and are not JSON when chatty, before it is ready too', async () => {
    const visitor = await call('chatty', '?pacing=burst');
    await visitor.untilBytes(8 * 32_000);
    assert.notEqual(visitor.messages[0], agentReady);
    assert.equal(visitor.texts.filter((text) => text === agentReady).length, 1);
    assert.ok(visitor.texts.length > 30);
    assert.ok(visitor.texts.some((text) => text.includes('transcript')));
    assert.ok(visitor.texts.some((text) => text.includes('not JSON')));
    await visitor.hangUp();
  });

  it('sends garbage around the speech, and the speech whole', async () => {
    const visitor = await call('garbage', '?pacing=burst');
    await visitor.until(() => visitor.audio.some(({ length }) => length === 2 * 1024 * 1024));
    for (const text of ['', '{', 'null', '42', '[]']) assert.ok(visitor.texts.includes(text), text);
    assert.ok(visitor.texts.some((text) => text.startsWith('{"a":{"a":{"a":')));
    assert.equal(visitor.texts.filter((text) => text === agentReady).length, 1);
    assert.deepEqual(samplesOf(visitor.audio.slice(0, -1)).slice(0, greeting.length), greeting);
    assert.ok(levelDbfs(samplesOf(visitor.audio.slice(-1))) < -60);
    await visitor.hangUp();
  });

  it('ends with the code that was asked for', async () => {
    assert.equal(await (await call('close-at-once')).closed, 1011);
    assert.equal(await (await call('close-at-once', '?closeCode=4001')).closed, 4001);
    assert.equal(await (await call('hang-up', '?hangUpAfterMs=50&readyMs=0')).closed, 1000);
    assert.equal(await (await call('close', '?hangUpAfterMs=50&readyMs=0')).closed, 1011);
    assert.equal(await (await call('close', '?hangUpAfterMs=50&closeCode=1005')).closed, 1005);
    assert.equal(await (await call('drop', '?dropAfterMs=50&readyMs=0')).closed, 1006);
  });

  it('ends before the agent was ready with never-ready', async () => {
    const visitor = await call('never-ready', '?readyMs=0&hangUpAfterMs=100');
    assert.equal(await visitor.closed, 1000);
    assert.deepEqual(visitor.messages, []);
  });

  it('hangs up in the middle of the greeting', async () => {
    const visitor = await call('hang-up', '?hangUpAfterMs=300&readyMs=0');
    await visitor.closed;
    assert.ok(visitor.samples.length > 0 && visitor.samples.length < greeting.length);
  });
});

describe('reports', { timeout: 30_000 }, () => {
  it('come in the order in which calls end, one for each call', () =>
    withSimulator({}, async (simulator) => {
      const first = simulator.nextReport();
      const one = await Visitor.call(await fetchSession(simulator, 'silent'));
      const other = await Visitor.call(await fetchSession(simulator, 'echo'));
      await other.untilAgentReady();
      await other.hangUp();
      await one.hangUp();
      assert.equal((await first).scenario, 'echo');
      assert.equal((await simulator.nextReport()).scenario, 'silent');
      assert.deepEqual(
        simulator.calls.map(({ scenario }) => scenario),
        ['echo', 'silent'],
      );
      assert.equal(simulator.openSockets, 0);
    }));

  it('hold what was said, when recording', () =>
    withSimulator({ record: true }, async (simulator) => {
      const visitor = await Visitor.call(await fetchSession(simulator, 'silent', '?readyMs=0'));
      await visitor.untilAgentReady();
      visitor.say(tone(440, 1));
      visitor.say(tone(440, 0.1), 100);
      visitor.write('not JSON');
      await visitor.hangUp();
      const report = await simulator.nextReport();
      assert.equal(report.pcm!.length, 52_800);
      assert.deepEqual(report.pcm!.slice(0, 48_000), tone(440, 1));
      assert.equal(report.chunks, 50 + 48);
      assert.deepEqual(report.chunkSizes, { 200: 48, 1920: 50 });
      assert.equal(report.textMessages, 2);
      assert.equal(report.clientReadyCount, 1);
      assert.equal(report.firstAudioBeforeReady, false);
      assert.ok(Math.abs(report.dominantHz - 440) < 1);
      assert.ok(Math.abs(report.levelDbfs + 20) < 0.5);
      assert.equal(report.endedBy, 'visitor');
      assert.equal(report.closeCode, 1000);
    }));

  it('count what the agent said', () =>
    withSimulator({}, async (simulator) => {
      const visitor = await Visitor.call(await fetchSession(simulator, 'burst', '?seconds=2'));
      await visitor.untilBytes(64_000);
      await visitor.hangUp();
      const report = await simulator.nextReport();
      assert.equal(report.agentBytes, 64_000);
      assert.equal(report.pcm, undefined);
    }));

  it('are logged in a few lines, without tokens or keys', async () => {
    const lines: string[] = [];
    await withSimulator({ apiKey: 'the-key', log: (line) => lines.push(line) }, async (simulator) => {
      await askToken(simulator, 'talk', '', 'guess');
      const answer = await askToken(simulator, 'silent', '', 'the-key');
      const { sessionURL } = (await answer.json()) as { sessionURL: string };
      const token = new URL(sessionURL).searchParams.get('token')!;
      const visitor = await Visitor.call(sessionURL);
      await visitor.untilAgentReady();
      await visitor.hangUp();
      await refusal(sessionURL);
      const log = lines.join('\n');
      assert.match(log, /request refused: 401/);
      assert.match(log, /call "silent": .*the visitor hung up \(1000\)/);
      assert.match(log, /websocket refused: 401/);
      for (const secret of [token, 'the-key', 'guess']) assert.equal(log.includes(secret), false);
    });
  });
});

describe('createSimulator', { timeout: 30_000 }, () => {
  it('is reached as localhost on IPv4, and on IPv6 where the machine has it', () =>
    withSimulator({}, async (simulator) => {
      assert.match(simulator.url, /^http:\/\/localhost:\d+$/);
      assert.equal(simulator.socketOrigin, simulator.url.replace('http', 'ws'));
      assert.equal((await fetch(simulator.url.replace('localhost', '127.0.0.1'))).status, 404);
      assert.equal((await fetch(simulator.url)).status, 404);
      const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
      if (addresses.some(({ address }) => address === '::1')) {
        assert.equal((await fetch(simulator.url.replace('localhost', '[::1]'))).status, 404);
      }
    }));

  it('takes the host and the port that it is given, and says when the port is taken', () =>
    withSimulator({ host: '127.0.0.1' }, async (simulator) => {
      assert.match(simulator.url, /^http:\/\/127\.0\.0\.1:\d+$/);
      const port = Number(new URL(simulator.url).port);
      await assert.rejects(createSimulator({ port }), { code: 'EADDRINUSE' });
    }));

  it('can make talk another scenario and leaves the others as they are', () =>
    withSimulator({ scenario: 'burst' }, async (simulator) => {
      const visitor = await Visitor.call(await fetchSession(simulator, 'talk'));
      await visitor.untilBytes(8 * 32_000);
      assert.equal(visitor.audio.length, 8);
      await visitor.hangUp();
      assert.equal((await simulator.nextReport()).scenario, 'burst');
      const other = await Visitor.call(await fetchSession(simulator, 'silent'));
      await other.hangUp();
      assert.equal((await simulator.nextReport()).scenario, 'silent');
    }));

  it('can turn a knob for every scenario, and a URL turns it again', () =>
    withSimulator({ scenario: { closeAtOnce: true, closeCode: 4000 } }, async (simulator) => {
      assert.equal(await (await Visitor.open(await fetchSession(simulator, 'tone'))).closed, 4000);
      assert.equal(await (await Visitor.open(await fetchSession(simulator, 'tone', '?closeCode=4002'))).closed, 4002);
    }));

  it('refuses a scenario that is not there', async () => {
    await assert.rejects(createSimulator({ scenario: 'tonne' }), /There is no scenario/);
    await assert.rejects(createSimulator({ scenario: { readyMs: -1 } }), /readyMs/);
  });

  it('ends the calls of the moment on hangUp and takes new ones', () =>
    withSimulator({}, async (simulator) => {
      const [one, other] = [
        await Visitor.call(await fetchSession(simulator)),
        await Visitor.call(await fetchSession(simulator, 'echo')),
      ];
      simulator.hangUp(4100);
      assert.deepEqual([await one.closed, await other.closed], [4100, 4100]);
      const next = await Visitor.call(await fetchSession(simulator));
      await next.untilAgentReady();
      simulator.hangUp(1006);
      assert.equal(await next.closed, 1006);
    }));

  it('lives through messages that are too large, and other calls do not notice', () =>
    withSimulator({}, async (simulator) => {
      const other = await Visitor.call(await fetchSession(simulator, 'speech'));
      const hostile = await Visitor.call(await fetchSession(simulator, 'echo'));
      hostile.write('{'.repeat(100_000));
      hostile.write('[1,'.repeat(100_000));
      hostile.sendBytes(new Uint8Array(1024 * 1024 + 1));
      assert.equal(await hostile.closed, 1009);
      assert.equal((await simulator.nextReport()).endedBy, 'agent');
      const heard = other.audio.length;
      await other.until(() => other.audio.length > heard + 5);
      await other.hangUp();
    }));
});

describe('close', { timeout: 30_000 }, () => {
  it('ends calls, unanswered handshakes and delayed tokens', async (t) => {
    const simulator = await createSimulator();
    t.after(() => simulator.close());
    const visitor = await Visitor.call(await fetchSession(simulator));
    await visitor.untilAgentReady();
    const unanswered = assert.rejects(Visitor.open(await fetchSession(simulator, 'never-open')));
    const delayed = assert.rejects(askToken(simulator, 'slow-token', '?tokenDelayMs=600000'));
    await until(() => simulator.openSockets === 2);
    // A request made later has come through, so the delayed one has arrived.
    await askToken(simulator);
    await Promise.all([simulator.close(), simulator.close()]);
    assert.equal(await visitor.closed, 1001);
    await unanswered;
    await delayed;
    assert.equal(simulator.openSockets, 0);
    assert.equal((await simulator.nextReport()).endedBy, 'agent');
    await assert.rejects(simulator.nextReport(), /closed/);
    await assert.rejects(fetch(simulator.url));
  });

  it('tells whoever waits for a report that none will come', async () => {
    const simulator = await createSimulator();
    const waiting = assert.rejects(simulator.nextReport(), /closed/);
    void simulator.nextReport();
    await simulator.close();
    await waiting;
  });

  it('lets the process end by itself', () => {
    const script = `
      import { createSimulator } from '../../simulator/simulator.js';
      import { Visitor } from './visitor.js';
      const simulator = await createSimulator();
      const start = simulator.socketOrigin + '/websocket/start?scenario=';
      const visitor = await Visitor.call(start + 'talk');
      await visitor.untilAgentReady();
      Visitor.open(start + 'never-open').catch(() => {});
      const ask = (agent, query, options) => fetch(
        simulator.url + '/websocket/token/' + simulator.agents[agent] + query,
        { headers: { authorization: 'Bearer any-key' }, ...options });
      const abort = new AbortController();
      ask('slow-token', '?tokenDelayMs=600000', { signal: abort.signal }).catch(() => {});
      await ask('talk', '');
      abort.abort();
      await ask('talk', '');
      while (simulator.openSockets < 2) await new Promise(setImmediate);
      void simulator.nextReport();
      void simulator.nextReport();
      await simulator.close();
      console.log('closed');`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        timeout: 15_000,
      },
    );
    assert.equal(stderr.replace(/^\(.*\n/gm, ''), '');
    assert.equal(stdout, 'closed\n');
    assert.equal(status, 0);
  });
});
