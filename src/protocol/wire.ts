/** What a session speaks, as the token endpoint says it. */
export interface WireChoice {
  /** `pcm`: Synthflow's widget websocket. `media`: its WebSocket media. */
  readonly protocol: 'pcm' | 'media';
  /** `media` only, as the next two. */
  readonly codec: 'l16' | 'pcmu' | 'pcma' | 'opus';
  /** `opus` goes in `rtp` alone. */
  readonly framing: 'payload' | 'rtp';
  /** The call is created when the socket is open, for the server that it reached. */
  readonly bind: boolean;
}

/** Rates and sizes that the rest of the call needs to know of a wire. */
export interface WireFormat {
  /** Rate of what the agent wants to hear, in Hz. */
  readonly captureRate: number;
  /** Rate of what the agent says, in Hz. */
  readonly playbackRate: number;
  /** Samples in one chunk that we send: 20 ms. */
  readonly chunkSamples: number;
  /** Bytes of one chunk on the wire, about. */
  readonly chunkBytes: number;
}

/** What a text message from the agent means. */
export type AgentText =
  /** Something between the wire and the agent. */
  | { readonly type: 'status' }
  | { readonly type: 'message'; readonly data: unknown }
  /** Not JSON: it surfaces as the string that it is, and is counted. */
  | { readonly type: 'malformed'; readonly data: string };

/** Where a wire's results go; some come later than what they are made of. */
export interface WireSinks {
  /** A binary message for the agent; its buffer is not kept. */
  send(message: ArrayBuffer): void;
  /** PCM16 (machine order) to be played; the buffer is the receiver's. */
  play(samples: ArrayBuffer): void;
  /** The wire cannot be spoken after all: the browser lacks something. */
  fail(code: 'unsupported-browser'): void;
}

/**
 * One wire protocol: how sound and status become websocket messages and back. Knows nothing of sockets, so that another
 * wire is one more file. One instance serves one socket (it may keep what is left of a message).
 */
export interface Wire {
  /** Text to send once, when the socket is open, the first chunk is captured and playback can start; '' is none. */
  readonly clientReady: string;
  /** Whether the agent listens, and sound can be sent. Where there is no {@link clientReady}, nothing is sent before. */
  readonly isAgentReady: boolean;
  /** Set once the socket waits to be bound to a call that is created for this server: only a claim. */
  readonly serverName?: string | undefined;
  /**
   * Sends a chunk of PCM16 (machine order), whose buffer may be used again at once.
   * @param position - Samples before it since the agent listens; more than were sent, where chunks were given up.
   */
  encode(chunk: ArrayBuffer, position: number): void;
  /** Plays the sound in a binary message of any length. Never throws. */
  decode(message: ArrayBuffer): void;
  /** What a text message says. Never throws. */
  read(text: string): AgentText;
  /** True where this close of a working call means that the agent hung up; else the connection was lost. */
  hungUp(closeCode: number): boolean;
  /** Plays what was held back and lets go of the rest. */
  end(): void | Promise<void>;
}

/** A text message as it surfaces, and its fields where it is a JSON object. */
export function readText(text: string) {
  try {
    const data: unknown = JSON.parse(text);
    return { type: 'message', data, fields: Object(data) as Partial<Record<string, unknown>> } as const;
  } catch {
    return { type: 'malformed', data: text, fields: {} as Partial<Record<string, unknown>> } as const;
  }
}

/** Close codes are documented for no wire. After a working call these three are how a server ends it on purpose. */
export const isHangUp = (closeCode: number): boolean => [1000, 1001, 1005].includes(closeCode);
