import type { CallErrorCode } from '../../call/errors.js';
import type { CallStatus } from '../../call/machine.js';

/** Every word of the element. */
export interface Strings {
  readonly start: string;
  readonly cancel: string;
  readonly hangUp: string;
  readonly callAgain: string;
  readonly tryAgain: string;
  readonly mute: string;
  readonly close: string;
  readonly duration: string;
  readonly disclosure: string;
  readonly microphoneHint: string;
  readonly status: Readonly<Record<CallStatus, string>>;
  readonly errors: Readonly<Record<CallErrorCode, string>>;
}

const unavailable = 'The call is not available right now. Please try again later.';
const noConnection = 'The call could not be connected. Check your internet connection and try again.';

/** English, built in. */
export const en: Strings = {
  start: 'Start a call',
  cancel: 'Cancel',
  hangUp: 'Hang up',
  callAgain: 'Call again',
  tryAgain: 'Try again',
  mute: 'Mute microphone',
  close: 'Close',
  duration: 'Call duration',
  disclosure: 'You are talking with an AI agent, not a person.',
  microphoneHint: 'Your browser asks whether this page may use your microphone. Please allow it.',
  status: {
    idle: '',
    'requesting-microphone': 'Allow microphone…',
    connecting: 'Connecting…',
    waiting: 'Waiting for agent…',
    active: 'Connected',
    ended: 'Call ended',
    failed: 'Call failed',
  },
  errors: {
    'unsupported-browser': 'This browser cannot make calls. Please update it or use another one.',
    'insecure-context': unavailable,
    'microphone-denied':
      'The microphone is blocked. Allow it in the browser’s settings for this site, usually by the icon beside the address, and try again.',
    'microphone-blocked-by-policy': unavailable,
    'microphone-not-found': 'No microphone was found. Connect one and try again.',
    'microphone-in-use': 'The microphone cannot be used. Close other apps that may be using it and try again.',
    'microphone-lost': 'The microphone was disconnected. Connect it and try again.',
    'token-endpoint-missing': unavailable,
    'token-request-failed': unavailable,
    'token-request-timeout': noConnection,
    'token-response-invalid': unavailable,
    'rate-limited': 'All lines are busy. Please try again in a moment.',
    'session-url-rejected': unavailable,
    'connection-failed': noConnection,
    'connection-timeout': noConnection,
    'agent-timeout': 'The agent did not answer. Please try again.',
    'connection-lost': 'The connection was lost. Check your internet connection and try again.',
    'audio-failed': 'Sound could not be started. Check your speakers or headphones and try again.',
    'protocol-error': unavailable,
  },
};
