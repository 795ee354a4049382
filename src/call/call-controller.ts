import { AudioEngine, whatLacks, type AudioOptions, type AudioReport } from '../audio/audio-engine.js';
import { namedDevices, type AudioDevices } from '../audio/devices.js';
import { AudioFailure } from '../audio/audio-failure.js';
import { hangUpUnused } from '../protocol/hang-up.js';
import type { SocketReport, SocketStats } from '../protocol/socket-host.js';
import { wireFormat } from '../protocol/wire-format.js';
import { noStats, type CallReport, type CallStats, type EndReason } from './call-report.js';
import { CallThread, type Socket, type ThreadOptions } from './call-thread.js';
import type { Side } from './draw-levels.js';
import { CallError, type CallErrorCode } from './errors.js';
import { keepAwake } from './keep-awake.js';
import { LineQuality } from './line-quality.js';
import { isRunning, next, type CallInput, type CallStatus } from './machine.js';
import { takeMediaKeys, type MediaKeys } from './media-keys.js';
import { longestRetryMs, mostReconnects, nextRetryDelayMs, triesAfter } from './retry.js';
import { fetchBinding, fetchSession, type Binding, type Session, type SessionRequest } from './session.js';

/** What a call is started with. */
export interface CallOptions extends SessionRequest, AudioOptions, ThreadOptions {
  /** Seconds after which the call ends by itself; 0 = never. Default 1800. */
  readonly maxDurationS: number | undefined;
  /** Seconds without speech on either side after which it ends by itself; 0 = never. Default 300. */
  readonly idleTimeoutS: number | undefined;
  /** Goes on with a fresh session where the connection is lost. Default false. */
  readonly reconnect?: boolean | undefined;
  /** What the system calls it, on a lock screen or beside its media keys. */
  readonly title: string;
}

/** What a call is made of; each can be replaced in a test. */
export interface CallParts {
  readonly fetchSession: typeof fetchSession;
  readonly fetchBinding: typeof fetchBinding;
  readonly hangUpUnused: typeof hangUpUnused;
  readonly startThread: (options: ThreadOptions) => Pick<CallThread, 'ready' | 'open' | 'draw' | 'stop'>;
  readonly openAudio: (options: AudioOptions, onReport: (report: AudioReport) => void) => CallAudio;
  /** A clock in ms. */
  readonly now: () => number;
  /** How long each step may take, in ms. */
  readonly timeoutsMs: Readonly<Partial<Record<CallErrorCode, number>>>;
}

/** What a call needs of the sound. */
export type CallAudio = Pick<
  AudioEngine,
  | 'granted'
  | 'ready'
  | 'connect'
  | 'setMuted'
  | 'setVolume'
  | 'setMicrophone'
  | 'setSpeaker'
  | 'resume'
  | 'setRinging'
  | 'levels'
  | 'drain'
  | 'stop'
>;

const defaultParts: CallParts = {
  fetchSession,
  fetchBinding,
  hangUpUnused,
  startThread: (options) => new CallThread(options),
  openAudio: (options, onReport) => new AudioEngine(options, onReport),
  now: () => performance.now(),
  timeoutsMs: {
    'audio-failed': 10_000,
    'token-request-timeout': 10_000,
    'connection-timeout': 10_000,
    'agent-timeout': 20_000,
  },
};

/** What a chunk holds. */
const chunkMs = 20;

/** A call's longest duration where none is given: half an hour. */
const defaultDurationS = 1800;
const defaultIdleS = 300;

/** How often a call tells its figures. */
const statsMs = 1000;

/** The longest that a browser's timer can count; beyond, it fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** What a page may lack whose socket is on its own thread. */
const hostDetail = 'Serve synthflow-call.host.js beside the script, allowed by script-src.';

/** One session of a call, from the request to the closed socket. What arrives for one that is not the call's is stale. */
interface Line {
  readonly abort: AbortController;
  /** Aborted at its end, before `abort`: for what need not be waited for. */
  readonly stopped: AbortController;
  readonly thread: ReturnType<CallParts['startThread']>;
  /** What earlier sockets of the call have counted. */
  readonly before: SocketStats;
  disarm: () => void;
  /** What the token endpoint is asked just now. */
  asked?: Promise<unknown> | undefined;
  session?: Session | undefined;
  socket?: Socket;
  /** The call that the socket is to be bound to. */
  binding?: Binding | undefined;
}

