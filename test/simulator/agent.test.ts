import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Agent } from '../../simulator/agent.js';
import { createPcmWire } from '../../simulator/pcm-wire.js';
import type { CallReport } from '../../simulator/report.js';
import { createScenario, type Scenario } from '../../simulator/scenario.js';
import { dominantHz } from '../../simulator/spectrum.js';
import { FakeClock } from './fake-clock.js';
import { FakeSocket } from './fake-socket.js';
import { likeness, samplesOf, silence, sweep, tone } from './speech.js';

const clientReady = '{"type":"status_client_ready"}';
const agentReady = '{"type":"status_agent_ready"}';
const greeting = sweep(0.5, 16_000);

/** A call on a clock that the test moves; no network. */
class Call {
  readonly clock = new FakeClock();
  readonly socket = new FakeSocket(this.clock);
  readonly reports: CallReport[] = [];
  readonly agent: Agent;

  constructor(name: string, knobs: Partial<Scenario> = {}) {
    this.agent = new Agent(this.socket.asWebSocket, {
      scenario: createScenario(name, knobs),
      wire: createPcmWire(),
      greeting,
      record: false,
      onEnd: (report) => this.reports.push(report),
      clock: this.clock,
    });
  }

  /** A call whose agent is ready. */
  static ready(name: string, knobs: Partial<Scenario> = {}): Call {
    const call = new Call(name, { readyMs: 0, ...knobs });
    call.socket.visitorWrites(clientReady);
    call.clock.advance(0);
    return call;
  }

  /** The visitor says something in real time, in chunks of 20 ms. */
  say(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += 960) {
      this.clock.advance(20);
      this.socket.visitorSays(samples.slice(at, at + 960));
    }
  }

  get heard(): Int16Array {
    return samplesOf(this.socket.audio);
  }
}

