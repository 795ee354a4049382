import { once } from 'node:events';
import { WebSocket } from 'ws';
import { samplesOf } from './speech.js';

/** A visitor's client for tests: keeps what comes and waits for it, never for time. */
export class Visitor {
  /** Every message in order. */
  readonly messages: (string | Uint8Array)[] = [];
  /** The close code. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #isClosed = false;
  #changed: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (content: Buffer, isBinary: boolean) => {
      this.messages.push(isBinary ? new Uint8Array(content) : content.toString());
      this.#notify();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        this.#isClosed = true;
        this.#notify();
        resolve(code);
      });
    });
  }

  /** Opens a session URL. */
  static async open(url: string): Promise<Visitor> {
    const socket = new WebSocket(url);
    const visitor = new Visitor(socket);
    await once(socket, 'open');
    return visitor;
  }

  /** Opens a session URL and says `status_client_ready`. */
  static async call(url: string): Promise<Visitor> {
    const visitor = await Visitor.open(url);
    visitor.write('{"type":"status_client_ready"}');
    return visitor;
  }

  get texts(): string[] {
    return this.messages.filter((message) => typeof message === 'string');
  }

  get audio(): Uint8Array[] {
    return this.messages.filter((message) => typeof message !== 'string');
  }

  get samples(): Int16Array {
    return samplesOf(this.audio);
  }

  /** Sends a text message. */
  write(text: string): void {
    this.#socket.send(text);
  }

  /** Sends samples in chunks, as fast as it goes. */
  say(samples: Int16Array, chunkLength = 960): void {
    for (let at = 0; at < samples.length; at += chunkLength) this.#socket.send(samples.subarray(at, at + chunkLength));
  }

  /** Sends one binary message. */
  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  /** Resolves once the condition holds; it is looked at after every message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#isClosed) throw new Error(`The call ended after ${this.messages.length} messages.`);
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  async untilAgentReady(): Promise<void> {
    await this.until(() => this.texts.includes('{"type":"status_agent_ready"}'));
  }

  async untilBytes(count: number): Promise<void> {
    await this.until(() => this.audio.reduce((sum, { length }) => sum + length, 0) >= count);
  }

  async hangUp(): Promise<void> {
    this.#socket.close(1000);
    await this.closed;
  }

  /** Breaks the connection without a word. */
  vanish(): void {
    this.#socket.terminate();
  }

  #notify(): void {
    for (const changed of this.#changed.splice(0)) changed();
  }
}

/** The status and body that a websocket handshake is refused with. */
export function refusal(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.on('open', () => {
      socket.terminate();
      reject(new Error('The websocket was opened.'));
    });
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (part: Buffer) => (body += part.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
  });
}
