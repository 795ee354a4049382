import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { Agent, type AgentOptions } from './agent.js';
import { answerAgent } from './agent-list.js';
import { Agents } from './agents.js';
import { wallClock } from './clock.js';
import type { Admission, House } from './desk.js';
import { formatReport } from './format-report.js';
import { type Answer, readUrl, Refusal, refuseHandshake, sendAnswer } from './http.js';
import { MediaDesk } from './media/media-desk.js';
import { PcmDesk } from './pcm-desk.js';
import type { CallReport } from './report.js';
import type { Scenario } from './scenario.js';
import { readWav } from './wav.js';

/** Options of {@link createSimulator}. */
export interface SimulatorOptions {
  /** The key that the routes ask for; without it any key will do. */
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
  /** Such as `http://localhost:8788/v2`: the base of WebSocket media's routes. */
  readonly apiUrl: string;
  /**
   * An agent for each scenario, by the scenario's name; `talk` is the first. The ids are the same in every run; to WebSocket
   * media they are modelIds.
   */
  readonly agents: Readonly<Record<string, string>>;
  /** Every call that has ended, oldest first. */
  readonly calls: readonly CallReport[];
  /** Session URLs of the widget websocket given out. */
  readonly tokensIssued: number;
  /** WebSocket media's calls that a POST created: those that it answered, and the orphan of each 502. */
  readonly callsCreated: number;
  /**
   * How many of them a websocket took up: by its URL, or by a `bind`. What Synthflow created and nobody joined is billed all
   * the same. Each that was joined has a report when it has ended.
   */
  readonly callsJoined: number;
  /** Websockets that are open, bound or not, and handshakes that are left unanswered. */
  readonly openSockets: number;
  /** The next ended call that this method has not given out yet. Rejects when the simulator is closed. */
  nextReport(): Promise<CallReport>;
  /**
   * Ends every open call from the agent's side, and closes sockets that wait for a `bind`.
   * @param closeCode - Default 1000; 1005 closes without a code, 1006 drops the connections.
   */
  hangUp(closeCode?: number): void;
  /** Ends all calls (1001) and lets go of every timer, socket and port. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a simulated Synthflow: both wires' routes and websockets on one port, and an agent behind them.
 * @throws RangeError when the scenario is wrong; the system's error when the port is taken.
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new LocalSimulator(options, await readGreeting());
  await simulator.listen();
  return simulator;
}

const maxMessageBytes = 1024 * 1024;

class LocalSimulator implements Simulator, House {
  readonly calls: CallReport[] = [];
  readonly apiKey: string | undefined;

  readonly #options: SimulatorOptions;
  readonly #greeting: Int16Array;
  readonly #agents: Agents;
  readonly #pcm: PcmDesk;
  readonly #media: MediaDesk;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
  });
  #servers: Server[] = [];
  #port = 0;
  readonly #open = new Map<WebSocket, { hangUp(closeCode?: number): void }>();
  readonly #unanswered = new Set<Duplex>();
  readonly #delays = new Set<() => void>();
  readonly #unclaimed: CallReport[] = [];
  readonly #claims: { resolve: (report: CallReport) => void; reject: (error: Error) => void }[] = [];
  #closed: Promise<void> | undefined;
  #socketsClosed: (() => void) | undefined;

  constructor(options: SimulatorOptions, greeting: Int16Array) {
    this.#options = options;
    this.#greeting = greeting;
    this.apiKey = options.apiKey;
    this.#agents = new Agents(options.scenario ?? {});
    this.#pcm = new PcmDesk(this, this.#agents);
    this.#media = new MediaDesk(this, this.#agents);
  }

  get url(): string {
    return `http://${this.#authority}`;
  }

  get socketOrigin(): string {
    return `ws://${this.#authority}`;
  }

  get apiUrl(): string {
    return `${this.url}/v2`;
  }

  get agents(): Readonly<Record<string, string>> {
    return this.#agents.ids;
  }

  get tokensIssued(): number {
    return this.#pcm.tokensIssued;
  }

  get callsCreated(): number {
    return this.#media.callsCreated;
  }

  get callsJoined(): number {
    return this.#media.callsJoined;
  }

  get openSockets(): number {
    return this.#open.size + this.#unanswered.size;
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
    for (const keeper of this.#open.values()) keeper.hangUp(closeCode);
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
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
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

  startCall(socket: WebSocket, call: Pick<AgentOptions, 'scenario' | 'wire' | 'isHeardEarly'>): void {
    const agent = new Agent(socket, {
      ...call,
      greeting: this.#greeting,
      record: this.#options.record ?? false,
      onEnd: (report) => this.#addReport(report),
    });
    this.keep(socket, agent);
  }

  keep(socket: WebSocket, keeper: { hangUp(closeCode?: number): void }): void {
    // Whoever kept the socket before has told us already when it closes.
    if (!this.#open.has(socket)) {
      socket.once('close', () => {
        this.#open.delete(socket);
        if (this.#open.size === 0) this.#socketsClosed?.();
      });
    }
    this.#open.set(socket, keeper);
  }

  log(line: string): void {
    this.#options.log?.(line);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = readUrl(request);
      const answer =
        url &&
        (this.#pcm.answer(request, url) ??
          this.#media.answer(request, url) ??
          answerAgent(request, url, this.#agents, this.apiKey));
      if (!answer) throw new Refusal(404);
      this.#sendLater(response, await answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#send(response, { status: error.status, body: { detail: error.message } });
    }
  }

  #sendLater(response: ServerResponse, answer: Answer): void {
    if (response.destroyed) return;
    const cancel = wallClock.after(answer.delayMs ?? 0, () => {
      this.#delays.delete(cancel);
      this.#send(response, answer);
    });
    this.#delays.add(cancel);
    response.once('close', () => {
      this.#delays.delete(cancel);
      cancel();
    });
  }

  #send(response: ServerResponse, answer: Answer): void {
    if (answer.status !== 200)
      this.log(`request refused: ${answer.status}, ${(answer.body as { detail: string }).detail}`);
    sendAnswer(response, answer);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    let admission: Admission | undefined;
    try {
      const url = readUrl(request);
      admission = url && (await (this.#pcm.admit(url) ?? this.#media.admit(url)));
      if (!admission) throw new Refusal(404);
      if (admission.scenario.upgrade === 'refuse') throw new Refusal(403);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.log(`websocket refused: ${error.status}, ${error.message}`);
      return refuseHandshake(socket, error);
    }
    // Codecs may have to be loaded before; whoever has closed the simulator meanwhile waits for no new call.
    if (this.#closed) return void socket.destroy();
    if (admission.scenario.upgrade === 'ignore') return this.#leaveUnanswered(socket);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => admission.open(webSocket));
  }

  #leaveUnanswered(socket: Duplex): void {
    this.#unanswered.add(socket);
    socket.once('close', () => this.#unanswered.delete(socket));
    // Unread, the visitor's hanging up would never be seen; and Node's HTTP leaves our half of the connection to us.
    socket.once('end', () => socket.destroy());
    socket.resume();
  }

  #addReport(report: CallReport): void {
    this.calls.push(report);
    const claim = this.#claims.shift();
    if (claim) claim.resolve(report);
    else this.#unclaimed.push(report);
    for (const line of formatReport(report).split('\n')) this.log(line);
  }

  async #close(): Promise<void> {
    for (const cancel of this.#delays) cancel();
    for (const socket of this.#unanswered) socket.destroy();
    const serversClosed = this.#closeServers();
    if (this.#open.size > 0) {
      const socketsClosed = new Promise<void>((resolve) => (this.#socketsClosed = resolve));
      this.hangUp(1001);
      await socketsClosed;
    }
    await serversClosed;
    this.#sockets.close();
    const orphans = this.callsCreated - this.callsJoined;
    if (orphans > 0) this.log(`calls that were created and never joined: ${orphans}; Synthflow may bill each`);
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

const closedError = (): Error => new Error('The simulator is closed.');
