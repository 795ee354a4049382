import type { CallStats, EndReason } from '../call/call-report.js';
import type { CallError, CallErrorCode } from '../call/errors.js';
import type { CallStatus } from '../call/machine.js';

/** Every event of the element bubbles and leaves shadow roots. */
const everywhere = { bubbles: true, composed: true };

/** Fired when a call is about to start, before anything is asked for. Cancel it and nothing happens. */
export class CallBeforeStartEvent extends Event {
  static readonly type = 'synthflow-before-start';
  constructor() {
    super(CallBeforeStartEvent.type, { ...everywhere, cancelable: true });
  }
}

/** Fired after every change of call status, whoever caused it. */
export class CallStatusEvent extends Event {
  static readonly type = 'synthflow-status';
  readonly status: CallStatus;
  readonly previous: CallStatus;
  constructor(status: CallStatus, previous: CallStatus) {
    super(CallStatusEvent.type, everywhere);
    this.status = status;
    this.previous = previous;
  }
}

/** Fired once a call, when the agent is ready and the two can talk. */
export class CallStartEvent extends Event {
  static readonly type = 'synthflow-start';
  constructor() {
    super(CallStartEvent.type, everywhere);
  }
}

/** Fired once for every attempt, when it is over. */
export class CallEndEvent extends Event {
  static readonly type = 'synthflow-end';
  readonly reason: EndReason;
  /** Seconds since the agent was ready; 0 where it never was. */
  readonly duration: number;
  /** Code of the failure, else null. */
  readonly code: CallErrorCode | null;
  /** Close code of the websocket where the other side closed it, else null. */
  readonly closeCode: number | null;
  readonly stats: CallStats;
  constructor(end: Omit<CallEndEvent, keyof Event>) {
    super(CallEndEvent.type, everywhere);
    ({
      reason: this.reason,
      duration: this.duration,
      code: this.code,
      closeCode: this.closeCode,
      stats: this.stats,
    } = end);
  }
}

/** Fired when an attempt failed, before its end. */
export class CallErrorEvent extends Event {
  static readonly type = 'synthflow-error';
  readonly error: CallError;
  constructor(error: CallError) {
    super(CallErrorEvent.type, everywhere);
    this.error = error;
  }
}

/** Fired for every text message of the agent that is not a known status. */
export class CallMessageEvent extends Event {
  static readonly type = 'synthflow-message';
  /** Parsed JSON, else the string. It comes from the network: never use it as markup. */
  readonly data: unknown;
  constructor(data: unknown) {
    super(CallMessageEvent.type, everywhere);
    this.data = data;
  }
}

/** Fired when the microphone was muted or unmuted, whoever did it. */
export class CallMuteEvent extends Event {
  static readonly type = 'synthflow-mute';
  readonly muted: boolean;
  constructor(muted: boolean) {
    super(CallMuteEvent.type, everywhere);
    this.muted = muted;
  }
}

/** Fired once a second while the two can talk. */
export class CallStatsEvent extends Event {
  static readonly type = 'synthflow-stats';
  readonly stats: CallStats;
  constructor(stats: CallStats) {
    super(CallStatsEvent.type, everywhere);
    this.stats = stats;
  }
}

/** The element's events by name. */
export interface CallEventMap {
  'synthflow-before-start': CallBeforeStartEvent;
  'synthflow-status': CallStatusEvent;
  'synthflow-start': CallStartEvent;
  'synthflow-end': CallEndEvent;
  'synthflow-error': CallErrorEvent;
  'synthflow-message': CallMessageEvent;
  'synthflow-mute': CallMuteEvent;
  'synthflow-stats': CallStatsEvent;
}

declare global {
  interface HTMLElementEventMap extends CallEventMap {}
  interface DocumentEventMap extends CallEventMap {}
}
