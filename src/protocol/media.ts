import { joinSamples } from './join-samples.js';
import { swapBytes } from './swap-bytes.js';
import {
  isHangUp,
  readText,
  type AgentText,
  type Wire,
  type WireChoice,
  type WireFormat,
  type WireSinks,
} from './wire.js';

/** Sound as binary messages and back. */
export type Transcoder = Pick<Wire, 'encode' | 'decode'> & Partial<Pick<Wire, 'end'>>;

/** A codec's rate (Hz) and the bytes in 20 ms of it. What an endpoint names is only a claim, of any type. */
const codecs = new Map<unknown, readonly [rate: number, chunkBytes: number]>([
  ['l16', [16_000, 640]],
  ['pcmu', [8000, 160]],
  ['pcma', [8000, 160]],
  ['opus', [48_000, 80]],
]);

/** The format of WebSocket media; undefined where there is no such codec or framing. */
export function mediaFormat({ codec, framing }: WireChoice): WireFormat | undefined {
  const facts = codecs.get(codec);
  if (!facts || !(framing === 'rtp' || (framing === 'payload' && codec !== 'opus'))) return undefined;
  const [rate, chunkBytes] = facts;
  return { captureRate: rate, playbackRate: rate, chunkSamples: rate / 50, chunkBytes };
}

/** What is held at most until the codec's file is there, in bytes: half a minute of L16. */
const mostHeldBytes = 2 ** 20;
/** However small they are, in messages: each takes some memory beside its bytes. */
const mostHeld = 2 ** 14;

/**
 * Synthflow's WebSocket media: 20 ms of a codec in each binary message, bare or as an RTP packet, and no status of ours.
 * L16 as bare payload is here; all else is in a file of its own, which is loaded at once. Until it is there the agent's
 * sound is held, and nobody is told that the agent listens, or that the socket can be bound.
 * Source: https://docs.synthflow.ai/ws-media-integration
 */
export class MediaWire implements Wire {
  readonly clientReady = '';
  readonly hungUp = isHangUp;
  /** Whether there is a call. Nothing is documented for one that has a socket of its own: it listens at once. */
  #isJoined: boolean;
  #serverName: string | undefined;
  #transcoder: Transcoder | undefined;
  #held: ArrayBuffer[] = [];
  #heldBytes = 0;

  /** @param choice - One that has a {@link mediaFormat}. */
  constructor(choice: WireChoice, sinks: WireSinks) {
    this.#isJoined = !choice.bind;
    if (choice.codec === 'l16' && choice.framing === 'payload') this.#transcoder = plain(sinks);
    else void this.#load(choice, sinks);
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
    if (this.#transcoder) this.#transcoder.decode(message);
    else if ((this.#heldBytes += message.byteLength) <= mostHeldBytes && this.#held.length < mostHeld)
      this.#held.push(message);
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

  async #load(choice: WireChoice, sinks: WireSinks): Promise<void> {
    const codecs = await import('./codecs.js').catch(() => sinks.fail('audio-failed'));
    try {
      const transcoder = (this.#transcoder = codecs?.createTranscoder(choice, sinks));
      for (const message of this.#held.splice(0)) transcoder?.decode(message);
    } catch {
      sinks.fail('unsupported-browser');
    }
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
