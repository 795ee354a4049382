import { readCapped } from './read-capped.js';
import { Refusal } from './refusal.js';
import type { TokenSettings } from './token-settings.js';

/** For the whole exchange with Synthflow, the body included. */
const timeLimitMs = 8000;
const answerLimitBytes = 16 * 1024;

/** The fields of Synthflow's answer, unchecked; none where it was not a JSON object. */
export type SynthflowAnswer = Readonly<Record<string, unknown>>;

/** One request to Synthflow. */
export interface Question {
  url: string;
  /** Makes it a POST. */
  body?: object | undefined;
  /** Ends it early. */
  signal?: AbortSignal | undefined;
  /** It creates nothing that is billed, so a first attempt that fails on the way is followed by a second. */
  mayRepeat?: boolean | undefined;
  /** Some accounts and regions do not have it: that is what 503 says then, unless it names a time to come back. */
  isOptional?: boolean | undefined;
  /** Told what a failure of Synthflow itself (5xx) says, before it becomes a {@link Refusal}. */
  onFailure?: ((answer: SynthflowAnswer) => void) | undefined;
}

/**
 * Sends Synthflow one request; once, unless it may be repeated: a POST may have created a call whatever becomes of its
 * answer.
 * @throws Refusal - and nothing else. None of Synthflow's words pass on, and no cause: a failed fetch may quote the key.
 */
export async function askSynthflow(
  { fetch, apiKey }: Pick<TokenSettings, 'apiKey' | 'fetch'>,
  { url, body, signal, mayRepeat, isOptional, onFailure }: Question,
): Promise<SynthflowAnswer> {
  // One controller for both reasons to end: AbortSignal.any costs a third of all that this endpoint does in Node.
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const timer = setTimeout(end, timeLimitMs);
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end);
  const headers = { authorization: `Bearer ${apiKey}`, accept: 'application/json' };
  const send = (): Promise<Response> =>
    fetch(url, {
      ...(body === undefined
        ? { headers }
        : { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      // Never followed: the key would go along. Cloudflare throws at 'error' before it sends anything, so a redirect
      // is told by its status: https://github.com/cloudflare/cloudflare-docs/pull/33362
      redirect: 'manual',
      signal: ending.signal,
    });
  try {
    const response = mayRepeat ? await sendAgain(send, ending.signal) : await send();
    if (response.ok) return await readAnswer(response);
    if (onFailure && response.status >= 500) onFailure(await readAnswer(response).catch(() => ({})));
    else response.body?.cancel().catch(() => undefined);
    throw refusalFor(response, isOptional);
  } catch (error) {
    if (signal?.aborted) throw new Refusal('client-closed', 'The client left before the answer.');
    if (error instanceof Refusal) throw error;
    if (ending.signal.aborted) throw new Refusal('upstream-timeout', 'Synthflow did not answer in time.');
    throw new Refusal('upstream-error', 'Synthflow could not be reached.');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

/** What a second attempt may mend: a connection that broke, and an answer that a moment later may be another. */
async function sendAgain(send: () => Promise<Response>, signal: AbortSignal): Promise<Response> {
  const first = await send().catch((error: unknown) => {
    if (signal.aborted) throw error;
  });
  if (first && ![500, 502, 504].includes(first.status)) return first;
  first?.body?.cancel().catch(() => undefined);
  return send();
}

async function readAnswer(response: Response): Promise<SynthflowAnswer> {
  const text = await readCapped(response.body, answerLimitBytes);
  try {
    return (JSON.parse(text ?? '') as SynthflowAnswer | null) ?? {};
  } catch {
    return {};
  }
}

function refusalFor(response: Response, isOptional: boolean | undefined): Refusal {
  switch (response.status) {
    case 401:
    case 403:
      return new Refusal('upstream-rejected-key', 'Synthflow rejects the API key of this endpoint.');
    case 429:
      return new Refusal('rate-limited', 'Synthflow takes no more calls for now.', {
        retryAfterS: retryAfterS(response),
      });
    case 503:
      if (isOptional && !response.headers.has('retry-after')) {
        const sentence = 'Synthflow has not enabled WebSocket media for this account or region, or is busy.';
        return new Refusal('upstream-not-enabled', sentence);
      }
      return new Refusal('busy', 'Synthflow is busy.', { retryAfterS: retryAfterS(response) });
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
