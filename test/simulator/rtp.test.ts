import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codecs } from '../../simulator/media/codecs.js';
import { LossyLine } from '../../simulator/media/lossy-line.js';
import { RtpMeter } from '../../simulator/media/rtp-meter.js';
import { readRtpPacket, type RtpPacket, writeRtpPacket } from '../../simulator/media/rtp-packet.js';
import { RtpSender } from '../../simulator/media/rtp-sender.js';
import { seededRandom } from '../../simulator/random.js';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const plain = { nearWrap: false, rtpExtras: false };

/** Packets of 20 ms of PCMU, right but for what is changed. */
function packets(count: number, change: (i: number) => Partial<RtpPacket> = () => ({})): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    writeRtpPacket({
      marker: i === 0,
      payloadType: 0,
      sequence: 100 + i,
      timestamp: 5000 + 160 * i,
      ssrc: 7,
      payload: new Uint8Array(160),
      ...change(i),
    }),
  );
}

function figuresOf(messages: readonly Uint8Array[], codec = codecs.pcmu) {
  const meter = new RtpMeter(codec);
  const heard = messages.map((message) => meter.push(message)).filter((payload) => payload !== undefined);
  return { ...meter.figures, heard: heard.length };
}

describe('an RTP packet', () => {
  // By hand, from the figures of RFC 3550 §5.1 and §5.3.1.
  const simple = hex('80 80 1234 89abcdef deadbeef fffe');
  const full = hex('b2 60 ffff 00000001 00000002 0000000a 0000000b bede0001 10550000 0102 00 02');

  it('is written byte by byte as RFC 3550 has it', () => {
    const header = { marker: true, payloadType: 0, sequence: 0x1234, timestamp: 0x89abcdef, ssrc: 0xdeadbeef };
    assert.deepEqual(writeRtpPacket({ ...header, payload: hex('fffe') }), simple);
    const extension = { profile: 0xbede, content: hex('10550000') };
    const rest = { marker: false, payloadType: 96, sequence: 65_535, timestamp: 1, ssrc: 2, csrcs: [10, 11] };
    assert.deepEqual(writeRtpPacket({ ...rest, extension, payload: hex('0102') }, 2), full);
  });

  it('is read, with CSRCs, extension and padding', () => {
    assert.deepEqual(readRtpPacket(simple), {
      marker: true,
      payloadType: 0,
      sequence: 0x1234,
      timestamp: 0x89abcdef,
      ssrc: 0xdeadbeef,
      csrcs: [],
      payload: hex('fffe'),
    });
    const packet = readRtpPacket(full)!;
    assert.deepEqual([packet.csrcs, packet.extension?.profile, packet.payload], [[10, 11], 0xbede, hex('0102')]);
  });

  it('is none when it is cut short, of another version or padded with more than there is', () => {
    for (let length = 0; length < 12; length++) assert.equal(readRtpPacket(simple.subarray(0, length)), undefined);
    for (let length = 12; length < 28; length++) assert.equal(readRtpPacket(full.subarray(0, length)), undefined);
    assert.equal(readRtpPacket(hex('40 80 1234 89abcdef deadbeef fffe')), undefined);
    assert.equal(readRtpPacket(hex('a0 80 1234 89abcdef deadbeef ff03')), undefined);
    assert.equal(readRtpPacket(hex('a0 80 1234 89abcdef deadbeef ff00')), undefined);
  });
});

describe('RtpSender', () => {
  it('counts packets and samples, and marks the first of each talk spurt', () => {
    const sender = new RtpSender(codecs.l16, plain, seededRandom(1), 1000);
    const sent: RtpPacket[] = [];
    for (const atMs of [1000, 1020, 1040, 3040, 3060]) {
      sender.talk(atMs);
      sent.push(readRtpPacket(sender.pack(new Uint8Array(640)))!);
    }
    const [first] = sent as [RtpPacket];
    assert.deepEqual(
      sent.map(({ marker }) => marker),
      [true, false, false, true, false],
    );
    assert.deepEqual(
      sent.map(({ sequence }) => sequence - first.sequence),
      [0, 1, 2, 3, 4],
    );
    assert.deepEqual(
      sent.map(({ timestamp }) => timestamp - first.timestamp),
      [0, 320, 640, 32_640, 32_960],
    );
    assert.ok(sent.every(({ ssrc, payloadType }) => ssrc === first.ssrc && payloadType === 96));
  });

  it('wraps around', () => {
    const sender = new RtpSender(codecs.pcma, { ...plain, nearWrap: true }, seededRandom(1), 0);
    sender.talk(0);
    const sent = Array.from({ length: 12 }, () => readRtpPacket(sender.pack(new Uint8Array(160)))!);
    assert.deepEqual(
      sent.slice(8).map(({ sequence }) => sequence),
      [65_534, 65_535, 0, 1],
    );
    assert.deepEqual(
      sent.slice(8).map(({ timestamp }) => timestamp),
      [2 ** 32 - 320, 2 ** 32 - 160, 0, 160],
    );
  });
});

