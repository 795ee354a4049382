export type { AudioDevice, AudioDevices } from '../audio/devices.js';
import type { SocketStats } from '../protocol/socket-host.js';
import type { CallError, CallErrorCode } from './errors.js';
import type { CallStatus } from './machine.js';

/** Why a call ended. */
export type EndReason = 'visitor' | 'agent' | 'page' | 'max-duration' | 'idle' | 'replaced' | 'error';

/** Figures of a call, up to now. */
export interface CallStats extends SocketStats {
  /** Synthflow's own name of the call, where its wire has one: what its API and log call it. */
  readonly callId?: string | undefined;
  /** How often the agent's speech was interrupted because it came too late. */
  readonly underruns: number;
  /** Agent audio that has arrived and is not played yet, in ms. */
  readonly bufferedMs: number;
  /** How often a lost connection was had again. */
  readonly reconnects: number;
  /** Samples of the agent given up because more than 120 s were waiting. */
  readonly droppedSamples: number;
  /** How long nothing of the agent's was left to play in those interruptions, in ms. */
  readonly concealedMs: number;
  /** How late the agent's messages come, in ms: half of them less than the first, 95 % less than the second. */
  readonly jitterP50Ms: number;
  readonly jitterP95Ms: number;
  /** How much later than the quickest message would allow it the agent should be heard and is, in ms; 0 while it is silent. */
  readonly targetMs: number;
  readonly delayMs: number;
  /**
   * From the start to the granted microphone, the session, the open socket, the agent that is ready and its first sound
   * (known to 200 ms), in ms; undefined before.
   */
  readonly microphoneMs?: number | undefined;
  readonly sessionMs?: number | undefined;
  readonly socketMs?: number | undefined;
  readonly readyMs?: number | undefined;
  readonly firstAudioMs?: number | undefined;
  /**
   * Rates of the devices in use, as the browser tells them, in Hz: Firefox tells none of the microphone, and Chromium 48,000 of
   * any while it cancels echo. Undefined before.
   */
  readonly microphoneHz?: number | undefined;
  readonly speakerHz?: number | undefined;
  /**
   * Loudness of both sides: RMS of 200 ms in dBFS, −100 is silence. New every 200 ms; while the element draws levels itself,
   * once a second and when somebody begins or ends to speak.
   */
  readonly visitorLevelDbfs: number;
  readonly agentLevelDbfs: number;
}

/** What a call tells, in the order in which it happens. */
export type CallReport =
  | { readonly type: 'status'; readonly status: CallStatus; readonly previous: CallStatus }
  /** The first `active` of a call. */
  | { readonly type: 'start'; readonly clientReference: string | undefined }
  | { readonly type: 'message'; readonly data: unknown }
  /** Once a second, from the first `active` to the end. */
  | { readonly type: 'stats'; readonly stats: CallStats }
  /** When that changes, and as often as the sound's figures come. */
  | {
      readonly type: 'speaking';
      readonly isAgentSpeaking: boolean;
      /** Also while muted. */
      readonly isVisitorSpeaking: boolean;
    }
  /** The microphone gives nothing, and it did not help to take it again; or is heard after all. */
  | { readonly type: 'microphone-silent'; readonly isOn: boolean }
  /** The sound stands still until the visitor taps, and `resume` is called in that tap; or goes on. */
  | { readonly type: 'needs-tap'; readonly isOn: boolean }
  /** Much of what was said in the last seconds was lost on the way, or the connection itself; or no longer. */
  | { readonly type: 'poor-connection'; readonly isOn: boolean }
  /** A key of the visitor's headset asks for it. */
  | { readonly type: 'toggle-mute' }
  | { readonly type: 'error'; readonly error: CallError; readonly clientReference: string | undefined }
  | {
      readonly type: 'end';
      readonly reason: EndReason;
      readonly duration: number;
      readonly code: CallErrorCode | null;
      readonly closeCode: number | null;
      readonly stats: CallStats;
      readonly clientReference: string | undefined;
    };

/** The figures of a call that has not begun. */
export const noStats: CallStats = {
  chunksSent: 0,
  chunksDropped: 0,
  audioMessages: 0,
  malformedMessages: 0,
  underruns: 0,
  bufferedMs: 0,
  reconnects: 0,
  droppedSamples: 0,
  concealedMs: 0,
  jitterP50Ms: 0,
  jitterP95Ms: 0,
  targetMs: 0,
  delayMs: 0,
  visitorLevelDbfs: -100,
  agentLevelDbfs: -100,
};
