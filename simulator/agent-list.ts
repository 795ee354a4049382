import type { IncomingMessage } from 'node:http';
import type { Agents } from './agents.js';
import { type Answer, checkKey, Refusal } from './http.js';

/**
 * The route that tells of an agent: https://docs.synthflow.ai/api-reference/platform-api/agents/get-assistant.
 * @returns Undefined where the path is another.
 * @throws Refusal, which is then the answer.
 */
export function answerAgent(
  request: IncomingMessage,
  { pathname }: URL,
  agents: Agents,
  apiKey: string | undefined,
): Promise<Answer> | undefined {
  const id = /^\/v2\/assistants\/([\w-]+)$/.exec(pathname)?.[1];
  if (id === undefined) return undefined;
  if (request.method !== 'GET') throw new Refusal(405);
  checkKey(request, apiKey);
  const name = agents.nameOf(id);
  if (name === undefined) throw new Refusal(404, 'There is no agent of this id');
  const assistants = [{ model_id: id, name, type: 'inbound' }];
  return Promise.resolve({ status: 200, body: { status: 'ok', response: { assistants } } });
}
