import { readAgents, UsageError } from '../environment.js';
import { defaultApiBaseUrl, type Agent } from '../resolve-agents.js';
import { resolveSettings, type TokenHandlerOptions, type TokenSettings } from '../token-settings.js';
import { version } from '../version.js';
import { lookUpAgent } from './look-up-agent.js';
import { codeOf } from './recording-fetch.js';
import { Secrets, shorten } from './redact.js';
import type { Terminal } from './terminal.js';
import { tryAgent, whyNotToTry } from './try-agent.js';

/** What is examined, and how. */
export interface DoctorOptions {
  /** As far as they are set; what is missing is asked for. */
  options: Partial<TokenHandlerOptions>;
  /** Whether each agent is called. Otherwise Synthflow is asked for each, and no session is created. */
  isLive: boolean;
  /** Whether nobody is asked before a call that is billed. */
  isAgreed: boolean;
  /** Where nobody can be asked: undefined. */
  terminal: Terminal | undefined;
  /** Told the report a line at a time, without secrets. */
  write: (line: string) => void;
  /** Hangs up, and ends with what is known. */
  signal?: AbortSignal;
  /** For a websocket to open, default 10 s. */
  openMs?: number;
  /** For what the agent says, default 8 s. */
  listenMs?: number;
}

/**
 * Examines a token endpoint's configuration, and with `isLive` its agents.
 * @returns Whether all is well: every agent has answered, or without `isLive` nothing is known to be wrong.
 * @throws UsageError or TypeError - one sentence on what to change in the configuration. It quotes no value.
 */
export async function examine(doctor: DoctorOptions): Promise<boolean> {
  const given = await askForMissing(doctor);
  const settings = resolveSettings({ ...given, allowedOrigins: given.allowedOrigins ?? 'same-origin' });
  const agents = Object.keys(given.agents).map((alias) => settings.agents.get(alias)!);
  const secrets = collectSecrets(settings, agents);
  const write = (line: string): void => doctor.write(secrets.redact(line));

  const command = `synthflow-call ${version} doctor${doctor.isLive ? ' --live' : ''}`;
  // Not redacted: nothing here comes from elsewhere, and a version may look like part of a number.
  doctor.write(`${command}, Node ${process.version}, ${process.platform}, ${new Date().toISOString()}`);
  if (!doctor.isLive) return checkWithoutCalls(settings, agents, given, write);

  let answered = 0;
  for (const [index, agent] of agents.entries()) {
    write('');
    write(`Agent ${index + 1} of ${agents.length}: ${describe(agent)}`);
    const { lines, advice } = await tryIfAgreed(doctor, settings, agent, secrets, index);
    for (const line of lines) write(`  ${line}`);
    write(advice === undefined ? '  ok       the agent answered' : `  failed   ${advice}`);
    if (advice === undefined) answered += 1;
  }
  write('');
  write(`${answered} of ${agents.length} answered. This report holds no key, token, telephone number or full id.`);
  return answered === agents.length;
}

async function tryIfAgreed(
  { isAgreed, terminal, signal = new AbortController().signal, openMs = 10_000, listenMs = 8000 }: DoctorOptions,
  settings: TokenSettings,
  agent: Agent,
  secrets: Secrets,
  index: number,
): Promise<Awaited<ReturnType<typeof tryAgent>>> {
  const refuse = (advice: string) => ({ lines: [], advice });
  if (signal.aborted) return refuse('It was interrupted: run it again to its end.');
  const obstacle = await whyNotToTry(agent);
  if (obstacle !== undefined) return refuse(obstacle);
  if (agent.protocol === 'media' && !isAgreed) {
    if (!terminal) return refuse('No call was made, as Synthflow bills it: run doctor with --yes, or on a terminal.');
    const question = `Agent ${index + 1} needs a call of about ${Math.ceil(listenMs / 1000)} s, which Synthflow bills. Make it? [y/N] `;
    if (!/^y(?:es)?$/i.test(await terminal.ask(question))) {
      return refuse('No call was made, as you said: answer y, or run doctor with --yes.');
    }
  }
  return tryAgent(settings, agent, secrets, { openMs, listenMs, signal });
}

