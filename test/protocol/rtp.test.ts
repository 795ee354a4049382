import { expect } from '@open-wc/testing';
import { RtpReader, RtpWriter } from '../../src/protocol/rtp.js';
import { seededRandom } from '../dsp/fixtures.js';
import { rtpFields, rtpPacket, type RtpFields } from '../support/rtp.js';

const samplesPerPacket = 4;

/** A reader of packets whose payload is their number, four times. */
class Reader {
  /** What came out: a payload's bytes, and 0 for each packet that was lost. */
  #out: (readonly number[] | 0)[] = [];
  #reader: RtpReader;

  constructor(payloadType = 96) {
    this.#reader = new RtpReader(payloadType, (payload, lostPackets) => {
      this.#out.push(...Array<0>(lostPackets).fill(0));
      if (payload.length > 0) this.#out.push([...payload]);
    });
  }

  /** What comes out of packets, one number for each; 0 for a lost one. */
  play(packets: readonly ArrayBuffer[]): number[] {
    for (const packet of packets) this.#reader.read(packet);
    return this.#taken();
  }

  /** What comes out without any more packets. */
  rest(): number[] {
    this.#reader.rest();
    return this.#taken();
  }

  /** What comes out as time goes by. */
  tick(): number[] {
    this.#reader.tick();
    return this.#taken();
  }

  #taken(): number[] {
    return this.#out.splice(0).map((payload) => {
      if (payload === 0) return 0;
      expect(payload, 'a packet was cut').to.deep.equal(Array(samplesPerPacket).fill(payload[0]));
      return payload[0]!;
    });
  }
}
const newReader = (payloadType?: number): Reader => new Reader(payloadType);

/** Packet `number` of a stream: four samples, all of them its number's (1 to 255). */
const valueOf = (number: number): number => 1 + (number % 255);
const numbered = (number: number, fields: RtpFields = {}): ArrayBuffer =>
  rtpPacket({
    sequence: (fields.sequence ?? 0) + number,
    timestamp: (fields.timestamp ?? 0) + samplesPerPacket * number,
    ssrc: fields.ssrc ?? 1,
    payloadType: fields.payloadType ?? 96,
    ...('csrcs' in fields ? { csrcs: fields.csrcs! } : {}),
    ...('extensionWords' in fields ? { extensionWords: fields.extensionWords! } : {}),
    ...('padding' in fields ? { padding: fields.padding! } : {}),
    payload: new Uint8Array(samplesPerPacket).fill(valueOf(number)),
  });

const playNumbers = (numbers: readonly number[], fields: RtpFields = {}, reader = newReader()): number[] =>
  reader.play(numbers.map((number) => numbered(number, fields)));
const values = (...numbers: (number | undefined)[]): number[] =>
  numbers.map((number) => (number === undefined ? 0 : valueOf(number)));

describe('RTP that goes out', () => {
  const payload = (): ArrayBuffer => Uint8Array.of(1, 2, 3).buffer;

  it('has the header of RFC 3550 §5.1 before its payload, and nothing optional', () => {
    const packet = new RtpWriter(8, 160).write(payload(), 0);
    expect(packet.byteLength).to.equal(15);
    expect(rtpFields(packet)).to.include({ firstByte: 0x80, payloadType: 8, marker: 1 });
    expect(rtpFields(packet).payload).to.deep.equal([1, 2, 3]);
  });

  it('counts packets by one and time in samples, and marks the first packet alone', () => {
    const writer = new RtpWriter(0, 160);
    const packets = Array.from({ length: 50 }, (_, i) => rtpFields(writer.write(payload(), 160 * i)));
    const [first] = packets;
    for (const [i, { sequence, timestamp, ssrc, marker }] of packets.entries()) {
      expect(sequence).to.equal((first!.sequence + i) % 2 ** 16);
      expect(timestamp).to.equal((first!.timestamp + 160 * i) % 2 ** 32);
      expect(ssrc).to.equal(first!.ssrc);
      expect(marker).to.equal(Number(i === 0));
    }
  });

  it('leaves a gap in the clock, not in the sequence, where something was not sent, and marks what follows it', () => {
    const writer = new RtpWriter(0, 160);
    const positions = [0, 160, 320, 800, 960, 48_000, 48_160];
    const packets = positions.map((position) => rtpFields(writer.write(payload(), position)));
    const [{ sequence, timestamp } = { sequence: 0, timestamp: 0 }] = packets;
    expect(packets.map((packet) => (packet.timestamp - timestamp + 2 ** 32) % 2 ** 32)).to.deep.equal(positions);
    expect(packets.map((packet) => (packet.sequence - sequence + 2 ** 16) % 2 ** 16)).to.deep.equal([
      ...positions.keys(),
    ]);
    expect(packets.map(({ marker }) => marker)).to.deep.equal([1, 0, 0, 1, 0, 1, 0]);
  });

  it('counts on through the wrap-around of both counters', () => {
    const writer = new RtpWriter(96, 65_536);
    // A second's samples in a packet, so that 70,000 packets pass 2^32 as well.
    let last = rtpFields(writer.write(payload(), 0));
    let wraps = 0;
    for (let i = 1; i <= 70_000; i++) {
      const packet = rtpFields(writer.write(payload(), 65_536 * i));
      if (packet.sequence !== (last.sequence + 1) % 2 ** 16) throw new Error(`sequence ${packet.sequence}`);
      if (packet.timestamp !== (last.timestamp + 65_536) % 2 ** 32) throw new Error(`timestamp ${packet.timestamp}`);
      wraps += Number(packet.sequence < last.sequence) + Number(packet.timestamp < last.timestamp);
      last = packet;
    }
    expect(wraps).to.be.at.least(2);
  });

  it('begins each stream somewhere else, under another name', () => {
    const streams = Array.from({ length: 8 }, () => rtpFields(new RtpWriter(96, 160).write(payload(), 0)));
    for (const field of ['sequence', 'timestamp', 'ssrc'] as const) {
      expect(new Set(streams.map((stream) => stream[field])).size, field).to.be.above(4);
    }
  });

  it('is read back as it was', () => {
    const writer = new RtpWriter(96, samplesPerPacket);
    const reader = newReader();
    for (let number = 0; number < 300; number++) {
      const sent = new Uint8Array(samplesPerPacket).fill(valueOf(number));
      expect(reader.play([writer.write(sent.buffer, samplesPerPacket * number)])).to.deep.equal(values(number));
    }
  });
});

