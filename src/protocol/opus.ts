import type { Codec, CodecSinks } from './codecs.js';

/** In Hz: what Opus calls its own (RFC 7587), whatever the bandwidth of what is said. */
const sampleRate = 48_000;

interface Packet {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly lostSamples: number;
}

/**
 * Opus by the browser's own encoder and decoder (WebCodecs): speech, mono.
 * @throws {ReferenceError} where the browser has no WebCodecs.
 */
export class OpusCodec implements Codec {
  #sinks: CodecSinks;
  #encoder: AudioEncoder;
  #decoder: AudioDecoder | undefined;
  /** Positions of what is being encoded, oldest first: Chromium's encoder counts on over a gap in the timestamps. */
  #encoding: number[] = [];
  /** What is being decoded, oldest first. */
  #decoding: Packet[] = [];

  constructor(sinks: CodecSinks) {
    this.#sinks = sinks;
    this.#encoder = new AudioEncoder({
      output: (packet) => {
        const payload = new Uint8Array(packet.byteLength);
        packet.copyTo(payload);
        sinks.write(payload.buffer, this.#encoding.shift() ?? 0);
      },
      error: () => sinks.fail('unsupported-browser'),
    });
    this.#encoder.configure({
      codec: 'opus',
      sampleRate,
      numberOfChannels: 1,
      bitrate: 32_000,
      opus: { application: 'voip', signal: 'voice', frameDuration: 20_000 },
    } as AudioEncoderConfig);
  }

  encode(chunk: ArrayBuffer, position: number): void {
    if (this.#encoder.state !== 'configured') return;
    const audio = new AudioData({
      format: 's16',
      sampleRate,
      numberOfFrames: chunk.byteLength / 2,
      numberOfChannels: 1,
      timestamp: (position * 1e6) / sampleRate,
      data: chunk,
    });
    this.#encoding.push(position);
    this.#encoder.encode(audio);
    audio.close();
  }

  decode(payload: Uint8Array<ArrayBuffer>, lostSamples: number): void {
    // What is no sound at all: an event in the stream, a packet without content.
    if (payload.length === 0) return this.#sinks.play(new ArrayBuffer(2 * lostSamples));
    this.#decoding.push({ payload, lostSamples });
    this.#decoder ??= this.#openDecoder();
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: 0, data: payload }));
  }

  async end(): Promise<void> {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
    // What was said last is still being decoded, perhaps by one decoder after the other.
    for (let decoder; (decoder = this.#decoder);) {
      await decoder.flush().catch(() => {});
      if (decoder !== this.#decoder) continue;
      this.#decoder = undefined;
      decoder.close();
    }
  }

  #openDecoder(): AudioDecoder {
    const decoder = new AudioDecoder({
      output: (audio) => this.#play(audio),
      // A packet that is none ends a decoder, and must not end the call: those after it get a new one.
      error: () => {
        this.#decoder = undefined;
        const [, ...rest] = this.#decoding.splice(0);
        for (const { payload, lostSamples } of rest) this.decode(payload, lostSamples);
      },
    });
    decoder.configure({ codec: 'opus', sampleRate, numberOfChannels: 1 });
    return decoder;
  }

  #play(audio: AudioData): void {
    const samples = new Float32Array(audio.numberOfFrames);
    audio.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    audio.close();
    const silence = this.#decoding.shift()?.lostSamples ?? 0;
    const pcm16 = new Int16Array(silence + samples.length);
    samples.forEach((sample, i) => {
      pcm16[silence + i] = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
    });
    this.#sinks.play(pcm16.buffer);
  }
}
