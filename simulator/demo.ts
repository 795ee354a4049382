import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { sendRefusal } from '../server/adapters/node.js';
import { Refusal } from '../server/refusal.js';
import { serve, type ServeOptions, type Serving } from '../server/serve.js';
import type { AgentOptions } from '../server/resolve-agents.js';
import { createTokenHandler } from '../server/token-handler.js';
import { isLoopback } from '../server/token-settings.js';
import type { DemoMedia } from './demo-media.js';
import { createOpusCoder } from './media/opus-coder.js';
import { createSimulator } from './simulator.js';

/** Where the demo listens and what it shows. */
export interface DemoOptions {
  /** Default 8787, or any free one where that is taken. A port given here is that port or an error. */
  port?: number | undefined;
  /** Default `127.0.0.1`. */
  host?: string | undefined;
  /** The folder of `index.html`, `public/` and `dist/`. Default: this package's. */
  root?: string | undefined;
  /** Has the agents speak WebSocket media. Default: the widget websocket. */
  media?: DemoMedia | undefined;
  /** Told what the simulated agent reports, a line at a time. */
  log?: ((line: string) => void) | undefined;
}

/** A demo that runs. */
export interface Demo {
  /** The page's origin, such as `http://localhost:8787`, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const defaultPort = 8787;

/**
 * Starts the simulated agent, a token endpoint that knows it, and the page: everything of a call, on this machine.
 * @throws OpusMissingError where `media` asks for Opus and its package is not installed.
 */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const { port, host = '127.0.0.1', root = packageFolder(), media, log = () => undefined } = options;
  // Now, and not when the first visitor calls.
  if (media?.codec === 'opus') await createOpusCoder();
  const apiKey = `demo-${crypto.randomUUID()}`;
  // The page's URL says `localhost`, so its socket does: some browsers look for that at ::1 first, and the simulator,
  // unlike one http server, can listen at both.
  const simulator = await createSimulator({ apiKey, host: isLoopback(host) ? 'localhost' : host, log });
  try {
    const handler = createTokenHandler({
      apiKey,
      agents: media ? mediaAgents(simulator.agents, media) : simulator.agents,
      allowedOrigins: 'same-origin',
      widgetBaseUrl: simulator.url,
      apiBaseUrl: simulator.apiUrl,
    });
    const fallback = createPageListener(root, simulator.socketOrigin);
    const page = await serveNear(port, { handler, host, fallback });
    return {
      // By address, not `localhost`: another program may have the same port at ::1, where browsers look first.
      url: page.url.replace('//localhost:', '//127.0.0.1:'),
      async close() {
        await Promise.all([page.close(), simulator.close()]);
      },
    };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

/** The same names with all that a call of WebSocket media asks for; the telephone numbers are nobody's. */
function mediaAgents(ids: Readonly<Record<string, string>>, media: DemoMedia): Record<string, AgentOptions> {
  const numbers = { fromPhoneNumber: '+15550100', toPhoneNumber: '+15550101' };
  return Object.fromEntries(
    Object.entries(ids).map(([name, modelId]) => [name, { protocol: 'media', modelId, ...numbers, ...media }]),
  );
}

/** The port that was asked for, or ours, or, where ours is taken, a free one. */
async function serveNear(port: number | undefined, options: Omit<ServeOptions, 'port'>): Promise<Serving> {
  if (port !== undefined) return serve({ ...options, port });
  try {
    return await serve({ ...options, port: defaultPort });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return serve({ ...options, port: 0 });
  }
}

/** The files of the package's folder that are served, by path, with their types. */
const ownFiles: Readonly<Record<string, string>> = {
  '/index.html': 'text/html',
  '/custom-elements.json': 'application/json',
};

/**
 * Serves `index.html`, `custom-elements.json`, the files of `public/` at the root and those of `dist/` under `/dist/`. Never the folder around
 * them: that is where a `.env` lies.
 */
export function createPageListener(root: string, socketOrigin: string): RequestListener {
  // `dev` looks at the disk each time, so a rebuild shows at the next reload; with `etag` it says `no-cache`.
  const servePublic = sirv(join(root, 'public'), { dev: true, etag: true });
  const serveDist = sirv(join(root, 'dist'), { dev: true, etag: true });
  const policy = contentSecurityPolicy(socketOrigin);

  return (request, response) => {
    response.setHeader('content-security-policy', policy);
    response.setHeader('permissions-policy', 'microphone=(self)');
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-cache');

    const path = decodePath(request.url);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendRefusal(response, new Refusal('method-not-allowed', 'Use one of GET, HEAD.'));
      return;
    }
    // sirv serves dot files in `dev`.
    if (path === undefined || path.includes('/.')) {
      refuseUnknown(response);
      return;
    }
    // sirv hands a range that ends before it starts to the file system, which throws. No page of ours needs ranges.
    delete request.headers.range;

    const refuse = (): void => refuseUnknown(response);
    const name = path === '/' ? '/index.html' : path;
    const type = ownFiles[name];
    if (type) {
      sendFile(join(root, name), type, request, response).catch(refuse);
    } else if (request.url?.startsWith('/dist/')) {
      request.url = request.url.slice('/dist'.length);
      serveDist(request, response, refuse);
    } else {
      servePublic(request, response, refuse);
    }
  };
}

/** Only our own files, and the one socket that the simulated agent listens on. */
function contentSecurityPolicy(socketOrigin: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${socketOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}

/** The path of a request target, or `undefined` where it is none a browser would ask for. */
function decodePath(target: string | undefined): string | undefined {
  try {
    const path = decodeURIComponent(target?.split('?', 1)[0] ?? '');
    return path.startsWith('/') && !/[\\\0]/.test(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

async function sendFile(file: string, type: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const content = await readFile(file);
  response.writeHead(200, { 'content-type': `${type};charset=utf-8`, 'content-length': content.byteLength });
  response.end(request.method === 'HEAD' ? undefined : content);
}

function refuseUnknown(response: ServerResponse): void {
  sendRefusal(response, new Refusal('not-found', 'There is no such page.'));
}

/** The nearest folder above this file that has a package.json, whether this runs from source or from `dist/`. */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
