// `npm run bench:server`: what the token endpoint costs, beside a bare node:http server in the same run. Loopback only.
// Nothing here passes or fails; machines differ.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

const root = fileURLToPath(new URL('..', import.meta.url));
const seconds = Number(process.argv[2] ?? 8);
const rows: [figure: string, value: string, limit: string][] = [];
const children: ChildProcess[] = [];

interface Target {
  readonly url: string;
  readonly pid: number;
  readonly startedInMs: number;
}

/** Starts a process and waits for its first line, which holds a URL. */
async function start(args: string[], environment: Record<string, string> = {}): Promise<Target> {
  const startedMs = performance.now();
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = /http:\/\/[^"\s]+/.exec(line)![0];
  return { url, pid: child.pid!, startedInMs: performance.now() - startedMs };
}

const request = (origin: string): Partial<autocannon.Options> => ({
  method: 'POST',
  headers: { origin, 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' },
  body: '{"assistant_id":"support"}',
});
const fromPage = request('https://www.example.com');

const cpuUs = async (url: string): Promise<number> => Number(await (await fetch(`${url}/cpu`)).text());

/** CPU time of one request, in µs, at full speed. */
async function cpuPerRequestUs(url: string, options: Partial<autocannon.Options>): Promise<number> {
  const load = (duration: number) => autocannon({ url: `${url}/`, connections: 16, duration, ...options });
  await load(2); // until the code is compiled
  const beforeUs = await cpuUs(url);
  const { requests, errors } = await load(seconds);
  if (errors > 0) throw new Error(`${errors} requests failed.`);
  return ((await cpuUs(url)) - beforeUs) / requests.total;
}

/** The latency that 99 % of requests stay below at 500 a second, in ms. */
async function p99Ms(url: string): Promise<number> {
  const load = { url: `${url}/`, connections: 20, overallRate: 500, ...fromPage };
  await autocannon({ ...load, duration: 2 });
  return (await autocannon({ ...load, duration: seconds })).latency.p99;
}

function residentMb(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kb) / 1000;
}

const target = 'scripts/bench-target.mjs';
const served = {
  SYNTHFLOW_API_KEY: 'key',
  SYNTHFLOW_AGENTS: '11111111-2222-4333-8444-555555555555',
  ALLOWED_ORIGINS: 'https://www.example.com',
  PORT: '0',
};

try {
  const upstream = await start([target, 'upstream']);
  const bare = await start([target, 'bare']);
  const plain = await start([target, 'fetch']);
  const own = await start([target, 'own']);
  const full = await start([target, 'full'], { UPSTREAM: upstream.url });

  const bareUs = await cpuPerRequestUs(bare.url, fromPage);
  const plainUs = await cpuPerRequestUs(plain.url, fromPage);
  const ownUs = await cpuPerRequestUs(own.url, fromPage);
  const refusedUs = await cpuPerRequestUs(own.url, request('https://evil.example'));
  const fullUs = await cpuPerRequestUs(full.url, fromPage);
  rows.push(['CPU a request: bare node:http', `${bareUs.toFixed(0)} µs`, '']);
  rows.push(['constant JSON by Request and Response', `${plainUs.toFixed(0)} µs`, '']);
  rows.push(['the endpoint, Synthflow aside', `${ownUs.toFixed(0)} µs`, '']);
  rows.push(['… beyond bare node:http', `${(ownUs - bareUs).toFixed(0)} µs`, '60 µs']);
  rows.push(['a refusal (origin)', `${refusedUs.toFixed(0)} µs`, '']);
  rows.push(['with a request to Synthflow by fetch', `${fullUs.toFixed(0)} µs`, '']);

  rows.push(['p99 at 500 a second: bare node:http', `${await p99Ms(bare.url)} ms`, '']);
  rows.push(['the endpoint, with Synthflow on loopback', `${await p99Ms(full.url)} ms`, '10 ms']);

  const startsMs: number[] = [];
  let idleMb = 0;
  for (let count = 0; count < 5; count += 1) {
    const serving = await start(['dist/cli.js', 'serve'], served);
    startsMs.push(serving.startedInMs);
    idleMb = Math.max(idleMb, residentMb(serving.pid));
  }
  rows.push([
    '`serve`: start until it listens, median of 5',
    `${startsMs.sort((a, b) => a - b)[2]!.toFixed(0)} ms`,
    '300 ms',
  ]);
  rows.push(['`serve`: memory when idle', `${idleMb.toFixed(0)} MB`, '60 MB']);
  rows.push([
    'bare node:http: memory when idle',
    `${residentMb((await start([target, 'bare'])).pid).toFixed(0)} MB`,
    '',
  ]);
} finally {
  for (const child of children) child.kill('SIGKILL');
}
console.table(Object.fromEntries(rows.map(([figure, value, limit]) => [figure, { value, limit }])));
