/** The wires that this version speaks. */
export type WireName = 'pcm';

/** Rates and sizes that the audio floor needs to know of a wire. */
export interface WireFormat {
  /** Rate of what the agent wants to hear, in Hz. */
  readonly captureRate: number;
  /** Rate of what the agent says, in Hz. */
  readonly playbackRate: number;
  /** Samples in one chunk that we send. */
  readonly chunkSamples: number;
}

/** What a text message from the agent means. */
export type AgentText =
  | { readonly type: 'agent-ready' }
  | { readonly type: 'message'; readonly data: unknown }
  /** Not JSON: it surfaces as the string that it is, and is counted. */
  | { readonly type: 'malformed'; readonly data: string };

/**
 * One wire protocol: how sound and status become websocket messages and back. Knows nothing of sockets, so that a
 * second wire is one more file. One instance serves one socket (it may keep what is left of a message).
 */
export interface Wire {
  /** Text to send once, when the socket is open, the first chunk is captured and playback can start. */
  readonly clientReady: string;
  /** A chunk of PCM16 (machine order) as it goes out. May return the same buffer. */
  encode(chunk: ArrayBuffer): ArrayBuffer;
  /** The whole samples (PCM16, machine order) in a binary message of any length. May return the same buffer. */
  decode(message: ArrayBuffer): ArrayBuffer;
  /** What a text message says. Never throws. */
  read(text: string): AgentText;
  /** True where this close of a working call means that the agent hung up; else the connection was lost. */
  hungUp(closeCode: number): boolean;
}
