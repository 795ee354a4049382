import type { WebSocket } from 'ws';
import { chatter, malformedTexts } from '../hostile-messages.js';
import type { Scenario } from '../scenario.js';
import { readMessage } from '../text-message.js';
import type { MediaCall } from './media-wire.js';

/** What a {@link Binding} needs beside its socket. */
export interface BindingOptions {
  serverName: string;
  /** The base URL's. */
  scenario: Scenario;
  /** The call that a sid was issued for to this server; undefined refuses the sid. */
  redeem(sid: string): MediaCall | undefined;
  /** Called once, when the socket is bound to a call; from then on it is the call's. */
  onBound(call: MediaCall, isHeardEarly: boolean): void;
  log(line: string): void;
}

// Nothing is documented; 1008 is "policy violation".
const refusedCode = 1008;
const closeAnswerMs = 1000;

/** A socket of the base URL until it is bound: names its server, and waits for the sid of a call. */
export class Binding {
  readonly #socket: WebSocket;
  readonly #options: BindingOptions;
  #isHeardEarly = false;
  #isOver = false;
  #cancelTerminate: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, options: BindingOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('message', this.#read);
    socket.on('error', this.#ignore);
    socket.once('close', this.#close);
    const { chatty, garbage, serverInfo, closeAtOnce, closeCode } = options.scenario;
    if (closeAtOnce) {
      this.hangUp(closeCode);
      return;
    }
    if (chatty) for (const text of chatter) socket.send(text);
    if (garbage) for (const text of malformedTexts) socket.send(text);
    if (serverInfo) socket.send(JSON.stringify({ type: 'server_info', 'server-name': options.serverName }));
  }

  /** Closes the socket if it is not bound. Idempotent. */
  hangUp(closeCode = 1000): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (closeCode === 1006) return this.#socket.terminate();
    if (closeCode === 1005) this.#socket.close();
    else this.#socket.close(closeCode);
    this.#cancelTerminate = setTimeout(() => this.#socket.terminate(), closeAnswerMs);
  }

  readonly #read = (content: Buffer, isBinary: boolean): void => {
    if (this.#isOver) return;
    if (isBinary) this.#isHeardEarly = true;
    const message = isBinary ? undefined : readMessage(content.toString());
    if (message?.['type'] !== 'bind') return;
    const { sid } = message;
    const call = typeof sid === 'string' ? this.#options.redeem(sid) : undefined;
    if (!call || call.scenario.bindRefused) {
      this.#options.log(
        `bind refused: ${call ? 'as the scenario has it' : 'the sid is wrong, used, old or of another server'}`,
      );
      this.hangUp(refusedCode);
      return;
    }
    this.#isOver = true;
    this.#socket.off('message', this.#read);
    this.#socket.off('error', this.#ignore);
    this.#socket.off('close', this.#close);
    this.#options.onBound(call, this.#isHeardEarly);
  };

  // A message too large or malformed: ws has closed the socket already, `close` follows.
  readonly #ignore = (): void => {};

  readonly #close = (): void => {
    clearTimeout(this.#cancelTerminate);
    if (!this.#isOver) this.#options.log('the visitor hung up before a bind');
    this.#isOver = true;
  };
}
