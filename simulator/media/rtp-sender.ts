import type { Random } from '../random.js';
import type { RtpFormat } from './codecs.js';
import { writeRtpPacket } from './rtp-packet.js';

/** Behaviour of an {@link RtpSender}; the scenario's knobs of the same names. */
export interface RtpSenderOptions {
  nearWrap: boolean;
  rtpExtras: boolean;
}

const packetsToWrap = 10;
const longestPauseMs = 100;

/** Puts RTP headers before payloads, so that a receiver could rebuild when each was said. */
export class RtpSender {
  readonly #codec: RtpFormat;
  readonly #extras: boolean;
  readonly #startMs: number;
  readonly #ssrc: number;
  readonly #csrcs: readonly number[];
  readonly #firstTimestamp: number;
  #sequence: number;
  /** Samples from the start of the stream to the end of the last packet, silence included. */
  #position = 0;
  #marker = false;

  /** @param startMs - When the stream's clock begins. */
  constructor(codec: RtpFormat, { nearWrap, rtpExtras }: RtpSenderOptions, random: Random, startMs: number) {
    const word = (): number => Math.floor(random() * 2 ** 32);
    this.#codec = codec;
    this.#extras = rtpExtras;
    this.#startMs = startMs;
    this.#ssrc = word();
    this.#csrcs = rtpExtras ? [word(), word()] : [];
    // RFC 3550 wants both random, so that they cannot be guessed; elsewhere than near the wrap, lest a test meet it by luck.
    const samplesToWrap = (packetsToWrap * codec.sampleRate) / 50;
    this.#sequence = nearWrap ? 2 ** 16 - packetsToWrap : Math.floor(random() * 2 ** 14);
    this.#firstTimestamp = nearWrap ? 2 ** 32 - samplesToWrap : Math.floor(random() * 2 ** 30);
  }

  /** Begins a talk spurt unless one is being said: the clock has gone on in the silence, and the next packet is marked. */
  talk(atMs: number): void {
    const position = Math.round(((atMs - this.#startMs) * this.#codec.sampleRate) / 1000);
    const pauseMs = ((position - this.#position) / this.#codec.sampleRate) * 1000;
    if (this.#position > 0 && pauseMs < longestPauseMs) return;
    this.#position = Math.max(this.#position, position);
    this.#marker = true;
  }

  /** The packet of what is said next. */
  pack(payload: Uint8Array): Uint8Array {
    const packet = writeRtpPacket(
      {
        marker: this.#marker,
        payloadType: this.#codec.payloadType,
        sequence: this.#sequence,
        timestamp: (this.#firstTimestamp + this.#position) % 2 ** 32,
        ssrc: this.#ssrc,
        csrcs: this.#csrcs,
        // Two words in the one-byte form of RFC 8285: element 1 of one byte, padding.
        ...(this.#extras
          ? { extension: { profile: 0xbede, content: Uint8Array.of(0x10, 0x55, 0, 0, 0, 0, 0, 0) } }
          : {}),
        payload,
      },
      this.#extras ? 4 : 0,
    );
    this.#marker = false;
    this.#sequence = (this.#sequence + 1) % 2 ** 16;
    this.#position += this.#codec.samplesIn(payload);
    return packet;
  }
}
