import { firstDynamicType, type RtpFormat } from './codecs.js';
import { readRtpPacket, type RtpPacket } from './rtp-packet.js';

/** What was right and wrong with the RTP headers that came. */
export interface RtpFigures {
  /** Binary messages that were RTP packets. */
  packets: number;
  /** Binary messages that were none; not heard. */
  malformed: number;
  /** Payload type of the first packet; -1 when none came. */
  payloadType: number;
  /** Packets of another type than the codec's, or, where that is agreed upon, than the first; not heard. */
  wrongPayloadTypes: number;
  /** Packets whose sequence number was ahead of the next. */
  sequenceGaps: number;
  /** Packets whose sequence number was behind the next; heard when they came. */
  outOfOrder: number;
  /** Packets with the sequence number of the one before; not heard. */
  duplicates: number;
  /**
   * Packets, next in sequence, whose timestamp is not that of the one before plus its samples. Only a marker may leave out
   * silence.
   */
  wrongTimestamps: number;
  /** How often the SSRC changed. */
  ssrcChanges: number;
  /** Packets with the marker; 1 is right for one who speaks without pauses. */
  markers: number;
  /** Whether the first packet had it, as the start of a talk spurt. */
  firstMarked: boolean;
}

/** Reads the visitor's packets and counts what is wrong with them. */
export class RtpMeter {
  readonly #codec: RtpFormat;
  #last: RtpPacket | undefined;
  readonly #figures: RtpFigures = {
    packets: 0,
    malformed: 0,
    payloadType: -1,
    wrongPayloadTypes: 0,
    sequenceGaps: 0,
    outOfOrder: 0,
    duplicates: 0,
    wrongTimestamps: 0,
    ssrcChanges: 0,
    markers: 0,
    firstMarked: false,
  };

  constructor(codec: RtpFormat) {
    this.#codec = codec;
  }

  /** The counts so far. */
  get figures(): RtpFigures {
    return { ...this.#figures };
  }

  /** Takes a binary message; gives the payload that is to be heard. */
  push(bytes: Uint8Array): Uint8Array | undefined {
    const figures = this.#figures;
    const packet = readRtpPacket(bytes);
    if (!packet) {
      figures.malformed++;
      return undefined;
    }
    if (figures.packets++ === 0) {
      figures.payloadType = packet.payloadType;
      figures.firstMarked = packet.marker;
    }
    if (packet.marker) figures.markers++;
    const isHeard = this.#checkOrder(packet);
    if (this.#isRightType(packet.payloadType)) return isHeard ? packet.payload : undefined;
    figures.wrongPayloadTypes++;
    return undefined;
  }

  /** False for a copy of the packet before. */
  #checkOrder(packet: RtpPacket): boolean {
    const figures = this.#figures;
    const last = this.#last;
    if (last && packet.ssrc !== last.ssrc) figures.ssrcChanges++;
    if (!last || packet.ssrc !== last.ssrc) {
      this.#last = packet;
      return true;
    }
    const ahead = (packet.sequence - last.sequence - 1) & 0xffff;
    if (ahead === 0xffff) {
      figures.duplicates++;
      return false;
    }
    if (ahead >= 0x8000) {
      figures.outOfOrder++;
      return true;
    }
    this.#last = packet;
    if (ahead > 0) {
      figures.sequenceGaps++;
      return true;
    }
    const samples = this.#codec.samplesIn(last.payload);
    const skipped = (packet.timestamp - last.timestamp - samples) >>> 0;
    if (skipped !== 0 && !(packet.marker && skipped < 2 ** 31)) figures.wrongTimestamps++;
    return true;
  }

  #isRightType(payloadType: number): boolean {
    if (this.#codec.payloadType < firstDynamicType) return payloadType === this.#codec.payloadType;
    return payloadType >= firstDynamicType && payloadType === this.#figures.payloadType;
  }
}
