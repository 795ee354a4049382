import { Pcm16Stream } from '../pcm16-stream.js';
import { fromALaw, fromMuLaw, toALaw, toMuLaw } from './g711.js';

/** The codecs whose bytes are samples. */
export type SampleCodecName = 'l16' | 'pcmu' | 'pcma';

/** The codecs of `wsMediaCodec`. */
export type CodecName = SampleCodecName | 'opus';

/** What RTP must know of a codec. */
export interface RtpFormat {
  /** In Hz; also RTP's clock. */
  sampleRate: number;
  /** RTP's number for it: 0 and 8 are PCMU's and PCMA's own (RFC 3551), those from 96 on are agreed upon. */
  payloadType: number;
  /** How many samples a payload stands for. */
  samplesIn(payload: Uint8Array): number;
}

/** How samples lie in bytes. */
export interface SampleCodec extends RtpFormat {
  sampleBytes: number;
  encode(samples: Int16Array): Uint8Array;
  /** A decoder for one stream, whose messages may cut a sample in two. */
  createDecoder(): (bytes: Uint8Array) => Int16Array;
}

/** Lowest payload type that stands for nothing by itself. */
export const firstDynamicType = 96;

const g711 = (payloadType: number, to: (sample: number) => number, from: (byte: number) => number): SampleCodec => ({
  sampleRate: 8000,
  sampleBytes: 1,
  payloadType,
  samplesIn: ({ length }) => length,
  encode: (samples) => Uint8Array.from(samples, to),
  createDecoder: () => (bytes) => Int16Array.from(bytes, from),
});

/** All codecs whose bytes are samples, by their names. */
export const codecs: Readonly<Record<SampleCodecName, SampleCodec>> = {
  l16: {
    sampleRate: 16_000,
    sampleBytes: 2,
    payloadType: firstDynamicType,
    samplesIn: ({ length }) => length / 2,
    encode: (samples) => {
      const view = new DataView(new ArrayBuffer(samples.length * 2));
      // Network byte order (RFC 3551 §4.5.11).
      samples.forEach((sample, i) => view.setInt16(2 * i, sample));
      return new Uint8Array(view.buffer);
    },
    createDecoder: () => {
      const stream = new Pcm16Stream('big');
      return (bytes) => stream.push(bytes);
    },
  },
  pcmu: g711(0, toMuLaw, fromMuLaw),
  pcma: g711(8, toALaw, fromALaw),
};
