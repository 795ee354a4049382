import { AudioEngine, type AudioOptions, type AudioReport } from '../audio/audio-engine.js';
import { namedDevices, type AudioDevices } from '../audio/devices.js';
import { AudioFailure } from '../audio/audio-failure.js';
import { hangUpUnused, type SocketReport, type SocketStats } from '../protocol/socket-host.js';
import { SocketThread, type Socket, type ThreadOptions } from '../protocol/socket-thread.js';
import { wireFormat } from '../protocol/wires.js';
import { noStats, type CallReport, type CallStats, type EndReason } from './call-report.js';
import { CallError, type CallErrorCode } from './errors.js';
import { keepAwake } from './keep-awake.js';
import { isRunning, next, type CallInput, type CallStatus } from './machine.js';
import { takeMediaKeys, type MediaKeys } from './media-keys.js';
import { fetchBinding, fetchSession, type Binding, type Session, type SessionRequest } from './session.js';

/** What a call is started with. */
export interface CallOptions extends SessionRequest, AudioOptions, ThreadOptions {
  /** Seconds after which the call ends by itself; 0 = never. */
  readonly maxDurationS: number;
  /** Seconds without speech on either side after which it ends by itself; 0 = never. */
  readonly idleTimeoutS: number;
  /** What the system calls it, on a lock screen or beside its media keys. */
  readonly title: string;
}

