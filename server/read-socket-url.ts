import { isLoopback } from './token-settings.js';

/**
 * A websocket URL of Synthflow's answer, if the widget may open it: a secure one at Synthflow or at our own upstream.
 * @param upstream - The base URL whose host counts as Synthflow's, in the clear too where it is this machine.
 */
export function readSocketUrl(text: unknown, upstream?: URL): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username || url.password) return undefined;
  const isOwnHost = url.host === upstream?.host;
  const isPlain = url.protocol === 'ws:' && isOwnHost && isLoopback(url.hostname);
  if (url.protocol !== 'wss:' && !isPlain) return undefined;
  return isOwnHost || /^(?:.+\.)?synthflow\.ai$/.test(url.hostname) ? url.href : undefined;
}
