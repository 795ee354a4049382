import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  /** Answers every other path. Default: a 404. */
  fallback?: RequestListener | undefined;
}

/** A server that listens. */
export interface Serving {
  /** Its origin, such as `http://localhost:8787`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, gives those under way half a second, and resolves once every connection is gone. */
  close(): Promise<void>;
}

/** A request is 2 KiB at most: whoever takes longer to send one is stuck, or holds a connection on purpose. */
const requestTimeLimitMs = 10_000;
const closeGraceMs = 500;

/**
 * Serves the token endpoint at `/api/synthflow/token` and `ok` at `/healthz`.
 * @throws When the port cannot be had: Node's error, with its code (`EADDRINUSE`).
 */
export async function serve({ handler, port, host, fallback = refuseUnknown }: ServeOptions): Promise<Serving> {
  const routes = new Map([
    [tokenPath, toNodeListener(handler)],
    ['/healthz', tellHealth],
  ]);

  const server = createServer(
    {
      headersTimeout: requestTimeLimitMs,
      requestTimeout: requestTimeLimitMs,
      connectionsCheckingInterval: 5000,
    },
    (request, response) => {
      const path = request.url?.split('?', 1)[0] ?? '';
      const listener = routes.get(path) ?? fallback;
      try {
        listener(request, response);
      } catch {
        if (response.headersSent) response.destroy();
        else sendRefusal(response, new Refusal('internal-error', 'The server failed.'));
      }
    },
  );

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

  const { port: boundPort } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${displayHost(host)}:${boundPort}`,
    port: boundPort,
    close() {
      closed ??= new Promise((resolve) => {
        // close() ends the idle connections. One that never sent a request is not idle to Node, so it waits for the rest.
        const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      return closed;
    },
  };
}

const tellHealth: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end('ok');
};

const refuseUnknown: RequestListener = (_request, response) => {
  sendRefusal(response, new Refusal('not-found', `There is nothing here. The token endpoint is ${tokenPath}.`));
};

/** A host name a browser can open: `0.0.0.0` and `::` are every address of the machine, and none of them. */
function displayHost(host: string): string {
  if (['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
