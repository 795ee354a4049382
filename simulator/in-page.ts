// The static playground has no server: its token endpoint and its agent are in the page itself, in place of fetch and
// WebSocket. There is no Worker, whose sockets would be out of reach.
import { Agent, type AgentSocket } from './agent.js';
import { createPcmWire } from './pcm-wire.js';
import { createScenario, type Scenario } from './scenario.js';
import { readWav } from './wav.js';

const tokenPath = '/api/synthflow/token';
/** Nobody's (RFC 6761): what is opened there is answered here. */
const agentUrl = 'wss://agent-in-this-page.invalid/';

const { fetch: fetchElsewhere, WebSocket: SocketElsewhere } = globalThis;
const { CONNECTING, OPEN, CLOSING, CLOSED } = SocketElsewhere;

const greeting = fetchElsewhere('./greeting.wav')
  .then((answer) => answer.arrayBuffer())
  .then((file) => readWav(new Uint8Array(file)).samples);

/** What the token endpoint answers, by the scenario that is asked for as an agent. */
async function answerToken({ method, body }: RequestInit): Promise<Response> {
  if (method === 'OPTIONS') return Response.json({ ok: true, version: 'in this page' });
  const { assistant_id: name = 'talk' } = JSON.parse(String(body)) as { assistant_id?: string };
  const { tokenDelayMs, tokenStatus: status, tokenAnswer, retryAfterS } = createScenario(name);
  await new Promise((resolve) => setTimeout(resolve, tokenDelayMs));
  if (status !== 200) return Response.json({ error: { code: 'refused', retryAfter: retryAfterS } }, { status });
  if (tokenAnswer === 'html') return new Response('<!doctype html>');
  return Response.json(tokenAnswer === 'session' ? { sessionURL: agentUrl + name } : {});
}

/** A websocket to the agent in this page: as much of one as a call uses. */
class SocketInPage {
  readyState: number = CONNECTING;
  readonly bufferedAmount = 0;
  onopen?: (() => void) | null;
  onmessage?: ((event: { data: ArrayBuffer | string }) => void) | null;
  onerror?: (() => void) | null;
  onclose?: ((event: { code: number }) => void) | null;
  readonly #agentListeners: Record<string, (...args: never[]) => void> = {};

  constructor(scenario: Scenario) {
    void greeting.then((samples) => this.#open(scenario, samples));
  }

  send(message: ArrayBuffer | string): void {
    const isText = typeof message === 'string';
    // A buffer is the sender's again at once.
    const content = isText ? new TextEncoder().encode(message) : new Uint8Array(message.slice(0));
    this.#tellAgent('message', content, !isText);
  }

  close(code = 1005): void {
    if (this.readyState >= CLOSING) return;
    this.readyState = CLOSING;
    queueMicrotask(() => this.#end(code));
  }

  #open(scenario: Scenario, samples: Int16Array): void {
    if (this.readyState !== CONNECTING || scenario.upgrade === 'ignore') return;
    if (scenario.upgrade === 'refuse') return this.#end(1006);
    this.readyState = OPEN;
    this.onopen?.();
    const isOpen = () => this.readyState === OPEN;
    const agentSocket: AgentSocket = {
      OPEN,
      get readyState() {
        return isOpen() ? OPEN : CLOSED;
      },
      bufferedAmount: 0,
      on: (type: string, listener: (...args: never[]) => void) => (this.#agentListeners[type] = listener),
      send: (content) => {
        const data = typeof content === 'string' ? content : content.slice().buffer;
        queueMicrotask(() => isOpen() && this.onmessage?.({ data }));
      },
      close: (code) => this.close(code),
      terminate: () => this.#end(1006),
    };
    new Agent(agentSocket, { scenario, wire: createPcmWire(), greeting: samples, record: false, onEnd: () => {} });
  }

  #end(code: number): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#tellAgent('close', code);
    if (code === 1006) this.onerror?.();
    this.onclose?.({ code });
  }

  #tellAgent(type: 'message' | 'close', ...args: unknown[]): void {
    queueMicrotask(() => this.#agentListeners[type]?.(...(args as never[])));
  }
}

globalThis.fetch = (input, init = {}) => {
  const own = new URL(tokenPath, import.meta.url).href;
  return String(input instanceof Request ? input.url : input) === own ? answerToken(init) : fetchElsewhere(input, init);
};
globalThis.WebSocket = new Proxy(SocketElsewhere, {
  construct: (socket, [url, protocols]: [string | URL, string[] | undefined]) =>
    `${url}`.startsWith(agentUrl)
      ? new SocketInPage(createScenario(`${url}`.slice(agentUrl.length)))
      : new socket(url, protocols),
});
Reflect.deleteProperty(globalThis, 'Worker');
