import { expect } from '@open-wc/testing';
import { MediaWire } from '../../src/protocol/media.js';
import { mediaFormat } from '../../src/protocol/wire-format.js';
import type { WireChoice } from '../../src/protocol/wire.js';
import { fitSine, seededRandom, tone } from '../dsp/fixtures.js';
import { Inbox, nextTask } from '../support/inbox.js';
import { remove, replace } from '../support/replace.js';
import { rtpFields, rtpPacket } from '../support/rtp.js';
import { plainMedia } from '../support/wire-choices.js';

/** A wire with what it sends, plays and fails with. */
class Media extends MediaWire {
  readonly sent: Inbox<ArrayBuffer>;
  readonly played: Inbox<ArrayBuffer>;
  readonly failures: Inbox<string>;

  constructor(choice: Partial<WireChoice> = {}) {
    const [sent, played, failures] = [new Inbox<ArrayBuffer>(), new Inbox<ArrayBuffer>(), new Inbox<string>()];
    super({ ...plainMedia, ...choice }, { send: sent.push, play: played.push, fail: failures.push });
    [this.sent, this.played, this.failures] = [sent, played, failures];
  }

  /** Resolves when the codec's file is there. */
  async load(): Promise<void> {
    while (!this.isAgentReady) await nextTask();
  }

  /** All that was played so far. */
  get samples(): number[] {
    return this.played.all.flatMap((buffer) => [...new Int16Array(buffer)]);
  }
}

const bytesOf = (buffer: ArrayBuffer | undefined): number[] => [...new Uint8Array(buffer!)];
const chunkOf = (...samples: number[]): ArrayBuffer => Int16Array.from(samples).buffer;

describe('the formats of WebSocket media', () => {
  it('are 20 ms at the rate of each codec', () => {
    expect(mediaFormat(plainMedia)).to.deep.equal({
      captureRate: 16_000,
      playbackRate: 16_000,
      chunkSamples: 320,
      chunkBytes: 640,
    });
    expect(mediaFormat({ ...plainMedia, codec: 'pcmu' })).to.include({ captureRate: 8000, chunkSamples: 160 });
    expect(mediaFormat({ ...plainMedia, codec: 'pcma', framing: 'rtp' })).to.include({ playbackRate: 8000 });
    expect(mediaFormat({ ...plainMedia, codec: 'opus', framing: 'rtp' })).to.include({ chunkSamples: 960 });
  });

  it('are none for what is no codec or framing, nor for Opus without RTP', () => {
    for (const choice of [
      { codec: 'g722' },
      { codec: '' },
      { codec: null },
      { codec: 'toString' },
      { codec: ['l16'] },
      { codec: ['opus'], framing: 'rtp' },
      { framing: ['rtp'] },
      { framing: 'RTP' },
      { framing: '' },
      { framing: null },
      { codec: 'opus' },
      { codec: 'opus', framing: 'payload' },
    ]) {
      expect(mediaFormat({ ...plainMedia, ...choice } as WireChoice), JSON.stringify(choice)).to.equal(undefined);
    }
  });
});