type Given = Partial<TokenHandlerOptions> & Pick<TokenHandlerOptions, 'apiKey' | 'agents'>;

async function askForMissing({ options, terminal }: DoctorOptions): Promise<Given> {
  const ask = async (name: string, question: string, isSecret: boolean): Promise<string> => {
    const answer = await terminal?.ask(question, isSecret);
    if (!answer) throw new UsageError(`${name} is not set: export it, or run doctor on a terminal and enter it there.`);
    return answer;
  };
  const apiKey = options.apiKey ?? (await ask('SYNTHFLOW_API_KEY', 'Synthflow API key (it is not shown): ', true));
  const agents =
    options.agents ??
    readAgents(await ask('SYNTHFLOW_AGENTS', 'Agents (an id, support=<id>,sales=<id>, or JSON): ', false));
  return { ...options, apiKey, agents };
}

/** The form of everything is right by now. */
async function checkWithoutCalls(
  settings: TokenSettings,
  agents: readonly Agent[],
  given: Given,
  write: (line: string) => void,
): Promise<boolean> {
  let areWell = true;
  const fail = (advice: string): void => {
    areWell = false;
    write(`failed   ${advice}`);
  };
  write('key      its form is right');
  write(
    given.allowedOrigins === undefined
      ? 'origins  ALLOWED_ORIGINS is not set: serve will ask for it'
      : 'origins  their form is right',
  );
  for (const [index, agent] of agents.entries()) {
    const base = apiBaseUrlOf(agent, given);
    const { outcome, advice } =
      base === undefined
        ? { outcome: 'its form is right', advice: undefined }
        : await lookUpAgent(settings.apiKey, agent.id, base);
    write(`agent ${index + 1}  ${describe(agent)}: ${outcome}`);
    if (advice !== undefined) fail(advice);
  }
  const bases = new Set(agents.map((agent) => (agent.protocol === 'pcm' ? settings.widgetBaseUrl : agent.apiBaseUrl)));
  for (const base of bases) {
    const outcome = await reach(base);
    write(`reach    ${new URL(base).host}: ${outcome}`);
    if (typeof outcome === 'number') continue;
    fail('Synthflow could not be reached: check network, proxy, firewall and the base URL.');
  }
  const billed = agents.filter(({ protocol }) => protocol === 'media').length;
  write('');
  write('No session was created. doctor --live calls each agent for about 8 s: it sends a tone, listens, hangs up.');
  if (billed > 0)
    write(`${billed} of these calls ${billed === 1 ? 'is' : 'are'} billed by Synthflow (WebSocket media).`);
  return areWell;
}

/** Where Synthflow is asked for an agent; nowhere where sessions come from somewhere else: the key is none of its. */
function apiBaseUrlOf(agent: Agent, { apiBaseUrl, widgetBaseUrl }: Given): string | undefined {
  if (agent.protocol === 'media') return agent.apiBaseUrl;
  return apiBaseUrl?.replace(/\/+$/, '') ?? (widgetBaseUrl === undefined ? defaultApiBaseUrl : undefined);
}

/** Any answer will do; the key is not sent. */
async function reach(base: string): Promise<number | string> {
  try {
    const response = await fetch(base, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(8000) });
    return response.status;
  } catch (error) {
    return codeOf(error) ?? 'no answer';
  }
}

function describe(agent: Agent): string {
  const id = shorten(agent.id);
  if (agent.protocol === 'pcm') return `widget websocket (pcm), ${id}`;
  const { codec, framing, bind } = agent;
  return `WebSocket media, ${codec} as ${framing}, ${bind ? 'connect-then-bind' : 'single node'}, ${id}`;
}

function collectSecrets({ apiKey, widgetBaseUrl }: TokenSettings, agents: readonly Agent[]): Secrets {
  const secrets = new Secrets();
  secrets.add(apiKey);
  secrets.addUrl(`${widgetBaseUrl}/`);
  for (const agent of agents) {
    secrets.add(agent.id);
    if (agent.protocol === 'pcm') continue;
    const { fromPhoneNumber = '', toPhoneNumber = '' } = agent.callFields;
    for (const number of [fromPhoneNumber, toPhoneNumber]) secrets.add(number.replace(/^\+/, ''));
  }
  return secrets;
}
