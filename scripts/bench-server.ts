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

/** CPU time, in µs. */
type Cpu = Pick<NodeJS.CpuUsage, 'user' | 'system'>;

const readCpu = async (url: string): Promise<Cpu> => (await (await fetch(`${url}/cpu`)).json()) as Cpu;

/** What one request costs at full speed. */
async function cpuPerRequest(url: string, options: Partial<autocannon.Options>): Promise<Cpu> {
  const load = (duration: number) => autocannon({ url: `${url}/`, connections: 16, duration, ...options });
  await load(2); // until the code is compiled
  const before = await readCpu(url);
  const { requests, errors } = await load(seconds);
  if (errors > 0) throw new Error(`${errors} requests failed.`);
  const after = await readCpu(url);
  return {
    user: (after.user - before.user) / requests.total,
    system: (after.system - before.system) / requests.total,
  };
}

// Apart, as the system's time is mostly that of one write on loopback: more where it wakes a client that sleeps.
const inWords = ({ user, system }: Cpu): string => `${user.toFixed(0)} + ${system.toFixed(0)} µs`;

/** The latency that 99 % of requests stay below at 500 a second, in ms. */
async function p99Ms(url: string): Promise<number> {
  const load = { url: `${url}/`, connections: 20, overallRate: 500, ...fromPage };
  await autocannon({ ...load, duration: 2 });
  const { latency, errors, non2xx } = await autocannon({ ...load, duration: seconds });
  if (errors + non2xx > 0) throw new Error(`${errors + non2xx} requests failed.`);
  return latency.p99;
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
  const relay = await start([target, 'relay'], { UPSTREAM: upstream.url });

  const bareCpu = await cpuPerRequest(bare.url, fromPage);
  const ownCpu = await cpuPerRequest(own.url, fromPage);
  rows.push(['CPU a request (user + system): bare node:http', inWords(bareCpu), '']);
  rows.push(['the endpoint, Synthflow aside', inWords(ownCpu), '']);
  const beyond = { user: ownCpu.user - bareCpu.user, system: ownCpu.system - bareCpu.system };
  rows.push(['… beyond bare node:http', inWords(beyond), '60 µs']);
  const refused = request('https://evil.example');
  rows.push(['a refusal (origin)', inWords(await cpuPerRequest(own.url, refused)), '']);
  rows.push(['constant JSON by Request and Response', inWords(await cpuPerRequest(plain.url, fromPage)), '']);
  rows.push(['with a request to Synthflow by fetch', inWords(await cpuPerRequest(full.url, fromPage)), '']);

  rows.push(['p99 at 500 a second: bare node:http', `${await p99Ms(bare.url)} ms`, '']);
  rows.push(['node:http that asks Synthflow by fetch, no more', `${await p99Ms(relay.url)} ms`, '']);
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
