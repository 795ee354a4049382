import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { freePort } from '../support/free-port.js';

const here = fileURLToPath(new URL('.', import.meta.url));
export const bundles = `${here}../../coverage/runtimes/`;

/** An endpoint that runs somewhere. */
export interface Running {
  readonly url: string;
  /** What it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Where the endpoint is run, and how: with the example for it, and an environment. */
export interface Host {
  readonly name: string;
  /** How this platform finds a visitor's address. */
  readonly trustedProxies: string;
  /** It answers itself where the example exports no method. */
  readonly knowsMethods?: boolean;
  start(environment: Record<string, string>): Promise<Running>;
}

const process20 = process.execPath;
const byCommand =
  (command: string, ...args: string[]) =>
  async (environment: Record<string, string>): Promise<Running> => {
    const port = await freePort();
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: String(port), ...environment };
    const child = spawn(command, args, { env, cwd: here, stdio: 'pipe' });
    const ended = once(child, 'close');
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
    const lines = createInterface({ input: child.stdout });
    const failed = ended.then(() => {
      throw new Error(`${command} ended: ${output}`);
    });
    await Promise.race([once(lines, 'line'), failed]);
    failed.catch(() => undefined);
    return {
      url: `http://127.0.0.1:${port}`,
      output: () => output,
      async stop() {
        child.kill('SIGKILL');
        await ended;
      },
    };
  };

const emulated = (platform: string) =>
  byCommand(process20, '--import', 'tsx', `${here}hosts/${platform}.ts`, `${bundles}${platform}.mjs`);

async function startWorker(environment: Record<string, string>): Promise<Running> {
  let output = '';
  const worker = new Miniflare({
    modules: true,
    script: readFileSync(`${bundles}worker.mjs`, 'utf8'),
    compatibilityDate: '2025-11-01',
    bindings: environment,
    durableObjects: { TOKEN_LIMITS: { className: 'TokenLimits', useSQLite: true } },
    assets: {
      directory: fileURLToPath(new URL('../../dist', import.meta.url)),
      binding: 'ASSETS',
      routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
    },
    ratelimits: { TOKEN_RATE: { simple: { limit: 20, period: 60 } } },
    handleRuntimeStdio(stdout, stderr) {
      for (const stream of [stdout, stderr]) stream.on('data', (part) => (output += String(part)));
    },
  });
  const url = await worker.ready;
  return { url: url.origin, output: () => output, stop: () => worker.dispose() };
}

const modules = `${here}node_modules/`;

export const hosts: readonly Host[] = [
  { name: 'Node 20', trustedProxies: '1', start: byCommand(process20, `${bundles}node.mjs`) },
  { name: 'Node 22', trustedProxies: '1', start: byCommand(`${modules}node22/bin/node`, `${bundles}node.mjs`) },
  { name: 'Node 24', trustedProxies: '1', start: byCommand(`${modules}node24/bin/node`, `${bundles}node.mjs`) },
  { name: 'Bun', trustedProxies: '1', start: byCommand(`${modules}.bin/bun`, `${bundles}bun.mjs`) },
  {
    name: 'Deno',
    trustedProxies: '1',
    start: byCommand(`${modules}.bin/deno`, 'run', '--no-prompt', '--allow-net', '--allow-env', `${bundles}deno.mjs`),
  },
  { name: 'workerd', trustedProxies: 'cloudflare', start: startWorker },
  { name: 'Express', trustedProxies: '1', start: byCommand(process20, `${bundles}express.mjs`) },
  { name: 'Fastify', trustedProxies: '1', start: byCommand(process20, `${bundles}fastify.mjs`) },
  { name: 'Hono', trustedProxies: '1', start: byCommand(process20, `${bundles}hono.mjs`) },
  { name: 'Lambda', trustedProxies: '1', start: emulated('lambda') },
  { name: 'Vercel', trustedProxies: 'vercel', knowsMethods: true, start: emulated('vercel') },
  { name: 'Netlify', trustedProxies: 'netlify', start: emulated('netlify') },
  { name: 'Next.js', trustedProxies: '1', knowsMethods: true, start: emulated('next') },
];
