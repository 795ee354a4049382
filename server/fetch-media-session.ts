import { askSynthflow, type SynthflowAnswer } from './ask-synthflow.js';
import { readSocketUrl } from './read-socket-url.js';
import { Refusal } from './refusal.js';
import type { MediaAgent, MediaCodec, MediaFraming } from './resolve-agents.js';
import { isLoopback, type TokenSettings } from './token-settings.js';

/** Where to open a socket of the `media` wire, and what to speak there. */
export interface MediaAnswer {
  sessionURL: string;
  protocol: 'media';
  codec: MediaCodec;
  framing: MediaFraming;
  /** Synthflow's name of the call, if it said one. */
  callId?: string;
  /** There is no call yet: a second request, with the `server_name` that the socket tells, creates it. */
  bind?: true;
}

/** What to send on the open socket, to bind it to the call that was created for it. */
export interface BindAnswer {
  sid: string;
  callId?: string;
}

/** One request for a session of the `media` wire. */
export interface MediaRequest {
  /** The node that the visitor's socket is open to: the second request of connect-then-bind. */
  serverName: string | undefined;
  clientSignal: AbortSignal;
  /** Told of a call as soon as Synthflow names it, also where nobody will get to it. */
  onCall: (callId: string) => void;
}

type Settings = Pick<TokenSettings, 'apiKey' | 'fetch'>;

const callsPath = '/calls/outbound-test-ws-media';

/**
 * Asks Synthflow for a session of the `media` wire. Except for the first request of a `bind` agent this creates a call,
 * which is billed.
 * @throws Refusal - and nothing else.
 */
export async function fetchMediaSession(
  settings: Settings,
  agent: MediaAgent,
  request: MediaRequest,
): Promise<MediaAnswer | BindAnswer> {
  const { codec, framing } = agent;
  if (agent.bind && request.serverName === undefined) {
    const url = `${agent.apiBaseUrl}${callsPath}/base-url`;
    const answer = await askSynthflow(settings, { url, signal: request.clientSignal, isOptional: true });
    const sessionURL = usable(socketUrlOf(answer['wsMediaBaseUrl'], agent), settings);
    return { sessionURL, protocol: 'media', codec, framing, bind: true };
  }
  const answer = await createCall(settings, agent, request);
  const callId = callIdOf(answer, settings);
  const named = callId === undefined ? {} : { callId };
  if (agent.bind) return { sid: usable(matching(sidPattern, answer['sid']), settings), ...named };
  const sessionURL = usable(socketUrlOf(answer['wsMediaUrl'], agent), settings);
  return { sessionURL, protocol: 'media', codec, framing, ...named };
}

async function createCall(
  settings: Settings,
  agent: MediaAgent,
  { serverName, clientSignal, onCall }: MediaRequest,
): Promise<SynthflowAnswer> {
  const tell = (answer: SynthflowAnswer): void => {
    const callId = callIdOf(answer, settings);
    if (callId !== undefined) onCall(callId);
  };
  const refuseIfGone = (): void => {
    if (clientSignal.aborted) throw new Refusal('client-closed', 'The client left before the answer.');
  };
  refuseIfGone();
  // Not ended when the client leaves: the call may exist by then, and only its answer says which one it is.
  const answer = await askSynthflow(settings, {
    url: agent.apiBaseUrl + callsPath,
    body: { ...agent.callFields, ...(serverName === undefined ? {} : { wsMediaServerName: serverName }) },
    isOptional: true,
    onFailure: tell,
  });
  tell(answer);
  refuseIfGone();
  return answer;
}

/** Only this machine's upstream may keep the socket to itself: tests and the simulator. */
function socketUrlOf(text: unknown, { apiBaseUrl }: MediaAgent): string | undefined {
  const upstream = new URL(apiBaseUrl);
  return isLoopback(upstream.hostname) ? readSocketUrl(text, upstream) : readSocketUrl(text);
}

function callIdOf(answer: SynthflowAnswer, { apiKey }: Settings): string | undefined {
  const callId = matching(callIdPattern, answer['callId']);
  return callId?.includes(apiKey) ? undefined : callId;
}

/** What a token is made of, base64 included: nothing that means something in markup or a shell. */
const sidPattern = /^[\w.:~+/=@-]{1,512}$/;
/** Without the slash: a call's id goes to the log, and no URL does. */
const callIdPattern = /^[\w.:~+=@-]{1,512}$/;

function matching(pattern: RegExp, value: unknown): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function usable(text: string | undefined, { apiKey }: Settings): string {
  if (text === undefined || text.includes(apiKey)) {
    throw new Refusal('upstream-error', 'Synthflow answered without a usable session.');
  }
  return text;
}
