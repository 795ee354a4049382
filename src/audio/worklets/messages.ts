/** What the page tells the capture processor. Once linked, chunks leave through the port. */
export type CaptureCommand =
  | { readonly type: 'link'; readonly port: MessagePort }
  | { readonly type: 'mute'; readonly muted: boolean }
  | { readonly type: 'stop' };

/** What the page tells the playback processor. Once linked, the agent's PCM16 comes in through the port. */
export type PlaybackCommand =
  | { readonly type: 'link'; readonly port: MessagePort }
  /** Whoever draws {@link Levels} is told of them from now on. */
  | { readonly type: 'levels'; readonly port: MessagePort }
  | { readonly type: 'volume'; readonly volume: number }
  | { readonly type: 'flush' }
  | { readonly type: 'stop' };

/** How loud both sides are, in dBFS, 5 times a second. While muted the visitor is silent. */
export type Levels = [visitor: number, agent: number];

/**
 * Figures of both sides, from the playback processor: each message wakes the page's main thread, so there is one for both.
 * 5 times a second; where {@link Levels} go to somebody else, that often only while something changes or is wrong (who
 * speaks, a microphone that gives nothing, gaps), and once a second else. Levels are RMS of the last 200 ms; −100 is
 * silence, −Infinity that every sample was 0, as of a microphone that is gone. The audio thread uses one object for all.
 */
export interface SoundReport {
  visitorLevelDbfs: number;
  /** Also while muted. */
  isVisitorSpeaking: boolean;
  /** The agent's own, whatever the volume; never −Infinity. */
  agentLevelDbfs: number;
  isAgentSpeaking: boolean;
  /** Agent audio that has arrived and not been played, in ms. */
  bufferedMs: number;
  /** How often the agent's speech was interrupted because it came too late. */
  underruns: number;
  /** Samples given up because more than 120 s were waiting. */
  droppedSamples: number;
  /** How much later than the quickest message would allow it the agent should be heard, in ms. */
  targetMs: number;
  /** How much later the agent is heard; 0 while nothing plays. */
  delayMs: number;
  /** How late messages come, in ms: half of them less than the first, 95 % less than the second. */
  jitterP50Ms: number;
  jitterP95Ms: number;
  /** How long nothing of the agent's was left to play in those interruptions, in ms. */
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
  readonly bargeIn?: BargeIn | undefined;
  /** 0 to 1 (playback only). Default 1. */
  readonly volume?: number;
}
