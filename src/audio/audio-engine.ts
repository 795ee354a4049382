import { AudioFailure } from './audio-failure.js';
import { Capture } from './capture.js';
import { loadWorklet, type WorkletLocation } from './load-worklet.js';
import { closeMicrophone, openMicrophone, stopTracks, type MicrophoneOptions } from './microphone.js';
import { Speaker } from './speaker.js';
import type { BargeIn } from './worklets/messages.js';

/** How a call hears and sounds. */
export interface AudioOptions extends MicrophoneOptions, WorkletLocation {
  /** What the agent's audio does while the visitor speaks over it. Default `duck`. */
  readonly bargeIn?: BargeIn;
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
      readonly isSpeaking?: boolean;
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
      readonly targetMs?: number;
      /** How much later the agent is heard; 0 while nothing plays. */
      readonly delayMs?: number;
      /** How late messages come, in ms: half of them less than the first, 95 % less than the second. */
      readonly jitterP50Ms?: number;
      readonly jitterP95Ms?: number;
      /** How long nothing of the agent's was left to play in those interruptions, in ms. */
      readonly concealedMs?: number;
    }
  | { readonly type: 'failed'; readonly failure: AudioFailure };

/** How long a context may stand still once the microphone is granted. */
const startTimeoutMs = 3000;

/** Time for the audio thread to notice an end and fade out. */
const endMs = 40;

/**
 * Both directions of a call's sound: one AudioContext at the device's own rate, microphone → chunks, agent → loudspeaker.
 * One instance serves one call. Construct it inside the click.
 */
export class AudioEngine {
  #context: AudioContext;
  #granted: Promise<void>;
  #microphone: MediaStream | undefined;
  #worklet: Promise<void>;
  #onReport: (report: AudioReport) => void;
  #capture: Capture | undefined;
  #speaker: Speaker | undefined;
  #bargeIn: BargeIn;
  #isMuted = false;
  #volume = 1;
  #stopped: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
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
    this.#granted = openMicrophone(options).then((stream) => {
      this.#microphone = stream;
      for (const track of stream.getTracks()) track.onended = () => this.#fail('microphone-lost');
      // Granted after the call has ended.
      if (this.#stopped) stopTracks(stream);
    });
    this.#worklet = loadWorklet(this.#context, options);
    // Whoever waits for them hears of a failure; a call that was stopped before waits for neither.
    this.#granted.catch(ignore);
    this.#worklet.catch(ignore);
  }

  /**
   * Resolves when the visitor has granted the microphone.
   * @throws {AudioFailure} a `microphone-…` code.
   */
  async granted(): Promise<void> {
    await this.#granted;
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
    const stream = this.#microphone!;
    const [up, down] = [new MessageChannel(), new MessageChannel()];
    const { captureRate, playbackRate, chunkSamples } = format;
    const rest = { chunkSamples, isMuted: this.#isMuted, bargeIn: this.#bargeIn };
    try {
      this.#capture = new Capture(
        this.#context,
        stream,
        { wireRate: captureRate, ...rest },
        up.port1,
        ([levelDbfs, isSpeaking]) => this.#onReport({ type: 'microphone', levelDbfs, isSpeaking }),
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

  /** Silences the agent within 15 ms and drops what it has said so far. */
  flush(): void {
    this.#speaker?.flush();
  }

  /** Lets the microphone go, and resolves when all that the agent has said is played. */
  async drain(): Promise<void> {
    this.#capture?.stop();
    closeMicrophone(this.#microphone);
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
    clearTimeout(this.#timer);
    this.#capture?.stop();
    this.#speaker?.stop();
    closeMicrophone(this.#microphone);
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

  #resume(): void {
    this.#context.resume().catch(ignore);
  }

  #fail(code: AudioFailure['code'], detail?: string): void {
    this.#onReport({ type: 'failed', failure: new AudioFailure(code, detail) });
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function ignore(): void {}
