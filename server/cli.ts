#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs, parseEnv, type ParseArgsConfig } from 'node:util';
import { readGivenOptions, readListening, UsageError, type Environment, type Flags } from './environment.js';
import { tokenPath } from './serve.js';
import { version } from './version.js';

const help = `Usage: synthflow-call <command> [flags]

Commands
  serve   the token endpoint of your site, at ${tokenPath}
          (alive: /healthz, ready: /readyz, Prometheus: /metrics)
  demo    the widget with an agent on this machine: no account, no key
          --protocol pcm|media          the widget websocket (default), or WebSocket media
          --codec l16|pcmu|pcma|opus    media: default l16; opus needs libopus-wasm (npm install libopus-wasm)
          --framing payload|rtp         media: default payload; opus goes in rtp only
          --bind                        media: the websocket opens first, and the call is created for its server
  doctor  checks the origins, whether Synthflow can be reached, and whether the key has the agents; creates no session
          --live  calls each agent for some seconds and prints a report without secrets, to paste into an issue
          --yes   does not ask before calls that Synthflow bills (agents of WebSocket media)

Flags, each also an environment variable
  --synthflow-agents      SYNTHFLOW_AGENTS      agents visitors may call: support=<id>,sales=<id>, or bare ids,
                                                or JSON: {"support":{"protocol":"media","modelId":"<id>",…}}
  --allowed-origins       ALLOWED_ORIGINS       origins of your pages: https://www.example.com,… or same-origin
  --port                  PORT                  default 8787; 0 takes any free one
  --host                  HOST                  default 127.0.0.1; 0.0.0.0 listens on every address
  --synthflow-widget-url  SYNTHFLOW_WIDGET_URL  default https://widget.synthflow.ai
  --synthflow-api-url     SYNTHFLOW_API_URL     default https://api.synthflow.ai/v2, or by an agent's region

Flags of serve alone
  --trusted-proxies           TRUSTED_PROXIES           proxies of yours in front, a number (default 0); or
                                                        cloudflare, vercel, netlify, fly
  --limit-address-per-minute  LIMIT_ADDRESS_PER_MINUTE  sessions of one address: default 5
  --limit-address-per-hour    LIMIT_ADDRESS_PER_HOUR    default 20
  --limit-per-minute          LIMIT_PER_MINUTE          sessions of everybody: default 60
  --limit-per-day             LIMIT_PER_DAY             default 1000
  --limit-concurrent          LIMIT_CONCURRENT          sessions of the last ten minutes: default off
  --limits                    LIMITS                    off: none of them
  --challenge                 CHALLENGE                 off (default), on-suspicion or always: visitors' browsers
                                                        do a second of work before a session (ALTCHA)
  --challenge-effort          CHALLENGE_EFFORT          key derivations that a browser tries at most: default 2000
  --redis-url                 REDIS_URL                 count limits there; for more than one machine
  --log-level                 LOG_LEVEL                 debug, info (default), warn, error or silent

  --help, --version

Secrets are read from the environment alone, as a flag would show in the list of processes: SYNTHFLOW_API_KEY (your API
key), METRICS_TOKEN (who may read /metrics from elsewhere, or behind proxies at all), CHALLENGE_SECRET (32 characters or
more, the same on every machine). A file .env in the current folder counts as environment, below what is really set there.
serve writes one line of JSON a request to stdout. demo takes its own flags, --port and --host only, doctor the first flags but these.
doctor asks on a terminal for a key and agents that are not set. It ends with 0 when every agent answered, else with 1.
`;

const defaultPort = 8787;
/** A supervisor that asks us to end is not kept waiting for a connection that does not. */
const endLimitMs = 900;
/** Nor is it cut short where an answer is under way, which Docker waits ten seconds for. */
const serveEndLimitMs = 9500;

const commonFlags = { port: { type: 'string' }, host: { type: 'string' } } as const;
const endpointFlags = {
  'synthflow-agents': { type: 'string' },
  'allowed-origins': { type: 'string' },
  'synthflow-widget-url': { type: 'string' },
  'synthflow-api-url': { type: 'string' },
} as const;
const serveFlags = {
  ...commonFlags,
  ...endpointFlags,
  'trusted-proxies': { type: 'string' },
  limits: { type: 'string' },
  'limit-address-per-minute': { type: 'string' },
  'limit-address-per-hour': { type: 'string' },
  'limit-per-minute': { type: 'string' },
  'limit-per-day': { type: 'string' },
  'limit-concurrent': { type: 'string' },
  challenge: { type: 'string' },
  'challenge-effort': { type: 'string' },
  'redis-url': { type: 'string' },
  'log-level': { type: 'string' },
} as const;
const doctorFlags = { ...endpointFlags, live: { type: 'boolean' }, yes: { type: 'boolean' } } as const;

