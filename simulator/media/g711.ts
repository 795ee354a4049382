/**
 * G.711, the telephone's 8 bits for a sample: the algorithm of ITU-T G.711, on 16-bit samples as ITU-T's own tool library
 * (G.191) has it. μ-law counts in 14 bits, A-law in 13; the rest of the 16 is cut off.
 */

/** μ-law's bias, added so that every segment is twice as long as the one before. */
const bias = 33;
const maxMagnitude = 0x1fff;

/** The μ-law byte of a sample. */
export function toMuLaw(sample: number): number {
  const magnitude = Math.min(maxMagnitude, ((sample < 0 ? ~sample : sample) >> 2) + bias);
  const segment = 31 - Math.clz32(magnitude) - 5; // 0 to 7
  const step = (magnitude >> (segment + 1)) & 0xf;
  // Every bit is sent inverted; the sign bit is set for what is not negative.
  return (~((segment << 4) | step) & 0x7f) | (sample < 0 ? 0 : 0x80);
}

/** The sample in the middle of a μ-law byte's interval. */
export function fromMuLaw(byte: number): number {
  const segment = (~byte >> 4) & 7;
  const step = ~byte & 0xf;
  const magnitude = (((2 * step + 1 + 32) << segment) - bias) * 4;
  return byte < 0x80 ? -magnitude : magnitude;
}

/** The A-law byte of a sample. */
export function toALaw(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4; // 0 to 2047
  const segment = Math.max(0, 31 - Math.clz32(magnitude) - 3); // 0 to 7; 0 and 1 have the same step
  const step = (magnitude >> Math.max(0, segment - 1)) & 0xf;
  // Every other bit is sent inverted.
  return ((segment << 4) | step | (sample < 0 ? 0 : 0x80)) ^ 0x55;
}

/** The sample in the middle of an A-law byte's interval. */
export function fromALaw(byte: number): number {
  const plain = byte ^ 0x55;
  const segment = (plain >> 4) & 7;
  const step = 2 * (plain & 0xf) + 1;
  const magnitude = segment === 0 ? step * 8 : ((step + 32) * 8) << (segment - 1);
  return plain < 0x80 ? -magnitude : magnitude;
}
