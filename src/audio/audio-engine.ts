import { AudioFailure } from './audio-failure.js';
import { Capture } from './capture.js';
import { listDevices } from './devices.js';
import { KeptMicrophone } from './kept-microphone.js';
import { loadWorklet, type WorkletLocation } from './load-worklet.js';
import type { MicrophoneOptions } from './microphone.js';
import { Speaker } from './speaker.js';
import type { BargeIn } from './worklets/messages.js';

/** How a call hears and sounds. */
export interface AudioOptions extends MicrophoneOptions, WorkletLocation {
  /** What the agent's audio does while the visitor speaks over it. Default `duck`. */
  readonly bargeIn?: BargeIn;
  /** The loudspeaker's device id, where the browser lets a page choose. Default: the system's choice. */
  readonly speakerId?: string | null | undefined;
}

/** Chromium's way to choose the loudspeaker; the other browsers have none for an AudioContext. */
interface SinkContext extends AudioContext {
  setSinkId?(id: string): Promise<void>;
}

/** What the wire wants: rates in Hz and the chunk's length in samples. */
export interface AudioFormat {
  readonly captureRate: number;
  readonly playbackRate: number;
  readonly chunkSamples: number;
}

/** The far ends of both streams, to be handed to the socket. */
export interface AudioPorts {
  /** Chunks come out here; their buffers go back in. */
  readonly uplink: MessagePort;
  /** The agent's PCM16 goes in here. */
  readonly downlink: MessagePort;
}

/** What the engine tells while it runs; levels 20 times a second. */
export type AudioReport =
  | {
      readonly type: 'microphone';
      readonly levelDbfs: number;
      /** Whether the visitor speaks, also while muted. */
      readonly isSpeaking: boolean;
    }
  | {
      readonly type: 'playback';
      readonly levelDbfs: number;
      /** Agent audio that has arrived and not been played, in ms. */
      readonly bufferedMs: number;
      /** How often the agent's speech was interrupted because it came too late. */
      readonly underruns: number;
      /** Samples given up because more than 120 s were waiting. */
      readonly droppedSamples: number;
      /** How much later than the quickest message would allow it the agent should be heard, in ms. */
      readonly targetMs: number;
      /** How much later the agent is heard; 0 while nothing plays. */
      readonly delayMs: number;
      /** How late messages come, in ms: half of them less than the first, 95 % less than the second. */
      readonly jitterP50Ms: number;
      readonly jitterP95Ms: number;
      /** How long nothing of the agent's was left to play in those interruptions, in ms. */
      readonly concealedMs: number;
    }
  /** The microphone gives nothing, and it did not help to take it again; or is heard after all. */
  | { readonly type: 'microphone-silent'; readonly isOn: boolean }
  | { readonly type: 'failed'; readonly failure: AudioFailure };

/** How long a context may stand still once the microphone is granted. */
const startTimeoutMs = 3000;

/** A change of devices comes as several events (Chrome: two). */
const reviewMs = 250;

/** Time for the audio thread to notice an end and fade out. */
const endMs = 40;

/**
 * Both directions of a call's sound: one AudioContext at the device's own rate, microphone → chunks, agent → loudspeaker.
 * One instance serves one call. Construct it inside the click.
 */
export class AudioEngine {
  #context: AudioContext;
  #microphone: KeptMicrophone;
  #worklet: Promise<void>;
  #onReport: (report: AudioReport) => void;
  #capture: Capture | undefined;
  #speaker: Speaker | undefined;
  #bargeIn: BargeIn;
  #speakerId: string | null | undefined;
  #isMuted = false;
  #volume = 1;
  #stopped: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reviewTimer: ReturnType<typeof setTimeout> | undefined;
  #listening = new AbortController();
  #onDrained: (bufferedMs: number) => void = ignore;

