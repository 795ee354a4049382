import { CallController } from '../call/call-controller.js';
import type { AudioDevices, CallReport, CallStats } from '../call/call-report.js';
import { optionsOf, type CallSettings } from '../call/call-settings.js';
import type { DiagnoseOptions, Diagnosis } from '../call/diagnosis/diagnosis.js';
import type { CallError } from '../call/errors.js';
import { loadDiagnosis } from '../call/load-diagnosis.js';
import { isRunning, type CallStatus } from '../call/machine.js';
import {
  CallBeforeStartEvent,
  CallEndEvent,
  CallErrorEvent,
  CallMessageEvent,
  CallMuteEvent,
  CallStartEvent,
  CallStatsEvent,
  CallStatusEvent,
  type CallEventMap,
} from '../element/events.js';
import { en } from '../element/locales/en.js';
import { sentenceOf } from '../element/sentence.js';
import { CallFactsEvent, type CallFact } from './facts.js';

export type { CallFact } from './facts.js';

/** How calls are made, and how they begin to sound. */
export interface ClientSettings extends CallSettings {
  /** Microphone off: silence is sent. Kept across calls. Default false. */
  muted?: boolean | undefined;
  /** Playback volume, 0 to 1. Default 1. */
  volume?: number | undefined;
  /** What the system calls it, on a lock screen or beside its media keys. Default: "Call with an AI agent". */
  title?: string | undefined;
  /** Lets the visitor leave the page in mid-call without being asked. Default false. */
  noLeaveWarning?: boolean | undefined;
}

/** The client's events by name: the element's, and one for what the element shows as `:state()`. */
export interface ClientEventMap extends CallEventMap {
  'synthflow-facts': CallFactsEvent;
}

