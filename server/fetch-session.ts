import { askSynthflow } from './ask-synthflow.js';
import { readSocketUrl } from './read-socket-url.js';
import { Refusal } from './refusal.js';
import type { TokenSettings } from './token-settings.js';

/**
 * Asks Synthflow for one session of an agent.
 * @returns The session URL: short-lived, works once.
 * @throws Refusal - and nothing else.
 */
export async function fetchSession(
  settings: Pick<TokenSettings, 'apiKey' | 'fetch' | 'widgetBaseUrl'>,
  agentId: string,
  clientSignal: AbortSignal,
): Promise<string> {
  const { apiKey, widgetBaseUrl } = settings;
  const answer = await askSynthflow(settings, {
    url: `${widgetBaseUrl}/websocket/token/${agentId}`,
    signal: clientSignal,
    mayRepeat: true,
  });
  const sessionUrl = readSocketUrl(answer['sessionURL'], new URL(widgetBaseUrl));
  if (!sessionUrl || sessionUrl.includes(apiKey)) {
    throw new Refusal('upstream-error', 'Synthflow answered without a usable session URL.');
  }
  return sessionUrl;
}
