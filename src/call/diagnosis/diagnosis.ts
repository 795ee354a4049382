import type { WorkletLocation } from '../../audio/load-worklet.js';
import type { ThreadOptions } from '../call-thread.js';
import type { CallErrorCode } from '../errors.js';
import type { SessionRequest } from '../session.js';

/** What is looked at. */
export type CheckName =
  | 'secure-context'
  | 'getUserMedia'
  | 'AudioWorklet'
  | 'WebSocket'
  | 'Worker'
  | 'WebCodecs'
  | 'popover'
  | 'in-app-browser'
  | 'hours'
  | 'microphone-policy'
  | 'microphone-permission'
  | 'devices'
  | 'audio-context'
  | 'worklet-file'
  | 'worker-file'
  /** Only where no Worker starts. */
  | 'socket-host-file'
  /** Only where the page's language is not loaded. */
  | 'language-file'
  | 'styles'
  | 'token-endpoint'
  | 'socket-policy'
  | 'socket-host'
  /** `synthflow-call.diagnose.js` could not be loaded; then it is the only one. */
  | 'diagnose-file';

/** What one look has found. */
export interface Finding {
  /**
   * `warning`: calls work, but not as well as they could, or not for everybody. `failed`: no call can work.
   * `unknown`: the browser does not tell, or telling would cost a session or a permission.
   */
  readonly status: 'ok' | 'warning' | 'failed' | 'unknown';
  /** The code that a call's error would carry, where there is one. */
  readonly code?: CallErrorCode | undefined;
  /** What was found. */
  readonly message: string;
  /** What to change: the header or attribute itself. */
  readonly advice?: string | undefined;
}

/** One point of a {@link Diagnosis}. */
export interface DiagnosisCheck extends Finding {
  readonly name: CheckName;
  /** URL of the documentation that says more; for all that is not `ok`. */
  readonly docs?: string | undefined;
}

/** What `diagnose()` has found. Holds no session URL, token or device label, and not the token endpoint's URL. */
export interface Diagnosis {
  /** Nothing has failed. What is unknown may still fail. */
  readonly ok: boolean;
  /** The script's version. */
  readonly version: string;
  readonly checks: readonly DiagnosisCheck[];
}

/** How calls would be made: the element's attributes. */
export interface DiagnoseOptions extends SessionRequest, WorkletLocation, ThreadOptions {
  /**
   * Where the agent's websocket is, as `wss://host`. Default: `session-url`'s, else Synthflow's own, because the endpoint
   * names it only with a session, and a session is never spent here.
   */
  readonly socketOrigin?: string | undefined;
  /** The element's opening hours. */
  readonly hours?: string | undefined;
  /** The name of its language's file, where that is not loaded. */
  readonly language?: string | undefined;
}
