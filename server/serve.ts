import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { sendRefusal, toNodeListener } from './adapters/node.js';
import { Refusal } from './refusal.js';
import type { TokenHandler } from './token-handler.js';

export const tokenPath = '/api/synthflow/token';

/** What {@link serve} puts on a port. */
export interface ServeOptions {
  handler: TokenHandler;
  /** 0 takes any free one. */
  port: number;
  host: string;
  /** What else is answered, by path. */
  routes?: Readonly<Record<string, RequestListener>> | undefined;
  /** How long {@link Serving.close} waits for answers under way, in ms. Default 500. */
  graceMs?: number | undefined;
  /** Answers every other path. Default: a 404. */
  fallback?: RequestListener | undefined;
}

/** A server that listens. */
export interface Serving {
  /** Its origin, such as `http://localhost:8787`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /**
   * Takes no more requests, gives those under way their time and what is not yet a request half a second, and resolves
   * once every connection is gone.
   */
  close(): Promise<void>;
}

/** A request is 2 KiB at most: whoever takes longer to send one is stuck, or holds a connection on purpose. */
const requestTimeLimitMs = 10_000;
const closeGraceMs = 500;

/**
 * Serves the token endpoint at `/api/synthflow/token`, `ok` at `/healthz` while it runs, and `ready` at `/readyz` while it
 * takes requests.
 * @throws When the port cannot be had: Node's error, with its code (`EADDRINUSE`).
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { handler, port, host, graceMs = closeGraceMs, fallback = refuseUnknown } = options;
  let closed: Promise<void> | undefined;
  const routes = new Map<string, RequestListener>([
    ...Object.entries(options.routes ?? {}),
    [tokenPath, toNodeListener(handler)],
    ['/healthz', (_request, response) => tell(response, 200, 'ok')],
    ['/readyz', (_request, response) => (closed ? tell(response, 503, 'closing') : tell(response, 200, 'ready'))],
  ]);
  /** Every connection, and its answers under way. */
  const connections = new Map<Socket, Set<ServerResponse>>();

  const server = createServer(
    {
      headersTimeout: requestTimeLimitMs,
      requestTimeout: requestTimeLimitMs,
      connectionsCheckingInterval: 5000,
    },
    (request, response) => {
      const path = request.url?.split('?', 1)[0] ?? '';
      const listener = routes.get(path) ?? fallback;
      const underWay = connections.get(request.socket);
      underWay?.add(response);
      response.once('close', () => underWay?.delete(response));
      if (closed) endAfter(response);
      try {
        listener(request, response);
      } catch {
        if (response.headersSent) response.destroy();
        else sendRefusal(response, new Refusal('internal-error', 'The server failed.'));
      }
    },
  );

  server.on('connection', (socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

  const { port: boundPort } = server.address() as AddressInfo;
  return {
    url: `http://${displayHost(host)}:${boundPort}`,
    port: boundPort,
    close() {
      closed ??= new Promise((resolve) => {
        // Kept alive, a connection would go on for five seconds, and with requests as long as its client likes.
        for (const underWay of connections.values()) underWay.forEach(endAfter);
        // close() ends the idle connections. One that never sent a request is not idle to Node.
        const idleTimer = setTimeout(
          () => {
            for (const [socket, underWay] of connections) if (underWay.size === 0) socket.destroy();
          },
          Math.min(closeGraceMs, graceMs),
        );
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(idleTimer);
          clearTimeout(timer);
          resolve();
        });
      });
      return closed;
    },
  };
}

/** Lets a connection end with this answer. */
function endAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}

function tell(response: ServerResponse, status: number, word: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end(word);
}

const refuseUnknown: RequestListener = (_request, response) => {
  sendRefusal(response, new Refusal('not-found', `There is nothing here. The token endpoint is ${tokenPath}.`));
};

/** A host name a browser can open: `0.0.0.0` and `::` are every address of the machine, and none of them. */
function displayHost(host: string): string {
  if (['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
