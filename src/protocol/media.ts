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

/** A codec's rate (Hz) and the bytes in 20 ms of it. */
const codecs: Record<NonNullable<WireChoice['codec']>, readonly [rate: number, chunkBytes: number]> = {
  l16: [16_000, 640],
  pcmu: [8000, 160],
  pcma: [8000, 160],
  opus: [48_000, 80],
};

/** The format of WebSocket media; undefined where there is no such codec or framing. */
export function mediaFormat({ codec = 'l16', framing = 'payload' }: WireChoice): WireFormat | undefined {
  const isKnown = Object.hasOwn(codecs, codec) && (framing === 'rtp' || (framing === 'payload' && codec !== 'opus'));
  if (!isKnown) return undefined;
  const [rate, chunkBytes] = codecs[codec];
  return { captureRate: rate, playbackRate: rate, chunkSamples: rate / 50, chunkBytes };
}

/**
 * Synthflow's WebSocket media: 20 ms of a codec in each binary message, bare or as an RTP packet, and no status of ours.
 * Source: https://docs.synthflow.ai/ws-media-integration
 */
export class MediaWire implements Wire {
  readonly clientReady = '';
  readonly hungUp = isHangUp;
  /** Nothing is documented for a call that has a socket of its own: it listens at once. */
  isAgentReady: boolean;
  #transcoder: Transcoder;

  /** @param choice - One that has a {@link mediaFormat}. */
  constructor(choice: WireChoice, sinks: WireSinks) {
    const { codec = 'l16', framing = 'payload', bind } = choice;
    this.isAgentReady = !bind;
    this.#transcoder = codec + framing === 'l16payload' ? plain(sinks) : loaded(choice, sinks);
  }

  encode(chunk: ArrayBuffer, position: number): void {
    this.#transcoder.encode(chunk, position);
  }

  decode(message: ArrayBuffer): void {
    this.#transcoder.decode(message);
  }

  read(text: string): AgentText {
    const read = readText(text);
    const { type, 'server-name': serverName } = read.fields;
    if (type === 'server_info') return this.isAgentReady ? { type: 'status' } : { type: 'bind', serverName };
    if (type !== 'call_info') return read;
    this.isAgentReady = true;
    return { type: 'status' };
  }

  end(): void | Promise<void> {
    return this.#transcoder.end?.();
  }
}

/** L16 and nothing around it: the simplest, and the default. */
function plain({ send, play }: WireSinks): Transcoder {
  const join = joinSamples();
  return {
    encode: (chunk) => send(swapBytes(chunk)),
    decode: (message) => play(swapBytes(join(message))),
  };
}

/** All the others, from a file of their own. Until it is there the agent's sound waits, and the visitor's is given up. */
function loaded(choice: WireChoice, sinks: WireSinks): Transcoder {
  let transcoder: Transcoder | undefined;
  const loading = import('./codecs.js')
    .then(
      ({ createTranscoder }) => (transcoder = createTranscoder(choice, sinks)),
      () => sinks.fail('audio-failed'),
    )
    .catch(() => sinks.fail('unsupported-browser'));
  return {
    encode: (chunk, position) => transcoder?.encode(chunk, position),
    decode: (message) => void loading.then(() => transcoder?.decode(message)),
    end: () => loading.then(() => transcoder?.end?.()),
  };
}
