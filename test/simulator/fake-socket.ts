import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { FakeClock } from './fake-clock.js';

/** The agent's end of a websocket without a network: keeps what the agent sends, and when. */
export class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: { atMs: number; content: Uint8Array | string }[] = [];
  /** Close code that the agent closed with; undefined when it gave none or has not closed. */
  closeCode: number | undefined;
  terminated = false;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    super();
    this.#clock = clock;
  }

  /** As what the agent takes. */
  get asWebSocket(): WebSocket {
    return this as unknown as WebSocket;
  }

  get texts(): string[] {
    return this.sent.map(({ content }) => content).filter((content) => typeof content === 'string');
  }

  get audio(): Uint8Array[] {
    return this.sent.map(({ content }) => content).filter((content) => typeof content !== 'string');
  }

  send(content: Uint8Array | string): void {
    this.sent.push({ atMs: this.#clock.now(), content });
  }

  close(code?: number): void {
    this.readyState = 2;
    this.closeCode = code;
  }

  terminate(): void {
    this.terminated = true;
    this.visitorCloses(1006);
  }

  /** A text message from the visitor. */
  visitorWrites(text: string): void {
    this.emit('message', Buffer.from(text), false);
  }

  /** Audio from the visitor, in one message. */
  visitorSays(samples: Int16Array): void {
    this.emit('message', Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength), true);
  }

  /** One binary message from the visitor. */
  visitorSends(bytes: Uint8Array): void {
    this.emit('message', Buffer.from(bytes), true);
  }

  visitorCloses(code: number): void {
    this.readyState = 3;
    this.emit('close', code);
  }
}
