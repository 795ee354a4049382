/**
 * Packets that wait for one that is missing: it is given up when the second one after it comes, before the player runs dry.
 * What comes through a websocket was put in another order before, if at all.
 */
const heldPackets = 1;
/** Ticks that they wait, where no more come. */
const heldTicks = 2;
/** A packet that is further than this from the expected one begins anew: RFC 3550 appendix A.1, MAX_MISORDER. */
const farthestPackets = 100;

/** Puts payloads into RTP packets: RFC 3550 §5.1. One instance is one stream. */
export class RtpWriter {
  #payloadType: number;
  #payloadSamples: number;
  // Random, as §5.1 wants it: the first sequence number and timestamp, too.
  #random = crypto.getRandomValues(new Uint32Array(3));
  #nextPosition = -1;

  /**
   * @param payloadType - 0 PCMU, 8 PCMA (RFC 3551 §6), 96 to 127 what both sides have agreed on.
   * @param payloadSamples - What one payload stands for.
   */
  constructor(payloadType: number, payloadSamples: number) {
    this.#payloadType = payloadType;
    this.#payloadSamples = payloadSamples;
  }

  /** @param position - Samples captured before the payload's first: what was not sent makes a gap in the clock alone. */
  write(payload: ArrayBuffer, position: number): ArrayBuffer {
    const packet = new Uint8Array(12 + payload.byteLength);
    const header = new DataView(packet.buffer);
    const [sequence, timestamp, ssrc] = this.#random as unknown as [number, number, number];
    // The marker is on the first packet, and on the first one after a gap: RFC 3551 §4.1.
    const marker = position === this.#nextPosition ? 0 : 0x80;
    // Version 2, and nothing optional.
    header.setUint16(0, 0x8000 + marker + this.#payloadType);
    header.setUint16(2, sequence);
    header.setUint32(4, timestamp + position);
    header.setUint32(8, ssrc);
    packet.set(new Uint8Array(payload), 12);
    this.#random[0] = sequence + 1;
    this.#nextPosition = position + this.#payloadSamples;
    return packet.buffer;
  }
}

interface Packet {
  readonly type: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/**
 * Takes the payloads out of RTP packets, in their order: late ones are waited for, lost ones are counted, doubled ones are
 * dropped. A gap in the clock alone is a pause of the sender's, which was heard already; so the timestamps are not read.
 */
export class RtpReader {
  #payloadType: number;
  #play: (payload: Uint8Array<ArrayBuffer>, lostPackets: number) => void;
  #ssrc: number | undefined;
  /** The stream's number for the sound. */
  #soundType: number;
  /** Sequence number of the next packet in order. */
  #sequence = 0;
  /** Packets that came too early, in their order. */
  #held: Packet[] = [];
  #ticks = 0;

  /**
   * @param payloadType - What else comes in the stream (events, comfort noise) is an empty payload. From 96 on, where the
   *   number is the sender's choice, it is the first from 96 on that comes.
   * @param play - Told of each payload in order, and how many packets were lost before it.
   */
  constructor(payloadType: number, play: (payload: Uint8Array<ArrayBuffer>, lostPackets: number) => void) {
    this.#payloadType = this.#soundType = payloadType;
    this.#play = play;
  }

  /** Plays what can be played once this packet is there. What is no RTP packet is dropped; never throws. */
  read(message: ArrayBuffer): void {
    const packet = this.#parse(message);
    if (!packet) return;
    const ahead = distance(packet.sequence, this.#sequence);
    if (packet.ssrc !== this.#ssrc || Math.abs(ahead) > farthestPackets) {
      this.rest();
      this.#ssrc = packet.ssrc;
      this.#sequence = packet.sequence;
      this.#soundType = Math.min(packet.type, this.#payloadType) > 95 ? packet.type : this.#payloadType;
    } else if (ahead < 0 || this.#held.some(({ sequence }) => sequence === packet.sequence)) {
      return;
    }
    if (this.#held.push(packet) === 1) this.#ticks = 0;
    this.#held.sort((a, b) => distance(a.sequence, b.sequence));
    while (this.#held[0]?.sequence === this.#sequence || this.#held.length > heldPackets) this.#playFirst();
  }

  /** To be called every 20 ms or so: a sender that pauses sends nothing that would end the waiting. */
  tick(): void {
    this.#ticks += 1;
    if (this.#ticks > heldTicks) this.rest();
  }

  /** Plays what was held back for packets that will not come any more. */
  rest(): void {
    while (this.#held.length > 0) this.#playFirst();
  }

  #playFirst(): void {
    const { sequence, type, payload } = this.#held.shift()!;
    const lost = distance(sequence, this.#sequence);
    this.#sequence = (sequence + 1) & 0xffff;
    this.#play(type === this.#soundType ? payload : payload.subarray(0, 0), lost);
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
    return {
      type,
      sequence: header.getUint16(2),
      ssrc: header.getUint32(8),
      payload: new Uint8Array(message, start, end - start),
    };
  }
}

/** How far one sequence number is after another, across their wrap-around: −32,768 to 32,767. */
function distance(sequence: number, other: number): number {
  return ((sequence - other) << 16) >> 16;
}
