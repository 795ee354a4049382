import type { CallError } from './errors.js';

/** How long a lost call may be tried to be had back, in ms, and how often. */
export const longestRetryMs = 20_000;
const mostTries = 3;

/** How often a call is had back; it ends with the next loss, however long it held: each session may be billed. */
export const mostReconnects = 5;

/** The longest wait before each try, in ms; the shortest is half of it. */
const firstWaitMs = 500;
const growth = 4;

/** How long a call must hold for its tries to be forgotten: one that breaks again and again must not go on for ever. */
const soundMs = 30_000;

/** What is known when a call is to be had back. */
export interface Retry {
  /** Tries since the call last held. */
  readonly tries: number;
  /** Since the loss. */
  readonly elapsedMs: number;
  /** Why the last try failed; none before the first. */
  readonly error?: Pick<CallError, 'code' | 'retryable' | 'retryAfterS' | 'httpStatus'> | undefined;
}

/**
 * How long to wait before the next try, in ms; null: give up. The waits grow, and they are spread, so that the visitors of
 * an agent that went down do not come back all at once. What the server says is heeded.
 * @param random - 0 to 1.
 */
export function nextRetryDelayMs({ tries, elapsedMs, error }: Retry, random = Math.random()): number | null {
  // A refusal stays one, but for "later".
  const isRefused = error?.code !== 'rate-limited' && (error?.httpStatus ?? 500) < 500;
  if (tries >= mostTries || error?.retryable === false || isRefused) return null;
  const waitMs = firstWaitMs * growth ** tries * (0.5 + random / 2);
  const delayMs = Math.max(waitMs, (error?.retryAfterS ?? 0) * 1000);
  return elapsedMs + delayMs < longestRetryMs ? delayMs : null;
}

/** The tries to begin with after a loss: those so far, or none where the call has held since. */
export const triesAfter = (tries: number, heldMs: number): number => (heldMs < soundMs ? tries : 0);
