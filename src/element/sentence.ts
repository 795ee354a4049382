import type { CallError } from '../call/errors.js';
import type { Strings } from './locales/en.js';

/** What the visitor is told of a failure. */
export function sentenceOf({ code, httpStatus }: CallError, strings: Strings): string {
  // An endpoint that has answered is no matter of the visitor's connection.
  const isRefused = code === 'token-request-failed' && httpStatus;
  return (!isRefused && strings.errors[code]) || strings.unavailable;
}
