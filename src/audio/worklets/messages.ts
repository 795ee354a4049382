/** What the page tells the capture processor. Once linked, chunks leave through the port. */
export type CaptureCommand =
  | { readonly type: 'link'; readonly port: MessagePort }
  | { readonly type: 'mute'; readonly muted: boolean }
  | { readonly type: 'stop' };

/** What the page tells the playback processor. Once linked, the agent's PCM16 comes in through the port. */
export type PlaybackCommand =
  | { readonly type: 'link'; readonly port: MessagePort }
  | { readonly type: 'volume'; readonly volume: number }
  | { readonly type: 'flush' }
  | { readonly type: 'stop' };

/**
 * Figures of both sides, 5 times a second, from the playback processor: each message wakes the page's main thread, so there
 * is one for both. Levels are RMS since the last report; −100 is silence, −Infinity that every sample was 0, as of a
 * microphone that is gone. The audio thread uses one object for all of them.
 */
export interface SoundReport {
  /** The agent's own, whatever the volume; never −Infinity. */
  levelDbfs: number;
  visitorLevelDbfs: number;
  /** Also while muted. */
  isVisitorSpeaking: boolean;
  bufferedMs: number;
  underruns: number;
  droppedSamples: number;
  targetMs: number;
  delayMs: number;
  jitterP50Ms: number;
  jitterP95Ms: number;
  concealedMs: number;
}

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
  /** 0 to 1 (playback only). Default 1. */
  readonly volume?: number;
}
