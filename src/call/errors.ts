import type { AudioFailureCode } from '../audio/audio-failure.js';

/** Every way in which a call can fail. */
export type CallErrorCode =
  | AudioFailureCode
  | 'token-endpoint-missing'
  | 'token-request-failed'
  | 'token-request-timeout'
  | 'token-response-invalid'
  | 'rate-limited'
  | 'session-url-rejected'
  | 'connection-failed'
  | 'connection-timeout'
  | 'agent-timeout'
  | 'connection-lost'
  | 'protocol-error';

/** What is known of a failure beside its code. */
export interface CallErrorDetails {
  /** Said to the developer after the code's own sentence. Never holds a URL, a token or what a server sent as text. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
  readonly retryAfterS?: number | undefined;
  readonly httpStatus?: number;
  readonly endpointCode?: string | undefined;
  readonly closeCode?: number;
}

/** For the site's developer: what happened and what to change. */
const sentences: Record<CallErrorCode, string> = {
  'unsupported-browser':
    'Set fallback-href: the browser lacks getUserMedia, AudioWorklet, popover or, for Opus, WebCodecs.',
  'insecure-context': 'Serve the page over https, and every page around its iframe.',
  'microphone-denied':
    'Visitor, browser or system refused the microphone. An iframe needs allow="microphone; autoplay".',
  'microphone-blocked-by-policy':
    'Send "Permissions-Policy: microphone=(self)". An iframe needs allow="microphone; autoplay".',
  'microphone-not-found': "Connect a microphone, or allow it in the system's settings.",
  'microphone-in-use': 'Close other applications that hold the microphone.',
  'microphone-lost': 'Connect a microphone: there was none for 2 s.',
  'token-endpoint-missing': 'Set token-endpoint to the URL of yours, or tokenProvider.',
  'token-request-failed': 'The token endpoint gave no session.',
  'token-request-timeout': 'The token endpoint did not answer within 10 s. Mend the error in its log.',
  'token-response-invalid': 'The token endpoint must answer JSON: { "sessionURL": "wss://…" }.',
  'rate-limited': 'The token endpoint gave no session for now.',
  'session-url-rejected': 'sessionURL must be an absolute wss: URL.',
  'connection-failed':
    'The websocket was refused, or closed before the agent was ready. Allow it in connect-src of the Content-Security-Policy. A session URL works once.',
  'connection-timeout': 'The websocket did not open within 10 s. Let firewalls and proxies pass it.',
  'agent-timeout': 'The agent was not ready within 20 s. Try `synthflow-call doctor --live`.',
  'connection-lost': 'The connection was lost. Raise the timeouts of proxies.',
  'audio-failed': 'No sound. Serve all files in one version; close other AudioContexts.',
  'protocol-error': 'Unknown protocol, codec, framing or server name. Serve script and endpoint in one version.',
};

/** Failures that a second try cannot mend without a change to the page, the site or the browser. */
const final: ReadonlySet<CallErrorCode> = new Set([
  'unsupported-browser',
  'insecure-context',
  'microphone-blocked-by-policy',
  'token-endpoint-missing',
  'protocol-error',
]);

/** Why a call failed. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: CallErrorCode;
  /** For the visitor, in the element's language. Set by the element; in English by the client. */
  visitorMessage = '';
  /** False where trying again is of no use until something is changed. */
  readonly retryable: boolean;
  /** Seconds to wait, where the server said so. */
  declare readonly retryAfterS?: number | undefined;
  /** Status of the token endpoint's refusal. */
  declare readonly httpStatus?: number;
  /** Code in the token endpoint's refusal. */
  declare readonly endpointCode?: string | undefined;
  /** The websocket's close code. */
  declare readonly closeCode?: number;

  constructor(code: CallErrorCode, { detail, cause, ...known }: CallErrorDetails = {}) {
    const { closeCode } = known;
    super([sentences[code], detail, closeCode && `Close code: ${closeCode}.`].filter(Boolean).join(' '), { cause });
    this.code = code;
    this.retryable = !final.has(code);
    Object.assign(this, known);
  }
}
