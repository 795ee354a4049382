import type { Refusal } from '../refusal.js';
import type { Agent } from '../resolve-agents.js';
import type { Step } from './recording-fetch.js';

/** One sentence on what to change when Synthflow gives no session. */
export function adviceForRefusal(refusal: Refusal, step: Step | undefined, protocol: Agent['protocol']): string {
  const isMedia = protocol === 'media';
  if (refusal.code === 'upstream-timeout') {
    return isMedia
      ? 'Synthflow did not answer in 8 s: look in Synthflow for a call that was created all the same before you try again.'
      : 'Synthflow did not answer in 8 s: try again, and check the way from this machine to it.';
  }
  const status = step?.status;
  switch (status) {
    case undefined:
      return 'Synthflow could not be reached: check network, proxy, firewall and the base URL.';
    case 200:
      return 'Synthflow answered without a session that the token endpoint can use: send the report, it names the fields that came.';
    case 400:
    case 422:
      return isMedia
        ? 'Synthflow refuses what the agent is configured with: check modelId, both telephone numbers, agentVersion, codec and framing.'
        : "Synthflow refuses the agent's id: copy it again from the agent's page.";
    case 401:
    case 403:
      return 'Synthflow rejects the API key: copy it again, from the workspace of this agent, and check the region.';
    case 404:
    case 410:
      return isMedia
        ? 'Synthflow has no such route or agent here: check modelId and region.'
        : 'Synthflow has no such agent, or the widget websocket is gone: check the id, then try the agent as protocol media.';
    case 429:
      return 'Synthflow takes no more calls for now: wait until others have ended.';
    case 502:
      return isMedia
        ? 'The call could not be joined and may exist all the same: look for it in Synthflow before you try again.'
        : 'Synthflow failed: try again later.';
    case 503:
      return isMedia
        ? 'WebSocket media is not enabled here or is busy: check the region, and ask Synthflow to enable it for your account.'
        : 'Synthflow is busy: try again later.';
    default:
      return status >= 300 && status < 400
        ? 'Synthflow answered with a redirect, which is not followed: check the base URL.'
        : `Synthflow answered ${status}: try again later, and send the report if it stays.`;
  }
}

/** One sentence on what to change when the websocket does not open. */
export function adviceForSocket(refusal: number | string): string {
  return typeof refusal === 'number'
    ? `Synthflow gave a session and refused its websocket (${refusal}): try again, and send the report if it stays.`
    : 'Synthflow gave a session and its websocket did not open: let this machine connect to that host by wss, through proxy and firewall.';
}