/** A connection that is gone. */
interface Loss {
  readonly closeCode: number;
  readonly atMs: number;
  readonly deadline: ReturnType<typeof setTimeout>;
  /** Why the last try to have it back failed. */
  error?: CallError;
}

/** One try at a call, from the tap to the end. */
interface Attempt {
  readonly options: CallOptions;
  readonly maxDurationS: number;
  readonly idleTimeoutS: number;
  readonly timers: Set<ReturnType<typeof setTimeout>>;
  /** From the first `active`. */
  ticking?: ReturnType<typeof setInterval>;
  readonly settle: (isActive: boolean) => void;
  readonly quality: LineQuality;
  /** What was told of it. */
  isPoor: boolean;
  /** None before the sound is opened, and between two tries. */
  line?: Line | undefined;
  /** While the call is without its agent. */
  loss?: Loss | undefined;
  /** Tries to have it back, and since when it holds. */
  tries: number;
  heldSinceMs: number;
  mediaKeys?: MediaKeys;
  /** Lets the screen go out again. */
  letSleep?: () => void;
  audio?: CallAudio;
  /** Ends the wait for the network. */
  readonly abort: AbortController;
  /** Set when the agent has hung up and its last words are played. */
  hungUpCode?: number;
}

/** Whether this page and browser can make calls at all, as far as that is known before the click. */
export const canCall = (): boolean => !whatLacks();

/** One call at a time, without a face: microphone, session, socket and sound, moved by the table in machine.ts. */
export class CallController {
  #parts: CallParts;
  #onReport: (report: CallReport) => void;
  #status: CallStatus = 'idle';
  #error: CallError | null = null;
  #stats = noStats;
  #attempt: Attempt | undefined;
  #closed: Promise<void> = Promise.resolve();
  #activeSince: number | undefined;
  #duration = 0;
  #startedAt = 0;
  /** When somebody spoke last. */
  #spokenAt = 0;
  /** While an end is told: the starts that wait for it. */
  #waiting: (() => void)[] | undefined;
  #isMuted = false;
  #volume = 1;

  constructor(onReport: (report: CallReport) => void, parts: Partial<CallParts> = {}) {
    this.#onReport = onReport;
    this.#parts = { ...defaultParts, ...parts };
  }

  get status(): CallStatus {
    return this.#status;
  }

  /** Why the last call failed; null while none has. */
  get error(): CallError | null {
    return this.#error;
  }

  /** Seconds since the agent was ready; of the last call where none runs; 0 before. */
  get duration(): number {
    return this.#activeSince === undefined ? this.#duration : (this.#parts.now() - this.#activeSince) / 1000;
  }

  /** Figures of this call, or of the last one. */
  get stats(): CallStats {
    return this.#stats;
  }

