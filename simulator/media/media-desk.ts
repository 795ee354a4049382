import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { Agents } from '../agents.js';
import { type Admission, answerByScenario, type Desk, type House } from '../desk.js';
import { type Answer, checkKey, readBody, Refusal } from '../http.js';
import type { Scenario } from '../scenario.js';
import { Tokens } from '../tokens.js';
import type { Framing } from '../wire.js';
import { Binding } from './binding.js';
import { readCallRequest, readCodec, readFraming } from './call-request.js';
import type { CodecName } from './codecs.js';
import { type Coder, createCoder } from './coder.js';
import { createMediaWire, type MediaCall } from './media-wire.js';
import { OpusMissingError } from './opus-coder.js';

const callsPath = '/v2/calls/outbound-test-ws-media';

/** WebSocket media: the route that creates calls, the base URL's, and both ways to connect. */
export class MediaDesk implements Desk {
  readonly #house: House;
  readonly #agents: Agents;
  readonly #tokens = new Tokens<MediaCall>();
  readonly #sids = new Tokens<{ call: MediaCall; serverName: string }>();
  #serverCount = 0;
  #callsCreated = 0;
  #callsJoined = 0;

  constructor(house: House, agents: Agents) {
    this.#house = house;
    this.#agents = agents;
  }

  /** Calls that POSTs created, orphans among them. */
  get callsCreated(): number {
    return this.#callsCreated;
  }

  /** Those of them that a websocket took up. */
  get callsJoined(): number {
    return this.#callsJoined;
  }

  answer(request: IncomingMessage, url: URL): Promise<Answer> | undefined {
    if (url.pathname === callsPath) return this.#createCall(request, url.searchParams);
    if (url.pathname === `${callsPath}/base-url`) return this.#answerBaseUrl(request, url);
    return undefined;
  }

  admit({ pathname, searchParams: query }: URL): Admission | Promise<Admission> | undefined {
    if (pathname === '/media/connect') {
      const scenario = this.#agents.readScenario(query);
      return { scenario, open: (socket) => this.#waitForBind(socket, scenario) };
    }
    if (pathname !== '/media/start') return undefined;
    if (query.has('scenario') && !query.has('token')) return this.#admitTrial(query);
    const call = this.#redeem(query.get('token'));
    return { scenario: call.scenario, open: (socket) => this.#join(socket, call, 'open') };
  }

  async #createCall(request: IncomingMessage, query: URLSearchParams): Promise<Answer> {
    if (request.method !== 'POST') throw new Refusal(405);
    checkKey(request, this.#house.apiKey);
    const { modelId, codec, framing, serverName } = readCallRequest(await readBody(request));
    const name = this.#agents.nameOf(modelId.toLowerCase());
    if (name === undefined) throw new Refusal(400, 'There is no agent of this modelId');
    if (!query.has('scenario')) query.set('scenario', name);

    const scenario = this.#agents.readScenario(query);
    if (scenario.postStatus !== 200) return this.#refuseCall(scenario);
    const coder = await createCoderOrRefuse(codec, framing);
    const call: MediaCall = { callId: randomUUID(), scenario, codec, framing, coder };
    // The call is there from now on, whoever still waits for the answer.
    if (scenario.tokenStatus === 200) this.#callsCreated++;
    return answerByScenario(scenario, () => {
      if (serverName !== '') {
        return { callId: call.callId, sid: this.#sids.issue({ call, serverName }), wsMediaUrl: this.#baseUrl() };
      }
      const token = this.#tokens.issue(call);
      return { callId: call.callId, wsMediaUrl: `${this.#house.socketOrigin}/media/start?token=${token}` };
    });
  }

  #refuseCall({ postStatus: status, tokenDelayMs: delayMs, retryAfterS }: Scenario): Answer {
    const { message: detail } = new Refusal(status);
    // 502: the call was created, and nobody could join it.
    if (status === 502) this.#callsCreated++;
    return { status, body: status === 502 ? { detail, callId: randomUUID() } : { detail }, delayMs, retryAfterS };
  }

  async #answerBaseUrl(request: IncomingMessage, { search, searchParams }: URL): Promise<Answer> {
    if (request.method !== 'GET') throw new Refusal(405);
    checkKey(request, this.#house.apiKey);
    return answerByScenario(this.#agents.readScenario(searchParams), () => ({ wsMediaBaseUrl: this.#baseUrl(search) }));
  }

  #baseUrl(search = ''): string {
    return `${this.#house.socketOrigin}/media/connect${search}`;
  }

  #redeem(token: string | null): MediaCall {
    if (token === null) throw new Refusal(401, 'The token is missing');
    const call = this.#tokens.redeem(token);
    if (!call) throw new Refusal(401, 'The token is wrong, used or older than 60 s');
    return call;
  }

  async #admitTrial(query: URLSearchParams): Promise<Admission> {
    const scenario = this.#agents.readScenario(query);
    const codec = readCodec(query.get('wsMediaCodec') ?? 'l16');
    const framing = readFraming(query.get('wsMediaFraming') ?? (codec === 'opus' ? 'rtp' : 'payload'), codec);
    const coder = await createCoderOrRefuse(codec, framing);
    const call: MediaCall = { callId: randomUUID(), scenario, codec, framing, coder };
    return { scenario, open: (socket) => this.#startCall(socket, call, 'open') };
  }

  #waitForBind(socket: WebSocket, scenario: Scenario): void {
    const serverName = `media-${++this.#serverCount}.simulator`;
    const binding = new Binding(socket, {
      serverName,
      scenario,
      redeem: (sid) => {
        const issued = this.#sids.redeem(sid);
        return issued?.serverName === serverName ? issued.call : undefined;
      },
      onBound: (call, isHeardEarly) => this.#join(socket, call, 'bind', isHeardEarly),
      log: (line) => this.#house.log(line),
    });
    this.#house.keep(socket, binding);
  }

  #join(socket: WebSocket, call: MediaCall, start: 'open' | 'bind', isHeardEarly = false): void {
    this.#callsJoined++;
    this.#startCall(socket, call, start, isHeardEarly);
  }

  #startCall(socket: WebSocket, call: MediaCall, start: 'open' | 'bind', isHeardEarly = false): void {
    const wire = createMediaWire(call, start, performance.now());
    this.#house.startCall(socket, { scenario: call.scenario, wire, isHeardEarly });
  }
}

/** Missing Opus is answered as Synthflow answers what is not enabled. */
async function createCoderOrRefuse(codec: CodecName, framing: Framing): Promise<Coder> {
  try {
    return await createCoder(codec, framing);
  } catch (error) {
    if (error instanceof OpusMissingError) throw new Refusal(503, error.message);
    throw error;
  }
}
