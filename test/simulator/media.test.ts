import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { codecs } from '../../simulator/media/codecs.js';
import { createCoder } from '../../simulator/media/coder.js';
import { readRtpPacket, writeRtpPacket } from '../../simulator/media/rtp-packet.js';
import { createSimulator, type Simulator } from '../../simulator/simulator.js';
import { dominantHz } from '../../simulator/spectrum.js';
import { join, likeness, sweep, tone } from './speech.js';
import { refusal, Visitor } from './visitor.js';

interface CallAnswer {
  callId: string;
  wsMediaUrl: string;
  sid?: string;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('WebSocket media', { timeout: 30_000 }, () => {
  let simulator: Simulator;
  const lines: string[] = [];
  before(async () => {
    simulator = await createSimulator({ apiKey: 'right', log: (line) => lines.push(line) });
  });
  after(() => simulator.close());

  const bodyFor = (agent: string, fields: object = {}): object => ({
    modelId: simulator.agents[agent],
    fromPhoneNumber: '+15550100',
    toPhoneNumber: '+15550101',
    wsMediaCodec: 'l16',
    wsMediaFraming: 'payload',
    ...fields,
  });

  const post = (body: unknown, query = '', key = 'right'): Promise<Response> =>
    fetch(`${simulator.apiUrl}/calls/outbound-test-ws-media${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  async function createCall(agent: string, fields: object = {}, query = ''): Promise<CallAnswer> {
    const response = await post(bodyFor(agent, fields), query);
    assert.equal(response.status, 200);
    return (await response.json()) as CallAnswer;
  }

  async function detailOf(response: Response): Promise<string> {
    return ((await response.json()) as { detail: string }).detail;
  }

  /** A socket of the base URL, and the server that it is on. */
  async function connect(): Promise<{ visitor: Visitor; serverName: string }> {
    const response = await fetch(`${simulator.apiUrl}/calls/outbound-test-ws-media/base-url`, {
      headers: { authorization: 'Bearer right' },
    });
    const { wsMediaBaseUrl } = (await response.json()) as { wsMediaBaseUrl: string };
    const visitor = await Visitor.open(wsMediaBaseUrl);
    await visitor.until(() => visitor.messages.length > 0);
    const info = JSON.parse(visitor.texts[0]!) as Record<string, string>;
    assert.equal(info['type'], 'server_info');
    return { visitor, serverName: info['server-name']! };
  }

  const bind = (visitor: Visitor, sid: unknown): void => visitor.write(JSON.stringify({ type: 'bind', sid }));

  describe('the POST', () => {
    it('creates a call and gives its URL', async () => {
      const before = simulator.callsCreated;
      const answer = await createCall('talk');
      assert.deepEqual(Object.keys(answer), ['callId', 'wsMediaUrl']);
      assert.match(answer.callId, uuid);
      assert.ok(answer.wsMediaUrl.startsWith(`${simulator.socketOrigin}/`));
      assert.equal(simulator.callsCreated, before + 1);
    });

    it('gives a sid where a server is named', async () => {
      const answer = await createCall('talk', { wsMediaServerName: 'some.server' });
      assert.deepEqual(Object.keys(answer), ['callId', 'sid', 'wsMediaUrl']);
    });

    it('checks the key, the method and every field, and creates nothing', async () => {
      const before = simulator.callsCreated;
      assert.equal((await post(bodyFor('talk'), '', 'wrong')).status, 401);
      assert.equal((await fetch(`${simulator.apiUrl}/calls/outbound-test-ws-media`)).status, 405);
      for (const [body, expected] of [
        ['{', /not JSON/],
        ['[]', /not a JSON object/],
        ['null', /not a JSON object/],
        [bodyFor('talk', { modelId: undefined }), /modelId is required/],
        [bodyFor('talk', { modelId: '1700000000000x123456789012345678' }), /modelId is not valid/],
        [bodyFor('talk', { modelId: '00000000-0000-4000-8000-000000000000' }), /no agent/],
        [bodyFor('talk', { fromPhoneNumber: undefined }), /fromPhoneNumber is required/],
        [bodyFor('talk', { toPhoneNumber: '' }), /toPhoneNumber is not valid/],
        [bodyFor('talk', { toPhoneNumber: 15550101 }), /toPhoneNumber is not valid/],
        [bodyFor('talk', { agentVersion: 'latest' }), /agentVersion is not valid/],
        [bodyFor('talk', { leadName: 7 }), /leadName is not valid/],
        [bodyFor('talk', { wsMediaCodec: 'mp3' }), /wsMediaCodec is one of/],
        [bodyFor('talk', { wsMediaFraming: 'srtp' }), /wsMediaFraming is one of/],
        [bodyFor('talk', { wsMediaServerName: 'two words' }), /wsMediaServerName is not valid/],
      ] as const) {
        const response = await post(body);
        assert.equal(response.status, 400);
        assert.match(await detailOf(response), expected);
      }
      assert.equal((await post(`{"modelId":"${'x'.repeat(2_000_000)}"}`)).status, 413);
      assert.equal((await post(bodyFor('talk'), '?readyMs=soon')).status, 400);
      assert.equal(simulator.callsCreated, before);
    });

    it('makes it Opus in RTP unless told otherwise, and no other Opus', async () => {
      for (const fields of [{ wsMediaCodec: 'opus', wsMediaFraming: 'rtp' }, { wsMediaCodec: undefined }]) {
        await createCall('talk', { wsMediaFraming: undefined, ...fields });
      }
      const before = simulator.callsCreated;
      for (const wsMediaCodec of ['opus', undefined]) {
        const response = await post(bodyFor('talk', { wsMediaCodec, wsMediaFraming: 'payload' }));
        assert.equal(response.status, 400);
        assert.match(await detailOf(response), /opus needs wsMediaFraming rtp/);
      }
      assert.equal(simulator.callsCreated, before);
    });

    it('takes every documented field', async () => {
      await createCall('talk', { leadName: 'Ada', agentVersion: 'draft', wsMediaServerName: '' });
      await createCall('talk', { agentVersion: simulator.agents['echo'], wsMediaFraming: undefined });
    });

    it('is refused as Synthflow refuses, and a 502 leaves an orphan', async () => {
      const before = simulator.callsCreated;
      for (const status of [400, 401, 429, 503]) {
        const response = await post(bodyFor('talk'), `?postStatus=${status}`);
        assert.equal(response.status, status);
        assert.deepEqual(Object.keys((await response.json()) as object), ['detail']);
      }
      assert.equal((await post(bodyFor('not-enabled'))).status, 503);
      assert.equal((await post(bodyFor('rate-limited'))).headers.get('retry-after'), '7');
      assert.equal((await post(bodyFor('refuse-token'))).status, 500);
      assert.equal(simulator.callsCreated, before);

      const response = await post(bodyFor('join-failed'));
      assert.equal(response.status, 502);
      assert.match(((await response.json()) as CallAnswer).callId, uuid);
      assert.equal(simulator.callsCreated, before + 1);
    });

    it('answers with a page, or without a URL, when told so', async () => {
      assert.match(await (await post(bodyFor('bad-token'))).text(), /^<!doctype html>/);
      assert.deepEqual(await (await post(bodyFor('no-url'))).json(), { status: 'ok' });
    });
  });

  describe('a single node', () => {
    it('lets each URL in once', async () => {
      const { wsMediaUrl } = await createCall('silent');
      const visitor = await Visitor.open(wsMediaUrl);
      assert.equal((await refusal(wsMediaUrl)).status, 401);
      await visitor.hangUp();
      assert.equal((await refusal(wsMediaUrl)).status, 401);
      assert.equal((await refusal(`${simulator.socketOrigin}/media/start`)).status, 401);
      assert.equal((await refusal(`${simulator.socketOrigin}/media/start?token=x&scenario=tone`)).status, 401);
    });

    it('speaks as soon as it is open and names the call', async () => {
      const { callId, wsMediaUrl } = await createCall('talk');
      const visitor = await Visitor.open(wsMediaUrl);
      await visitor.until(() => visitor.texts.length > 0 && visitor.audio.length > 5);
      assert.deepEqual(visitor.texts, [JSON.stringify({ type: 'call_info', callId })]);
      assert.equal(typeof visitor.messages[0], 'object');
      assert.ok(visitor.audio.every(({ length }) => length === 640));
      await visitor.hangUp();
    });

    for (const codec of ['l16', 'pcmu', 'pcma'] as const) {
      it(`echoes ${codec} in RTP packets`, async () => {
        const { wsMediaUrl } = await createCall('echo', { wsMediaCodec: codec, wsMediaFraming: 'rtp' });
        const visitor = await Visitor.open(wsMediaUrl);
        const { sampleRate, payloadType, encode, createDecoder } = codecs[codec];
        const said = sweep(0.2, sampleRate);
        const header = Buffer.from(`80${(0x80 + payloadType).toString(16)}000100000002000000ff`, 'hex');
        visitor.sendBytes(Buffer.concat([header, encode(said)]));
        await visitor.until(() => visitor.audio.length > 0);
        const packet = readRtpPacket(visitor.audio[0]!)!;
        assert.deepEqual([packet.marker, packet.payloadType], [true, payloadType]);
        assert.ok(likeness(said, createDecoder()(packet.payload), 0) > 0.999);
        await visitor.hangUp();
      });
    }

    it('greets in Opus, hears and repeats what the visitor says', async () => {
      const query = '?readyMs=1&greeting=0';
      const { callId, wsMediaUrl } = await createCall('talk', { wsMediaCodec: 'opus', wsMediaFraming: 'rtp' }, query);
      const visitor = await Visitor.open(wsMediaUrl);
      await visitor.until(() => visitor.texts.length === 1);
      const coder = await createCoder('opus', 'rtp');
      const said = join(tone(700, 0.5, -20), new Int16Array(48_000));
      coder.encode(said).forEach((payload, i) => {
        const header = { marker: i === 0, payloadType: 111, sequence: i, timestamp: 960 * i, ssrc: 5 };
        visitor.sendBytes(writeRtpPacket({ ...header, payload }));
      });
      await visitor.until(() => visitor.audio.length >= 25);
      const answer = await createCoder('opus', 'rtp');
      const heard = join(...visitor.audio.map((message) => answer.decode(readRtpPacket(message)!.payload)));
      assert.ok(Math.abs(dominantHz(heard, 48_000) - 700) < 2);
      await visitor.hangUp();
      while (simulator.calls.at(-1)?.callId !== callId) await new Promise(setImmediate);
      const { opus, rtp, dominantHz: hz } = simulator.calls.at(-1)!;
      assert.deepEqual(opus, { undecodable: 0, stereo: 0, durationsMs: { 20: 75 } });
      assert.deepEqual([rtp!.packets, rtp!.wrongTimestamps], [75, 0]);
      assert.ok(Math.abs(hz - 700) < 2);
    });

    it('can be tried without a call', async () => {
      const before = simulator.callsCreated;
      const query = 'scenario=tone&seconds=0.1&pacing=burst&wsMediaCodec=pcmu&wsMediaFraming=rtp';
      const visitor = await Visitor.open(`${simulator.socketOrigin}/media/start?${query}`);
      await visitor.until(() => visitor.audio.length === 5);
      assert.ok(visitor.audio.every(({ length }) => length === 172));
      await visitor.hangUp();
      assert.equal(simulator.callsCreated, before);
    });

    it('can be tried in Opus without a call, in RTP and nothing else', async () => {
      const url = `${simulator.socketOrigin}/media/start?scenario=tone&seconds=0.5&pacing=burst&wsMediaCodec=opus`;
      const visitor = await Visitor.open(url);
      await visitor.until(() => visitor.audio.length === 25);
      const coder = await createCoder('opus', 'rtp');
      const heard = join(...visitor.audio.map((message) => coder.decode(readRtpPacket(message)!.payload)));
      assert.ok(Math.abs(dominantHz(heard, 48_000) - 1000) < 1);
      await visitor.hangUp();
      assert.match((await refusal(`${url}&wsMediaFraming=payload`)).body, /opus needs wsMediaFraming rtp/);
    });

    it('refuses the handshake and closes at once when told so', async () => {
      assert.equal((await refusal((await createCall('refuse')).wsMediaUrl)).status, 403);
      const visitor = await Visitor.open((await createCall('close-at-once')).wsMediaUrl);
      assert.equal(await visitor.closed, 1011);
    });
  });

  describe('connect-then-bind', () => {
    it('asks for the key and passes knobs on', async () => {
      const url = `${simulator.apiUrl}/calls/outbound-test-ws-media/base-url?upgrade=refuse`;
      assert.equal((await fetch(url)).status, 401);
      const response = await fetch(url, { headers: { authorization: 'Bearer right' } });
      const { wsMediaBaseUrl } = (await response.json()) as { wsMediaBaseUrl: string };
      assert.equal((await refusal(wsMediaBaseUrl)).status, 403);
    });

    it('waits for a bind, answers it and speaks', async () => {
      const { visitor, serverName } = await connect();
      const { callId, sid } = await createCall('talk', { wsMediaServerName: serverName });
      visitor.write('not a bind');
      bind(visitor, sid);
      await visitor.until(() => visitor.audio.length > 2);
      assert.equal(visitor.messages[1], JSON.stringify({ type: 'call_info', callId }));
      assert.ok(visitor.audio.every(({ length }) => length === 640));
      await visitor.hangUp();
    });

    it('notes audio that came before the bind', async () => {
      const { visitor, serverName } = await connect();
      const { sid } = await createCall('silent', { wsMediaServerName: serverName });
      const told = lines.length;
      visitor.sendBytes(new Uint8Array(640));
      bind(visitor, sid);
      await visitor.until(() => visitor.texts.length === 2);
      await visitor.hangUp();
      while (!lines.slice(told).some((line) => line.includes('before the bind'))) {
        await new Promise(setImmediate);
      }
      const report = simulator.calls.at(-1)!;
      assert.deepEqual([report.firstAudioBeforeReady, report.chunks], [true, 0]);
    });

    it('refuses a sid that is made up, of another server or used', async () => {
      for (const sid of ['made-up', 7, undefined, '']) {
        const { visitor } = await connect();
        bind(visitor, sid);
        assert.equal(await visitor.closed, 1008);
      }
      const [one, other] = [await connect(), await connect()];
      assert.notEqual(one.serverName, other.serverName);
      const { sid } = await createCall('talk', { wsMediaServerName: one.serverName });
      bind(other.visitor, sid);
      assert.equal(await other.visitor.closed, 1008);
      const second = await createCall('talk', { wsMediaServerName: one.serverName });
      bind(one.visitor, second.sid);
      await one.visitor.until(() => one.visitor.audio.length > 0);
      const third = await connect();
      bind(third.visitor, second.sid);
      assert.equal(await third.visitor.closed, 1008);
      await one.visitor.hangUp();
    });

    it('never names its server when told so', async (t) => {
      const own = await createSimulator({ scenario: 'no-server-info' });
      t.after(() => own.close());
      const visitor = await Visitor.open(`${own.socketOrigin}/media/connect`);
      visitor.write('{"type":"bind","sid":"made-up"}');
      assert.equal(await visitor.closed, 1008);
      assert.deepEqual(visitor.messages, []);
    });

    it('closes at once when told so', async () => {
      const visitor = await Visitor.open(`${simulator.socketOrigin}/media/connect?scenario=close-at-once`);
      assert.equal(await visitor.closed, 1011);
    });

    for (const scenario of ['chatty', 'garbage']) {
      it(`writes other texts before it names its server when told so (${scenario})`, async () => {
        const visitor = await Visitor.open(`${simulator.socketOrigin}/media/connect?scenario=${scenario}`);
        await visitor.until(() => visitor.texts.some((text) => text.includes('server_info')));
        assert.ok(visitor.texts.length > 5);
        await visitor.hangUp();
      });
    }

    it('refuses the right sid when told so', async () => {
      const { visitor, serverName } = await connect();
      bind(visitor, (await createCall('bind-refused', { wsMediaServerName: serverName })).sid);
      assert.equal(await visitor.closed, 1008);
    });

    it('is counted, closed and forgotten like a call', async (t) => {
      const own = await createSimulator();
      t.after(() => own.close());
      const bound = await Visitor.open(`${own.socketOrigin}/media/connect`);
      assert.equal(own.openSockets, 1);
      own.hangUp(4001);
      assert.equal(await bound.closed, 4001);
      const vanishing = await Visitor.open(`${own.socketOrigin}/media/connect`);
      vanishing.vanish();
      const waiting = await Visitor.open(`${own.socketOrigin}/media/connect`);
      await own.close();
      assert.equal(await waiting.closed, 1001);
      assert.deepEqual([own.openSockets, own.calls.length], [0, 0]);
    });
  });

  it('tells which calls were created and never joined', async (t) => {
    const told: string[] = [];
    const own = await createSimulator({ log: (line) => told.push(line) });
    t.after(() => own.close());
    const create = async (agent: string, fields: object = {}): Promise<CallAnswer> => {
      const body = JSON.stringify({ ...bodyFor(agent), ...fields });
      const url = `${own.apiUrl}/calls/outbound-test-ws-media`;
      return (await fetch(url, { method: 'POST', headers: { authorization: 'Bearer any' }, body })).json() as never;
    };
    const counts = () => [own.callsCreated, own.callsJoined, own.calls.length];

    const { callId, wsMediaUrl } = await create('silent');
    assert.deepEqual(counts(), [1, 0, 0]);
    const visitor = await Visitor.open(wsMediaUrl);
    assert.deepEqual(counts(), [1, 1, 0]);
    await visitor.hangUp();
    assert.equal((await own.nextReport()).callId, callId);
    assert.deepEqual(counts(), [1, 1, 1]);

    const waiting = await Visitor.open(`${own.socketOrigin}/media/connect`);
    await waiting.until(() => waiting.texts.length > 0);
    const serverName = (JSON.parse(waiting.texts[0]!) as Record<string, string>)['server-name'];
    const { sid } = await create('silent', { wsMediaServerName: serverName });
    assert.deepEqual(counts(), [2, 1, 1]);
    bind(waiting, sid);
    await waiting.until(() => waiting.texts.length === 2);
    assert.deepEqual(counts(), [2, 2, 1]);
    await waiting.hangUp();

    await create('join-failed');
    await refusal((await create('refuse')).wsMediaUrl);
    const trial = await Visitor.open(`${own.socketOrigin}/media/start?scenario=silent`);
    await trial.hangUp();
    await own.nextReport();
    await own.nextReport();
    assert.deepEqual(counts(), [4, 2, 3]);
    await own.close();
    assert.match(told.at(-1)!, /never joined: 2;/);
  });

  it('keeps keys, tokens and sids out of its log', async () => {
    const { visitor, serverName } = await connect();
    const { sid } = await createCall('silent', { wsMediaServerName: serverName });
    const token = new URL((await createCall('talk')).wsMediaUrl).searchParams.get('token')!;
    bind(visitor, sid);
    await visitor.until(() => visitor.texts.length === 2);
    await visitor.hangUp();
    await post(bodyFor('talk'), '', 'guess');
    const log = lines.join('\n');
    assert.match(log, /request refused: 401/);
    assert.match(log, /bind refused/);
    assert.match(log, /call "silent", l16 as payload: /);
    for (const secret of [sid!, token, 'guess']) assert.equal(log.includes(secret), false);
  });
});