/** An EventTarget whose listeners get the event that their name says. */
interface ClientEventTarget extends EventTarget {
  addEventListener<Name extends keyof ClientEventMap>(
    type: Name,
    listener: ((event: ClientEventMap[Name]) => void) | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(...listening: Parameters<EventTarget['addEventListener']>): void;
  removeEventListener<Name extends keyof ClientEventMap>(
    type: Name,
    listener: ((event: ClientEventMap[Name]) => void) | null,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(...listening: Parameters<EventTarget['removeEventListener']>): void;
}

/**
 * A call without a face: `<synthflow-call>`'s machine, events and figures for a button of your own.
 * It holds nothing of the page but in a call, so there is nothing to dispose of: `stop()` is enough.
 */
export class Call extends (EventTarget as new () => ClientEventTarget) {
  #settings: ClientSettings;
  #controller = new CallController((report) => this.#hear(report));
  #facts: ReadonlySet<CallFact> = new Set();
  #isStarting = false;
  /** What listens to the page while a call runs. */
  #listening = new AbortController();
  #told?: CallStatusEvent;

  constructor(settings: ClientSettings = {}) {
    super();
    this.#settings = {};
    this.set(settings);
  }

  /** How calls are made. */
  get settings(): Readonly<ClientSettings> {
    return this.#settings;
  }

  /** Where the call is. */
  get status(): CallStatus {
    return this.#controller.status;
  }

  /** Why the last call failed; null while none has. */
  get error(): CallError | null {
    return this.#controller.error;
  }

  /** Seconds since the agent was ready; of the last call where none runs. */
  get duration(): number {
    return this.#controller.duration;
  }

  /** Figures of this call, or of the last one; the levels in them are new every 200 ms. */
  get stats(): CallStats {
    return this.#controller.stats;
  }

  /** What holds of the call just now: who speaks, and what the visitor should know of. */
  get facts(): ReadonlySet<CallFact> {
    return this.#facts;
  }

  /** Microphone off: silence is sent. */
  get muted(): boolean {
    return !!this.#settings.muted;
  }

  /**
   * Changes some settings. They count from the next start; `muted`, `volume`, `microphoneId` and `speakerId` at once.
   */
  set(settings: ClientSettings): void {
    const before = this.#settings;
    const now = (this.#settings = { ...before, ...settings });
    this.#controller.setVolume(now.volume ?? 1);
    if (now.microphoneId !== before.microphoneId) this.#controller.setMicrophone(now.microphoneId);
    if (now.speakerId !== before.speakerId) this.#controller.setSpeaker(now.speakerId);
    if (!!now.muted === !!before.muted) return;
    this.#controller.setMuted(this.muted);
    this.dispatchEvent(new CallMuteEvent(this.muted));
  }

  /**
   * Starts a call. Call it from a click or tap: browsers let sound begin only then. A call that runs elsewhere in the page ends.
   * @returns true once the agent is ready, else false. Never rejects; does nothing while running.
   */
  async start(): Promise<boolean> {
    if (this.#isStarting || isRunning(this.status)) return false;
    this.#isStarting = true;
    const isWanted = this.dispatchEvent(new CallBeforeStartEvent());
    this.#isStarting = false;
    if (!isWanted) return false;
    const options = optionsOf(this.#settings, this.#settings.title ?? en.title);
    // A session URL works once, so it is forgotten.
    this.set({ sessionUrl: null });
    return this.#controller.start(options);
  }

  /** Hangs up. Resolves when microphone and sound are let go; does nothing while no call runs. */
  async stop(): Promise<void> {
    await this.#controller.stop();
  }

  /** Starts a call, or hangs up. */
  async toggle(): Promise<void> {
    await (isRunning(this.status) ? this.stop() : this.start());
  }

  /** Turns the microphone off. */
  mute(): void {
    this.set({ muted: true });
  }

  /** Turns the microphone on. */
  unmute(): void {
    this.set({ muted: false });
  }

  /**
   * Resolves the `microphones` and `speakers` that a visitor may choose from, each with `id` and `label`. Asks for no
   * permission: before the visitor has allowed the microphone, browsers name none.
   */
  devices(): Promise<AudioDevices> {
    return this.#controller.devices();
  }

  /**
   * Looks at all that a call needs, prints on the console what is wrong and what to change, and resolves to the same as a
   * report. Asks for no permission and spends no session. Never rejects.
   */
  diagnose(options?: DiagnoseOptions): Promise<Diagnosis> {
    return loadDiagnosis({ ...optionsOf(this.#settings, ''), ...options });
  }

  #hear(report: CallReport): void {
    switch (report.type) {
      case 'speaking':
        this.#setFact('agent-speaking', report.isAgentSpeaking);
        this.#setFact('visitor-speaking', report.isVisitorSpeaking);
        break;
      case 'status':
        this.#changeStatus(report.status, report.previous);
        break;
      case 'microphone-silent':
      case 'needs-tap':
      case 'poor-connection':
        this.#setFact(report.type, report.isOn);
        break;
      case 'toggle-mute':
        this.set({ muted: !this.muted });
        break;
      case 'stats':
        this.dispatchEvent(new CallStatsEvent(report.stats));
        break;
      case 'start':
        this.dispatchEvent(new CallStartEvent(report.clientReference));
        break;
      case 'message':
        this.dispatchEvent(new CallMessageEvent(report.data));
        break;
      case 'error':
        console.warn(`synthflow-call ${report.error.code}: ${report.error.message}`);
        this.dispatchEvent(new CallErrorEvent(report.error, report.clientReference));
        break;
      case 'end':
        this.dispatchEvent(new CallEndEvent(report));
    }
  }

  #changeStatus(status: CallStatus, previous: CallStatus): void {
    if (this.error) this.error.visitorMessage = sentenceOf(this.error, en);
    if (status === 'requesting-microphone') this.#listen();
    if (status === 'active') this.#listenToLeaving();
    if (!isRunning(status)) {
      this.#listening.abort();
      for (const fact of this.#facts) this.#setFact(fact, false);
    }
    this.dispatchEvent(new CallStatusEvent(status, previous));
    // An event has one target, and the page's other calls listen there.
    this.#told = new CallStatusEvent(status, previous);
    document.dispatchEvent(this.#told);
  }

  #setFact(fact: CallFact, isOn: boolean): void {
    if (this.#facts.has(fact) === isOn) return;
    const facts = new Set(this.#facts);
    if (isOn) facts.add(fact);
    else facts.delete(fact);
    this.#facts = facts;
    this.dispatchEvent(new CallFactsEvent(facts));
  }

  #listen(): void {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const leave = () => void this.#controller.stop('page');
    addEventListener('pagehide', leave, { signal });
    // A page that is frozen could not end its call any more. Before the document hears of it: that ends what is not over.
    addEventListener('freeze', leave, { signal, capture: true });
    // Any tap in the page will do, where the sound stands still.
    document.addEventListener('click', () => this.#facts.has('needs-tap') && this.#controller.resume(), {
      signal,
      capture: true,
    });
    // One call a page: whichever starts last has it.
    document.addEventListener(
      CallStatusEvent.type,
      (event) => {
        const isStart = event.status === 'requesting-microphone';
        if (isStart && event !== this.#told) void this.#controller.stop('replaced');
      },
      // Before any listener of the page, which may stop the event.
      { signal, capture: true },
    );
  }

  /** Only once the two can talk: where there is such a listener, Firefox keeps no page for the way back. */
  #listenToLeaving(): void {
    const { signal } = this.#listening;
    const askToStay = (event: BeforeUnloadEvent) => {
      if (this.#settings.noLeaveWarning) return;
      event.preventDefault();
      // Chrome before 119.
      event.returnValue = true;
    };
    addEventListener('beforeunload', askToStay, { signal });
  }
}

/** A call for a button of your own. Makes no request and touches nothing of the page before `start()`. */
export const createCall = (settings?: ClientSettings): Call => new Call(settings);
