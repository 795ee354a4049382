import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { AgentOptions } from './agent.js';
import { type Answer, Refusal } from './http.js';
import type { Scenario } from './scenario.js';

/** A websocket that a desk lets in. */
export interface Admission {
  scenario: Scenario;
  /** Called with the open socket. */
  open(socket: WebSocket): void;
}

/** The routes of one wire: who may call, and what the call is. */
export interface Desk {
  /**
   * Answers an HTTP request; undefined where the path is not this desk's.
   * @throws Refusal, which is then the answer.
   */
  answer(request: IncomingMessage, url: URL): Promise<Answer> | undefined;
  /**
   * Lets a websocket in; undefined where the path is not this desk's.
   * @throws Refusal of the handshake; a promise may reject with it too.
   */
  admit(url: URL): Admission | Promise<Admission> | undefined;
}

/** What desks ask of the simulator. */
export interface House {
  /** The key that routes ask for; undefined is any. */
  readonly apiKey: string | undefined;
  /** Such as `ws://localhost:8788`. */
  readonly socketOrigin: string;
  /** Starts the call on an open socket. */
  startCall(socket: WebSocket, call: Pick<AgentOptions, 'scenario' | 'wire' | 'isHeardEarly'>): void;
  /** Keeps what has an open socket until the socket closes: it is counted, and ended with everything else. */
  keep(socket: WebSocket, keeper: { hangUp(closeCode?: number): void }): void;
  log(line: string): void;
}

/** The answer of a route that begins a call: what it should be, or what the scenario makes of it. */
export function answerByScenario(scenario: Scenario, session: () => unknown): Answer {
  const { tokenDelayMs: delayMs, tokenStatus: status, tokenAnswer, retryAfterS } = scenario;
  if (status !== 200) return { status, body: { detail: new Refusal(status).message }, delayMs, retryAfterS };
  if (tokenAnswer === 'html') {
    return { status, body: '<!doctype html><title>Sign in</title><p>Not what you asked for.', delayMs };
  }
  return { status, body: tokenAnswer === 'no-url' ? { status: 'ok' } : session, delayMs };
}
