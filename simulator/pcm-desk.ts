import type { IncomingMessage } from 'node:http';
import type { Agents } from './agents.js';
import { type Admission, answerByScenario, type Desk, type House } from './desk.js';
import { type Answer, checkKey, Refusal } from './http.js';
import { createPcmWire } from './pcm-wire.js';
import { Tokens } from './tokens.js';

/** The widget websocket: the token route, and the socket that a token opens. */
export class PcmDesk implements Desk {
  readonly #house: House;
  readonly #agents: Agents;
  readonly #tokens = new Tokens<true>();

  constructor(house: House, agents: Agents) {
    this.#house = house;
    this.#agents = agents;
  }

  /** Session URLs given out. */
  get tokensIssued(): number {
    return this.#tokens.issued;
  }

  answer(request: IncomingMessage, url: URL): Promise<Answer> | undefined {
    const id = /^\/websocket\/token\/([^/]+)$/.exec(url.pathname)?.[1];
    return id === undefined ? undefined : this.#answerToken(request, id, url.searchParams);
  }

  admit({ pathname, searchParams: query }: URL): Admission | undefined {
    if (pathname !== '/websocket/start') return undefined;
    const token = query.get('token');
    if (token === null && !query.has('scenario')) throw new Refusal(401, 'The token is missing');
    if (token !== null && !this.#tokens.redeem(token)) {
      throw new Refusal(401, 'The token is wrong, used or older than 60 s');
    }
    const scenario = this.#agents.readScenario(query);
    return {
      scenario,
      open: (socket) => this.#house.startCall(socket, { scenario, wire: createPcmWire() }),
    };
  }

  async #answerToken(request: IncomingMessage, id: string, query: URLSearchParams): Promise<Answer> {
    if (request.method !== 'GET') throw new Refusal(405);
    checkKey(request, this.#house.apiKey);
    const name = this.#agents.nameOf(id);
    if (name === undefined) throw new Refusal(404, 'There is no agent of this id');
    if (!query.has('scenario')) query.set('scenario', name);
    return answerByScenario(this.#agents.readScenario(query), () => {
      const session = new URLSearchParams([['token', this.#tokens.issue(true)], ...query]);
      return { sessionURL: `${this.#house.socketOrigin}/websocket/start?${session}` };
    });
  }
}
