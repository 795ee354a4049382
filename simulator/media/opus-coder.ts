import type { OpusDecoderHandle, OpusEncoderHandle } from 'libopus-wasm';
import type { CutOptions, Piece } from '../cut-bytes.js';
import type { Random } from '../random.js';
import { firstDynamicType } from './codecs.js';
import type { Coder } from './coder.js';
import { readOpusPacket } from './opus-packet.js';

/** What came as Opus. */
export interface OpusFigures {
  /** Payloads that are no Opus; not heard. */
  undecodable: number;
  /** Packets in stereo; heard as mono. Synthflow's calls are mono. */
  stereo: number;
  /** How many packets came of each duration in ms; 20 is right. */
  durationsMs: Record<number, number>;
}

/** Thrown where Opus is asked for and the package that has it is not installed; the message says what to do. */
export class OpusMissingError extends Error {
  constructor(options?: ErrorOptions) {
    super('Opus needs the package libopus-wasm: npm install libopus-wasm, or choose l16, pcmu or pcma.', options);
  }
}

/** Opus's own, and that of its RTP clock, whatever the sound was sampled at (RFC 7587 §4.1). */
const sampleRate = 48_000;
// 20, 10, 5 and 2.5 ms; nobody who talks live makes longer packets.
const packetLengths = [960, 480, 240, 120];
const bitrate = 32_000; // RFC 7587 §3.1.1: 28 to 40 kbit/s for speech of the full band
// Half of the quality scale costs half of the time, and nobody hears the difference.
const complexity = 5;

/** Opus, in one call. */
export class OpusCoder implements Coder {
  readonly sampleRate = sampleRate;
  readonly payloadType = firstDynamicType;
  readonly #encoder: OpusEncoderHandle;
  readonly #decoder: OpusDecoderHandle;
  readonly #durationsMs = new Map<number, number>();
  #undecodable = 0;
  #stereo = 0;

  constructor(encoder: OpusEncoderHandle, decoder: OpusDecoderHandle) {
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  get opusFigures(): OpusFigures {
    const durationsMs = Object.fromEntries(this.#durationsMs);
    return { undecodable: this.#undecodable, stereo: this.#stereo, durationsMs };
  }

  samplesIn(payload: Uint8Array): number {
    return ((readOpusPacket(payload)?.durationMs ?? 0) * sampleRate) / 1000;
  }

  /** Packets of the longest duration up to 20 ms that is not above `messageMs`; odd ones are of random durations. */
  *cut(samples: Int16Array, { messageMs, odd }: CutOptions, random: Random): Generator<Piece> {
    const messageLength = (messageMs * sampleRate) / 1000;
    const steady = packetLengths.find((length) => length <= messageLength) ?? packetLengths.at(-1)!;
    for (let at = 0; at < samples.length;) {
      const length = odd ? packetLengths[Math.floor(random() * packetLengths.length)]! : steady;
      yield { startMs: (at / sampleRate) * 1000, bytes: this.#encode(samples.subarray(at, at + length), length) };
      at += length;
    }
  }

  encode(samples: Int16Array): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (let at = 0; at < samples.length;) {
      const left = samples.length - at;
      const length = packetLengths.find((one) => one <= left) ?? packetLengths.at(-1)!;
      packets.push(this.#encode(samples.subarray(at, at + length), length));
      at += length;
    }
    return packets;
  }

  decode(payload: Uint8Array): Int16Array {
    const facts = readOpusPacket(payload);
    try {
      if (!facts) throw new RangeError('Not Opus.');
      const samples = this.#decoder.decode(payload);
      if (facts.isStereo) this.#stereo++;
      this.#durationsMs.set(facts.durationMs, (this.#durationsMs.get(facts.durationMs) ?? 0) + 1);
      return samples;
    } catch {
      this.#undecodable++;
      return new Int16Array(0);
    }
  }

  /** 2 MiB that begin as a packet of no parts, which RFC 6716 §3.2.5 forbids. */
  createHuge(): Uint8Array {
    const bytes = new Uint8Array(2 * 1024 * 1024).fill(0x55);
    bytes.set([0xff, 0]);
    return bytes;
  }

  /** What is missing at the end is silence. */
  #encode(samples: Int16Array, length: number): Uint8Array {
    const whole = new Int16Array(length);
    whole.set(samples);
    return this.#encoder.encode(whole, { frameSize: length });
  }
}

// The library's memory is its own, and the collector does not see it.
const released = new FinalizationRegistry<{ free(): void }[]>((handles) => handles.forEach((handle) => handle.free()));

/**
 * An Opus coder for one call.
 * @throws OpusMissingError where the package is not installed.
 */
export async function createOpusCoder(): Promise<OpusCoder> {
  const { Application, createDecoder, createEncoder, Signal } = await loadOpus();
  const format = { channels: 1, sampleRate } as const;
  const encoder = await createEncoder({
    ...format,
    application: Application.Voip,
    signal: Signal.Voice,
    bitrate,
    complexity,
  });
  const decoder = await createDecoder(format);
  const coder = new OpusCoder(encoder, decoder);
  released.register(coder, [encoder, decoder]);
  return coder;
}

/**
 * The library, loaded when it is needed first.
 * @throws OpusMissingError where it is not installed.
 */
async function loadOpus(): Promise<typeof import('libopus-wasm')> {
  try {
    return await import('libopus-wasm');
  } catch (error) {
    throw new OpusMissingError({ cause: error });
  }
}
