import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { RateConverter } from '../../simulator/sounds.js';

/** One binary message of the visitor. */
export interface Arrival {
  /** In ms since 1970. */
  readonly atMs: number;
  /** At 48 kHz. */
  readonly samples: Int16Array;
}

/** The machine's clock in ms since 1970, finer than Date.now(). */
export const wallMs = (): number => performance.timeOrigin + performance.now();

const spokenRate = 16_000;

/**
 * An agent that is ready at once and keeps the time of every message. The simulator's calls are judged by what was heard;
 * here it matters when.
 */
export class TimedAgent {
  /** The newest call's messages. */
  arrivals: Arrival[] = [];
  /** Whether what arrives is sent back at once. */
  isEcho = false;
  #server: WebSocketServer;
  #socket: WebSocket | undefined;
  #echo: RateConverter | undefined;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => this.#meet(socket));
  }

  static async start(): Promise<TimedAgent> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    return new TimedAgent(server);
  }

  /** A session URL that may be used as often as wanted. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /**
   * Says 16 kHz PCM16 as fast as it is spoken.
   * @returns When the first message left, in ms since 1970.
   */
  async say(samples: Int16Array, messageMs = 20): Promise<number> {
    const length = (messageMs * spokenRate) / 1000;
    const startMs = wallMs();
    for (let at = 0; at < samples.length; at += length) {
      // Counted from the start, so that a late timer does not delay all that follows.
      const earlyMs = startMs + (at * 1000) / spokenRate - wallMs();
      if (earlyMs > 0) await wait(earlyMs);
      const message = samples.subarray(at, at + length);
      this.#socket?.send(new Uint8Array(message.buffer, message.byteOffset, message.byteLength));
    }
    return startMs;
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #meet(socket: WebSocket): void {
    this.#socket = socket;
    this.#echo = new RateConverter(48_000, spokenRate);
    const arrivals: Arrival[] = (this.arrivals = []);
    socket.on('error', () => {});
    socket.on('message', (message: Buffer, isBinary: boolean) => {
      if (!isBinary) return socket.send('{"type":"status_agent_ready"}');
      const atMs = wallMs();
      // A copy: ws gives a view that need not begin at an even byte.
      const samples = new Int16Array(Uint8Array.from(message).buffer);
      arrivals.push({ atMs, samples });
      if (!this.isEcho) return;
      const echo = this.#echo!.push(samples);
      socket.send(new Uint8Array(echo.buffer, echo.byteOffset, echo.byteLength));
    });
  }
}