async function startServe(args: string[]): Promise<void> {
  const flags = readFlags(args, serveFlags);
  const { port = defaultPort, host } = readListening(flags, environment);
  // Loaded at need: neither demo nor doctor has a use for log, metrics and stores.
  const { runServe } = await import('./run-serve.js');
  const running = await runServe(flags, environment).catch((error: unknown) => {
    throw explain(error, port, host);
  });
  endOnSignal(() => running.close(), serveEndLimitMs);
}

async function runDemo(args: string[]): Promise<void> {
  // Loaded at need: the token endpoint has no use for the simulator.
  const [{ startDemo }, { demoMediaFlags, readDemoMedia }] = await Promise.all([
    import('../simulator/demo.js'),
    import('../simulator/demo-media.js'),
  ]);
  const flags = readFlags(args, { ...commonFlags, ...demoMediaFlags });
  const { port, host } = readListening(flags, environment);
  const media = readDemoMedia(flags);
  const log = (line: string): void => void process.stdout.write(`${line}\n`);
  const demo = await startDemo({ port, host, media, log }).catch((error: unknown) => {
    throw explain(error, port ?? defaultPort, host);
  });
  endOnSignal(() => demo.close(), endLimitMs);
  const wire = media ? ' over WebSocket media' : '';
  log(`Open ${demo.url}/ and start a call: an agent on this machine answers${wire}. Ctrl+C ends the demo.`);
}

async function runDoctor(args: string[]): Promise<void> {
  const flags = readFlags(args, doctorFlags);
  // Loaded at need: the token endpoint opens no websockets.
  const [{ examine }, { openTerminal }] = await Promise.all([
    import('./doctor/doctor.js'),
    import('./doctor/terminal.js'),
  ]);
  const interrupted = new AbortController();
  // The first hangs up and reports; a second ends the process.
  process.once('SIGINT', () => interrupted.abort());
  const areWell = await examine({
    options: readGivenOptions(flags, environment),
    isLive: flags['live'] === true,
    isAgreed: flags['yes'] === true,
    terminal: openTerminal(),
    write: (line) => void process.stdout.write(`${line}\n`),
    signal: interrupted.signal,
  });
  process.exitCode = areWell ? 0 : 1;
}

function readFlags(args: string[], options: NonNullable<ParseArgsConfig['options']>): Flags {
  if (args.some((arg) => /^--synthflow-api-key\b/i.test(arg))) {
    throw new UsageError('The API key is read from SYNTHFLOW_API_KEY alone: a flag shows in the list of processes.');
  }
  try {
    return parseArgs({ args, options }).values as Flags;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') throw new UsageError('After the command come flags only.');
    // Its first sentence names the flag; the rest is about positional arguments.
    throw new UsageError(`${message.split(/\.\s/, 1)[0]}. See synthflow-call --help.`);
  }
}

/** What Node says of a port that cannot be had, in words that say what to do. */
function explain(error: unknown, port: number, host: string): unknown {
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case 'EADDRINUSE':
      return new Error(`Port ${port} on ${host} is taken: choose another with --port (0 takes any free one).`);
    case 'EACCES':
      return new Error(`Port ${port} on ${host} is not open to this user: choose one above 1023 with --port.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Error(`${host} is not an address of this machine: choose another with --host.`);
    default:
      return error;
  }
}

function endOnSignal(close: () => Promise<void>, limitMs: number): void {
  let isEnding = false;
  const end = (): void => {
    // Who asks twice does not want to wait.
    if (isEnding) process.exit(0);
    isEnding = true;
    setTimeout(() => process.exit(0), limitMs);
    void close().finally(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

async function run([command, ...args]: string[]): Promise<void> {
  const words = [command, ...args];
  if (words.includes('--help') || words.includes('-h') || command === 'help') {
    process.stdout.write(help);
  } else if (command === '--version') {
    process.stdout.write(`${version}\n`);
  } else if (command === 'serve') {
    await startServe(args);
  } else if (command === 'demo') {
    await runDemo(args);
  } else if (command === 'doctor') {
    await runDoctor(args);
  } else {
    throw new UsageError('Say what to run: serve, demo or doctor. See synthflow-call --help.');
  }
}

/** What `.env` in this folder says, under what the environment says. */
function withEnvFile(given: Environment): Environment {
  let text: string;
  try {
    text = readFileSync('.env', 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return given;
    throw new UsageError('The file .env in this folder is not readable for this user: change its owner or its mode.');
  }
  return { ...parseEnv(text), ...given };
}

// Whoever reads our lines may leave (`| head`): the calls go on.
process.stdout.on('error', () => undefined);

let environment: Environment = process.env;
try {
  environment = withEnvFile(process.env);
  await run(process.argv.slice(2));
} catch (error) {
  // A TypeError here is an option that createTokenHandler refuses.
  process.exitCode = error instanceof UsageError || error instanceof TypeError ? 2 : 1;
  const sentence = error instanceof Error ? error.message : 'It failed.';
  process.stderr.write(`synthflow-call: ${sentence.replaceAll(environment['SYNTHFLOW_API_KEY'] || '\0', '…')}\n`);
}
