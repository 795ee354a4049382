import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Agent } from '../../simulator/agent.js';
import { type CodecName, codecs, type SampleCodecName } from '../../simulator/media/codecs.js';
import { type Coder, createCoder, createSampleCoder } from '../../simulator/media/coder.js';
import { createMediaWire } from '../../simulator/media/media-wire.js';
import { readRtpPacket, type RtpPacket, writeRtpPacket } from '../../simulator/media/rtp-packet.js';
import type { CallReport } from '../../simulator/report.js';
import { createScenario, type Scenario } from '../../simulator/scenario.js';
import { dominantHz } from '../../simulator/spectrum.js';
import type { Framing } from '../../simulator/wire.js';
import { FakeClock } from './fake-clock.js';
import { FakeSocket } from './fake-socket.js';
import { join, levelDbfs, likeness, sweep, tone } from './speech.js';

const greeting = sweep(0.5, 16_000);
const callInfo = '{"type":"call_info","callId":"the-call"}';

interface MediaCallOptions extends Partial<Scenario> {
  codec?: CodecName;
  framing?: Framing;
  start?: 'open' | 'bind';
  /** The agent's; by default that of the codec, which Opus has none of. */
  coder?: Coder;
  /** The visitor's. */
  visitorCoder?: Coder;
}

/** A media call on a clock that the test moves; no network. */
class MediaCall {
  readonly clock = new FakeClock();
  readonly socket = new FakeSocket(this.clock);
  readonly reports: CallReport[] = [];
  readonly rate: number;
  readonly #coder: Coder;
  readonly #framing: Framing;
  #sequence = 7;
  #timestamp = 70;

  constructor(name: string, options: MediaCallOptions = {}) {
    const { codec = 'l16', framing = 'payload', start = 'open', coder, visitorCoder, ...knobs } = options;
    const coderOf = (): Coder => createSampleCoder(codecs[codec as SampleCodecName], framing);
    const agentCoder = coder ?? coderOf();
    this.#coder = visitorCoder ?? coderOf();
    this.rate = this.#coder.sampleRate;
    this.#framing = framing;
    const scenario = createScenario(name, knobs);
    new Agent(this.socket.asWebSocket, {
      scenario,
      wire: createMediaWire({ callId: 'the-call', scenario, codec, framing, coder: agentCoder }, start, 0),
      greeting,
      record: true,
      onEnd: (report) => this.reports.push(report),
      clock: this.clock,
    });
  }