describe('the words of WebSocket media', () => {
  it('are none from us', () => {
    expect(new Media().clientReady).to.equal('');
    expect(new Media({ bind: true }).clientReady).to.equal('');
  });

  it('has an agent that listens at once, where the call has its own socket', () => {
    const wire = new Media();
    expect(wire.isAgentReady).to.equal(true);
    for (const type of ['call_info', 'server_info']) {
      expect(wire.read(`{"type":"${type}","server-name":"x"}`)).to.deep.equal({ type: 'status' });
      expect(wire.serverName).to.equal(undefined);
    }
  });

  it('has an agent that listens once its call is there, where the socket is bound', () => {
    const wire = new Media({ bind: true });
    expect(wire.isAgentReady).to.equal(false);
    expect(wire.serverName).to.equal(undefined);
    expect(wire.read('{"type":"server_info","server-name":"node-1"}')).to.deep.equal({ type: 'status' });
    expect(wire.serverName).to.equal('node-1');
    for (const name of ['', ',"server-name":7', ',"server-name":["node-1"]']) {
      expect(wire.read(`{"type":"server_info"${name}}`)).to.deep.equal({ type: 'status' });
      expect(wire.serverName).to.equal('');
    }
    expect(wire.isAgentReady).to.equal(false);
    expect(wire.read('{"type":"call_info","call":{}}')).to.deep.equal({ type: 'status' });
    expect(wire.isAgentReady).to.equal(true);
    expect(wire.read('{"type":"server_info","server-name":"node-2"}')).to.deep.equal({ type: 'status' });
    expect(wire.serverName).to.equal('');
  });

  it('hands everything else on to the page', () => {
    for (const bind of [false, true]) {
      const wire = new Media({ bind });
      for (const data of [null, 7, 'call_info', ['call_info'], {}, { type: 'transcript', text: 'x' }, { type: 7 }]) {
        expect(wire.read(JSON.stringify(data))).to.deep.include({ type: 'message', data });
      }
      for (const text of ['', 'call_info', '{"type":"call_info"']) {
        expect(wire.read(text)).to.deep.include({ type: 'malformed', data: text });
      }
      expect(wire.isAgentReady).to.equal(!bind);
    }
  });

  it('ends like the other wire', () => {
    const hungUp = Array.from({ length: 5000 }, (_, code) => code).filter((code) => new Media().hungUp(code));
    expect(hungUp).to.deep.equal([1000, 1001, 1005]);
  });
});

describe('L16 as bare payload', () => {
  it('is big-endian on the wire, both ways', () => {
    const wire = new Media();
    wire.encode(chunkOf(0x0102, -2, 0x7fff, -32_768), 0);
    expect(bytesOf(wire.sent.all[0])).to.deep.equal([1, 2, 0xff, 0xfe, 0x7f, 0xff, 0x80, 0]);
    wire.decode(Uint8Array.of(1, 2, 0xff, 0xfe, 0x7f, 0xff, 0x80, 0).buffer);
    expect(wire.samples).to.deep.equal([0x0102, -2, 0x7fff, -32_768]);
  });

  it('leaves the chunk as it was: its buffer is used again', () => {
    const chunk = chunkOf(1, 2, 3);
    new Media().encode(chunk, 0);
    expect([...new Int16Array(chunk)]).to.deep.equal([1, 2, 3]);
  });

  it('is the same samples wherever the agent cuts its messages', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const samples = Array.from({ length: 100 }, () => Math.floor(random() * 65_536) - 32_768);
      const bytes = Uint8Array.from(samples.flatMap((sample) => [(sample >> 8) & 255, sample & 255]));
      const wire = new Media();
      for (let start = 0; start < bytes.length;) {
        const end = Math.min(bytes.length, start + Math.floor(random() * 30));
        wire.decode(bytes.slice(start, end).buffer);
        start = end;
      }
      expect(wire.samples, `seed ${seed}`).to.deep.equal(samples);
    }
  });
});

describe('G.711', () => {
  for (const framing of ['payload', 'rtp'] as const) {
    it(`is a byte for each sample, as ${framing}`, async () => {
      for (const [codec, payloadType, silence, loud] of [
        ['pcmu', 0, 0xff, 0x80],
        ['pcma', 8, 0xd5, 0xaa],
      ] as const) {
        const wire = new Media({ codec, framing });
        await wire.load();
        wire.encode(chunkOf(0, 32_767, 0), 1600);
        const sent = wire.sent.all[0]!;
        const payload = framing === 'rtp' ? rtpFields(sent).payload : bytesOf(sent);
        expect(payload, codec).to.deep.equal([silence, loud, silence]);
        if (framing === 'rtp') expect(rtpFields(sent)).to.include({ firstByte: 0x80, payloadType });
        const message = framing === 'rtp' ? rtpPacket({ payloadType, payload }) : Uint8Array.from(payload).buffer;
        wire.decode(message);
        await wire.played.until(() => wire.samples.length === 3);
        const [first, second] = wire.samples;
        expect(Math.abs(first!)).to.be.at.most(8);
        expect(second).to.be.within(32_000, 32_767);
      }
    });
  }
});

