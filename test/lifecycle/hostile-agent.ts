import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** An agent on this machine that is ready at once and then does what it is told, on every socket. */
export class HostileAgent {
  readonly url: string;
  /** Closes of sockets, in order: the code. */
  readonly closes: number[] = [];
  #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://localhost:${(server.address() as AddressInfo).port}/`;
  }

  /** @param attack - Begins once the page has said that it is ready; its signal ends it with the socket. */
  static async start(attack: (socket: WebSocket, signal: AbortSignal) => Promise<void>): Promise<HostileAgent> {
    const server = new WebSocketServer({ port: 0, perMessageDeflate: false });
    await once(server, 'listening');
    const agent = new HostileAgent(server);
    server.on('connection', (socket) => {
      const ending = new AbortController();
      socket.on('error', () => {});
      socket.once('message', () => {
        socket.send('{"type":"status_agent_ready"}');
        void attack(socket, ending.signal);
      });
      socket.on('close', (code) => {
        ending.abort();
        agent.closes.push(code);
      });
    });
    return agent;
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