describe('RtpMeter', () => {
  it('finds nothing wrong with what is right, over the wrap and after a marked pause', () => {
    const right = packets(20, (i) => ({
      sequence: (65_530 + i) % 65_536,
      timestamp: (2 ** 32 - 800 + 160 * i + (i >= 15 ? 9999 : 0)) % 2 ** 32,
      marker: i === 0 || i === 15,
    }));
    assert.deepEqual(figuresOf(right), {
      packets: 20,
      malformed: 0,
      payloadType: 0,
      wrongPayloadTypes: 0,
      sequenceGaps: 0,
      outOfOrder: 0,
      duplicates: 0,
      wrongTimestamps: 0,
      ssrcChanges: 0,
      markers: 2,
      firstMarked: true,
      heard: 20,
    });
  });

  it('counts gaps, late ones and copies, and hears all but the copies', () => {
    const sent = packets(10);
    const order = [0, 1, 3, 2, 4, 4, 7, 8].map((i) => sent[i]!);
    const { sequenceGaps, outOfOrder, duplicates, wrongTimestamps, heard } = figuresOf(order);
    assert.deepEqual([sequenceGaps, outOfOrder, duplicates, wrongTimestamps, heard], [2, 1, 1, 0, 7]);
  });

  it('counts timestamps that do not follow the samples', () => {
    assert.equal(figuresOf(packets(10, (i) => ({ timestamp: i * 320 }))).wrongTimestamps, 9);
    assert.equal(figuresOf(packets(10, (i) => ({ timestamp: i < 5 ? i * 160 : i * 160 + 800 }))).wrongTimestamps, 1);
    assert.equal(figuresOf(packets(10, (i) => ({ timestamp: 9000 - i * 160, marker: true }))).wrongTimestamps, 9);
  });

  it('does not hear the wrong payload type', () => {
    const figures = figuresOf(packets(10, (i) => ({ payloadType: i === 4 ? 8 : 0 })));
    assert.deepEqual([figures.wrongPayloadTypes, figures.heard, figures.payloadType], [1, 9, 0]);
    assert.equal(figuresOf(packets(3), codecs.pcma).wrongPayloadTypes, 3);
    assert.equal(
      figuresOf(
        packets(3, () => ({ payloadType: 111 })),
        codecs.l16,
      ).wrongPayloadTypes,
      0,
    );
    assert.equal(
      figuresOf(
        packets(3, (i) => ({ payloadType: 110 + i })),
        codecs.l16,
      ).wrongPayloadTypes,
      2,
    );
    assert.equal(
      figuresOf(
        packets(3, () => ({ payloadType: 11 })),
        codecs.l16,
      ).wrongPayloadTypes,
      3,
    );
  });

  it('counts changes of SSRC, missing markers and what is no packet', () => {
    assert.equal(
      figuresOf(packets(10, (i) => ({ ssrc: i < 5 ? 1 : 2, sequence: i < 5 ? i : 9000 + i }))).ssrcChanges,
      1,
    );
    assert.equal(figuresOf(packets(2, () => ({ marker: false }))).firstMarked, false);
    const { malformed, heard } = figuresOf([new Uint8Array(0), new Uint8Array(160), ...packets(1)]);
    assert.deepEqual([malformed, heard], [2, 1]);
  });
});

describe('LossyLine', () => {
  const pass = (shares: object, count = 1000): number[] => {
    const line = new LossyLine({ lossShare: 0, reorderShare: 0, duplicateShare: 0, ...shares }, seededRandom(3));
    const arrived = Array.from({ length: count }, (_, i) => line.pass(Uint8Array.of(i >> 8, i))).flat();
    return [...arrived, ...line.flush()].map(([high, low]) => high! * 256 + low!);
  };
  const all = Array.from({ length: 1000 }, (_, i) => i);

  it('changes nothing by itself', () => assert.deepEqual(pass({}), all));

  it('loses its share', () => {
    const { length } = pass({ lossShare: 0.1 });
    assert.ok(length > 870 && length < 930, `${length}`);
    assert.deepEqual(pass({ lossShare: 1 }), []);
  });

  it('swaps neighbours and loses none', () => {
    const arrived = pass({ reorderShare: 0.1 });
    assert.deepEqual(
      arrived.slice().sort((a, b) => a - b),
      all,
    );
    const moved = arrived.filter((packet, i) => packet !== i);
    assert.ok(moved.length > 120 && moved.length < 240, `${moved.length}`);
    arrived.forEach((packet, i) => assert.ok(Math.abs(packet - i) <= 1));
  });

  it('doubles its share', () => {
    const { length } = pass({ duplicateShare: 0.1 });
    assert.ok(length > 1070 && length < 1130, `${length}`);
  });
});