describe('L16 in RTP packets', () => {
  it('counts its clock in samples, from the place of the chunk in what was captured', async () => {
    const wire = new Media({ framing: 'rtp' });
    await wire.load();
    for (const position of [320, 640, 1600]) wire.encode(new ArrayBuffer(640), position);
    const packets = wire.sent.all.map(rtpFields);
    expect(packets.map(({ payload }) => payload.length)).to.deep.equal([640, 640, 640]);
    expect(packets.map(({ payloadType }) => payloadType)).to.deep.equal([96, 96, 96]);
    const ticks = packets.map(({ timestamp }) => (timestamp - packets[0]!.timestamp + 2 ** 32) % 2 ** 32);
    expect(ticks).to.deep.equal([0, 320, 1280]);
    expect(packets.map(({ marker }) => marker)).to.deep.equal([1, 0, 1]);
  });

  it('is played in order, with silence for what is lost', async () => {
    const wire = new Media({ framing: 'rtp' });
    for (const sequence of [10, 12, 11, 14, 15, 16]) {
      wire.decode(rtpPacket({ sequence, timestamp: 320 * sequence, payload: [0, sequence, 9] }));
    }
    await wire.played.until(() => wire.samples.length >= 6 + 320);
    const silence = Array<number>(320).fill(0);
    expect(wire.samples).to.deep.equal([10, 11, 12, ...silence, 14, 15, 16]);
  });

  it('plays what was held back at the end of the call, or when no more comes', async () => {
    const atEnd = new Media({ framing: 'rtp' });
    await atEnd.load();
    for (const sequence of [1, 3]) atEnd.decode(rtpPacket({ sequence, payload: [0, sequence] }));
    await atEnd.end();
    expect(atEnd.samples.filter(Boolean)).to.deep.equal([1, 3]);

    const paused = new Media({ framing: 'rtp' });
    await paused.load();
    for (const sequence of [1, 3]) paused.decode(rtpPacket({ sequence, payload: [0, sequence] }));
    await paused.played.until(() => paused.samples.length > 0);
    for (let i = 0; i < 10; i++) paused.encode(new ArrayBuffer(640), 320 * i);
    expect(paused.samples.filter(Boolean)).to.deep.equal([1, 3]);
  });
});