  /**
   * Starts a call. Call it inside the click: it asks for the microphone before it returns.
   * @returns true once the call is active, false where it is not going to be. Never rejects. While a call runs it
   *   does nothing and answers false.
   */
  start(options: CallOptions): Promise<boolean> {
    // A listener of the last call's status: that call's end is told first.
    const waiting = this.#waiting;
    if (waiting) return new Promise((settle) => waiting.push(() => settle(this.start(options))));
    if (isRunning(this.#status)) return Promise.resolve(false);
    this.#error = null;
    this.#stats = noStats;
    this.#duration = 0;
    this.#startedAt = this.#parts.now();
    return new Promise((settle) => {
      const attempt: Attempt = {
        options,
        settle,
        // What is no number must not mean that a call never ends.
        maxDurationS: options.maxDurationS! >= 0 ? options.maxDurationS! : defaultDurationS,
        idleTimeoutS: options.idleTimeoutS! >= 0 ? options.idleTimeoutS! : defaultIdleS,
        abort: new AbortController(),
        timers: new Set(),
        quality: new LineQuality(),
        isPoor: false,
        tries: 0,
        heldSinceMs: 0,
      };
      this.#attempt = attempt;
      this.#move('start');
      void this.#run(attempt);
    });
  }

  /** Ends the call. Resolves when microphone and context are closed; a socket that has a call to hang up may stay for some seconds. */
  stop(reason: EndReason = 'visitor'): Promise<void> {
    if (this.#attempt) this.#finish(this.#attempt, 'stop', reason);
    return this.#closed;
  }

  /** Sends silence while muted. */
  setMuted(muted: boolean): void {
    this.#isMuted = muted;
    this.#attempt?.mediaKeys?.setMuted(muted);
    this.#attempt?.audio?.setMuted(muted);
  }

  /** @param volume - 0 to 1. */
  setVolume(volume: number): void {
    this.#volume = volume;
    this.#attempt?.audio?.setVolume(volume);
  }

  /** Goes on with another microphone, by its device id. */
  setMicrophone(microphoneId: string | null | undefined): void {
    this.#attempt?.audio?.setMicrophone(microphoneId);
  }

  /** Goes on with another loudspeaker, by its device id. */
  setSpeaker(speakerId: string | null | undefined): void {
    this.#attempt?.audio?.setSpeaker(speakerId);
  }

  /** Says how both sides' levels look, the visitor's first. They are drawn off the page's own thread, where that can be. */
  draw(sides: readonly Side[]): void {
    const { line, audio } = this.#attempt ?? {};
    line?.thread.draw(sides, audio?.levels());
  }

  /** Goes on where `needs-tap` was told: call it inside a tap. */
  resume(): void {
    this.#attempt?.audio?.resume();
  }

  /** What the visitor may choose from; asks for no permission. */
  devices(): Promise<AudioDevices> {
    return namedDevices();
  }

  async #run(attempt: Attempt): Promise<void> {
    const { options } = attempt;
    const isStale = () => attempt !== this.#attempt;
    // A listener may have stopped the call.
    if (isStale()) return;
    try {
      // The tap is sacred: no await before this.
      const audio = this.#parts.openAudio(options, (report) => isStale() || this.#hearAudio(attempt, report));
      attempt.audio = audio;
      audio.setMuted(this.#isMuted);
      audio.setVolume(this.#volume);
      const line = this.#startLine(attempt);
      await audio.granted();
      if (isStale()) return;
      this.#mark('microphoneMs');
      this.#move('granted');
      if (isStale()) return;
      audio.setRinging(true);
      attempt.letSleep = keepAwake();
      attempt.mediaKeys = takeMediaKeys(options.title, {
        hangup: () => void this.stop(),
        togglemicrophone: () => this.#tell({ type: 'toggle-mute' }),
      });
      attempt.mediaKeys.setMuted(this.#isMuted);
      // A session costs money, so it is asked for only now, while the rest of the sound is set up.
      await this.#connect(attempt, line, options, () => this.#within(attempt, 'audio-failed', audio.ready()));
    } catch (cause) {
      this.#fail(attempt, cause);
    }
  }

  #startLine(attempt: Attempt): Line {
    const thread = this.#parts.startThread(attempt.options);
    return (attempt.line = {
      abort: new AbortController(),
      stopped: new AbortController(),
      thread,
      before: this.#stats,
      disarm: () => {},
    });
  }

  /** Asks for a session and opens it between the ends of the sound, once that is there. */
  async #connect(attempt: Attempt, line: Line, request: SessionRequest, sound?: () => Promise<void>): Promise<void> {
    try {
      const fetching = this.#parts.fetchSession(request, line.abort.signal, line.stopped.signal);
      const [session, , canOpen] = await Promise.all([
        this.#ask(attempt, line, fetching, (session) => (line.session = session)),
        // Offline the worklet's file is missing too, and only the endpoint's failure says why.
        navigator.onLine ? sound?.() : fetching.then(sound),
        this.#within(attempt, 'connection-timeout', line.thread.ready, line),
      ]);
      if (this.#isStale(line)) return;
      const format = wireFormat(session);
      if (!format) throw new CallError('protocol-error');
      if (!canOpen) throw new CallError('audio-failed', { detail: hostDetail });
      const ports = attempt.audio!.connect(format);
      line.disarm = this.#arm(attempt, 'connection-timeout', line);
      line.socket = line.thread.open(
        { ...session, ...ports },
        (report) => this.#isStale(line) || this.#hearSocket(attempt, line, report),
      );
    } catch (cause) {
      this.#miss(attempt, line, cause);
    }
  }

  #isStale(line: Line): boolean {
    return line !== this.#attempt?.line;
  }

  #hearSocket(attempt: Attempt, line: Line, report: SocketReport): void {
    switch (report.type) {
      case 'opened':
        this.#mark('socketMs');
        line.disarm();
        line.disarm = this.#arm(attempt, 'agent-timeout', line);
        break;
      case 'client-ready':
        this.#move('clientReady');
        break;
      case 'agent-ready':
        line.disarm();
        this.#activate(attempt);
        break;
      case 'bind':
        void this.#bind(attempt, line, report.serverName);
        break;
      case 'failed':
        this.#fail(attempt, new CallError(report.code));
        break;
      case 'stats':
        this.#count(line, report.stats);
        break;
      case 'closed':
        void this.#hearClose(attempt, line, report.closeCode, report.hungUp);
        break;
      default:
        this.#tell(report);
    }
  }

  /** Has the call created that the open socket waits for. */
  async #bind(attempt: Attempt, line: Line, serverName: unknown): Promise<void> {
    line.disarm();
    try {
      const { abort, stopped } = line;
      const fetching = this.#parts.fetchBinding(attempt.options, abort.signal, serverName, stopped.signal);
      const { sid } = await this.#ask(attempt, line, fetching, (binding) => (line.binding = binding));
      if (this.#isStale(line)) return;
      // An agent that did not wait for its binding is heard already.
      if (this.#status !== 'active') line.disarm = this.#arm(attempt, 'agent-timeout', line);
      line.socket!.bind(sid);
    } catch (cause) {
      this.#miss(attempt, line, cause);
    }
  }

  #activate(attempt: Attempt): void {
    const { maxDurationS, loss } = attempt;
    attempt.heldSinceMs = this.#spokenAt = this.#parts.now();
    attempt.audio?.setRinging(false);
    if (loss) {
      clearTimeout(loss.deadline);
      attempt.loss = undefined;
      this.#stats = { ...this.#stats, reconnects: this.#stats.reconnects + 1 };
      attempt.quality.break(this.#spokenAt);
      return this.#move('agentReady');
    }
    this.#activeSince = this.#spokenAt;
    this.#mark('readyMs');
    if (maxDurationS > 0) {
      const ms = Math.min(maxDurationS * 1000, longestTimerMs);
      attempt.timers.add(setTimeout(() => this.#finish(attempt, 'stop', 'max-duration'), ms));
    }
    attempt.ticking = setInterval(() => this.#tick(attempt), statsMs);
    this.#move('agentReady');
    if (attempt !== this.#attempt) return;
    this.#tell({ type: 'start', clientReference: attempt.options.clientReference });
    attempt.settle(true);
  }

  async #hearClose(attempt: Attempt, line: Line, closeCode: number, hungUp: boolean): Promise<void> {
    if (this.#status !== 'active') return this.#miss(attempt, line, new CallError('connection-failed', { closeCode }));
    if (!hungUp) return this.#lose(attempt, closeCode);
    // Its last words may still be waiting to be played.
    attempt.hungUpCode = closeCode;
    await attempt.audio?.drain();
    if (attempt === this.#attempt) void this.stop();
  }

  /** Without its agent the call goes on only where the site wants it, not too often, and with somebody to ask for a session. */
  #lose(attempt: Attempt, closeCode: number): void {
    const { reconnect, tokenProvider, tokenEndpoint } = attempt.options;
    const lacks = reconnect ? (tokenProvider || tokenEndpoint ? '' : 'Set token-endpoint.') : 'Set reconnect.';
    if (lacks || this.#stats.reconnects >= mostReconnects) {
      return this.#fail(attempt, new CallError('connection-lost', { closeCode, detail: lacks }));
    }
    this.#hangUp(attempt);
    const atMs = this.#parts.now();
    const deadline = setTimeout(() => this.#giveUp(attempt), longestRetryMs);
    attempt.timers.add(deadline);
    attempt.loss = { closeCode, atMs, deadline };
    attempt.tries = triesAfter(attempt.tries, atMs - attempt.heldSinceMs);
    attempt.quality.break(atMs);
    this.#move('lost');
    if (attempt !== this.#attempt) return;
    this.#tellQuality(attempt);
    if (attempt === this.#attempt) this.#retry(attempt);
  }

  /** A line was not to be had: another one, where the call was active before and there is time. */
  #miss(attempt: Attempt, line: Line, cause: unknown): void {
    if (this.#isStale(line)) return;
    const { loss } = attempt;
    // Sound that fails is no matter of the line.
    if (!loss || !(cause instanceof CallError)) return this.#fail(attempt, cause);
    this.#hangUp(attempt);
    loss.error = cause;
    this.#retry(attempt);
  }

  #retry(attempt: Attempt): void {
    const { atMs, error } = attempt.loss!;
    const delayMs = nextRetryDelayMs({ tries: attempt.tries, elapsedMs: this.#parts.now() - atMs, error });
    if (delayMs === null) return this.#giveUp(attempt);
    const dial = () => {
      // No try is spent on a network that is not there.
      if (!navigator.onLine) return addEventListener('online', dial, { once: true, signal: attempt.abort.signal });
      attempt.tries += 1;
      // A session URL works once.
      void this.#connect(attempt, this.#startLine(attempt), { ...attempt.options, sessionUrl: undefined });
    };
    attempt.timers.add(setTimeout(dial, delayMs));
  }

  #giveUp(attempt: Attempt): void {
    const { closeCode, error } = attempt.loss!;
    const detail = error && `No new session: ${error.code}: ${error.message}`;
    this.#fail(attempt, new CallError('connection-lost', { closeCode, detail }));
  }

  #hearAudio(attempt: Attempt, report: AudioReport): void {
    switch (report.type) {
      case 'failed':
        return this.#fail(attempt, report.failure);
      case 'sound': {
        const { type: _type, isAgentSpeaking, isVisitorSpeaking, ...figures } = report;
        this.#stats = { ...this.#stats, ...figures };
        if (isAgentSpeaking) this.#mark('firstAudioMs');
        if (isAgentSpeaking || (isVisitorSpeaking && !this.#isMuted)) this.#spokenAt = this.#parts.now();
        if (this.#status === 'active') {
          const { chunksDropped, concealedMs } = this.#stats;
          attempt.quality.hear(this.#parts.now(), chunksDropped * chunkMs, concealedMs);
          this.#tellQuality(attempt);
          if (attempt !== this.#attempt) return;
        }
        return this.#tell({ type: 'speaking', isAgentSpeaking, isVisitorSpeaking });
      }
      case 'ports':
        return attempt.line?.socket?.link(report.ports);
      default:
        return this.#tell(report);
    }
  }

  /** Tells the figures, and ends a call in which nobody speaks: by the clock, since sound that stands still reports nothing. */
  #tick(attempt: Attempt): void {
    this.#tell({ type: 'stats', stats: this.#stats });
    const { idleTimeoutS } = attempt;
    const isIdle = idleTimeoutS > 0 && this.#parts.now() - this.#spokenAt >= idleTimeoutS * 1000;
    if (isIdle && this.#status === 'active') this.#finish(attempt, 'stop', 'idle');
  }

  /** Writes down, once, how long after the start something was there. */
  #mark(name: 'microphoneMs' | 'sessionMs' | 'socketMs' | 'readyMs' | 'firstAudioMs'): void {
    if (this.#stats[name] !== undefined) return;
    this.#stats = { ...this.#stats, [name]: this.#parts.now() - this.#startedAt };
  }

  /** The token endpoint's answer, in time. A call that has ended waits as well: the answer may be one to hang up. */
  async #ask<T extends { readonly callId: string | undefined }>(
    attempt: Attempt,
    line: Line,
    fetching: Promise<T>,
    keep: (answer: T) => void,
  ): Promise<T> {
    const { signal } = line.abort;
    const timer = setTimeout(() => {
      this.#miss(attempt, line, new CallError('token-request-timeout'));
      line.abort.abort();
    }, this.#parts.timeoutsMs['token-request-timeout']);
    const asked = fetching.then((answer) => {
      clearTimeout(timer);
      keep(answer);
      if (!this.#isStale(line)) {
        this.#stats = { ...this.#stats, callId: answer.callId };
        this.#mark('sessionMs');
      }
      // From a provider that does not heed its signal.
      else if (signal.aborted) this.#close(line);
      return answer;
    });
    const aborted = new Promise<never>((_, reject) => {
      signal.onabort = () => reject(signal.reason);
    });
    const answer = Promise.race([asked, aborted]);
    const settle = () => {
      clearTimeout(timer);
      line.asked = undefined;
    };
    line.asked = answer.then(settle, settle);
    return answer;
  }

  /** The promise's value, or a failed line, or call, with this code when it takes too long. */
  async #within<T>(attempt: Attempt, code: CallErrorCode, promise: Promise<T>, line?: Line): Promise<T> {
    const disarm = this.#arm(attempt, code, line);
    try {
      return await promise;
    } finally {
      disarm();
    }
  }

  /** Fails the line, or the call, with this code after the code's time. Answers how to prevent it. */
  #arm(attempt: Attempt, code: CallErrorCode, line?: Line): () => void {
    const fail = () =>
      line ? this.#miss(attempt, line, new CallError(code)) : this.#fail(attempt, new CallError(code));
    const timer = setTimeout(fail, this.#parts.timeoutsMs[code]);
    attempt.timers.add(timer);
    return () => clearTimeout(timer);
  }

  #fail(attempt: Attempt, cause: unknown): void {
    if (attempt !== this.#attempt) return;
    const error =
      cause instanceof CallError
        ? cause
        : cause instanceof AudioFailure
          ? new CallError(cause.code, { detail: cause.message, cause: cause.cause })
          : new CallError('audio-failed', { cause });
    this.#finish(attempt, 'fail', 'error', error);
  }

  // Order: all is let go (the context follows within 100 ms, or after the tone), then the status is told, then the error, then the end.
  #finish(attempt: Attempt, input: CallInput, reason: EndReason, error?: CallError): void {
    if (attempt !== this.#attempt) return;
    const { hungUpCode } = attempt;
    const { clientReference } = attempt.options;
    if (hungUpCode !== undefined) [input, reason, error] = ['agentClosed', 'agent', undefined];
    this.#hangUp(attempt);
    this.#attempt = undefined;
    attempt.abort.abort();
    for (const timer of attempt.timers) clearTimeout(timer);
    clearInterval(attempt.ticking);
    attempt.letSleep?.();
    attempt.mediaKeys?.release();
    const hasTone = this.#activeSince !== undefined && !/^(page|replaced|error)$/.test(reason);
    this.#closed = attempt.audio?.stop(hasTone) ?? this.#closed;
    const duration = (this.#duration = this.duration);
    this.#activeSince = undefined;
    const stats = this.#stats;
    this.#error = error ?? null;
    const waiting: (() => void)[] = (this.#waiting = []);
    this.#move(input);
    if (error) this.#tell({ type: 'error', error, clientReference });
    const closeCode = error?.closeCode ?? hungUpCode ?? null;
    this.#waiting = undefined;
    this.#tell({ type: 'end', reason, duration, code: error?.code ?? null, closeCode, stats, clientReference });
    attempt.settle(false);
    for (const start of waiting) start();
  }

  /** Lets the call's line go. */
  #hangUp(attempt: Attempt): void {
    const { line } = attempt;
    attempt.line = undefined;
    if (!line) return;
    line.stopped.abort();
    if (!line.socket) line.thread.stop();
    // What the endpoint is about to answer may be a call, which can be hung up only when it is known.
    if (line.asked) void line.asked.then(() => this.#close(line));
    else this.#count(line, this.#close(line));
  }

  /** Closes the socket. A call that was created and not joined is hung up, since it would be billed. */
  #close(line: Line): SocketStats | undefined {
    const { session, socket, binding } = line;
    // An answer that comes just as it is given up would be hung up twice.
    line.session = undefined;
    if (session?.protocol === 'media' && !session.bind && !socket) this.#parts.hangUpUnused(session.url);
    return socket?.close(binding?.sid);
  }

  /** Adds a socket's figures to those of the call. */
  #count({ before }: Line, stats: SocketStats | undefined): void {
    for (const name of Object.keys(stats ?? {}) as (keyof SocketStats)[]) {
      this.#stats = { ...this.#stats, [name]: before[name] + stats![name] };
    }
  }

  #move(input: CallInput): void {
    const previous = this.#status;
    this.#status = next(previous, input);
    if (this.#status !== previous) this.#tell({ type: 'status', status: this.#status, previous });
  }

  #tellQuality(attempt: Attempt): void {
    const { isPoor } = attempt.quality;
    if (isPoor === attempt.isPoor) return;
    attempt.isPoor = isPoor;
    this.#tell({ type: 'poor-connection', isOn: isPoor });
  }

  /** A listener that throws must not keep the call from its end: as with events, its error is the page's. */
  #tell(report: CallReport): void {
    try {
      this.#onReport(report);
    } catch (error) {
      reportError(error);
    }
  }
}
