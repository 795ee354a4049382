import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Agent } from './agent.js';
import { wallClock } from './clock.js';
import { type CallReport, formatReport } from './report.js';
import { createScenario, readKnobs, type Scenario, scenarioNames } from './scenario.js';
import { Tokens } from './tokens.js';
import { readWav } from './wav.js';

/** Options of {@link createSimulator}. */
export interface SimulatorOptions {
  /** The key that the token route asks for; without it any key will do. */
  apiKey?: string;
  /** `localhost`, the default, listens on 127.0.0.1 and, where the machine has it, on ::1. */
  host?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  /** Whether reports hold up to 60 s of what was heard. */
  record?: boolean;
  /** Receives a few readable lines at the end of each call, and one for each refusal. Never a key or a token. */
  log?: (line: string) => void;
  /** A name: what `talk` plays instead. Knobs: laid over every scenario, below those in a URL. Both: knobs with a `name`. */
  scenario?: string | Partial<Scenario>;
}

/** A running simulator. */
export interface Simulator {
  /** Such as `http://localhost:8788`: what `widgetBaseUrl` and `SYNTHFLOW_WIDGET_URL` expect. */
  readonly url: string;
  /** Such as `ws://localhost:8788`. */
  readonly socketOrigin: string;
  /** An agent for each scenario, by the scenario's name; `talk` is the first. The ids are the same in every run. */
  readonly agents: Readonly<Record<string, string>>;
  /** Every call that has ended, oldest first. */
  readonly calls: readonly CallReport[];
  /** Session URLs given out. */
  readonly tokensIssued: number;
  /** Websockets that are open, and handshakes that are left unanswered. */
  readonly openSockets: number;
  /** The next ended call that this method has not given out yet. Rejects when the simulator is closed. */
  nextReport(): Promise<CallReport>;
  /**
   * Ends every open call from the agent's side.
   * @param closeCode - Default 1000; 1005 closes without a code, 1006 drops the connections.
   */
  hangUp(closeCode?: number): void;
  /** Ends all calls (1001) and lets go of every timer, socket and port. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a simulated Synthflow: the token route, the websocket and an agent behind it.
 * @throws RangeError when the scenario is wrong; the system's error when the port is taken.
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new LocalSimulator(options, await readGreeting());
  await simulator.listen();
  return simulator;
}

const maxMessageBytes = 1024 * 1024;

class LocalSimulator implements Simulator {
  readonly agents = Object.fromEntries(scenarioNames.map((name) => [name, agentId(name)]));
  readonly calls: CallReport[] = [];

  readonly #options: SimulatorOptions;
  readonly #greeting: Int16Array;
  readonly #defaultName: string;
  readonly #knobs: Partial<Scenario>;
  readonly #tokens = new Tokens();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
  });
  #servers: Server[] = [];
  #port = 0;
  readonly #liveCalls = new Set<Agent>();
  readonly #unanswered = new Set<Duplex>();
  readonly #delays = new Set<() => void>();
  readonly #unclaimed: CallReport[] = [];
  readonly #claims: { resolve: (report: CallReport) => void; reject: (error: Error) => void }[] = [];
  #closed: Promise<void> | undefined;
  #callsEnded: (() => void) | undefined;

  constructor(options: SimulatorOptions, greeting: Int16Array) {
    this.#options = options;
    this.#greeting = greeting;
    const { scenario = {} } = options;
    const { name = 'talk', ...knobs } = typeof scenario === 'string' ? { name: scenario } : scenario;
    createScenario(name, knobs);
    this.#defaultName = name;
    this.#knobs = knobs;
  }

  get url(): string {
    return `http://${this.#authority}`;
  }

  get socketOrigin(): string {
    return `ws://${this.#authority}`;
  }

  get tokensIssued(): number {
    return this.#tokens.issued;
  }

  get openSockets(): number {
    return this.#liveCalls.size + this.#unanswered.size;
  }

  nextReport(): Promise<CallReport> {
    const report = this.#unclaimed.shift();
    if (report) return Promise.resolve(report);
    const promise = new Promise<CallReport>((resolve, reject) => {
      if (this.#closed) reject(closedError());
      else this.#claims.push({ resolve, reject });
    });
    // Whoever asked and no longer waits must not bring the process down at close().
    promise.catch(() => {});
    return promise;
  }

  hangUp(closeCode = 1000): void {
    for (const agent of this.#liveCalls) agent.hangUp(closeCode);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Opens the port on every address that `host` stands for. */
  async listen(): Promise<void> {
    const { host = 'localhost', port = 0 } = this.#options;
    // Browsers take `localhost` for ::1 or for 127.0.0.1, each as it likes.
    const hosts = host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
    for (let triesLeft = port === 0 ? 10 : 1; ;) {
      try {
        this.#port = port;
        for (const address of hosts) await this.#listenOn(address);
        return;
      } catch (error) {
        await this.#closeServers();
        // A free port of IPv4 may be taken on IPv6.
        if (--triesLeft === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  get #authority(): string {
    const { host = 'localhost' } = this.#options;
    const isEveryAddress = host === '0.0.0.0' || host === '::';
    const name = isEveryAddress ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return `${name}:${this.#port}`;
  }

  async #listenOn(address: string): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(this.#port, address, resolve);
      });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (address === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) return;
      throw error;
    }
    this.#servers.push(server);
    this.#port = (server.address() as AddressInfo).port;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = readUrl(request);
    const id = /^\/websocket\/token\/([^/]+)$/.exec(url?.pathname ?? '')?.[1];
    if (!url || id === undefined) return this.#refuse(response, 404, 'Not Found');
    if (request.method !== 'GET') return this.#refuse(response, 405, 'Method Not Allowed');

