import type { AudioFormat, AudioOptions, AudioReport } from '../../src/audio/audio-engine.js';
import { CallController, type CallAudio, type CallOptions, type CallParts } from '../../src/call/call-controller.js';
import type { CallReport } from '../../src/call/call-report.js';
import type { Side } from '../../src/call/draw-levels.js';
import type { Binding, Session, SessionRequest } from '../../src/call/session.js';
import type { SocketCommand, SocketReport } from '../../src/protocol/socket-host.js';
import type { Socket, ThreadOptions } from '../../src/call/call-thread.js';
import { Deferred } from '../support/deferred.js';
import { Inbox } from '../support/inbox.js';
import { plainPcm } from '../support/wire-choices.js';
import { ManualClock } from '../support/manual-clock.js';

export const session: Session = {
  url: 'wss://agent.example/start?token=secret-token',
  ...plainPcm,
  callId: undefined,
};

/** A call's sound that does nothing until the test says so. */
export class FakeAudio implements CallAudio {
  readonly options: AudioOptions;
  readonly report: (report: AudioReport) => void;
  readonly microphone = new Deferred();
  readonly loaded = new Deferred();
  readonly drained = new Deferred();
  readonly closed = new Deferred();
  readonly ports = { uplink: new MessageChannel().port1, downlink: new MessageChannel().port1 };
  readonly formats: AudioFormat[] = [];
  readonly muted: boolean[] = [];
  readonly volumes: number[] = [];
  readonly rings: boolean[] = [];
  /** What it gives to whoever draws levels, in this order. */
  readonly levelPorts: MessagePort[] = [];
  /** Whether the end was told by a tone. */
  hadTone = false;
  /** Ids of the devices that it was told to use. */
  readonly devices: string[] = [];
  drains = 0;
  resumes = 0;
  stops = 0;
  connectFailure: unknown;
  #log: (line: string) => void;

  constructor(options: AudioOptions, report: (report: AudioReport) => void, log: (line: string) => void) {
    this.options = options;
    this.report = report;
    this.#log = log;
    // As in the real one: a call that was stopped before waits for neither.
    for (const { promise } of [this.microphone, this.loaded]) promise.catch(() => {});
  }

  granted(): Promise<void> {
    return this.microphone.promise;
  }
  ready(): Promise<void> {
    return this.loaded.promise;
  }
  connect(format: AudioFormat) {
    if (this.connectFailure) throw this.connectFailure;
    this.formats.push(format);
    return this.ports;
  }
  setMuted(muted: boolean): void {
    this.muted.push(muted);
  }
  setVolume(volume: number): void {
    this.volumes.push(volume);
  }
  setMicrophone(id: string | null | undefined): void {
    this.devices.push(`microphone ${id}`);
  }
  setSpeaker(id: string | null | undefined): void {
    this.devices.push(`speaker ${id}`);
  }
  setRinging(isRinging: boolean): void {
    this.rings.push(isRinging);
  }
  levels(): MessagePort | undefined {
    return this.levelPorts.shift();
  }
  resume(): void {
    this.resumes += 1;
  }
  drain(): Promise<void> {
    this.drains += 1;
    return this.drained.promise;
  }
  stop(hasTone = false): Promise<void> {
    this.stops += 1;
    this.hadTone ||= hasTone;
    this.#log('sound stopped');
    return this.closed.promise;
  }
}

/** A socket that tells what the test wants. */
export interface FakeSocket {
  readonly options: SocketCommand;
  readonly report: (report: SocketReport) => void;
  closes: number;
  /** Other ends of the sound that it was given. */
  readonly links: { uplink: MessagePort; downlink: MessagePort }[];
  /** What it was bound to, and what it was bound to in order to be closed. */
  readonly bound: string[];
  readonly boundAtEnd: (string | undefined)[];
}

/** What a socket runs in. */
export interface FakeThread {
  readonly options: ThreadOptions;
  stops: number;
  /** What it was told to draw. */
  readonly drawn: [sides: readonly Side[], levels: MessagePort | undefined][];
}

/** A request for a session that the test answers. */
export interface AskedSession extends Deferred<Session> {
  readonly request: SessionRequest;
  readonly signal: AbortSignal;
  readonly stopped: AbortSignal | undefined;
}

/** A request for a call to bind to that the test answers. */
export interface AskedBinding extends Deferred<Binding> {
  readonly serverName: unknown;
  readonly signal: AbortSignal;
  readonly stopped: AbortSignal | undefined;
}

/** The steps of a call, in their order. */
export const stages = [
  'the microphone is asked for',
  'session and sound are waited for',
  'the session is there, the sound is not',
  'the sound is there, the session is not',
  'the socket opens',
  'the socket is open',
  'the agent is waited for',
  'the call is active',
  'the agent’s last words are played',
] as const;
export type Stage = (typeof stages)[number];

