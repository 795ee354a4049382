import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { examine, type DoctorOptions } from '../../server/doctor/doctor.js';
import { UsageError } from '../../server/environment.js';
import type { AgentOptions } from '../../server/index.js';
import { createSimulator, type SimulatorOptions } from '../../simulator/simulator.js';
import { apiKey, listen, mediaAgent, page, supportId } from './support.js';

/** Long enough for the simulated agent to be ready and to say something, on a busy machine too. */
const listenMs = 2000;

async function simulate(test: TestContext, options: SimulatorOptions = {}) {
  const simulator = await createSimulator({ apiKey, ...options });
  test.after(() => simulator.close());
  const media = (scenario: string, fields: object = {}): AgentOptions => ({
    ...mediaAgent,
    modelId: simulator.agents[scenario]!,
    ...fields,
  });
  const base = { apiKey, widgetBaseUrl: simulator.url, apiBaseUrl: simulator.apiUrl };
  return { simulator, media, base };
}

async function run(options: DoctorOptions['options'], doctor: Partial<DoctorOptions> = {}) {
  const lines: string[] = [];
  const areWell = await examine({
    options,
    isLive: true,
    isAgreed: true,
    terminal: undefined,
    write: (line) => void lines.push(line),
    openMs: 2000,
    listenMs,
    ...doctor,
  });
  const report = lines.join('\n');
  for (const secret of [apiKey, encodeURIComponent(apiKey), btoa(apiKey), '15551230001', '15551230002', 'token=']) {
    assert.ok(!report.includes(secret), report);
  }
  assert.doesNotMatch(report, /[\da-f]{8}-[\da-f]{4}-/i);
  return { areWell, report };
}

/** Runs the command as on a machine without libopus-wasm, to its end. */
function runWithoutOpus(
  args: string[],
  environment: Record<string, string>,
): Promise<{ code: number; stdout: string }> {
  const modules = ['--import', 'tsx', '--import', './test/support/without-opus.js'];
  const cwd = fileURLToPath(new URL('../../', import.meta.url));
  const env = { PATH: process.env['PATH'], ...environment };
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: 120_000 };
    const child = execFile(process.execPath, [...modules, 'server/cli.ts', ...args], options, (_error, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    );
  });
}