  /**
   * Asks for the microphone and starts the context, at once.
   * @throws {AudioFailure} `insecure-context`, `unsupported-browser`, `audio-failed`.
   */
  constructor(options: AudioOptions, onReport: (report: AudioReport) => void) {
    if (!isSecureContext) throw new AudioFailure('insecure-context');
    if (!('AudioWorkletNode' in globalThis) || !navigator.mediaDevices?.getUserMedia) {
      throw new AudioFailure('unsupported-browser');
    }
    this.#onReport = onReport;
    this.#bargeIn = options.bargeIn ?? 'duck';
    try {
      // No sampleRate: Firefox cancels no echo unless playback runs at the device's own rate.
      this.#context = new AudioContext();
    } catch (cause) {
      throw new AudioFailure('audio-failed', '', cause);
    }
    // Safari unlocks sound only inside the tap itself, so this comes before the first await.
    this.#resume();
    this.#microphone = new KeptMicrophone(options, {
      onStream: (stream) => this.#capture?.setStream(stream),
      onSilent: (isOn) => this.#onReport({ type: 'microphone-silent', isOn }),
      onLost: (failure) => this.#onReport({ type: 'failed', failure }),
    });
    this.#worklet = loadWorklet(this.#context, options);
    // Whoever waits for them hears of a failure; a call that was stopped before waits for neither.
    // Only then are ids of loudspeakers known, and may be used.
    this.#speakerId = options.speakerId;
    this.#microphone.granted.then(() => this.#speakerId && this.#useSpeaker(this.#speakerId), ignore);
    this.#worklet.catch(ignore);
    const { signal } = this.#listening;
    navigator.mediaDevices.addEventListener('devicechange', () => this.#reviewSoon(), { signal });
  }

  /**
   * Resolves when the visitor has granted the microphone.
   * @throws {AudioFailure} a `microphone-…` code.
   */
  async granted(): Promise<void> {
    await this.#microphone.granted;
  }

  /**
   * Resolves when the context runs and both processors are loaded. From then on a context that stops is a failure.
   * @throws {AudioFailure} `audio-failed`.
   */
  async ready(): Promise<void> {
    await this.#worklet;
    await new Promise<void>((resolve) => {
      this.#context.onstatechange = () => this.#watch(resolve);
      this.#watch(resolve);
    });
  }

  /**
   * Starts both streams for a wire. Comes after `granted` and `ready`.
   * @throws {AudioFailure} `audio-failed`.
   */
  connect(format: AudioFormat): AudioPorts {
    const stream = this.#microphone.stream!;
    const [up, down] = [new MessageChannel(), new MessageChannel()];
    const { captureRate, playbackRate, chunkSamples } = format;
    const rest = { chunkSamples, isMuted: this.#isMuted, bargeIn: this.#bargeIn };
    try {
      this.#capture = new Capture(
        this.#context,
        stream,
        { wireRate: captureRate, ...rest },
        up.port1,
        ([levelDbfs, isSpeaking]) => this.#hearMicrophone(levelDbfs, isSpeaking),
      );
      this.#speaker = new Speaker(
        this.#context,
        { wireRate: playbackRate, ...rest },
        down.port1,
        ([
          levelDbfs,
          bufferedMs,
          underruns,
          droppedSamples,
          targetMs,
          delayMs,
          jitterP50Ms,
          jitterP95Ms,
          concealedMs,
        ]) => {
          const lost = { underruns, droppedSamples, concealedMs };
          const network = { targetMs, delayMs, jitterP50Ms, jitterP95Ms };
          this.#onReport({ type: 'playback', levelDbfs, bufferedMs, ...lost, ...network });
          this.#onDrained(bufferedMs);
        },
      );
    } catch (cause) {
      throw new AudioFailure('audio-failed', '', cause);
    }
    this.setVolume(this.#volume);
    for (const { node } of [this.#capture, this.#speaker]) {
      node.onprocessorerror = () => this.#fail('audio-failed', 'The worklet threw an error.');
    }
    return { uplink: up.port2, downlink: down.port2 };
  }

  /** While muted, silence is sent. */
  setMuted(muted: boolean): void {
    this.#isMuted = muted;
    this.#capture?.setMuted(muted);
  }

  /** @param volume - 0 to 1. */
  setVolume(volume: number): void {
    this.#volume = volume;
    this.#speaker?.setVolume(volume);
  }

  /** Goes on with another microphone. */
  setMicrophone(microphoneId: string | null | undefined): void {
    this.#microphone.choose(microphoneId);
  }

  /** Goes on with another loudspeaker, where the browser can and the device is there; else with the system's. */
  setSpeaker(speakerId: string | null | undefined): void {
    this.#speakerId = speakerId;
    if (this.#microphone.stream) this.#useSpeaker(speakerId);
  }

  /** Silences the agent within 15 ms and drops what it has said so far. */
  flush(): void {
    this.#speaker?.flush();
  }

  /** Lets the microphone go, and resolves when all that the agent has said is played. */
  async drain(): Promise<void> {
    this.#capture?.stop();
    this.#microphone.close();
    // The first report may be older than the last message, the second is not.
    let reports = 0;
    await new Promise<void>((resolve) => {
      this.#onDrained = (bufferedMs) => {
        reports += 1;
        if (reports > 1 && bufferedMs === 0) resolve();
      };
    });
  }

  /** Lets the microphone go at once and the loudspeaker after a short fade. Idempotent; resolves when all is closed. */
  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  async #close(): Promise<void> {
    this.#onReport = ignore;
    this.#context.onstatechange = null;
    this.#listening.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#reviewTimer);
    this.#capture?.stop();
    this.#speaker?.stop();
    this.#microphone.close();
    if (this.#capture) {
      // Chromium forgets a closed context only if each processor has ended, and then lost its input, while it ran.
      await wait(endMs);
      this.#capture.disconnect();
      await wait(endMs);
    }
    // It rejects where the device has closed it already.
    await this.#context.close().catch(ignore);
  }

  /** Called at every change of the context's state, from `ready` to the end. */
  #watch(onRunning: () => void): void {
    clearTimeout(this.#timer);
    if (this.#context.state === 'running') return onRunning();
    // While the microphone is in use, browsers let sound start without a gesture.
    this.#resume();
    const fail = () => this.#fail('audio-failed', 'No AudioContext runs. Call start() from a click.');
    this.#timer = setTimeout(fail, this.#context.state === 'closed' ? 0 : startTimeoutMs);
  }

  #hearMicrophone(levelDbfs: number, isSpeaking: boolean): void {
    if (!this.#isMuted) this.#microphone.hear(levelDbfs);
    this.#onReport({ type: 'microphone', levelDbfs: Math.max(-100, levelDbfs), isSpeaking });
  }

  #reviewSoon(): void {
    clearTimeout(this.#reviewTimer);
    this.#reviewTimer = setTimeout(() => void this.#review(), reviewMs);
  }

  /** What is there now, after a change of devices. */
  async #review(): Promise<void> {
    const devices = await listDevices();
    if (this.#stopped) return;
    this.#microphone.review(devices);
    if (this.#speakerId) this.#useSpeaker(devices.find(({ deviceId }) => deviceId === this.#speakerId)?.deviceId);
  }

  #useSpeaker(speakerId: string | null | undefined): void {
    // Never by an <audio> element: Chromium cancels nothing of its echo when it plays on another device.
    const context = this.#context as SinkContext;
    context
      .setSinkId?.(speakerId ?? '')
      .catch(() => context.setSinkId!(''))
      .catch(ignore);
  }

  #resume(): void {
    this.#context.resume().catch(ignore);
  }

  #fail(code: AudioFailure['code'], detail?: string): void {
    this.#onReport({ type: 'failed', failure: new AudioFailure(code, detail) });
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function ignore(): void {}
