/// <reference types="mock-socket" />
/// <reference path="./mock-socket-es.d.ts" />
import { Server, WebSocket as MockWebSocket } from 'mock-socket/dist/mock-socket.es.mjs';
import { Inbox } from './inbox.js';

/** The connection as it would go on by itself in mock-socket, 4 ms after the constructor. */
type Opening = () => void;

/** mock-socket's WebSocket, made as strict as a browser's, and opened only when the test says `accept`. */
class HeldWebSocket extends MockWebSocket {
  declare bufferedAmount: number;
  readonly sentBeforeOpen: unknown[];
  accept: Opening;

  constructor(url: string, protocols?: string[]) {
    const { setTimeout } = globalThis;
    let opening: Opening = () => {};
    globalThis.setTimeout = ((callback: (socket: unknown) => void, _ms: number, socket: unknown) => {
      opening = () => callback(socket);
      return 0;
    }) as unknown as typeof setTimeout;
    try {
      super(url, protocols);
    } finally {
      globalThis.setTimeout = setTimeout;
    }
    this.bufferedAmount = 0;
    this.sentBeforeOpen = [];
    this.accept = opening;
  }

  // A browser copies what it sends; mock-socket hands over the same buffer, later.
  override send(message: string | ArrayBuffer): void {
    if (this.readyState === MockWebSocket.CONNECTING) {
      this.sentBeforeOpen.push(message);
      throw new DOMException('Still in CONNECTING state.', 'InvalidStateError');
    }
    if (this.readyState === MockWebSocket.OPEN) super.send(typeof message === 'string' ? message : message.slice(0));
  }
}

/** An agent behind a session URL. While it is there, `WebSocket` is a mock. */
export class MockAgent {
  readonly url: string;
  /** Every socket that the page has made, in order. */
  readonly sockets = new Inbox<HeldWebSocket>();
  /** What the agent was sent, on any socket, in order. */
  readonly received = new Inbox<string | ArrayBuffer>();
  /** Codes with which sockets were closed, whoever did it. */
  readonly closed = new Inbox<number>();
  #server: Server;
  #original = globalThis.WebSocket;
  #worker = globalThis.Worker;

  constructor(url = 'wss://agent.example/websocket/start?token=secret-token') {
    this.url = url;
    this.#server = new Server(url.replace(/\?.*/, ''), { mock: false });
    const { sockets, received, closed } = this;
    this.#server.on('connection', (client) => {
      client.on('message', (message) => received.push(message as string | ArrayBuffer));
    });
    const Held = class extends HeldWebSocket {
      constructor(url: string, protocols?: string[]) {
        super(url, protocols);
        this.addEventListener('close', ((event: CloseEvent) => closed.push(event.code)) as unknown as EventListener);
        sockets.push(this);
      }
    };
    globalThis.WebSocket = Held as unknown as typeof WebSocket;
    // A Worker would have a real one.
    Reflect.deleteProperty(globalThis, 'Worker');
  }

  /** The newest socket. */
  get socket(): HeldWebSocket {
    return this.sockets.all.at(-1)!;
  }

  /** Sends text, or sound: a fresh buffer, which is also the answer. */
  say(text: string): void;
  say(bytes: readonly number[] | Uint8Array): ArrayBuffer;
  say(message: string | readonly number[] | Uint8Array): ArrayBuffer | void {
    const { target } = this.#client;
    if (typeof message === 'string') return this.#client.send(message);
    const { buffer } = Uint8Array.from(message);
    this.#client.send(target.binaryType === 'arraybuffer' ? buffer : new Blob([buffer]));
    return buffer;
  }

  /** Closes the newest socket, also one that is not open yet. */
  close(code: number): void {
    this.#client.close({ code, reason: '', wasClean: code === 1000 });
  }

  /** Gives the page its own WebSocket back. */
  stop(): void {
    this.#server.stop();
    globalThis.WebSocket = this.#original;
    Object.assign(globalThis, { Worker: this.#worker });
  }

  get #client() {
    return this.#server.clients().at(-1)!;
  }
}
