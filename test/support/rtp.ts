/** The fields of one RTP packet, RFC 3550 §5.1. */
export interface RtpFields {
  readonly version?: number;
  readonly payloadType?: number;
  readonly marker?: boolean;
  readonly sequence?: number;
  readonly timestamp?: number;
  readonly ssrc?: number;
  readonly csrcs?: number;
  /** 32-bit words in the header's extension. */
  readonly extensionWords?: number;
  /** Bytes of padding, with the one that counts them. */
  readonly padding?: number;
  readonly payload?: readonly number[] | Uint8Array;
}

/** Lays an RTP packet out by hand, bit after bit as the RFC draws it. */
export function rtpPacket({
  version = 2,
  payloadType = 96,
  marker = false,
  sequence = 0,
  timestamp = 0,
  ssrc = 1,
  csrcs = 0,
  extensionWords,
  padding = 0,
  payload = [],
}: RtpFields): ArrayBuffer {
  const bits = (value: number, count: number) => (value >>> 0).toString(2).padStart(32, '0').slice(-count);
  const header = [
    bits(version, 2),
    bits(Number(padding > 0), 1),
    bits(Number(extensionWords !== undefined), 1),
    bits(csrcs, 4),
    bits(Number(marker), 1),
    bits(payloadType, 7),
    bits(sequence, 16),
    bits(timestamp, 32),
    bits(ssrc, 32),
    bits(0xc5c5c5c5, 32).repeat(csrcs),
    extensionWords === undefined
      ? ''
      : bits(0xbede, 16) + bits(extensionWords, 16) + bits(-1, 32).repeat(extensionWords),
  ].join('');
  const bytes = Array.from({ length: header.length / 8 }, (_, i) => parseInt(header.slice(8 * i, 8 * i + 8), 2));
  const filling = Array.from({ length: padding }, (_, i) => (i === padding - 1 ? padding : 0xee));
  return Uint8Array.from([...bytes, ...payload, ...filling]).buffer;
}

/** Reads a packet without extras. */
export function rtpFields(packet: ArrayBuffer) {
  const view = new DataView(packet);
  return {
    firstByte: view.getUint8(0),
    marker: view.getUint8(1) >> 7,
    payloadType: view.getUint8(1) & 127,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: [...new Uint8Array(packet, 12)],
  };
}
