/** Where a call is. It starts in `idle` and never comes back there. */
export type CallStatus =
  'idle' | 'requesting-microphone' | 'connecting' | 'waiting' | 'active' | 'reconnecting' | 'ended' | 'failed';

/** What moves a call. */
export type CallInput = 'start' | 'granted' | 'clientReady' | 'agentReady' | 'stop' | 'agentClosed' | 'lost' | 'fail';

const transitions: Record<CallStatus, Partial<Record<CallInput, CallStatus>>> = {
  idle: { start: 'requesting-microphone' },
  'requesting-microphone': { granted: 'connecting', stop: 'ended', fail: 'failed' },
  connecting: { clientReady: 'waiting', stop: 'ended', fail: 'failed' },
  waiting: { agentReady: 'active', stop: 'ended', fail: 'failed' },
  // `lost` is sent only where the site wants to reconnect.
  active: { agentClosed: 'ended', lost: 'reconnecting', stop: 'ended', fail: 'failed' },
  reconnecting: { agentReady: 'active', stop: 'ended', fail: 'failed' },
  ended: { start: 'requesting-microphone' },
  failed: { start: 'requesting-microphone' },
};

/** The status after an input. An input that the status does not know changes nothing. */
export const next = (status: CallStatus, input: CallInput): CallStatus => transitions[status][input] ?? status;

/** True between `start` and the end, while there is something to stop. */
export const isRunning = (status: CallStatus): boolean => 'stop' in transitions[status];
