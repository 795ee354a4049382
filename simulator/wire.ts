import type { CutOptions, Piece } from './cut-bytes.js';
import type { CodecName } from './media/codecs.js';
import type { OpusFigures } from './media/opus-coder.js';
import type { RtpFigures } from './media/rtp-meter.js';
import type { PlannedMessage } from './pacing.js';
import type { Random } from './random.js';

/** Whether a binary message is the codec's bytes or a whole RTP packet around them. */
export type Framing = 'payload' | 'rtp';

/** How audio lies in the binary messages of a call. */
export interface WireFormat {
  /** The widget websocket, or WebSocket media. */
  protocol: 'pcm' | 'media';
  /** `pcm16` is the widget websocket's: little-endian, 48 kHz to the agent, 16 kHz from it. */
  codec: 'pcm16' | CodecName;
  framing: Framing;
  /** Rate of what the agent hears, in Hz, when the visitor's client is right. */
  heardRate: number;
  /** Rate of what the agent says, in Hz. */
  spokenRate: number;
}

/** What an agent must know of the wire that its call is on; one for each call. */
export interface Wire {
  readonly format: WireFormat;
  /** Of the call, where it has one. */
  readonly callId?: string;
  /** What the agent waits for: `status_client_ready`, nothing, or, after a `bind`, nothing but to say so. */
  readonly start: 'client-ready' | 'open' | 'bind';
  /** The text message that says that the agent is ready; undefined where there is none. */
  readonly readyText: string | undefined;
  /** Cuts samples of {@link WireFormat.spokenRate} into what messages hold of them, encoded. */
  cut(samples: Int16Array, options: CutOptions, random: Random): Iterable<Piece>;
  /** Bytes for one message that is far too long, and that nobody hears. */
  createHuge(random: Random): Uint8Array;
  /** Brings what is said from now on, planned without framing, into its framing and over the line. */
  frame(plan: Iterable<PlannedMessage>, nowMs: number): Iterable<PlannedMessage>;
  /** Messages of samples that are said now, with more to follow. */
  frameNow(samples: Int16Array, nowMs: number): Uint8Array[];
  /** The samples of {@link WireFormat.heardRate} that a binary message completes. */
  decode(message: Uint8Array): Int16Array;
  /** Where framing is `rtp`. */
  readonly rtpFigures?: RtpFigures;
  /** Where the codec is `opus`. */
  readonly opusFigures?: OpusFigures | undefined;
}