describe('Opus', () => {
  const seconds = 2;
  const hz = 440;

  /** What comes out at the far end of another wire of the same kind. */
  async function sendTone(change = (packets: ArrayBuffer[]) => packets): Promise<Media> {
    const [near, far] = [new Media({ codec: 'opus', framing: 'rtp' }), new Media({ codec: 'opus', framing: 'rtp' })];
    await near.load();
    const samples = Int16Array.from(tone(48_000 * seconds, 48_000, hz), (sample) => sample * 32_767);
    for (let start = 0; start < samples.length; start += 960) {
      near.encode(samples.slice(start, start + 960).buffer, 960 + start);
    }
    await near.sent.count(samples.length / 960);
    await near.end();
    await far.load();
    for (const packet of change(near.sent.all)) far.decode(packet);
    await far.end();
    expect([...near.failures.all, ...far.failures.all]).to.deep.equal([]);
    return far;
  }

  it('carries a tone, in packets of 960 ticks each', async () => {
    let packets: ReturnType<typeof rtpFields>[] = [];
    const { samples } = await sendTone((sent) => {
      packets = sent.map(rtpFields);
      return sent;
    });
    expect(samples.length / 48_000).to.be.closeTo(seconds, 0.05);
    expect(fitSine(samples.slice(24_000, 72_000), 48_000, hz, 0).snrDb).to.be.above(15);
    expect(Math.max(...packets.map(({ payload }) => payload.length))).to.be.below(400);
    for (const [i, { timestamp, payloadType }] of packets.entries()) {
      expect((timestamp - packets[0]!.timestamp + 2 ** 32) % 2 ** 32).to.equal(960 * i);
      expect(payloadType).to.equal(111);
    }
  });

  it('leaves a gap in RTP’s clock where chunks were given up', async () => {
    const wire = new Media({ codec: 'opus', framing: 'rtp' });
    await wire.load();
    const positions = [0, 1, 2, 27, 28, 29].map((i) => 960 * (i + 1));
    for (const position of positions) wire.encode(new ArrayBuffer(1920), position);
    await wire.sent.count(positions.length);
    await wire.end();
    const packets = wire.sent.all.map(rtpFields).slice(-positions.length);
    const ticks = packets.map(({ timestamp }) => (timestamp - packets[0]!.timestamp + 2 ** 32) % 2 ** 32);
    expect(ticks).to.deep.equal(positions.map((position) => position - positions[0]!));
    expect(packets.map(({ marker }) => marker)).to.deep.equal([1, 0, 0, 1, 0, 0]);
  });

  it('lets go of its encoder at the end', async () => {
    const encoders: AudioEncoder[] = [];
    replace(
      globalThis,
      'AudioEncoder',
      class extends AudioEncoder {
        constructor(init: AudioEncoderInit) {
          super(init);
          encoders.push(this);
        }
      },
    );
    const wire = new Media({ codec: 'opus', framing: 'rtp' });
    await wire.load();
    await wire.end();
    expect(encoders.map(({ state }) => state)).to.deep.equal(['closed']);
  });

  it('keeps time where packets are lost or come in another order', async () => {
    const { samples } = await sendTone((sent) => {
      const kept = sent.filter((_, i) => i % 10 !== 5);
      [kept[20], kept[21]] = [kept[21]!, kept[20]!];
      return kept;
    });
    expect(samples.length / 48_000).to.be.closeTo(seconds, 0.08);
  });

  it('goes on after a packet that is none, and after one without content', async () => {
    const { samples } = await sendTone((sent) => {
      const { sequence, ssrc } = rtpFields(sent[40]!);
      const [garbage, empty] = [40, 60].map((i) =>
        rtpPacket({
          sequence: (sequence + i - 40) % 65_536,
          ssrc,
          payloadType: 111,
          payload: i === 40 ? Array<number>(60).fill(255) : [],
        }),
      );
      return sent.map((packet, i) => (i === 40 ? garbage! : i === 60 ? empty! : packet));
    });
    expect(samples.length / 48_000).to.be.closeTo(seconds, 0.1);
  });

  it('fails as unsupported-browser where the browser has no encoder, and throws nothing', async () => {
    remove(globalThis, 'AudioEncoder');
    const wire = new Media({ codec: 'opus', framing: 'rtp' });
    wire.decode(rtpPacket({ payloadType: 111, payload: [1] }));
    await wire.failures.count(1);
    expect(wire.failures.all).to.deep.equal(['unsupported-browser']);
    wire.encode(new ArrayBuffer(1920), 0);
    wire.decode(rtpPacket({ payloadType: 111, payload: [1] }));
    await wire.end();
    expect([wire.sent.all, wire.played.all]).to.deep.equal([[], []]);
  });

  it('fails as unsupported-browser where the encoder refuses Opus', async () => {
    replace(
      globalThis,
      'AudioEncoder',
      class {
        state = 'unconfigured';
        #error: () => void;
        constructor({ error }: { error: () => void }) {
          this.#error = error;
        }
        configure() {
          this.state = 'closed';
          queueMicrotask(this.#error);
        }
      },
    );
    const wire = new Media({ codec: 'opus', framing: 'rtp' });
    await wire.failures.count(1);
    expect(wire.failures.all).to.deep.equal(['unsupported-browser']);
    wire.encode(new ArrayBuffer(1920), 0);
    await wire.end();
  });
});
