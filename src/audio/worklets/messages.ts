/** What the page tells the capture processor. Once linked, chunks leave through the port. */
export type CaptureCommand =
  | { readonly type: 'link'; readonly port: MessagePort }
  | { readonly type: 'mute'; readonly muted: boolean }
  | { readonly type: 'stop' };

/** What the page tells the playback processor. Once linked, the agent's PCM16 comes in through the port. */
export type PlaybackCommand =
  { readonly type: 'link'; readonly port: MessagePort } | { readonly type: 'flush' } | { readonly type: 'stop' };

/**
 * The capture processor tells how loud the microphone is (−100 is silence, −Infinity that every sample was 0, as of a
 * microphone that is gone) and whether the visitor speaks, 10 times a second, also while muted. An array, as is the next,
 * because the audio thread reuses it.
 */
export type CaptureReport = readonly [levelDbfs: number, isSpeaking: boolean];

/** The playback processor's figures, 10 times a second. */
export type PlaybackReport = readonly [
  levelDbfs: number,
  bufferedMs: number,
  underruns: number,
  droppedSamples: number,
  targetMs: number,
  delayMs: number,
  jitterP50Ms: number,
  jitterP95Ms: number,
  concealedMs: number,
];

/**
 * What the agent's audio does while the visitor speaks over it: it goes down by 12 dB, or what is buffered is dropped once an
 * utterance, or nothing.
 */
export type BargeIn = 'duck' | 'clear' | 'off';

/** Options of both processors. */
export interface ProcessorOptions {
  /** Rate on the wire, in Hz. */
  readonly wireRate: number;
  /** Samples in a chunk (capture only). */
  readonly chunkSamples: number;
  /** Whether it begins muted (capture only). Default false. */
  readonly isMuted?: boolean;
  /** Playback only. Default `duck`. */
  readonly bargeIn?: BargeIn;
}
