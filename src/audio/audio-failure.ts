/** Why there is no sound, by the codes that a call's error carries. */
export type AudioFailureCode =
  | 'unsupported-browser'
  | 'insecure-context'
  | 'microphone-denied'
  | 'microphone-blocked-by-policy'
  | 'microphone-not-found'
  | 'microphone-in-use'
  | 'microphone-lost'
  | 'audio-failed';

/** The one error that this floor throws. */
export class AudioFailure extends Error {
  readonly code: AudioFailureCode;
  /** @param detail - What the site's developer should know beside the code (no URL, no device label). */
  constructor(code: AudioFailureCode, detail = '', cause?: unknown) {
    super(detail, { cause });
    this.code = code;
  }
}
