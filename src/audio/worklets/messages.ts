/** What the page tells the capture processor. Once linked, chunks leave through the port. */
export type CaptureCommand =
  | { readonly type: 'link'; readonly port: MessagePort }
  | { readonly type: 'mute'; readonly muted: boolean }
  | { readonly type: 'stop' };

/** What the page tells the playback processor. Once linked, the agent's PCM16 comes in through the port. */
export type PlaybackCommand =
  { readonly type: 'link'; readonly port: MessagePort } | { readonly type: 'flush' } | { readonly type: 'stop' };

/**
 * The capture processor tells the microphone's level (dBFS, a number) 20 times a second, also while muted: −100 is
 * silence, −Infinity that every sample was 0, as of a microphone that is gone.
 */
export type CaptureReport = number;

/** The playback processor's figures, 20 times a second. An array, because the audio thread reuses it. */
export type PlaybackReport = readonly [
  levelDbfs: number,
  bufferedMs: number,
  underruns: number,
  droppedSamples: number,
];

/** Options of both processors. */
export interface ProcessorOptions {
  /** Rate on the wire, in Hz. */
  readonly wireRate: number;
  /** Samples in a chunk (capture only). */
  readonly chunkSamples: number;
  /** Whether it begins muted (capture only). Default false. */
  readonly isMuted?: boolean;
}