describe('RTP that comes in', () => {
  it('is played packet by packet while none is missing', () => {
    const reader = newReader();
    for (let number = 0; number < 600; number++) {
      expect(reader.play([numbered(number)])).to.deep.equal(values(number));
    }
  });

  it('may have sources, extensions and padding, and is played without them', () => {
    for (let csrcs = 0; csrcs < 16; csrcs++) {
      for (const extension of [{}, { extensionWords: 0 }, { extensionWords: 1 }, { extensionWords: 9 }]) {
        for (const padding of [0, 1, 4, 255]) {
          const fields = { csrcs, padding, ...extension };
          expect(playNumbers([1, 2], fields), JSON.stringify(fields)).to.deep.equal(values(1, 2));
        }
      }
    }
  });

  it('is put in order where one packet came before the one that was due', () => {
    expect(playNumbers([0, 2, 1, 3])).to.deep.equal(values(0, 1, 2, 3));
    expect(playNumbers([0, 2, 1, 4, 3, 6, 5, 7])).to.deep.equal(values(0, 1, 2, 3, 4, 5, 6, 7));
  });

  it('gives a missing packet up when the second after it comes, and plays as much silence: time is kept', () => {
    const reader = newReader();
    expect(playNumbers([0, 2], {}, reader)).to.deep.equal(values(0));
    expect(playNumbers([3], {}, reader)).to.deep.equal(values(undefined, 2, 3));
    expect(playNumbers([1], {}, reader), 'too late').to.deep.equal([]);
    expect(playNumbers([4], {}, reader)).to.deep.equal(values(4));
    expect(playNumbers([8, 9], {}, reader)).to.deep.equal(values(undefined, undefined, undefined, 8, 9));
  });

  it('waits 40 ms where no more packets come: the end of a sentence is not kept for the next one', () => {
    const reader = newReader();
    playNumbers([0], {}, reader);
    for (let i = 0; i < 100; i++) expect(reader.tick()).to.deep.equal([]);
    expect(playNumbers([2], {}, reader)).to.deep.equal([]);
    expect([1, 2].flatMap(() => reader.tick())).to.deep.equal([]);
    expect(reader.tick()).to.deep.equal(values(undefined, 2));
    expect(playNumbers([1, 3], {}, reader)).to.deep.equal(values(3));
  });

  it('gives the rest when no more will come', () => {
    const reader = newReader();
    playNumbers([0, 3], {}, reader);
    const rest = values(undefined, undefined, 3);
    expect(reader.rest()).to.deep.equal(rest);
    expect(reader.rest()).to.deep.equal([]);
  });

  it('is played once where it comes twice, in order or not', () => {
    expect(playNumbers([0, 0, 1, 1, 0, 3, 3, 3, 2, 3, 2])).to.deep.equal(values(0, 1, 2, 3));
  });

  it('goes on through the wrap-around of sequence and timestamp, also when packets are lost right there', () => {
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    for (const fields of [
      { sequence: 65_526 },
      { timestamp: 2 ** 32 - 40 },
      { sequence: 65_526, timestamp: 2 ** 32 - 38 },
    ]) {
      const wrapped = (kept: readonly number[]) =>
        kept.map((number) => {
          const sequence = ((fields.sequence ?? 0) + number) % 2 ** 16;
          const timestamp = ((fields.timestamp ?? 0) + samplesPerPacket * number) % 2 ** 32;
          return rtpPacket({ sequence, timestamp, payload: Array<number>(samplesPerPacket).fill(valueOf(number)) });
        });
      expect(newReader().play(wrapped(numbers))).to.deep.equal(values(...numbers));
      const kept = numbers.filter((number) => number !== 9 && number !== 10);
      const expected = numbers.map((number) => (kept.includes(number) ? number : undefined));
      expect(newReader().play(wrapped(kept))).to.deep.equal(values(...expected));
    }
  });

  it('begins anew with a new source, and plays what the last one had left', () => {
    const reader = newReader();
    playNumbers([0, 2], {}, reader);
    const other = { ssrc: 2, sequence: 40_000, timestamp: 7 };
    expect(playNumbers([7, 8], other, reader)).to.deep.equal(values(undefined, 2, 7, 8));
  });

  it('begins anew where the sequence jumps far, in either direction', () => {
    for (const sequence of [101 + 1, 20_000, 40_000, 65_536 - 101]) {
      const reader = newReader();
      playNumbers([0], {}, reader);
      expect(playNumbers([0, 1], { sequence }, reader), `${sequence}`).to.deep.equal(values(0, 1));
    }
  });

  it('adds nothing where only the clock went on: the pause was heard already', () => {
    const reader = newReader();
    playNumbers([0, 1], {}, reader);
    expect(playNumbers([2, 3], { timestamp: 90_000 }, reader)).to.deep.equal(values(2, 3));
    // Lost and paused: as much silence as was lost.
    expect(playNumbers([5, 6], { timestamp: 900_000 }, reader)).to.deep.equal(values(undefined, 5, 6));
  });

  it('plays no other payload than sound, and misses none of it', () => {
    const reader = newReader(0);
    expect(playNumbers([0], { payloadType: 0 }, reader)).to.deep.equal(values(0));
    for (const [i, payloadType] of [13, 101, 8, 127].entries()) {
      expect(playNumbers([1 + i], { payloadType }, reader), `${payloadType}`).to.deep.equal([]);
    }
    expect(playNumbers([5, 6], { payloadType: 0 }, reader)).to.deep.equal(values(5, 6));
  });

  it('takes any payload type that is free to choose where ours is one, and none that is not', () => {
    for (const payloadType of [96, 97, 111, 127]) {
      expect(playNumbers([1, 2], { payloadType }), `${payloadType}`).to.deep.equal(values(1, 2));
    }
    for (const payloadType of [0, 8, 10, 13]) expect(playNumbers([1, 2], { payloadType })).to.deep.equal([]);
  });

  it('keeps to the first of them in a stream: a telephone’s events are no sound', () => {
    const reader = newReader();
    expect(playNumbers([1, 2], { payloadType: 97 }, reader)).to.deep.equal(values(1, 2));
    expect(playNumbers([3], { payloadType: 101 }, reader)).to.deep.equal([]);
    expect(playNumbers([4], { payloadType: 97 }, reader)).to.deep.equal(values(4));
    expect(playNumbers([9], { payloadType: 101, ssrc: 7 }, reader), 'another stream').to.deep.equal(values(9));
  });

  it('is not led astray by RTCP in between', () => {
    const reader = newReader();
    playNumbers([0, 1], {}, reader);
    for (const type of [200, 201, 202, 203, 204]) {
      const report = Uint8Array.from({ length: 28 }, (_, i) => [0x80, type, 0, 6, 0, 0, 0, 9][i] ?? 0xaa);
      expect(reader.play([report.buffer])).to.deep.equal([]);
    }
    expect(playNumbers([2, 3], {}, reader)).to.deep.equal(values(2, 3));
    // A report that would be the packet after the next.
    playNumbers([5], {}, reader);
    const sender = rtpPacket({ sequence: 6, payloadType: 72, payload: [6, 6, 6, 6] });
    expect(reader.play([sender])).to.deep.equal([]);
    expect(playNumbers([4], {}, reader)).to.deep.equal(values(4, 5));
  });

  it('is dropped where it is too short, of another version, or its lengths do not fit', () => {
    const reader = newReader();
    const whole = new Uint8Array(numbered(5, { csrcs: 3, extensionWords: 2, padding: 4 }));
    for (let length = 0; length < 12 + 12 + 12; length++) {
      expect(reader.play([whole.slice(0, length).buffer]), `${length} bytes`).to.deep.equal([]);
    }
    const wrong = [
      ...[0, 1, 3].map((version) => rtpPacket({ version, payload: [1, 1, 1, 1] })),
      new Uint8Array(numbered(5, { padding: 1 })).fill(0, -1).buffer,
      new Uint8Array(numbered(5, { padding: 1 })).fill(255, -1).buffer,
      new Uint8Array(numbered(5, { padding: 1 })).fill(samplesPerPacket + 2, -1).buffer,
    ];
    for (const packet of wrong) expect(reader.play([packet])).to.deep.equal([]);
    // None of them has begun a stream.
    expect(playNumbers([900, 901], {}, reader)).to.deep.equal(values(900, 901));
  });

  it('may be all padding, or empty', () => {
    const reader = newReader();
    playNumbers([0], {}, reader);
    expect(reader.play([rtpPacket({ sequence: 1, padding: 20 }), rtpPacket({ sequence: 2 })])).to.deep.equal([]);
    expect(playNumbers([3], {}, reader)).to.deep.equal(values(3));
  });

  it('keeps time and order through any loss and doubling, and whatever order the window bridges', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const dice = (sides: number) => Math.floor(random() * sides);
      const [sequence, timestamp, ssrc] = [dice(2 ** 16), dice(2 ** 32), dice(2 ** 32)];
      const loss = seed % 2 ? random() * 0.3 : 0;
      const sent = Array.from({ length: 200 }, (_, number) => number).filter(
        (number) => number === 0 || number > 190 || random() > loss,
      );
      // A packet is overtaken by at most the next, which is what the window bridges. Its double may come much later.
      const arrivals = sent.flatMap((number, i) => [
        { number, at: number === 0 ? -1 : i + 2 * random() },
        ...(random() < 0.2 ? [{ number, at: i + 2 + 20 * random() }] : []),
      ]);
      arrivals.sort((a, b) => a.at - b.at);
      const packets = arrivals.map(({ number }) =>
        rtpPacket({
          sequence: (sequence + number) % 2 ** 16,
          timestamp: (timestamp + samplesPerPacket * number) % 2 ** 32,
          ssrc,
          csrcs: dice(4),
          padding: dice(3) * dice(9),
          ...(random() < 0.3 ? { extensionWords: dice(4) } : {}),
          payload: Array<number>(samplesPerPacket).fill(valueOf(number)),
        }),
      );
      const reader = newReader();
      const played = [...reader.play(packets), ...reader.rest()];
      expect(played.length, `seed ${seed}: time`).to.equal(200);
      // Whatever is heard is heard at its time.
      const lostHere = played.filter((value, number) => value === 0 && sent.includes(number)).length;
      const wrong = played.filter((value, number) => value !== 0 && value !== valueOf(number)).length;
      expect(wrong, `seed ${seed}: order`).to.equal(0);
      const holes = played.filter((value, number) => value !== 0 && !sent.includes(number)).length;
      expect(holes, `seed ${seed}: loss`).to.equal(0);
      // Reordering next to a loss may cost a packet; without loss it costs none.
      if (sent.length === 200) expect(lostHere, `seed ${seed}`).to.equal(0);
    }
  });

  it('never throws, and never makes much of little, whatever the bytes are', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      let [payloads, lost] = [0, 0];
      const reader = new RtpReader(96, (payload, lostPackets) => {
        payloads += 1;
        lost += lostPackets;
        expect(lostPackets).to.be.within(0, 100);
        expect(payload.length).to.be.below(60);
      });
      for (let i = 1; i <= 60; i++) {
        const garbage = Uint8Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256));
        // Half of them look like packets, half of those of one source.
        if (random() < 0.5)
          garbage.set([0x80 + Math.floor(random() * 64), 96, 0, Math.floor(random() * 256)].slice(0, garbage.length));
        if (garbage.length > 12 && random() < 0.5) garbage.set([0, 0, 0, 1], 8);
        reader.read(garbage.buffer);
        expect(payloads).to.be.at.most(i);
      }
      expect(lost).to.be.below(60 * 100);
    }
  });

  it('counts at most a hundred lost packets at once: two seconds of silence', () => {
    const lost: number[] = [];
    const reader = new RtpReader(96, (_, lostPackets) => lost.push(lostPackets));
    reader.read(numbered(0));
    reader.read(numbered(101));
    reader.rest();
    reader.read(numbered(300));
    expect(lost).to.deep.equal([0, 100, 0]);
  });
});