/** What a call is made of; each can be replaced in a test. */
export interface CallParts {
  readonly fetchSession: typeof fetchSession;
  readonly fetchBinding: typeof fetchBinding;
  readonly hangUpUnused: typeof hangUpUnused;
  readonly startThread: (options: ThreadOptions) => Pick<SocketThread, 'ready' | 'open' | 'stop'>;
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
  | 'drain'
  | 'stop'
>;

const defaultParts: CallParts = {
  fetchSession,
  fetchBinding,
  hangUpUnused,
  startThread: (options) => new SocketThread(options),
  openAudio: (options, onReport) => new AudioEngine(options, onReport),
  now: () => performance.now(),
  timeoutsMs: {
    'audio-failed': 10_000,
    'token-request-timeout': 10_000,
    'connection-timeout': 10_000,
    'agent-timeout': 20_000,
  },
};

/** The agent's audio is clean: what is louder than this is speech. */
const speakingDbfs = -50;
/** Reports (100 ms each) of quiet until the agent counts as silent: the gaps between words are shorter. */
const speakingHold = 3;

/** A call's longest duration where none is given: half an hour. */
const defaultDurationS = 1800;
const defaultIdleS = 300;

/** How often a call tells its figures. */
const statsMs = 1000;

/** The longest that a browser's timer can count; beyond, it fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** What a wire may lack. */
const codecsDetail =
  'This codec needs synthflow-call.codecs.js beside the script, allowed by script-src; l16 as payload does not.';

/** One try at a call, from the tap to the end. What arrives for another one is stale. */
interface Attempt {
  readonly options: CallOptions;
  readonly maxDurationS: number;
  readonly idleTimeoutS: number;
  readonly abort: AbortController;
  /** Aborted at its end, before `abort`: for what need not be waited for. */
  readonly stopped: AbortController;
  readonly timers: Set<ReturnType<typeof setTimeout>>;
  readonly settle: (isActive: boolean) => void;
  disarm: () => void;
  mediaKeys?: MediaKeys;
  /** Lets the screen go out again. */
  letSleep?: () => void;
  audio?: CallAudio;
  /** What the token endpoint is asked just now. */
  asked?: Promise<unknown> | undefined;
  session?: Session;
  thread?: ReturnType<CallParts['startThread']>;
  socket?: Socket;
  /** The call that the socket is to be bound to. */
  binding?: Binding | undefined;
  /** Set when the agent has hung up and its last words are played. */
  hungUpCode?: number;
}

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
  #quietReports = speakingHold;
  #isVisitorSpeaking = false;
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
    this.#quietReports = speakingHold;
    this.#isVisitorSpeaking = false;
    this.#startedAt = this.#parts.now();
    return new Promise((settle) => {
      const attempt: Attempt = {
        options,
        settle,
        // What is no number must not mean that a call never ends.
        maxDurationS: options.maxDurationS >= 0 ? options.maxDurationS : defaultDurationS,
        idleTimeoutS: options.idleTimeoutS >= 0 ? options.idleTimeoutS : defaultIdleS,
        abort: new AbortController(),
        stopped: new AbortController(),
        timers: new Set(),
        disarm: () => {},
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
    const { fetchSession, startThread, openAudio } = this.#parts;
    const isStale = () => attempt !== this.#attempt;
    // A listener may have stopped the call.
    if (isStale()) return;
    try {
      // The tap is sacred: no await before this.
      const audio = openAudio(options, (report) => isStale() || this.#hearAudio(attempt, report));
      attempt.audio = audio;
      audio.setMuted(this.#isMuted);
      audio.setVolume(this.#volume);
      const thread = (attempt.thread = startThread(options));
      await audio.granted();
      if (isStale()) return;
      this.#mark('microphoneMs');
      this.#move('granted');
      if (isStale()) return;
      attempt.letSleep = keepAwake();
      attempt.mediaKeys = takeMediaKeys(options.title, {
        hangup: () => void this.stop(),
        togglemicrophone: () => this.#onReport({ type: 'toggle-mute' }),
      });
      attempt.mediaKeys.setMuted(this.#isMuted);
      // A session costs money, so it is asked for only now, while the rest of the sound is set up.
      const fetching = fetchSession(options, attempt.abort.signal, attempt.stopped.signal);
      const [session] = await Promise.all([
        this.#ask(attempt, fetching, (session) => (attempt.session = session)),
        this.#within(attempt, 'audio-failed', audio.ready()),
        thread.ready,
      ]);
      if (isStale()) return;
      const format = wireFormat(session);
      if (!format) throw new CallError('protocol-error');
      const ports = audio.connect(format);
      attempt.disarm = this.#arm(attempt, 'connection-timeout');
      attempt.socket = thread.open(
        { ...session, ...ports },
        (report) => isStale() || this.#hearSocket(attempt, report),
      );
    } catch (cause) {
      this.#fail(attempt, cause);
    }
  }

  #hearSocket(attempt: Attempt, report: SocketReport): void {
    switch (report.type) {
      case 'opened':
        this.#mark('socketMs');
        attempt.disarm();
        attempt.disarm = this.#arm(attempt, 'agent-timeout');
        break;
      case 'client-ready':
        this.#move('clientReady');
        break;
      case 'agent-ready':
        attempt.disarm();
        this.#activate(attempt);
        break;
      case 'bind':
        void this.#bind(attempt, report.serverName);
        break;
      case 'message':
        this.#onReport(report);
        break;
      case 'failed':
        this.#fail(attempt, new CallError(report.code, { detail: codecsDetail }));
        break;
      case 'stats':
        this.#stats = { ...this.#stats, ...report.stats };
        break;
      case 'closed':
        void this.#hearClose(attempt, report.closeCode, report.hungUp);
    }
  }

  /** Has the call created that the open socket waits for. */
  async #bind(attempt: Attempt, serverName: unknown): Promise<void> {
    attempt.disarm();
    try {
      const { options, abort, stopped } = attempt;
      const fetching = this.#parts.fetchBinding(options, abort.signal, serverName, stopped.signal);
      const { sid } = await this.#ask(attempt, fetching, (binding) => (attempt.binding = binding));
      if (attempt !== this.#attempt) return;
      // An agent that did not wait for its binding is heard already.
      if (this.#status !== 'active') attempt.disarm = this.#arm(attempt, 'agent-timeout');
      attempt.socket!.bind(sid);
    } catch (cause) {
      this.#fail(attempt, cause);
    }
  }

  #activate(attempt: Attempt): void {
    const { maxDurationS } = attempt;
    this.#activeSince = this.#spokenAt = this.#parts.now();
    this.#mark('readyMs');
    if (maxDurationS > 0) {
      const ms = Math.min(maxDurationS * 1000, longestTimerMs);
      attempt.timers.add(setTimeout(() => this.#finish(attempt, 'stop', 'max-duration'), ms));
    }
    attempt.timers.add(setInterval(() => this.#onReport({ type: 'stats', stats: this.#stats }), statsMs));
    this.#move('agentReady');
    if (attempt !== this.#attempt) return;
    this.#onReport({ type: 'start' });
    attempt.settle(true);
  }

  async #hearClose(attempt: Attempt, closeCode: number, hungUp: boolean): Promise<void> {
    const isActive = this.#status === 'active';
    if (!isActive || !hungUp) {
      return this.#fail(attempt, new CallError(isActive ? 'connection-lost' : 'connection-failed', { closeCode }));
    }
    // Its last words may still be waiting to be played.
    attempt.hungUpCode = closeCode;
    await attempt.audio?.drain();
    if (attempt === this.#attempt) void this.stop();
  }

  #hearAudio(attempt: Attempt, report: AudioReport): void {
    switch (report.type) {
      case 'failed':
        return this.#fail(attempt, report.failure);
      case 'microphone':
        this.#stats = { ...this.#stats, visitorLevelDbfs: report.levelDbfs };
        this.#isVisitorSpeaking = report.isSpeaking;
        break;
      case 'playback': {
        const { type: _type, levelDbfs, ...figures } = report;
        this.#stats = { ...this.#stats, ...figures, agentLevelDbfs: levelDbfs };
        if (levelDbfs > speakingDbfs) this.#mark('firstAudioMs');
        this.#quietReports = levelDbfs > speakingDbfs ? 0 : this.#quietReports + 1;
        break;
      }
      case 'rates': {
        const { type: _type, ...rates } = report;
        this.#stats = { ...this.#stats, ...rates };
        return;
      }
      case 'ports':
        return attempt.socket?.link(report.ports);
      default:
        return this.#onReport(report);
    }
    const isAgentSpeaking = this.#quietReports < speakingHold;
    this.#onReport({
      type: 'levels',
      visitorDbfs: this.#stats.visitorLevelDbfs,
      agentDbfs: this.#stats.agentLevelDbfs,
      isAgentSpeaking,
      isVisitorSpeaking: this.#isVisitorSpeaking,
    });
    if (isAgentSpeaking || (this.#isVisitorSpeaking && !this.#isMuted)) {
      this.#spokenAt = this.#parts.now();
    } else if (
      this.#status === 'active' &&
      attempt.idleTimeoutS > 0 &&
      this.#parts.now() - this.#spokenAt >= attempt.idleTimeoutS * 1000
    ) {
      this.#finish(attempt, 'stop', 'idle');
    }
  }

  /** Writes down, once, how long after the start something was there. */
  #mark(name: 'microphoneMs' | 'sessionMs' | 'socketMs' | 'readyMs' | 'firstAudioMs'): void {
    if (this.#stats[name] !== undefined) return;
    this.#stats = { ...this.#stats, [name]: this.#parts.now() - this.#startedAt };
  }

  /** The token endpoint's answer, in time. A call that has ended waits as well: the answer may be one to hang up. */
  async #ask<T extends { readonly callId: string | undefined }>(
    attempt: Attempt,
    fetching: Promise<T>,
    keep: (answer: T) => void,
  ): Promise<T> {
    const { signal } = attempt.abort;
    const timer = setTimeout(() => {
      this.#fail(attempt, new CallError('token-request-timeout'));
      attempt.abort.abort();
    }, this.#parts.timeoutsMs['token-request-timeout']);
    const asked = fetching.then((answer) => {
      clearTimeout(timer);
      keep(answer);
      if (attempt === this.#attempt) {
        this.#stats = { ...this.#stats, callId: answer.callId };
        this.#mark('sessionMs');
      }
      // From a provider that does not heed its signal.
      else if (signal.aborted) this.#hangUp(attempt);
      return answer;
    });
    const aborted = new Promise<never>((_, reject) => {
      signal.onabort = () => reject(signal.reason);
    });
    const answer = Promise.race([asked, aborted]);
    const settle = () => {
      clearTimeout(timer);
      attempt.asked = undefined;
    };
    attempt.asked = answer.then(settle, settle);
    return answer;
  }

  /** The promise's value, or a failed call with this code when it takes too long. */
  async #within<T>(attempt: Attempt, code: CallErrorCode, promise: Promise<T>): Promise<T> {
    const disarm = this.#arm(attempt, code);
    try {
      return await promise;
    } finally {
      disarm();
    }
  }

  /** Fails the call with this code after the code's time. Answers how to prevent it. */
  #arm(attempt: Attempt, code: CallErrorCode): () => void {
    const timer = setTimeout(() => this.#fail(attempt, new CallError(code)), this.#parts.timeoutsMs[code]);
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

  // Order: all is let go (the context follows within 100 ms), then the status is told, then the error, then the end.
  #finish(attempt: Attempt, input: CallInput, reason: EndReason, error?: CallError): void {
    if (attempt !== this.#attempt) return;
    const { hungUpCode } = attempt;
    if (hungUpCode !== undefined) [input, reason, error] = ['agentClosed', 'agent', undefined];
    this.#attempt = undefined;
    attempt.stopped.abort();
    for (const timer of attempt.timers) clearTimeout(timer);
    attempt.letSleep?.();
    attempt.mediaKeys?.release();
    if (!attempt.socket) attempt.thread?.stop();
    // What the endpoint is about to answer may be a call, which can be hung up only when it is known.
    if (attempt.asked) void attempt.asked.then(() => this.#hangUp(attempt));
    else this.#stats = { ...this.#stats, ...this.#hangUp(attempt) };
    this.#closed = attempt.audio?.stop() ?? this.#closed;
    const duration = (this.#duration = this.duration);
    this.#activeSince = undefined;
    const stats = this.#stats;
    this.#error = error ?? null;
    const waiting: (() => void)[] = (this.#waiting = []);
    this.#move(input);
    if (error) this.#onReport({ type: 'error', error });
    const closeCode = error?.closeCode ?? hungUpCode ?? null;
    this.#waiting = undefined;
    this.#onReport({ type: 'end', reason, duration, code: error?.code ?? null, closeCode, stats });
    attempt.settle(false);
    for (const start of waiting) start();
  }

  /** Closes the socket. A call that was created and not joined is hung up, since it would be billed. */
  #hangUp({ session, socket, binding }: Attempt): SocketStats | undefined {
    if (session?.protocol === 'media' && !session.bind && !socket) this.#parts.hangUpUnused(session.url);
    return socket?.close(binding?.sid);
  }

  #move(input: CallInput): void {
    const previous = this.#status;
    this.#status = next(previous, input);
    if (this.#status !== previous) this.#onReport({ type: 'status', status: this.#status, previous });
  }
}
