/** What an Opus packet says of itself (RFC 6716 §3.1). */
export interface OpusPacketFacts {
  /** Of sound, 2.5 to 120. */
  durationMs: number;
  isStereo: boolean;
}

const maxMs = 120;
// By the first byte's upper five bits: SILK, hybrid, CELT.
const silkMs = [10, 20, 40, 60];
const hybridMs = [10, 20];
const celtMs = [2.5, 5, 10, 20];

/** Reads the first byte of a packet, and the second where it counts; undefined for what is none. */
export function readOpusPacket(packet: Uint8Array): OpusPacketFacts | undefined {
  const [first, second] = packet;
  if (first === undefined) return undefined;
  const config = first >> 3;
  const partMs = config < 12 ? silkMs[config & 3]! : config < 16 ? hybridMs[config & 1]! : celtMs[config & 3]!;
  const code = first & 3;
  const parts = code === 0 ? 1 : code < 3 ? 2 : (second ?? 0) & 0x3f;
  const durationMs = partMs * parts;
  if (parts === 0 || durationMs > maxMs) return undefined;
  return { durationMs, isStereo: (first & 4) !== 0 };
}