/** A controller with parts that the test plays, and a clock that the test turns. */
export class Rehearsal {
  readonly clock = new ManualClock();
  readonly reports = new Inbox<CallReport>();
  readonly audios = new Inbox<FakeAudio>();
  readonly sessions = new Inbox<AskedSession>();
  readonly bindings = new Inbox<AskedBinding>();
  readonly threads = new Inbox<FakeThread>();
  readonly sockets = new Inbox<FakeSocket>();
  /** URLs that were opened only to hang up. */
  readonly hungUp: string[] = [];
  /** Reports and the letting go of each part, in their order. */
  readonly log: string[] = [];
  readonly controller: CallController;
  /** Called with each report, as a page would be. */
  listener: (report: CallReport) => void = () => {};
  openAudioFailure: unknown;
  /** What the next thread's start waits for. */
  threadIsReady: Promise<void> = Promise.resolve();
  /** What each thread's start waits for. */
  threadStart = (): Promise<void> => this.threadIsReady;
  /** Whether a thread can host a socket. */
  canOpen = true;
  lastStart: Promise<boolean> = Promise.resolve(false);

  constructor(parts: Partial<CallParts> = {}) {
    this.clock.install();
    this.controller = new CallController((report) => this.#hear(report), {
      openAudio: (options, report) => {
        if (this.openAudioFailure) throw this.openAudioFailure;
        const audio = new FakeAudio(options, report, (line) => this.log.push(line));
        this.audios.push(audio);
        return audio;
      },
      fetchSession: (request, signal, stopped) => {
        const asked = Object.assign(new Deferred<Session>(), { request, signal, stopped });
        this.sessions.push(asked);
        return asked.promise;
      },
      startThread: (options) => {
        const thread: FakeThread = { options, stops: 0, drawn: [] };
        this.threads.push(thread);
        return {
          ready: this.threadStart().then(() => this.canOpen),
          open: (options, report) => this.#open(options, report),
          draw: (sides, levels) => thread.drawn.push([sides, levels]),
          stop: () => {
            thread.stops += 1;
          },
        };
      },
      fetchBinding: (_request, signal, serverName, stopped) => {
        const asked = Object.assign(new Deferred<Binding>(), { serverName, signal, stopped });
        this.bindings.push(asked);
        return asked.promise;
      },
      hangUpUnused: (url) => this.hungUp.push(url),
      now: () => this.clock.nowMs,
      ...parts,
    });
  }

  get audio(): FakeAudio {
    return this.audios.all.at(-1)!;
  }
  get session(): AskedSession {
    return this.sessions.all.at(-1)!;
  }
  get binding(): AskedBinding {
    return this.bindings.all.at(-1)!;
  }
  get socket(): FakeSocket {
    return this.sockets.all.at(-1)!;
  }
  /** Types of all reports but the figures of each second; a status by its name. */
  get told(): string[] {
    const reports = this.reports.all.filter(({ type }) => type !== 'stats');
    return reports.map((report) => (report.type === 'status' ? report.status : report.type));
  }
  get end(): Extract<CallReport, { type: 'end' }> | undefined {
    return this.reports.all.flatMap((report) => (report.type === 'end' ? [report] : [])).at(-1);
  }

  start(options: Partial<CallOptions> = {}): Promise<boolean> {
    this.lastStart = this.controller.start({
      maxDurationS: 0,
      title: 'A call',
      idleTimeoutS: 0,
      tokenEndpoint: '/token',
      ...options,
    } as CallOptions);
    return this.lastStart;
  }

  /** Starts a call and plays it up to this stage. */
  async playTo(stage: Stage, options: Partial<CallOptions> = {}, given = session): Promise<void> {
    const [asked, opened] = [this.sessions.all.length, this.sockets.all.length];
    void this.start(options);
    if (stage === 'the microphone is asked for') return;
    this.audio.microphone.resolve();
    await this.sessions.count(asked + 1);
    if (stage === 'session and sound are waited for') return;
    if (stage !== 'the sound is there, the session is not') this.session.resolve(given);
    if (stage === 'the session is there, the sound is not') return void (await this.session.promise);
    this.audio.loaded.resolve();
    if (stage === 'the sound is there, the session is not') return void (await this.audio.loaded.promise);
    await this.sockets.count(opened + 1);
    if (stage === 'the socket opens') return;
    this.socket.report({ type: 'opened' });
    if (stage === 'the socket is open') return;
    this.socket.report({ type: 'client-ready' });
    if (stage === 'the agent is waited for') return;
    this.socket.report({ type: 'agent-ready' });
    if (stage === 'the call is active') return;
    this.socket.report({ type: 'closed', closeCode: 1000, hungUp: true });
  }

  #open(options: SocketCommand, report: (report: SocketReport) => void): Socket {
    const socket: FakeSocket = { options, report, closes: 0, links: [], bound: [], boundAtEnd: [] };
    this.sockets.push(socket);
    return {
      bind: (sid) => socket.bound.push(sid),
      link: (ports) => socket.links.push(ports),
      close: (sid) => {
        socket.closes += 1;
        socket.boundAtEnd.push(sid);
        this.log.push('socket closed');
        return undefined;
      },
    };
  }

  #hear(report: CallReport): void {
    this.log.push(report.type === 'status' ? `status ${report.status}` : report.type);
    this.reports.push(report);
    this.listener(report);
  }
}
