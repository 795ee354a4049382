/** What an RTP packet says (RFC 3550 §5.1). */
export interface RtpPacket {
  marker: boolean;
  /** 0 to 127. */
  payloadType: number;
  /** 16 bits, one more with each packet. */
  sequence: number;
  /** 32 bits, in samples. */
  timestamp: number;
  /** 32 bits: who sends. */
  ssrc: number;
  /** 32 bits each: whose voices were mixed. */
  csrcs?: readonly number[];
  /** A header extension: 16 bits of its own, and whole 32-bit words. */
  extension?: { profile: number; content: Uint8Array };
  payload: Uint8Array;
}

/** Bytes of a header without CSRCs and extension. */
export const rtpHeaderLength = 12;

/**
 * Writes a packet.
 * @param paddingLength - Bytes after the payload, the last of which holds their number; 0 is no padding.
 */
export function writeRtpPacket(packet: RtpPacket, paddingLength = 0): Uint8Array {
  const { csrcs = [], extension, payload } = packet;
  const extensionLength = extension ? 4 + extension.content.length : 0;
  const payloadAt = rtpHeaderLength + 4 * csrcs.length + extensionLength;
  const bytes = new Uint8Array(payloadAt + payload.length + paddingLength);
  const view = new DataView(bytes.buffer);
  bytes[0] = (2 << 6) | (paddingLength > 0 ? 0x20 : 0) | (extension ? 0x10 : 0) | csrcs.length;
  bytes[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  view.setUint16(2, packet.sequence);
  view.setUint32(4, packet.timestamp);
  view.setUint32(8, packet.ssrc);
  csrcs.forEach((csrc, i) => view.setUint32(rtpHeaderLength + 4 * i, csrc));
  if (extension) {
    const at = payloadAt - extensionLength;
    view.setUint16(at, extension.profile);
    view.setUint16(at + 2, extension.content.length / 4);
    bytes.set(extension.content, at + 4);
  }
  bytes.set(payload, payloadAt);
  if (paddingLength > 0) bytes[bytes.length - 1] = paddingLength;
  return bytes;
}

/** Reads a packet; undefined for what is none: too short, not version 2, lengths that do not add up. */
export function readRtpPacket(bytes: Uint8Array): RtpPacket | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < rtpHeaderLength || bytes[0]! >> 6 !== 2) return undefined;
  const csrcCount = bytes[0]! & 0xf;
  let payloadAt = rtpHeaderLength + 4 * csrcCount;
  let extension: RtpPacket['extension'];
  if (bytes[0]! & 0x10) {
    if (bytes.length < payloadAt + 4) return undefined;
    const contentAt = payloadAt + 4;
    const profile = view.getUint16(payloadAt);
    payloadAt = contentAt + 4 * view.getUint16(payloadAt + 2);
    extension = { profile, content: bytes.subarray(contentAt, payloadAt) };
  }
  const isPadded = (bytes[0]! & 0x20) !== 0;
  const paddingLength = isPadded ? bytes.at(-1)! : 0;
  const payloadEnd = bytes.length - paddingLength;
  if (payloadEnd < payloadAt || (isPadded && paddingLength === 0)) return undefined;
  return {
    marker: bytes[1]! >= 0x80,
    payloadType: bytes[1]! & 0x7f,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    csrcs: Array.from({ length: csrcCount }, (_, i) => view.getUint32(rtpHeaderLength + 4 * i)),
    ...(extension ? { extension } : {}),
    payload: bytes.subarray(payloadAt, payloadEnd),
  };
}
