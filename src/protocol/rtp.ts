/** Packets that wait for one that is missing, before it is given up: 60 ms of sound. */
const heldPackets = 3;
/** A packet that is further than this from the expected one begins anew: RFC 3550 appendix A.1, MAX_MISORDER. */
const farthestPackets = 100;
/** The longest silence that stands for lost packets, in samples: no packet can make it longer. */
const longestSilence = 32_000;

/** Puts payloads into RTP packets: RFC 3550 §5.1. One instance is one stream, which never pauses. */
export class RtpWriter {
  #payloadType: number;
  // Random, as §5.1 wants it: the first timestamp and sequence number, too.
  #random = crypto.getRandomValues(new Uint32Array(3));
  /** Set on the first packet: speech begins there (RFC 3551 §4.1). */
  #marker = 0x80;

  /** @param payloadType - 0 PCMU, 8 PCMA (RFC 3551 §6), 96 to 127 what both sides have agreed on. */
  constructor(payloadType: number) {
    this.#payloadType = payloadType;
  }

  /** @param sampleCount - Samples in the payload, by which the clock goes on. */
  write(payload: ArrayBuffer, sampleCount: number): ArrayBuffer {
    const packet = new Uint8Array(12 + payload.byteLength);
    const header = new DataView(packet.buffer);
    const [sequence = 0, timestamp = 0, ssrc = 0] = this.#random;
    // Version 2, and nothing optional.
    header.setUint16(0, 0x8000 + this.#marker + this.#payloadType);
    header.setUint16(2, sequence);
    header.setUint32(4, timestamp);
    header.setUint32(8, ssrc);
    packet.set(new Uint8Array(payload), 12);
    this.#marker = 0;
    this.#random[0]! += 1;
    this.#random[1]! += sampleCount;
    return packet.buffer;
  }
}

interface Packet {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly samples: Int16Array<ArrayBuffer>;
}

/**
 * Takes the sound out of RTP packets, in its order: late packets are waited for, lost ones become as much silence,
 * doubled ones are dropped. A gap in the clock alone is a pause of the sender's and adds nothing: it was heard already.
 */
export class RtpReader {
  #payloadType: number;
  #decode: (packet: ArrayBuffer, start: number, byteLength: number) => Int16Array<ArrayBuffer>;
  #ssrc: number | undefined;
  /** What the next packet in order has. */
  #sequence = 0;
  #timestamp = 0;
  /** Packets that came too early, in their order. */
  #held: Packet[] = [];

  /**
   * @param payloadType - What else comes in the stream (events, comfort noise) is no sound. From 96 on, where the
   *   number is the sender's choice, any from 96 on is taken.
   * @param decode - Makes samples of the payload, which lies at a multiple of 4 bytes.
   */
  constructor(
    payloadType: number,
    decode: (packet: ArrayBuffer, start: number, byteLength: number) => Int16Array<ArrayBuffer>,
  ) {
    this.#payloadType = payloadType;
    this.#decode = decode;
  }

  /** What can be played once this packet is there. What is no RTP packet is dropped; never throws. */
  read(message: ArrayBuffer): ArrayBuffer[] {
    const packet = this.#parse(message);
    if (!packet) return [];
    const played: ArrayBuffer[] = [];
    const ahead = distance(packet.sequence, this.#sequence);
    if (packet.ssrc !== this.#ssrc || Math.abs(ahead) > farthestPackets) {
      played.push(...this.rest());
      this.#ssrc = packet.ssrc;
      this.#sequence = packet.sequence;
    } else if (ahead < 0 || this.#held.some(({ sequence }) => sequence === packet.sequence)) {
      return played;
    }
    this.#held.push(packet);
    this.#held.sort((a, b) => distance(a.sequence, b.sequence));
    while (this.#held[0]?.sequence === this.#sequence || this.#held.length > heldPackets) {
      played.push(...this.#play(this.#held.shift()!));
    }
    return played;
  }

  /** What was held back for packets that will not come any more. */
  rest(): ArrayBuffer[] {
    return this.#held.splice(0).flatMap((packet) => this.#play(packet));
  }

  #play({ sequence, timestamp, samples }: Packet): ArrayBuffer[] {
    const lost = distance(sequence, this.#sequence);
    // The clock may also have gone on because the sender paused: a lost packet is as long as this one, at most.
    const clock = Math.max(0, (timestamp - this.#timestamp) | 0);
    const silence = new Int16Array(Math.min(clock, lost * samples.length, longestSilence));
    this.#sequence = (sequence + 1) & 0xffff;
    this.#timestamp = timestamp + samples.length;
    return [silence.buffer, samples.buffer];
  }

  #parse(message: ArrayBuffer): Packet | undefined {
    const { byteLength } = message;
    if (byteLength < 12) return undefined;
    const header = new DataView(message);
    const flags = header.getUint8(0);
    const type = header.getUint8(1) & 127;
    // Not version 2; RTCP (RFC 5761 §4).
    if (flags >> 6 !== 2 || (type > 63 && type < 96)) return undefined;
    let start = 12 + 4 * (flags & 15);
    const padding = flags & 32 ? header.getUint8(byteLength - 1) : 0;
    const end = byteLength - padding;
    if (flags & 16) start += start + 4 > end ? end : 4 + 4 * header.getUint16(start + 2);
    if (start > end || (flags & 32 && !padding)) return undefined;
    const isSound = type === this.#payloadType || Math.min(type, this.#payloadType) > 95;
    return {
      sequence: header.getUint16(2),
      timestamp: header.getUint32(4),
      ssrc: header.getUint32(8),
      samples: this.#decode(message, start, isSound ? end - start : 0),
    };
  }
}

/** How far one sequence number is after another, across their wrap-around: −32,768 to 32,767. */
function distance(sequence: number, other: number): number {
  return ((sequence - other) << 16) >> 16;
}
