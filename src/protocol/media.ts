import { createTranscoder } from './codecs.js';
import { joinSamples } from './join-samples.js';
import { swapBytes } from './swap-bytes.js';
import { isHangUp, readText, type AgentText, type Wire, type WireChoice, type WireSinks } from './wire.js';

/** Sound as binary messages and back. */
export type Transcoder = Pick<Wire, 'encode' | 'decode'> & Partial<Pick<Wire, 'end'>>;

/**
 * Synthflow's WebSocket media: 20 ms of a codec in each binary message, bare or as an RTP packet, and no status of ours.
 * Source: https://docs.synthflow.ai/ws-media-integration
 */
export class MediaWire implements Wire {
  readonly clientReady = '';
  readonly hungUp = isHangUp;
  /** Whether there is a call. Nothing is documented for one that has a socket of its own: it listens at once. */
  #isJoined: boolean;
  #serverName: string | undefined;
  #transcoder: Transcoder | undefined;

  /** @param choice - One that has a format. */
  constructor(choice: WireChoice, sinks: WireSinks) {
    this.#isJoined = !choice.bind;
    try {
      const isPlain = choice.codec === 'l16' && choice.framing === 'payload';
      this.#transcoder = isPlain ? plain(sinks) : createTranscoder(choice, sinks);
    } catch {
      // Not before whoever makes it has it.
      queueMicrotask(() => sinks.fail('unsupported-browser'));
    }
  }

  get isAgentReady(): boolean {
    return this.#isJoined && !!this.#transcoder;
  }

  get serverName(): string | undefined {
    return this.#transcoder && this.#serverName;
  }

  encode(chunk: ArrayBuffer, position: number): void {
    this.#transcoder?.encode(chunk, position);
  }

  decode(message: ArrayBuffer): void {
    this.#transcoder?.decode(message);
  }

  read(text: string): AgentText {
    const read = readText(text);
    const { type, 'server-name': name } = read.fields;
    if (type === 'server_info') {
      if (!this.#isJoined) this.#serverName = typeof name === 'string' ? name : '';
    } else if (type === 'call_info') {
      this.#isJoined = true;
    } else {
      return read;
    }
    return { type: 'status' };
  }

  end(): void | Promise<void> {
    return this.#transcoder?.end?.();
  }
}

/** L16 and nothing around it: the simplest. */
function plain({ send, play }: WireSinks): Transcoder {
  const join = joinSamples();
  return {
    encode: (chunk) => send(swapBytes(chunk)),
    decode: (message) => play(swapBytes(join(message))),
  };
}
