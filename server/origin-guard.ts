import type { TokenRequest } from './request-fields.js';

/** The origins that may ask for a session: exact ones, or the endpoint's own alone. */
export type AllowedOrigins = 'same-origin' | ReadonlySet<string>;

/**
 * Whether the page that sent this request may have a session. What is not known to be allowed is refused.
 * It holds back browsers, which cannot forge these headers; a program can send any header it likes.
 */
export function admitsOrigin(request: TokenRequest, allowed: AllowedOrigins): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site === 'same-origin') return true;
  const origin = request.headers.get('origin');
  // `null` is every sandboxed frame, data: URL and local file at once: nobody in particular.
  if (origin === null || origin === 'null') return false;
  if (allowed !== 'same-origin') return allowed.has(origin);
  // Every browser of our baseline sends Sec-Fetch-Site, but over HTTPS and loopback only, and Safari only since 16.4.
  // Without it, Origin says the same where the request kept its scheme and host. Behind a proxy that changes them the
  // two differ and the request is refused: such a site lists its origin instead. A header that is there and says
  // anything but `same-origin` is believed.
  return site === null && origin === new URL(request.url).origin;
}

/** The listed origin that may read the answer, if the request comes from one. Its own origin needs no permission. */
export function readableBy(request: TokenRequest, allowed: AllowedOrigins): string | undefined {
  const origin = request.headers.get('origin');
  return origin !== null && allowed !== 'same-origin' && allowed.has(origin) ? origin : undefined;
}