describe('Agent', () => {
  it('says nothing until the client is ready, then is ready after 150 ms', () => {
    const call = new Call('talk');
    call.clock.advance(10_000);
    assert.equal(call.socket.sent.length, 0);
    call.socket.visitorWrites(clientReady);
    call.clock.advance(149);
    assert.equal(call.socket.sent.length, 0);
    call.clock.advance(1);
    assert.equal(call.socket.sent[0]!.content, agentReady);
  });

  it('greets in real time, sample by sample what was recorded', () => {
    const call = Call.ready('talk');
    call.clock.advance(240);
    assert.equal(call.socket.audio.length, 13);
    call.clock.advance(10_000);
    assert.deepEqual(call.heard, greeting);
  });

  it('greets once, however often the client says that it is ready', () => {
    const call = Call.ready('talk');
    call.socket.visitorWrites(clientReady);
    call.clock.advance(5000);
    call.socket.visitorWrites(clientReady);
    call.clock.advance(5000);
    assert.deepEqual(call.socket.texts, [agentReady]);
    assert.deepEqual(call.heard, greeting);
    call.socket.visitorCloses(1000);
    assert.equal(call.reports[0]!.clientReadyCount, 3);
  });

  it('repeats what the visitor said', () => {
    const call = Call.ready('talk', { greeting: false });
    call.say(sweep(1.5));
    assert.equal(call.socket.audio.length, 0);
    call.say(silence(1));
    call.clock.advance(3000);
    assert.ok(likeness(sweep(1.5, 16_000), call.heard, 6000) > 0.99);
  });

  it('paces the repeat like the greeting', () => {
    const call = Call.ready('talk', { greeting: false });
    call.say(tone(500, 1));
    call.say(silence(2));
    const times = call.socket.sent.slice(1).map(({ atMs }) => atMs);
    assert.ok(times.length > 50);
    times.slice(1).forEach((atMs, i) => assert.equal(Math.round(atMs - times[i]!), 20));
  });

  it('hears nothing while it speaks and shortly after, so that it never answers its own echo', () => {
    const call = Call.ready('talk');
    call.say(tone(900, 0.7)); // 500 ms of greeting, 300 ms deaf
    call.say(silence(2));
    assert.deepEqual(call.heard, greeting);
  });

  it('does not hear who speaks over it', () => {
    const call = Call.ready('talk', { greeting: false });
    call.say(tone(400, 2));
    call.say(silence(0.75));
    assert.ok(call.socket.audio.length > 0);
    call.say(tone(900, 0.5));
    call.say(silence(3));
    assert.equal(call.heard.length, 2.2 * 16_000);
    assert.ok(Math.abs(dominantHz(call.heard, 16_000) - 400) < 2);
  });

  it('holds a conversation', () => {
    const call = Call.ready('talk', { greeting: false });
    for (const hz of [400, 900, 1400]) {
      const before = call.heard.length;
      call.say(tone(hz, 0.8));
      call.say(silence(3));
      assert.ok(Math.abs(dominantHz(call.heard.subarray(before + 4000, before + 12_192), 16_000) - hz) < 2);
    }
  });

  it('answers a client that sends nothing once the visitor mutes in the middle of a word', () => {
    const call = Call.ready('talk', { greeting: false });
    call.say(tone(500, 0.5));
    call.clock.advance(999);
    assert.equal(call.socket.audio.length, 0);
    call.clock.advance(1);
    assert.equal(call.socket.audio.length, 1);
  });

  it('echoes from the start, while the visitor still speaks', () => {
    const call = Call.ready('echo');
    call.say(tone(700, 0.1));
    assert.equal(call.socket.audio.length, 5);
    assert.equal(call.heard.length, 1600);
    call.say(tone(700, 1));
    assert.ok(Math.abs(dominantHz(call.heard, 16_000) - 700) < 2);
  });

  it('echoes an odd stream without noise', () => {
    const call = Call.ready('echo');
    const bytes = Buffer.from(tone(700, 1).buffer);
    for (let at = 0, length = 1; at < bytes.length; at += length, length = (length * 7 + 3) % 1001) {
      call.socket.emit('message', bytes.subarray(at, at + length), true);
    }
    assert.equal(call.heard.length, 16_000);
    assert.ok(likeness(tone(700, 0.9, -20, 16_000), call.heard, 100) > 0.99);
  });

  it('stops echoing to a client that does not read', () => {
    const call = Call.ready('echo');
    call.socket.bufferedAmount = 2 ** 20;
    call.say(tone(700, 1));
    assert.equal(call.socket.audio.length, 0);
  });

  it('does not echo before it is ready', () => {
    const call = new Call('echo');
    call.say(tone(700, 0.5));
    assert.equal(call.socket.audio.length, 0);
  });

  it('plays the tone for as long as asked', () => {
    const call = Call.ready('tone', { seconds: 2 });
    call.clock.advance(10_000);
    assert.equal(call.heard.length, 32_000);
  });

  it('repeats the greeting until 8 s are full', () => {
    const call = Call.ready('speech');
    call.clock.advance(20_000);
    assert.equal(call.heard.length, 8 * 16_000);
    assert.deepEqual(call.heard.slice(8000, 16_000), greeting);
  });

  it('speaks 400 ms before it is ready when early', () => {
    const call = new Call('early');
    call.socket.visitorWrites(clientReady);
    call.clock.advance(1000);
    const at = call.socket.sent.findIndex(({ content }) => content === agentReady);
    assert.ok(at >= 20, `${at}`);
    assert.equal(call.socket.texts.length, 1);
  });

  it('is never ready when told so, and can still hang up', () => {
    const call = Call.ready('never-ready', { hangUpAfterMs: 5000, closeCode: 1008 });
    call.clock.advance(4999);
    assert.equal(call.socket.sent.length, 0);
    assert.equal(call.socket.readyState, 1);
    call.clock.advance(1);
    assert.equal(call.socket.closeCode, 1008);
  });

  it('hangs up in the middle of its sentence', () => {
    const call = Call.ready('hang-up', { hangUpAfterMs: 250 });
    call.clock.advance(5000);
    assert.equal(call.socket.closeCode, 1000);
    assert.equal(call.socket.audio.length, 13);
  });

  it('drops the connection without a close message', () => {
    const call = Call.ready('drop');
    call.clock.advance(1999);
    assert.equal(call.socket.terminated, false);
    call.clock.advance(1);
    assert.equal(call.socket.terminated, true);
    assert.equal(call.reports[0]!.endedBy, 'drop');
  });

  it('does not wait for ever for the answer to its close message', () => {
    const call = Call.ready('talk');
    call.agent.hangUp();
    call.clock.advance(1000);
    assert.equal(call.socket.terminated, true);
    assert.equal(call.reports[0]!.endedBy, 'agent');
  });

  it('says who ended the call', () => {
    const endedBy = (end: (call: Call) => void): string => {
      const call = Call.ready('talk');
      end(call);
      call.clock.advance(2000);
      assert.equal(call.reports.length, 1);
      return call.reports[0]!.endedBy;
    };
    assert.equal(
      endedBy(({ socket }) => socket.visitorCloses(1001)),
      'visitor',
    );
    assert.equal(
      endedBy(({ socket }) => socket.visitorCloses(1006)),
      'drop',
    );
    assert.equal(
      endedBy(({ agent }) => agent.hangUp()),
      'agent',
    );
    assert.equal(
      endedBy(({ agent }) => agent.hangUp(1006)),
      'drop',
    );
  });

  it('leaves no timer behind, whenever the call ends', () => {
    for (const endMs of [0, 100, 200, 700, 3000]) {
      for (const name of ['talk', 'echo', 'garbage', 'drop', 'hang-up', 'stalls']) {
        const call = new Call(name);
        call.socket.visitorWrites(clientReady);
        call.clock.advance(endMs);
        call.socket.visitorSays(tone(500, 0.5));
        if (call.reports.length === 0) call.socket.visitorCloses(1000);
        assert.equal(call.clock.pending, 0, `${name} after ${endMs} ms`);
      }
    }
  });

  it('lives through everything that a hostile client writes', () => {
    const call = new Call('talk');
    const texts = ['', '{', 'null', '[]', '7', '{"type":{}}', '{"type":["status_client_ready"]}', '['.repeat(500_000)];
    for (const text of texts) call.socket.visitorWrites(text);
    call.clock.advance(5000);
    assert.equal(call.socket.sent.length, 0);
    call.socket.visitorWrites('{"type":"status_client_ready","more":1}');
    call.clock.advance(200);
    assert.equal(call.socket.sent[0]!.content, agentReady);
    call.socket.visitorCloses(1000);
    assert.equal(call.reports[0]!.textMessages, texts.length + 1);
    assert.equal(call.reports[0]!.clientReadyCount, 1);
  });
});
