import type { CallErrorCode } from '../../call/errors.js';
import type { CallStatus } from '../../call/machine.js';

/** Every word of the element. */
export interface Strings {
  /** Right to left. */
  readonly dir?: 'rtl';
  readonly start: string;
  readonly title: string;
  readonly cancel: string;
  readonly hangUp: string;
  readonly callAgain: string;
  readonly tryAgain: string;
  readonly mute: string;
  readonly close: string;
  /** Opens the card of a call that runs. */
  readonly show: string;
  readonly settings: string;
  readonly accept: string;
  readonly decline: string;
  /** Leads to the site's other way, where it has given that no words. */
  readonly fallback: string;
  /** Outside the opening hours. */
  readonly closed: string;
  readonly volume: string;
  readonly microphone: string;
  readonly speaker: string;
  readonly disclosure: string;
  readonly microphoneHint: string;
  readonly microphoneSilent: string;
  readonly resume: string;
  readonly mutedHint: string;
  /** Of the button beside it, which can also be held to talk. */
  readonly holdHint: string;
  readonly poorConnection: string;
  readonly status: Readonly<Record<CallStatus, string>>;
  /** What the visitor is told of a failure; of those that only the site can mend, and of the endpoint's refusals, `unavailable`. */
  readonly errors: Readonly<Partial<Record<CallErrorCode, string>>>;
  readonly unavailable: string;
}

const noConnection = 'The call could not be made. Check your connection and try again.';

/** English, built in. */
export const en: Strings = {
  start: 'Start a call',
  title: 'Call with an AI agent',
  cancel: 'Cancel',
  hangUp: 'Hang up',
  callAgain: 'Call again',
  tryAgain: 'Try again',
  mute: 'Mute microphone',
  close: 'Close',
  show: 'Show call',
  settings: 'Sound settings',
  accept: 'Accept and call',
  decline: 'Not now',
  fallback: 'Contact us another way',
  closed: 'Closed now',
  volume: 'Volume',
  microphone: 'Microphone',
  speaker: 'Speaker',
  disclosure: 'You are talking with an AI agent, not a person.',
  microphoneHint: 'Please allow the microphone when your browser asks.',
  mutedHint: 'Your microphone is muted.',
  holdHint: 'Hold to talk while muted',
  poorConnection: 'The connection is poor. Some of what you say may not be heard.',
  microphoneSilent: 'Nothing comes from your microphone. Is it switched on?',
  resume: 'Tap to resume',
  status: {
    idle: '',
    'requesting-microphone': 'Allow microphone…',
    connecting: 'Connecting…',
    waiting: 'Waiting for agent…',
    active: 'Connected',
    reconnecting: 'Reconnecting…',
    ended: 'Call ended',
    failed: 'Call failed',
  },
  unavailable: 'The call is not available right now. Please try again later.',
  errors: {
    'unsupported-browser': 'Please use another browser.',
    'microphone-denied':
      'Allow the microphone when your browser asks, or by the icon beside the page’s address, and try again.',
    'microphone-not-found': 'Connect a microphone and try again.',
    'microphone-in-use': 'Close other apps that use the microphone and try again.',
    'microphone-lost': 'Connect a microphone and try again.',
    'token-request-failed': noConnection,
    'token-request-timeout': noConnection,
    'rate-limited': 'All lines are busy. Please try again later.',
    'connection-failed': noConnection,
    'connection-timeout': noConnection,
    'agent-timeout': 'The agent did not answer. Please try again.',
    'connection-lost': 'The connection was lost. Check your connection and try again.',
    'audio-failed': 'The sound does not work. Please try again.',
  },
};
