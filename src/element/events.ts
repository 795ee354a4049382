import type { CallStats, EndReason } from '../call/call-report.js';
import type { CallError, CallErrorCode } from '../call/errors.js';
import type { CallStatus } from '../call/machine.js';

/** Every event of the element bubbles and leaves shadow roots. */
class CallEvent extends Event {
  constructor(type: string, fields = {}, options: EventInit = {}) {
    super(type, { bubbles: true, composed: true, ...options });
    Object.assign(this, fields);
  }
}

/** Fired when a call is about to start, before anything is asked for. Cancel it and nothing happens. */
export class CallBeforeStartEvent extends CallEvent {
  static readonly type = 'synthflow-before-start';
  constructor() {
    super(CallBeforeStartEvent.type, {}, { cancelable: true });
  }
}

/** Fired after every change of call status, whoever caused it. */
export class CallStatusEvent extends CallEvent {
  static readonly type = 'synthflow-status';
  declare readonly status: CallStatus;
  declare readonly previous: CallStatus;
  constructor(status: CallStatus, previous: CallStatus) {
    super(CallStatusEvent.type, { status, previous });
  }
}

/** Fired once a call, when the agent is ready and the two can talk. */
export class CallStartEvent extends CallEvent {
  static readonly type = 'synthflow-start';
  /** The site's own name for the call, where it has given one. */
  declare readonly clientReference: string | undefined;
  constructor(clientReference?: string) {
    super(CallStartEvent.type, { clientReference });
  }
}

/** Fired once for every attempt, when it is over. */
export class CallEndEvent extends CallEvent {
  static readonly type = 'synthflow-end';
  declare readonly reason: EndReason;
  /** Seconds since the agent was ready; 0 where it never was. */
  declare readonly duration: number;
  /** Code of the failure, else null. */
  declare readonly code: CallErrorCode | null;
  /** Close code of the websocket where the other side closed it, else null. */
  declare readonly closeCode: number | null;
  declare readonly stats: CallStats;
  /** The site's own name for the call, where it has given one. */
  declare readonly clientReference: string | undefined;
  constructor(end: Omit<CallEndEvent, keyof Event>) {
    const { reason, duration, code, closeCode, stats, clientReference } = end;
    super(CallEndEvent.type, { reason, duration, code, closeCode, stats, clientReference });
  }
}

/** Fired when an attempt failed, before its end. */
export class CallErrorEvent extends CallEvent {
  static readonly type = 'synthflow-error';
  declare readonly error: CallError;
  /** The site's own name for the call, where it has given one. */
  declare readonly clientReference: string | undefined;
  constructor(error: CallError, clientReference?: string) {
    super(CallErrorEvent.type, { error, clientReference });
  }
}

/** Fired for every text message of the agent that is not a known status. */
export class CallMessageEvent extends CallEvent {
  static readonly type = 'synthflow-message';
  /** Parsed JSON, else the string. It comes from the network: never use it as markup. */
  declare readonly data: unknown;
  constructor(data: unknown) {
    super(CallMessageEvent.type, { data });
  }
}

/** Fired when the microphone was muted or unmuted, whoever did it. */
export class CallMuteEvent extends CallEvent {
  static readonly type = 'synthflow-mute';
  declare readonly muted: boolean;
  constructor(muted: boolean) {
    super(CallMuteEvent.type, { muted });
  }
}

/** Fired once a second while the two can talk. */
export class CallStatsEvent extends CallEvent {
  static readonly type = 'synthflow-stats';
  declare readonly stats: CallStats;
  constructor(stats: CallStats) {
    super(CallStatsEvent.type, { stats });
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
