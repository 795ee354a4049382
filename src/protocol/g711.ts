// ITU-T G.711 (11/88) counts in 14 bits (µ-law) and 13 bits (A-law); here both are scaled to 16 bits, so that no sample
// is rounded twice. Eight segments of 16 steps a sign, each segment's steps twice as long as those of the one below.
// A sample between two decision values gets the step between them. For one that lies on a decision value the standard
// leaves open which; as in ITU-T's reference software (G.191), a step then begins there for positive samples and ends
// there for negative ones, which is what `~` does.

/** µ-law's bias: with it, each segment begins at a power of two. */
const bias = 132;

/** PCM16 to µ-law (a byte): ITU-T G.711, tables 2a and 2b. What is too loud is clipped. */
export function encodeMuLaw(sample: number): number {
  const biased = Math.min((sample < 0 ? ~sample : sample) + bias, 32_767);
  const segment = 24 - Math.clz32(biased);
  const step = (biased >> (segment + 3)) & 15;
  // All bits are sent inverted.
  return (sample < 0 ? 127 : 255) - (segment << 4) - step;
}

/** µ-law (a byte) to PCM16, −32,124 to 32,124. */
export function decodeMuLaw(byte: number): number {
  const code = ~byte & 127;
  const value = ((((code & 15) << 3) + bias) << (code >> 4)) - bias;
  return byte & 128 ? value : -value;
}

/** PCM16 to A-law (a byte): ITU-T G.711, tables 1a and 1b. */
export function encodeALaw(sample: number): number {
  const value = sample < 0 ? ~sample : sample;
  const segment = Math.max(0, 24 - Math.clz32(value));
  // The two lowest segments have steps of the same length.
  const step = (value >> (Math.max(1, segment) + 3)) & 15;
  // Even bits are sent inverted.
  return ((sample < 0 ? 0 : 128) + (segment << 4) + step) ^ 0x55;
}

/** A-law (a byte) to PCM16, −32,256 to 32,256, never 0. */
export function decodeALaw(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code >> 4) & 7;
  const middle = ((code & 15) << 4) + 8;
  const value = segment ? (middle + 256) << (segment - 1) : middle;
  return code & 128 ? value : -value;
}
