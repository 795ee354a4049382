import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from './g711.js';
import type { Transcoder } from './media.js';
import { OpusCodec } from './opus.js';
import { RtpReader, RtpWriter } from './rtp.js';
import { swapBytes } from './swap-bytes.js';
import { mediaFormat } from './wire-format.js';
import type { WireChoice, WireSinks } from './wire.js';

/** Sound as payloads of 20 ms and back. Results may come later, in the order of what they are made of. */
export interface Codec {
  /** @param position - As {@link Transcoder} has it. */
  encode(chunk: ArrayBuffer, position: number): void;
  /** @param lostSamples - What is missing before the payload, to be played as silence. */
  decode(payload: Uint8Array<ArrayBuffer>, lostSamples: number): void;
  /** Resolves when all that was decoded is played. */
  end?(): Promise<void>;
}

/** Where a codec's results go. */
export interface CodecSinks extends Pick<WireSinks, 'play' | 'fail'> {
  write(payload: ArrayBuffer, position: number): void;
}

interface CodecFacts {
  /** RTP's number for it: RFC 3551 §6, agreed upon elsewhere from 96 on. */
  readonly payloadType: number;
  readonly create: (sinks: CodecSinks) => Codec;
}

const ofSamples =
  (encode: (chunk: ArrayBuffer) => ArrayBuffer, decode: (payload: Uint8Array<ArrayBuffer>) => ArrayBuffer) =>
  ({ write, play }: CodecSinks): Codec => ({
    encode: (chunk, position) => write(encode(chunk), position),
    decode: (payload, lostSamples) => {
      play(new ArrayBuffer(2 * lostSamples));
      play(decode(payload));
    },
  });

const g711 = (
  payloadType: number,
  encode: (sample: number) => number,
  decode: (byte: number) => number,
): CodecFacts => ({
  payloadType,
  create: ofSamples(
    (chunk) => Uint8Array.from(new Int16Array(chunk), encode).buffer,
    (payload) => new Int16Array(payload).map(decode).buffer,
  ),
});

const codecs: Record<WireChoice['codec'], CodecFacts> = {
  // Half a sample at a packet's end is left out.
  l16: {
    payloadType: 96,
    create: ofSamples(swapBytes, (payload) => swapBytes(payload.slice(0, payload.length & ~1).buffer)),
  },
  pcmu: g711(0, encodeMuLaw, decodeMuLaw),
  pcma: g711(8, encodeALaw, decodeALaw),
  opus: { payloadType: 111, create: (sinks) => new OpusCodec(sinks) },
};

/**
 * Makes what turns sound into messages of WebSocket media and back, for any codec and framing.
 * @throws {ReferenceError} for Opus, where the browser has no WebCodecs.
 */
export function createTranscoder(choice: WireChoice, { send, play, fail }: WireSinks): Transcoder {
  const { payloadType, create } = codecs[choice.codec];
  // RTP's clock is the sound's; for Opus that is 48 kHz at any bandwidth (RFC 7587 §4.1).
  const { chunkSamples } = mediaFormat(choice)!;
  if (choice.framing !== 'rtp') {
    const sound = create({ write: send, play, fail });
    return {
      encode: (chunk, position) => sound.encode(chunk, position),
      decode: (message) => sound.decode(new Uint8Array(message), 0),
    };
  }
  const writer = new RtpWriter(payloadType, chunkSamples);
  const sound = create({ write: (payload, position) => send(writer.write(payload, position)), play, fail });
  const reader = new RtpReader(payloadType, (payload, lost) => sound.decode(payload, lost * chunkSamples));
  return {
    encode: (chunk, position) => {
      reader.tick();
      sound.encode(chunk, position);
    },
    decode: (message) => reader.read(message),
    end: () => {
      reader.rest();
      return sound.end?.();
    },
  };
}