describe('doctor --live', { concurrency: 4 }, () => {
  it('calls an agent of the widget websocket and tells what came', async (test) => {
    const { simulator, base } = await simulate(test, { record: true });
    const { areWell, report } = await run({ ...base, agents: { support: simulator.agents['tone']! } });
    assert.ok(areWell, report);
    assert.match(report, /^Agent 1 of 1: widget websocket \(pcm\), [\da-f]{8}…$/m);
    assert.match(
      report,
      /http {5}GET localhost:\d+\/websocket\/token\/\{agent\}: 200 after \d+ ms; sessionURL \(ws:\/\//,
    );
    assert.match(report, /socket {3}ws:\/\/localhost:\d+: open after \d+ ms/);
    assert.match(report, /sent {5}status_client_ready, \d+ messages of 1920 B/);
    assert.match(report, /text {5}status_agent_ready ×1 \(first after \d+ ms\)/);
    assert.match(report, /binary {3}\d+ messages, \d+ B, \d\.\d+ s of audio: 640 B ×\d+/);
    assert.match(report, /pacing {3}first after \d+ ms, last after \d+ ms, gaps: median \d+\.\d ms, longest \d+ ms/);
    assert.match(report, /close {4}1000, doctor/);
    assert.match(report, /1 of 1 answered/);
    const call = await simulator.nextReport();
    assert.equal(call.endedBy, 'visitor');
    assert.equal(call.closeCode, 1000);
    assert.equal(call.clientReadyCount, 1);
    assert.deepEqual(Object.keys(call.chunkSizes), ['1920']);
    assert.ok(Math.abs(call.dominantHz - 440) < 5, String(call.dominantHz));
  });

  for (const fields of [
    { codec: 'l16', framing: 'payload' },
    { codec: 'pcmu', framing: 'payload', bind: true },
    { codec: 'pcma', framing: 'rtp' },
    { codec: 'l16', framing: 'rtp', bind: true },
    { codec: 'opus', framing: 'rtp' },
    { codec: 'opus', framing: 'rtp', bind: true },
  ] as const) {
    it(`calls an agent of WebSocket media: ${JSON.stringify(fields)}`, async (test) => {
      const { simulator, media, base } = await simulate(test);
      const { areWell, report } = await run({ ...base, agents: { support: media('tone', fields) } });
      assert.ok(areWell, report);
      assert.match(report, /POST localhost:\d+\/v2\/calls\/outbound-test-ws-media: 200/);
      assert.match(report, /call {5}[\da-f]{8}…$/m);
      assert.match(report, /text {5}.*call_info ×1/);
      assert.match(report, /binary {3}\d+ messages/);
      assert.equal(report.includes('server_info ×1'), 'bind' in fields);
      assert.ok(Number(/ ([\d.]+) s of audio/.exec(report)![1]) > 0.3, report);
      assert.equal(/opus {5}20 ms ×\d+$/m.test(report), fields.codec === 'opus');
      assert.equal(/rtp {6}payload types: \d+ ×\d+$/m.test(report), fields.framing === 'rtp');
      assert.equal(simulator.callsCreated, 1);
      const call = await simulator.nextReport();
      assert.equal(call.codec, fields.codec);
      assert.equal(call.framing, fields.framing);
      assert.equal(call.closeCode, 1000);
      assert.ok(Math.abs(call.dominantHz - 440) < 5, String(call.dominantHz));
      const { malformed = 0, wrongPayloadTypes = 0, sequenceGaps = 0, wrongTimestamps = 0 } = call.rtp ?? {};
      assert.deepEqual([malformed, wrongPayloadTypes, sequenceGaps, wrongTimestamps], [0, 0, 0, 0]);
      if (call.opus) assert.deepEqual(call.opus, { undecodable: 0, stereo: 0, durationsMs: { 20: call.chunks } });
    });
  }

  it('says how many payloads were no Opus', async (test) => {
    const { media, base } = await simulate(test, { scenario: { name: 'garbage', seconds: 0.2 } });
    const { report } = await run({ ...base, agents: { support: media('talk', { codec: 'opus' }) } });
    assert.match(report, /opus {5}20 ms ×10, not Opus ×1$/m);
  });

  it('makes no call in Opus where libopus-wasm is not installed, asks nobody, and says what to install', async (test) => {
    const { simulator, media } = await simulate(test);
    const { code, stdout } = await runWithoutOpus(['doctor', '--live'], {
      SYNTHFLOW_API_KEY: apiKey,
      SYNTHFLOW_AGENTS: JSON.stringify({ support: media('tone', { codec: 'opus' }) }),
      SYNTHFLOW_API_URL: simulator.apiUrl,
    });
    assert.equal(code, 1);
    assert.match(stdout, /failed {3}No call was made, as Opus needs .*: npm install libopus-wasm, or try .*"l16"\.$/m);
    assert.equal(simulator.callsCreated, 0);
  });

  it('says of each failure what to change', async (test) => {
    const { simulator, media, base } = await simulate(test);
    const { agents } = simulator;
    const failures: [agent: AgentOptions, advice: RegExp][] = [
      [supportId, /404 after .*\n {2}failed {3}Synthflow has no such agent, .* protocol media/],
      [agents['refuse-token']!, /500 after .*\n {2}failed {3}Synthflow answered 500/],
      [agents['rate-limited']!, /failed {3}Synthflow takes no more calls/],
      [agents['bad-token']!, /200 after .*\(not JSON\)\n {2}failed {3}Synthflow answered without a session/],
      [agents['refuse']!, /not opened \(403\).*\n {2}failed .*refused its websocket \(403\)/],
      [agents['close-at-once']!, /close {4}1011, the agent\n {2}failed {3}The connection ended with 1011/],
      [agents['never-ready']!, /text {5}none\n {2}binary {3}none\n.*\n {2}failed .*status_agent_ready/],
      [media('join-failed'), /call {5}[\da-f]{8}…\n.*502 after .*callId\n {2}failed .*look for it in Synthflow/],
      [media('not-enabled'), /503 after .*\n {2}failed .*enable it for your account/],
      [media('refuse'), /not opened \(403\)/],
      [media('bind-refused', { bind: true }), /close {4}1008, the agent\n {2}failed {3}The connection ended with 1008/],
      [media('never-ready'), /failed .*neither call_info nor audio/],
      [{ ...mediaAgent }, /400 after .*\n {2}failed .*check modelId/],
    ];
    for (const [agent, advice] of failures) {
      // All but those who say nothing end by themselves.
      const listenMs = /neither|status_agent_ready/.test(advice.source) ? 100 : 10_000;
      const { areWell, report } = await run({ ...base, agents: { support: agent } }, { listenMs });
      assert.equal(areWell, false, report);
      assert.match(report, advice);
      assert.match(report, /0 of 1 answered/);
    }
  });

  it('says that the key is rejected, and by whom', async (test) => {
    const { simulator, media, base } = await simulate(test, { apiKey: 'another-key' });
    const agents = { support: simulator.agents['tone']!, sales: media('tone') };
    const { areWell, report } = await run({ ...base, agents });
    assert.equal(areWell, false);
    assert.equal(report.match(/: 401 after/g)?.length, 2, report);
    assert.equal(report.match(/failed {3}Synthflow rejects the API key/g)?.length, 2, report);
  });

  it('gives up on a websocket that does not open', async (test) => {
    const { simulator, base } = await simulate(test);
    const agents = { support: simulator.agents['never-open']! };
    const { areWell, report } = await run({ ...base, agents }, { openMs: 100 });
    assert.equal(areWell, false);
    assert.match(report, /not opened \(no answer\)/);
    assert.match(report, /let this machine connect/);
  });

  it('tries every agent, and is well only when each has answered', async (test) => {
    const { simulator, media, base } = await simulate(test);
    const agents = { a: simulator.agents['refuse']!, b: media('tone'), c: simulator.agents['chatty']! };
    const { areWell, report } = await run({ ...base, agents });
    assert.equal(areWell, false);
    assert.match(report, /2 of 3 answered/);
    assert.match(report, /transcript ×\d/);
  });

  it('makes no billed call that nobody has agreed to', async (test) => {
    const { simulator, media, base } = await simulate(test);
    const options = { ...base, agents: { a: media('tone'), b: simulator.agents['tone']! } };
    const questions: string[] = [];
    const answering = (answer: string) => ({
      ask: (question: string) => {
        questions.push(question);
        return Promise.resolve(answer);
      },
    });
    const unasked = await run(options, { isAgreed: false });
    assert.match(unasked.report, /Synthflow bills it: run doctor with --yes/);
    assert.match(unasked.report, /1 of 2 answered/);
    for (const answer of ['', 'n', 'no']) {
      const { areWell } = await run(options, { isAgreed: false, terminal: answering(answer), listenMs: 50 });
      assert.equal(areWell, false);
    }
    assert.equal(simulator.callsCreated, 0);
    assert.ok((await run(options, { isAgreed: false, terminal: answering('y') })).areWell);
    assert.equal(simulator.callsCreated, 1);
    assert.equal(questions.length, 4);
    assert.match(questions[0]!, /Agent 1 needs a call .* bills/);
  });

  it('hangs up what it has created when it is interrupted, and calls nobody else', async (test) => {
    const { simulator, media, base } = await simulate(test);
    const interrupted = new AbortController();
    const agents = { a: media('tone'), b: media('tone') };
    const options = { signal: interrupted.signal, listenMs: 60_000 };
    const running = run({ ...base, agents, apiBaseUrl: simulator.apiUrl }, options);
    while (simulator.callsCreated === 0) await new Promise((resolve) => setImmediate(resolve));
    interrupted.abort();
    const { areWell, report } = await running;
    assert.equal(areWell, false);
    assert.equal(report.match(/It was interrupted/g)?.length, 2, report);
    assert.equal((await simulator.nextReport()).closeCode, 1000);
    assert.equal(simulator.callsCreated, 1);
  });

  it('prints nothing of what an upstream puts where it does not belong', async (test) => {
    const sid = 'sid-0123456789abcdef';
    const { url, server } = await listen(test, (request, response) => {
      const sessionURL = `ws://${request.headers.host}/${sid}?token=${sid}`;
      response.end(JSON.stringify({ sessionURL, [apiKey]: 1, [sid]: sid, key: apiKey }));
    });
    const sockets = new WebSocketServer({ server });
    test.after(() => sockets.close());
    sockets.on('connection', (socket) => {
      for (const type of [apiKey, sid, `${sid} ${apiKey}`, { sid }, ['a']]) socket.send(JSON.stringify({ type, sid }));
      for (const text of [sid, 'null', '"a"', '{"sid":1}', '{"type":"status_agent_ready"}']) socket.send(text);
    });
    const { areWell, report } = await run(
      { apiKey, agents: { [apiKey]: supportId }, widgetBaseUrl: `${url}/${sid}` },
      { listenMs: 1000 },
    );
    assert.ok(areWell, report);
    assert.match(report, /GET localhost:\d+…websocket\/token/);
    assert.match(report, /sessionURL \(ws:\/\/localhost:\d+\), \(other\), \(other\), key$/m);
    assert.match(report, /\(not JSON\) ×3 .*\(no type\) ×1 .*status_agent_ready ×1/);
    assert.ok(!report.includes(sid), report);
  });

  it('asks for the key, unseen, and for the agents where they are not set', async (test) => {
    const { simulator, base } = await simulate(test);
    const { apiKey: _, ...options } = base;
    const asked: (boolean | undefined)[] = [];
    const terminal = {
      ask: (_question: string, isSecret?: boolean) => {
        asked.push(isSecret);
        return Promise.resolve(isSecret ? apiKey : `support=${simulator.agents['tone']}`);
      },
    };
    const { areWell, report } = await run(options, { terminal });
    assert.ok(areWell, report);
    assert.deepEqual(asked, [true, false]);
    await assert.rejects(run(options), UsageError);
    await assert.rejects(
      run(options, { terminal: { ask: () => Promise.resolve('') } }),
      /SYNTHFLOW_API_KEY is not set/,
    );
  });
});

describe('doctor', () => {
  it('asks for each agent without a session or a call, and says what --live would do', async (test) => {
    const { simulator, media, base } = await simulate(test);
    const agents = { support: simulator.agents['tone']!, sales: media('tone') };
    const { areWell, report } = await run({ ...base, agents, allowedOrigins: [page] }, { isLive: false });
    assert.ok(areWell, report);
    assert.match(report, /reach {4}localhost:\d+: 404/);
    assert.match(report, /origins {2}their form is right/);
    assert.equal(report.match(/^agent \d .*: localhost:\d+ has it, under this key$/gm)?.length, 2, report);
    assert.match(report, /No session was created. doctor --live calls each agent/);
    assert.match(report, /1 of these calls is billed/);
    assert.equal(simulator.tokensIssued + simulator.callsCreated, 0);
  });

  it('says that Synthflow rejects the key, or has no such agent', async (test) => {
    const { simulator, media, base } = await simulate(test);
    const known = simulator.agents['tone']!;
    const wrongs: [options: DoctorOptions['options'], failures: RegExp[]][] = [
      [
        { ...base, apiKey: 'another-key', agents: { a: known } },
        [/agent 1 .*: 401 from .*\nfailed .*rejects the API key/],
      ],
      [
        { ...base, agents: { a: known, b: supportId, c: mediaAgent, d: media('tone') } },
        [/agent 2 .*: 404 from .*\nfailed .*no such agent/, /agent 3 .*: 404 from .*\nfailed .*no such agent/],
      ],
    ];
    for (const [options, failures] of wrongs) {
      const { areWell, report } = await run(options, { isLive: false });
      assert.equal(areWell, false);
      for (const failure of failures) assert.match(report, failure);
      assert.equal(report.match(/^failed/gm)?.length, failures.length, report);
    }
    assert.equal(simulator.tokensIssued + simulator.callsCreated, 0);
  });

  it('sends the key to nobody but Synthflow, and takes no other answer for a failure', async (test) => {
    const seen: string[] = [];
    const { url } = await listen(test, ({ method, url: path, headers }, response) => {
      seen.push(`${method} ${path} ${headers.authorization}`);
      if (path === `/v2/assistants/${supportId}`) response.writeHead(302, { location: '/elsewhere' });
      response.end();
    });
    const agents = { support: supportId };
    const aside = await run({ apiKey, agents, widgetBaseUrl: url }, { isLive: false });
    assert.deepEqual(seen, ['HEAD / undefined']);
    assert.match(aside.report, /agent 1 .*: its form is right/);
    const moved = await run({ apiKey, agents, widgetBaseUrl: url, apiBaseUrl: `${url}/v2/` }, { isLive: false });
    assert.ok(aside.areWell && moved.areWell);
    assert.match(moved.report, /agent 1 .*: 302 from localhost/);
    assert.deepEqual(seen.slice(1), [`GET /v2/assistants/${supportId} Bearer ${apiKey}`, 'HEAD / undefined']);
  });

  it('says that Synthflow cannot be reached', async (test) => {
    const { simulator, base } = await simulate(test);
    await simulator.close();
    const { areWell, report } = await run({ ...base, agents: { support: supportId } }, { isLive: false });
    assert.equal(areWell, false);
    assert.match(report, /ECONNREFUSED\nfailed {3}Synthflow could not be reached/);
    assert.match(report, /ALLOWED_ORIGINS is not set/);
  });

  it('refuses a key, an id or an origin of the wrong form', async () => {
    const agents = { support: supportId };
    await assert.rejects(run({ apiKey: 'a b', agents }), TypeError);
    await assert.rejects(run({ apiKey, agents: { support: apiKey } }), /Agent 1 has no valid id/);
    await assert.rejects(run({ apiKey, agents, allowedOrigins: ['*'] }), TypeError);
  });
});