  /** The visitor says something in real time, in messages of 20 ms. */
  say(samples: Int16Array): void {
    const chunkLength = this.rate / 50;
    for (let at = 0; at < samples.length; at += chunkLength) {
      this.clock.advance(20);
      for (const payload of this.#coder.encode(samples.subarray(at, at + chunkLength))) {
        this.socket.visitorSends(this.#framing === 'payload' ? payload : this.#pack(payload));
      }
    }
  }

  get packets(): RtpPacket[] {
    return this.socket.audio.map((message) => readRtpPacket(message)!);
  }

  /** What the agent said, in the order in which it came. */
  get heard(): Int16Array {
    const payloads = this.#framing === 'payload' ? this.socket.audio : this.packets.map(({ payload }) => payload);
    return join(...payloads.map((payload) => this.#coder.decode(payload)));
  }

  hangUp(): CallReport {
    this.socket.visitorCloses(1000);
    return this.reports[0]!;
  }

  #pack(payload: Uint8Array): Uint8Array {
    const { payloadType } = this.#coder;
    const packet = writeRtpPacket({
      marker: this.#sequence === 7,
      payloadType,
      sequence: this.#sequence++,
      timestamp: this.#timestamp,
      ssrc: 1,
      payload,
    });
    this.#timestamp += this.#coder.samplesIn(payload);
    return packet;
  }
}

for (const codec of Object.keys(codecs) as SampleCodecName[]) {
  for (const framing of ['payload', 'rtp'] as const) {
    describe(`Agent on ${codec} as ${framing}`, () => {
      const { sampleRate, sampleBytes, payloadType } = codecs[codec];
      const call = (name: string, knobs: Partial<Scenario> = {}) => new MediaCall(name, { codec, framing, ...knobs });
      const quiet = (seconds: number) => new Int16Array(seconds * sampleRate);

      it('greets in messages of 20 ms, every 20 ms', () => {
        const visit = call('talk');
        visit.clock.advance(2000);
        const messages = visit.socket.sent.filter(({ content }) => typeof content !== 'string');
        messages.forEach(({ atMs, content }, i) => {
          assert.equal(atMs, i * 20);
          assert.equal(content.length, (sampleRate / 50) * sampleBytes + (framing === 'rtp' ? 12 : 0));
        });
        assert.equal(messages.length, 25);
        assert.ok(likeness(sweep(0.5, sampleRate).slice(0, 0.45 * sampleRate), visit.heard, 200) > 0.99);
      });

      it('repeats what the visitor said', () => {
        const visit = call('talk', { greeting: false });
        visit.say(sweep(1, sampleRate));
        visit.say(quiet(1));
        visit.clock.advance(2000);
        assert.ok(likeness(sweep(1, sampleRate), visit.heard, sampleRate / 2) > 0.99);
      });

      it('echoes each message at once', () => {
        const visit = call('echo');
        visit.say(sweep(0.5, sampleRate));
        assert.equal(visit.socket.audio.length, 25);
        assert.deepEqual(visit.heard, codecs[codec].createDecoder()(codecs[codec].encode(sweep(0.5, sampleRate))));
      });

      it('plays the tone', () => {
        const visit = call('tone', { seconds: 1, pacing: 'burst', messageMs: 100 });
        visit.clock.advance(0);
        assert.equal(visit.socket.audio.length, 10);
        assert.equal(visit.heard.length, sampleRate);
        assert.ok(Math.abs(dominantHz(visit.heard, sampleRate) - 1000) < 1);
        assert.ok(Math.abs(levelDbfs(visit.heard) + 12) < 0.2);
      });

      it('reports what it heard at the rate of the wire', () => {
        const visit = call('silent');
        visit.say(tone(440, 2, -20, sampleRate));
        const report = visit.hangUp();
        assert.deepEqual(
          [report.protocol, report.codec, report.framing, report.pcmRate],
          ['media', codec, framing, sampleRate],
        );
        assert.ok(Math.abs(report.rateHz - sampleRate) < 1);
        assert.ok(Math.abs(report.dominantHz - 440) < 1);
        assert.ok(Math.abs(report.levelDbfs + 20) < 0.2);
        assert.equal(report.pcm!.length, 2 * sampleRate);
        assert.ok(likeness(tone(440, 2, -20, sampleRate), report.pcm!, 0) > 0.999);
        assert.equal(report.firstAudioBeforeReady, false);
        assert.equal(report.rtp?.payloadType, framing === 'rtp' ? payloadType : undefined);
        if (report.rtp) {
          const { packets, markers, malformed, wrongPayloadTypes, sequenceGaps, wrongTimestamps } = report.rtp;
          assert.deepEqual([packets, markers], [100, 1]);
          assert.equal(malformed + wrongPayloadTypes + sequenceGaps + wrongTimestamps, 0);
        }
      });

      it('keeps speech whole in messages of random lengths', () => {
        const visit = call('odd', { seconds: 1 });
        visit.clock.advance(3000);
        assert.equal(visit.heard.length, sampleRate);
        assert.ok(new Set(visit.socket.audio.map(({ length }) => length)).size > 10);
      });

      it('sends garbage that nobody can hear', () => {
        const visit = call('garbage', { seconds: 0.1 });
        visit.clock.advance(3000);
        assert.ok(levelDbfs(visit.heard.subarray(-100_000)) < -60);
      });
    });
  }
}

describe('Agent on opus as rtp', () => {
  const rate = 48_000;
  const call = async (name: string, knobs: Partial<Scenario> = {}) =>
    new MediaCall(name, {
      codec: 'opus',
      framing: 'rtp',
      coder: await createCoder('opus', 'rtp'),
      visitorCoder: await createCoder('opus', 'rtp'),
      ...knobs,
    });

  it('greets in packets of 20 ms, every 20 ms, and 960 ticks apart', async () => {
    const visit = await call('talk');
    visit.clock.advance(2000);
    const { packets } = visit;
    assert.equal(packets.length, 25);
    packets.forEach(({ sequence, timestamp, payloadType, marker, ssrc, payload }, i) => {
      const [first] = packets as [RtpPacket];
      assert.deepEqual([sequence - first.sequence, timestamp - first.timestamp], [i, i * 960]);
      assert.deepEqual([payloadType, marker, ssrc], [96, i === 0, first.ssrc]);
      // 60 kbit/s would be 150 bytes.
      assert.ok(payload.length > 10 && payload.length < 150, `${payload.length} bytes`);
    });
    const times = visit.socket.sent.filter(({ content }) => typeof content !== 'string').map(({ atMs }) => atMs);
    assert.deepEqual(
      times,
      packets.map((_, i) => i * 20),
    );
    assert.ok(likeness(sweep(0.5, rate).slice(4800, 19_200), visit.heard.subarray(4800), 600) > 0.95);
  });

  it('repeats what the visitor said', async () => {
    const visit = await call('talk', { greeting: false });
    visit.say(sweep(1, rate));
    visit.say(new Int16Array(rate));
    visit.clock.advance(2000);
    const middle = sweep(1, rate).slice(9600, 38_400);
    assert.ok(likeness(middle, visit.heard, 30_000) > 0.9);
  });

  it('echoes each packet at once, whatever its length', async () => {
    const visit = await call('echo');
    visit.say(tone(440, 1, -20, rate));
    assert.equal(visit.packets.length, 50);
    assert.ok(Math.abs(dominantHz(visit.heard, rate) - 440) < 1);
    assert.ok(Math.abs(levelDbfs(visit.heard.subarray(9600)) + 20) < 0.5);
  });

  it('reports what it heard, decoded', async () => {
    const visit = await call('silent');
    visit.say(tone(440, 2, -20, rate));
    const report = visit.hangUp();
    assert.deepEqual(
      [report.protocol, report.codec, report.framing, report.pcmRate, report.callId],
      ['media', 'opus', 'rtp', rate, 'the-call'],
    );
    assert.ok(Math.abs(report.rateHz - rate) < 1);
    assert.ok(Math.abs(report.dominantHz - 440) < 1);
    assert.ok(Math.abs(report.levelDbfs + 20) < 0.3, `${report.levelDbfs}`);
    assert.equal(report.pcm!.length, 2 * rate);
    assert.ok(likeness(tone(440, 1, -20, rate), report.pcm!.subarray(rate / 2), 120) > 0.99);
    assert.deepEqual(report.opus, { undecodable: 0, stereo: 0, durationsMs: { 20: 100 } });
    const { packets, payloadType, markers, malformed, sequenceGaps, wrongTimestamps, ssrcChanges } = report.rtp!;
    assert.deepEqual([packets, payloadType, markers], [100, 96, 1]);
    assert.equal(malformed + sequenceGaps + wrongTimestamps + ssrcChanges, 0);
  });

  it('counts timestamps that go on by anything but the sound in the packet', async () => {
    const visit = await call('silent');
    const [payload] = (await createCoder('opus', 'rtp')).encode(tone(440, 0.02, -20, rate)) as [Uint8Array];
    const send = (sequence: number, timestamp: number) =>
      visit.socket.visitorSends(
        writeRtpPacket({ marker: sequence === 0, payloadType: 111, sequence, timestamp, ssrc: 1, payload }),
      );
    for (const [sequence, timestamp] of [0, 960, 1280, 2240, 3200, 3520].entries()) send(sequence, timestamp);
    assert.equal(visit.hangUp().rtp!.wrongTimestamps, 2);
  });

  it('lives through payloads that are no Opus, and hears what follows', async () => {
    const visit = await call('echo');
    const bad = [Uint8Array.of(), Uint8Array.of(0xff), Uint8Array.of(0xff, 0), Uint8Array.of(0xfb, 0x3f, 1, 2)];
    for (const [i, payload] of bad.entries()) {
      visit.socket.visitorSends(
        writeRtpPacket({ marker: false, payloadType: 96, sequence: i, timestamp: 0, ssrc: 9, payload }),
      );
    }
    visit.say(tone(440, 0.1, -20, rate));
    assert.equal(visit.heard.length, 4800);
    assert.equal(visit.hangUp().opus!.undecodable, bad.length);
  });

  it('makes odd packets of 2.5 to 20 ms, and their timestamps follow', async () => {
    const visit = await call('odd', { seconds: 1 });
    visit.clock.advance(3000);
    const { packets } = visit;
    const steps = packets.slice(1).map(({ timestamp }, i) => timestamp - packets[i]!.timestamp);
    assert.deepEqual(
      [...new Set(steps)].sort((a, b) => a - b),
      [120, 240, 480, 960],
    );
    assert.ok(visit.heard.length >= rate && visit.heard.length < rate + 960);
  });

  it('makes a burst of packets that are no longer than others', async () => {
    const visit = await call('burst', { seconds: 1 });
    visit.clock.advance(0);
    assert.equal(visit.packets.length, 50);
    assert.equal(visit.heard.length, rate);
  });

  it('sends garbage that no decoder takes', async () => {
    const visit = await call('garbage', { seconds: 0.1 });
    visit.clock.advance(3000);
    assert.equal(visit.socket.audio.at(-1)!.length, 12 + 2 * 1024 * 1024);
    assert.equal(visit.heard.length, 4800);
  });

  it('loses, doubles, swaps and wraps packets as those of other codecs', async () => {
    const visit = await call('speech', { seconds: 4, lossShare: 0.1, duplicateShare: 0.1, nearWrap: true });
    visit.clock.advance(5000);
    const numbers = visit.packets.map(({ sequence }) => sequence);
    const different = new Set(numbers);
    assert.ok(different.size < 200 && different.size > 160, `${different.size}`);
    assert.ok(numbers.length > different.size);
    assert.ok(different.has(65_535) || different.has(65_534));
    assert.ok(different.has(0) || different.has(1));
    const swapped = await call('reorder', { reorderShare: 1, seconds: 0.1 });
    swapped.clock.advance(1000);
    const [first] = swapped.packets as [RtpPacket];
    assert.deepEqual(
      swapped.packets.map(({ sequence }) => sequence - first.sequence),
      [0, -1, 2, 1, 3],
    );
  });
});

describe('Agent on WebSocket media', () => {
  it('speaks as soon as the socket is open, and writes call_info after it', () => {
    const visit = new MediaCall('talk');
    assert.equal(visit.socket.audio.length, 1);
    visit.clock.advance(200);
    assert.deepEqual(visit.socket.texts, [callInfo]);
  });

  it('speaks after call_info when it was bound', () => {
    const visit = new MediaCall('talk', { start: 'bind' });
    visit.clock.advance(149);
    assert.equal(visit.socket.sent.length, 0);
    visit.clock.advance(1);
    assert.deepEqual([visit.socket.sent[0]!.content, visit.socket.audio.length], [callInfo, 1]);
  });

  it('notes audio that came after the bind and before its answer', () => {
    const visit = new MediaCall('silent', { start: 'bind' });
    visit.say(new Int16Array(320));
    assert.equal(visit.hangUp().firstAudioBeforeReady, true);
  });

  for (const start of ['open', 'bind'] as const) {
    it(`never writes call_info when told so, and speaks (${start})`, () => {
      const visit = new MediaCall('no-call-info', { start });
      visit.clock.advance(1000);
      assert.deepEqual([visit.socket.texts, visit.socket.audio.length], [[], 25]);
    });

    it(`is never ready when told so (${start})`, () => {
      const visit = new MediaCall('never-ready', { start });
      visit.clock.advance(5000);
      assert.deepEqual(visit.socket.sent, []);
    });

    it(`hangs up and drops on time (${start})`, () => {
      const visit = new MediaCall('hang-up', { start, hangUpAfterMs: 100, closeCode: 4005 });
      visit.clock.advance(250);
      assert.equal(visit.socket.closeCode, 4005);
      const dropped = new MediaCall('drop', { start, dropAfterMs: 100 });
      dropped.clock.advance(250);
      assert.equal(dropped.socket.terminated, true);
    });
  }

  it('is not impressed by status_client_ready, and counts it', () => {
    const visit = new MediaCall('talk');
    visit.socket.visitorWrites('{"type":"status_client_ready"}');
    visit.clock.advance(3000);
    assert.deepEqual(visit.socket.texts, [callInfo]);
    assert.equal(visit.heard.length, greeting.length);
    assert.equal(visit.hangUp().clientReadyCount, 1);
  });

  it('closes at once and leaves no timer behind', () => {
    const visit = new MediaCall('close-at-once');
    assert.deepEqual([visit.socket.closeCode, visit.socket.sent.length], [1011, 0]);
    visit.hangUp();
    assert.equal(visit.clock.pending, 0);
  });

  it('leaves packets out', () => {
    const visit = new MediaCall('loss', { framing: 'rtp', pacing: 'burst', messageMs: 20, lossShare: 0.1 });
    visit.clock.advance(0);
    const numbers = visit.packets.map(({ sequence }) => sequence);
    assert.ok(numbers.length > 340 && numbers.length < 380, `${numbers.length}`);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
    );
    // What is there says when it was said.
    const [first] = visit.packets as [RtpPacket];
    for (const { sequence, timestamp } of visit.packets) {
      assert.equal(timestamp - first.timestamp, (sequence - first.sequence) * 320);
    }
  });

  it('lets packets overtake each other, the last one too', () => {
    const visit = new MediaCall('reorder', { framing: 'rtp', reorderShare: 1, seconds: 0.1 });
    visit.clock.advance(1000);
    const [first] = visit.packets as [RtpPacket];
    assert.deepEqual(
      visit.packets.map(({ sequence }) => sequence - first.sequence),
      [0, -1, 2, 1, 3],
    );
  });

  it('sends packets twice', () => {
    const visit = new MediaCall('duplicate', { framing: 'rtp', duplicateShare: 1, seconds: 0.1 });
    visit.clock.advance(1000);
    assert.equal(visit.socket.audio.length, 10);
    assert.deepEqual(visit.socket.audio[0], visit.socket.audio[1]);
  });

  it('pads packets and adds CSRCs and an extension', () => {
    const visit = new MediaCall('rtp-extras', { framing: 'rtp', seconds: 0.1 });
    visit.clock.advance(1000);
    assert.equal(visit.socket.audio[0]!.length, 12 + 8 + 12 + 640 + 4);
    assert.equal(visit.packets[0]!.csrcs!.length, 2);
    assert.deepEqual(visit.heard, greeting.slice(0, 1600));
  });

  it('wraps around within 200 ms', () => {
    const visit = new MediaCall('near-wrap', { framing: 'rtp', seconds: 0.3 });
    visit.clock.advance(1000);
    assert.deepEqual(
      visit.packets.slice(9, 11).map(({ sequence }) => sequence),
      [65_535, 0],
    );
    assert.deepEqual(
      visit.packets.slice(9, 11).map(({ timestamp }) => timestamp),
      [2 ** 32 - 320, 0],
    );
  });

  it('keeps messages without RTP whole, whatever the line does to packets', () => {
    const visit = new MediaCall('loss', {
      lossShare: 1,
      reorderShare: 1,
      duplicateShare: 1,
      rtpExtras: true,
      seconds: 0.5,
    });
    visit.clock.advance(1000);
    assert.deepEqual(visit.heard, greeting);
  });

  it('marks the first packet of what it says, and lets the clock go on between', () => {
    const visit = new MediaCall('talk', { framing: 'rtp' });
    visit.clock.advance(1000);
    visit.say(tone(500, 0.5, -20, 16_000));
    visit.say(new Int16Array(16_000));
    const marked = visit.packets.filter(({ marker }) => marker);
    assert.equal(marked.length, 2);
    const [first, second] = marked as [RtpPacket, RtpPacket];
    assert.equal(second.sequence - first.sequence, 25);
    const atMs = visit.socket.sent.filter(({ content }) => typeof content !== 'string')[25]!.atMs;
    assert.equal(second.timestamp - first.timestamp, atMs * 16);
  });

  it('lives through packets that are none', () => {
    const visit = new MediaCall('echo', { framing: 'rtp' });
    for (const length of [0, 1, 11, 12, 640]) visit.socket.visitorSends(new Uint8Array(length));
    visit.say(tone(500, 0.1, -20, 16_000));
    assert.equal(visit.heard.length, 1600);
    assert.equal(visit.hangUp().rtp!.malformed, 5);
  });
});
