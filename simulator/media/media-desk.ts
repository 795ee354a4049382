import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { Agents } from '../agents.js';
import { type Admission, answerByScenario, type Desk, type House } from '../desk.js';
import { type Answer, checkKey, readBody, Refusal } from '../http.js';
import { Tokens } from '../tokens.js';
import { Binding } from './binding.js';
import { readCallRequest, readCodec, readFraming } from './call-request.js';
import { createMediaWire, type MediaCall } from './media-wire.js';

const callsPath = '/v2/calls/outbound-test-ws-media';

/** WebSocket media: the route that creates calls, the base URL's, and both ways to connect. */
export class MediaDesk implements Desk {
  readonly #house: House;
  readonly #agents: Agents;
  readonly #tokens = new Tokens<MediaCall>();
  readonly #sids = new Tokens<{ call: MediaCall; serverName: string }>();
  #serverCount = 0;
  #callsCreated = 0;

  constructor(house: House, agents: Agents) {
    this.#house = house;
    this.#agents = agents;
  }

  /** Calls that POSTs created, orphans among them. */
  get callsCreated(): number {
    return this.#callsCreated;
  }

  answer(request: IncomingMessage, url: URL): Promise<Answer> | undefined {
    if (url.pathname === callsPath) return this.#createCall(request, url.searchParams);
    if (url.pathname === `${callsPath}/base-url`) return this.#answerBaseUrl(request, url);
    return undefined;
  }

  admit({ pathname, searchParams: query }: URL): Admission | undefined {
    if (pathname === '/media/connect') {
      return { scenario: this.#agents.readScenario(query), open: (socket) => this.#waitForBind(socket) };
    }
    if (pathname !== '/media/start') return undefined;
    const call =
      query.has('scenario') && !query.has('token') ? this.#readTrial(query) : this.#redeem(query.get('token'));
    return { scenario: call.scenario, open: (socket) => this.#startCall(socket, call, 'open') };
  }

  async #createCall(request: IncomingMessage, query: URLSearchParams): Promise<Answer> {
    if (request.method !== 'POST') throw new Refusal(405);
    checkKey(request, this.#house.apiKey);
    const { modelId, codec, framing, serverName } = readCallRequest(await readBody(request));
    const name = this.#agents.nameOf(modelId.toLowerCase());
    if (name === undefined) throw new Refusal(400, 'There is no agent of this modelId');
    if (!query.has('scenario')) query.set('scenario', name);

    const scenario = this.#agents.readScenario(query);
    const call: MediaCall = { callId: randomUUID(), scenario, codec, framing };
    if (scenario.postStatus !== 200) return this.#refuseCall(call);
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

  #refuseCall({ callId, scenario }: MediaCall): Answer {
    const { postStatus: status, tokenDelayMs: delayMs, retryAfterS } = scenario;
    const { message: detail } = new Refusal(status);
    // 502: the call was created, and nobody could join it.
    if (status === 502) this.#callsCreated++;
    return { status, body: status === 502 ? { detail, callId } : { detail }, delayMs, retryAfterS };
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

  #readTrial(query: URLSearchParams): MediaCall {
    return {
      callId: randomUUID(),
      scenario: this.#agents.readScenario(query),
      codec: readCodec(query.get('wsMediaCodec') ?? 'l16'),
      framing: readFraming(query.get('wsMediaFraming') ?? 'payload'),
    };
  }

  #waitForBind(socket: WebSocket): void {
    const serverName = `media-${++this.#serverCount}.simulator`;
    const binding = new Binding(socket, {
      serverName,
      redeem: (sid) => {
        const issued = this.#sids.redeem(sid);
        return issued?.serverName === serverName ? issued.call : undefined;
      },
      onBound: (call, isHeardEarly) => this.#startCall(socket, call, 'bind', isHeardEarly),
      log: (line) => this.#house.log(line),
    });
    this.#house.keep(socket, binding);
  }

  #startCall(socket: WebSocket, call: MediaCall, start: 'open' | 'bind', isHeardEarly = false): void {
    const wire = createMediaWire(call, start, performance.now());
    this.#house.startCall(socket, { scenario: call.scenario, wire, isHeardEarly });
  }
}
