import { readCapped } from './read-capped.js';
import { Refusal } from './refusal.js';
import { isLoopback, type TokenSettings } from './token-settings.js';

/** For the whole exchange with Synthflow, the body included. */
const timeLimitMs = 8000;
const answerLimitBytes = 16 * 1024;

/**
 * Asks Synthflow for one session of an agent.
 * @returns The session URL: short-lived, works once.
 * @throws Refusal - and nothing else. None of Synthflow's words pass on, and no cause: a failed fetch may quote the key.
 */
export async function fetchSession(
  settings: Pick<TokenSettings, 'apiKey' | 'fetch' | 'widgetBaseUrl'>,
  agentId: string,
  clientSignal: AbortSignal,
): Promise<string> {
  const { fetch, apiKey, widgetBaseUrl } = settings;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeLimitMs);
  try {
    const response = await fetch(`${widgetBaseUrl}/websocket/token/${agentId}`, {
      headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json' },
      // Never followed: the key would go along. Cloudflare throws at 'error' before it sends anything, so a redirect
      // is told by its status: https://github.com/cloudflare/cloudflare-docs/pull/33362
      redirect: 'manual',
      signal: AbortSignal.any([deadline.signal, clientSignal]),
    });
    if (!response.ok) {
      response.body?.cancel().catch(() => undefined);
      throw refusalFor(response);
    }
    const sessionUrl = readSessionUrl(await readCapped(response.body, answerLimitBytes), widgetBaseUrl);
    if (!sessionUrl || sessionUrl.includes(apiKey)) {
      throw new Refusal('upstream-error', 'Synthflow answered without a usable session URL.');
    }
    return sessionUrl;
  } catch (error) {
    if (clientSignal.aborted) throw new Refusal('client-closed', 'The client left before the answer.');
    if (deadline.signal.aborted) throw new Refusal('upstream-timeout', 'Synthflow did not answer in time.');
    if (error instanceof Refusal) throw error;
    throw new Refusal('upstream-error', 'Synthflow could not be reached.');
  } finally {
    clearTimeout(timer);
  }
}

function refusalFor(response: Response): Refusal {
  switch (response.status) {
    case 401:
    case 403:
      return new Refusal('upstream-rejected-key', 'Synthflow rejects the API key of this endpoint.');
    case 429:
      return new Refusal('rate-limited', 'Synthflow takes no more calls for now.', retryAfterS(response));
    case 503:
      return new Refusal('busy', 'Synthflow is busy.', retryAfterS(response));
    default:
      return new Refusal('upstream-error', `Synthflow answered ${response.status}.`);
  }
}

/** Whole seconds up to an hour; anything else (a date, a day, nonsense) is not worth passing on. */
function retryAfterS(response: Response): number | undefined {
  const text = response.headers.get('retry-after') ?? '';
  const seconds = Number(text);
  return /^\d{1,4}$/.test(text) && seconds >= 1 && seconds <= 3600 ? seconds : undefined;
}

/** The `sessionURL` of an answer, if the widget may open it: a secure socket at Synthflow or at our own upstream. */
function readSessionUrl(answer: string | undefined, widgetBaseUrl: string): string | undefined {
  const text = readField(answer);
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const base = new URL(widgetBaseUrl);
  if (url.username || url.password) return undefined;
  const isOwnHost = url.host === base.host;
  const isPlain = url.protocol === 'ws:' && isOwnHost && isLoopback(base.hostname);
  if (url.protocol !== 'wss:' && !isPlain) return undefined;
  return isOwnHost || /^(?:.+\.)?synthflow\.ai$/.test(url.hostname) ? url.href : undefined;
}

function readField(answer: string | undefined): unknown {
  try {
    return (JSON.parse(answer ?? '') as { sessionURL?: unknown } | null)?.sessionURL;
  } catch {
    return undefined;
  }
}
