import { cutBytes, type CutOptions, type Piece } from '../cut-bytes.js';
import { hugeNoise } from '../hostile-messages.js';
import type { Random } from '../random.js';
import type { Framing } from '../wire.js';
import { type CodecName, codecs, type RtpFormat, type SampleCodec } from './codecs.js';
import { createOpusCoder, type OpusFigures } from './opus-coder.js';

/** A codec at work in one call: what it encodes is one stream, what it decodes another. */
export interface Coder extends RtpFormat {
  /** Cuts what is said into payloads, lazily. */
  cut(samples: Int16Array, options: CutOptions, random: Random): Iterable<Piece>;
  /** Payloads of samples that are said now. */
  encode(samples: Int16Array): Uint8Array[];
  /** The samples that a payload completes; none where it cannot be decoded. */
  decode(payload: Uint8Array): Int16Array;
  /** A payload that is far too long, and that nobody hears. */
  createHuge(random: Random): Uint8Array;
  /** Where it is Opus: what came. */
  readonly opusFigures?: OpusFigures;
}

/**
 * A coder for one call.
 * @throws OpusMissingError where that is what is missing.
 */
export async function createCoder(name: CodecName, framing: Framing): Promise<Coder> {
  return name === 'opus' ? createOpusCoder() : createSampleCoder(codecs[name], framing);
}

/** A coder whose bytes are samples. */
export function createSampleCoder(codec: SampleCodec, framing: Framing): Coder {
  const { sampleRate, payloadType, sampleBytes, samplesIn, encode } = codec;
  const layout = { sampleRate, sampleBytes, isWhole: framing === 'rtp' };
  return {
    sampleRate,
    payloadType,
    samplesIn,
    cut: (samples, options, random) => cutBytes(encode(samples), layout, options, random),
    encode: (samples) => [encode(samples)],
    // A packet holds whole samples: what is left over of one must not shift the next.
    decode: framing === 'rtp' ? (payload) => codec.createDecoder()(payload) : codec.createDecoder(),
    createHuge: (random) => encode(hugeNoise(random)),
  };
}