    const [, key] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (key === undefined) return this.#refuse(response, 401, 'Authorization: Bearer <api key> is missing');
    if (key !== (this.#options.apiKey ?? key)) return this.#refuse(response, 401, 'The API key is wrong');

    const agent = Object.keys(this.agents).find((name) => this.agents[name] === id);
    if (agent === undefined) return this.#refuse(response, 404, 'There is no agent of this id');
    const query = url.searchParams;
    if (!query.has('scenario')) query.set('scenario', agent);
    let scenario: Scenario;
    try {
      scenario = this.#readScenario(query);
    } catch (error) {
      return this.#refuse(response, 400, (error as Error).message);
    }

    const cancel = wallClock.after(scenario.tokenDelayMs, () => {
      this.#delays.delete(cancel);
      this.#answerToken(response, scenario, query);
    });
    this.#delays.add(cancel);
    response.once('close', () => {
      this.#delays.delete(cancel);
      cancel();
    });
  }

  #answerToken(
    response: ServerResponse,
    { tokenStatus, tokenAnswer, retryAfterS }: Scenario,
    query: URLSearchParams,
  ): void {
    if (tokenStatus !== 200) {
      if (retryAfterS > 0) response.setHeader('Retry-After', retryAfterS);
      this.#refuse(response, tokenStatus, STATUS_CODES[tokenStatus] ?? 'Refused');
    } else if (tokenAnswer === 'html') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end('<!doctype html><title>Sign in</title><p>Not what you asked for.');
    } else if (tokenAnswer === 'no-url') {
      sendJson(response, 200, { status: 'ok' });
    } else {
      const session = new URLSearchParams([['token', this.#tokens.issue()], ...query]);
      sendJson(response, 200, { sessionURL: `${this.socketOrigin}/websocket/start?${session}` });
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const url = readUrl(request);
    if (url?.pathname !== '/websocket/start') return this.#refuseUpgrade(socket, 404, 'Not Found');
    const query = url.searchParams;
    const token = query.get('token');
    if (token === null && !query.has('scenario')) return this.#refuseUpgrade(socket, 401, 'The token is missing');
    if (token !== null && !this.#tokens.redeem(token)) {
      return this.#refuseUpgrade(socket, 401, 'The token is wrong, used or older than 60 s');
    }
    let scenario: Scenario;
    try {
      scenario = this.#readScenario(query);
    } catch (error) {
      return this.#refuseUpgrade(socket, 400, (error as Error).message);
    }

    if (scenario.upgrade === 'refuse') return this.#refuseUpgrade(socket, 403, 'Forbidden');
    if (scenario.upgrade === 'ignore') return this.#leaveUnanswered(socket);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const agent: Agent = new Agent(webSocket, {
        scenario,
        greeting: this.#greeting,
        record: this.#options.record ?? false,
        onEnd: (report) => this.#endCall(agent, report),
      });
      this.#liveCalls.add(agent);
    });
  }

  #readScenario(query: URLSearchParams): Scenario {
    const name = query.get('scenario') ?? 'talk';
    return createScenario(name === 'talk' ? this.#defaultName : name, { ...this.#knobs, ...readKnobs(query) });
  }

  #leaveUnanswered(socket: Duplex): void {
    this.#unanswered.add(socket);
    socket.once('close', () => this.#unanswered.delete(socket));
    // Unread, the visitor's hanging up would never be seen; and Node's HTTP leaves our half of the connection to us.
    socket.once('end', () => socket.destroy());
    socket.resume();
  }

  #endCall(agent: Agent, report: CallReport): void {
    this.#liveCalls.delete(agent);
    this.calls.push(report);
    const claim = this.#claims.shift();
    if (claim) claim.resolve(report);
    else this.#unclaimed.push(report);
    for (const line of formatReport(report).split('\n')) this.#options.log?.(line);
    if (this.#liveCalls.size === 0) this.#callsEnded?.();
  }

  #refuse(response: ServerResponse, status: number, detail: string): void {
    this.#options.log?.(`token refused: ${status}, ${detail}`);
    sendJson(response, status, { detail });
  }

  #refuseUpgrade(socket: Duplex, status: number, detail: string): void {
    this.#options.log?.(`websocket refused: ${status}, ${detail}`);
    const body = JSON.stringify({ detail });
    socket.once('finish', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }

  async #close(): Promise<void> {
    for (const cancel of this.#delays) cancel();
    for (const socket of this.#unanswered) socket.destroy();
    const serversClosed = this.#closeServers();
    if (this.#liveCalls.size > 0) {
      const callsEnded = new Promise<void>((resolve) => (this.#callsEnded = resolve));
      this.hangUp(1001);
      await callsEnded;
    }
    await serversClosed;
    this.#sockets.close();
    for (const claim of this.#claims.splice(0)) claim.reject(closedError());
  }

  async #closeServers(): Promise<void> {
    const servers = this.#servers.splice(0);
    await Promise.all(
      servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        return closed;
      }),
    );
  }
}

async function readGreeting(): Promise<Int16Array> {
  // By way of `..`, so that it is found from `dist/` too.
  return readWav(await readFile(join(import.meta.dirname, '..', 'simulator', 'greeting.wav'))).samples;
}

/** A uuid that is the same in every run, so that it can stand in a page. */
function agentId(scenario: string): string {
  const hex = createHash('sha256').update(`synthflow-call simulator ${scenario}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

function readUrl(request: IncomingMessage): URL | undefined {
  const base = 'http://localhost';
  return URL.canParse(request.url ?? '', base) ? new URL(request.url ?? '', base) : undefined;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

const closedError = (): Error => new Error('The simulator is closed.');
