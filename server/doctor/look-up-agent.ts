import { codeOf } from './recording-fetch.js';

/** What Synthflow says of an agent. */
export interface LookUp {
  /** The end of a line of the report. */
  outcome: string;
  /** One sentence on what to change; undefined where nothing is known to be wrong. */
  advice: string | undefined;
}

/**
 * Asks Synthflow whether the key has an agent. It creates no session:
 * https://docs.synthflow.ai/api-reference/platform-api/agents/get-assistant
 * @param apiBaseUrl - Such as `https://api.synthflow.ai/v2`.
 */
export async function lookUpAgent(apiKey: string, id: string, apiBaseUrl: string): Promise<LookUp> {
  const { host } = new URL(apiBaseUrl);
  try {
    const response = await fetch(`${apiBaseUrl}/assistants/${id}`, {
      headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json' },
      // Never followed: the key would go along.
      redirect: 'manual',
      signal: AbortSignal.timeout(8000),
    });
    response.body?.cancel().catch(() => undefined);
    if (response.status === 200) return { outcome: `${host} has it, under this key`, advice: undefined };
    return { outcome: `${response.status} from ${host}`, advice: adviceFor(response.status) };
  } catch (error) {
    return { outcome: `${host} does not say (${codeOf(error) ?? 'no answer'})`, advice: undefined };
  }
}

/** Other statuses say nothing of key or agent. */
function adviceFor(status: number): string | undefined {
  switch (status) {
    case 401:
    case 403:
      return 'Synthflow rejects the API key: copy it again, and set SYNTHFLOW_API_URL where the account is in a region.';
    case 400:
    case 404:
    case 422:
      return "Synthflow has no such agent under this key: copy the id from the agent's page, of the same workspace.";
    default:
      return undefined;
  }
}
