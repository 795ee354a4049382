import { AudioFailure } from './audio-failure.js';
import { Capture } from './capture.js';
import { listDevices } from './devices.js';
import { KeptMicrophone } from './kept-microphone.js';
import { loadWorklet, type WorkletLocation } from './load-worklet.js';
import type { MicrophoneOptions } from './microphone.js';
import { hangUpTone, hangUpToneMs, ring } from './sounds.js';
import { Speaker } from './speaker.js';
import type { BargeIn, SoundReport } from './worklets/messages.js';

/** How a call hears and sounds. */
export interface AudioOptions extends MicrophoneOptions, WorkletLocation {
  /** What the agent's audio does while the visitor speaks over it. Default `duck`. */
  readonly bargeIn?: BargeIn | undefined;
  /** Whether it rings while the agent is waited for, and tells the end of the call by a tone. Default true. */
  readonly sounds?: boolean | undefined;
  /** The loudspeaker's device id, where the browser lets a page choose. Default: the system's choice. */
  readonly speakerId?: string | null | undefined;
}

/** Chromium's way to choose the loudspeaker; the other browsers have none for an AudioContext. */
interface SinkContext extends AudioContext {
  onerror: (() => void) | null;
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

/** Of the devices in use, in Hz; Firefox does not tell the microphone's. */
export interface DeviceRates {
  readonly microphoneHz?: number | undefined;
  readonly speakerHz?: number;
}

/** What the engine tells while it runs. */
export type AudioReport =
  /** As often as the worklet reports; the levels' floor is −100. What was lost counts from the call's start. */
  | ({ readonly type: 'sound' } & Readonly<SoundReport> & DeviceRates)
  /** The microphone gives nothing, and it did not help to take it again; or is heard after all. */
  | { readonly type: 'microphone-silent'; readonly isOn: boolean }
  /** The sound stands still, and a tap is needed; or goes on. */
  | { readonly type: 'needs-tap'; readonly isOn: boolean }
  /** The sound goes on in a new context: these take the place of what `connect` has answered. */
  | { readonly type: 'ports'; readonly ports: AudioPorts }
  | { readonly type: 'failed'; readonly failure: AudioFailure };

/** How long a context may stand still once the microphone is granted. */
const startTimeoutMs = 3000;

/**
 * The context's clock is looked at with each report of the worklet, which comes at least once a second, and this long after the
 * last one: a timer of its own would cost the page as much as the reports.
 */
const trustMs = 1100;
/** Without a report it is looked at that often. Who looks later than that has slept: what a page sleeps through says nothing. */
const lookMs = 150;
/** The clock stands still when it is that far behind where it would be since the last report, and does not move: */
const stillMs = 700;
/** or when it does not move in so many looks, however late they are. */
const mostStills = 5;
/** Not so soon after a change of devices: Firefox 153 stands still for 2.2 s by itself when one is unplugged. */
const changeMs = 2600;
/** After that long what has waited is not played any more. */
const longMs = 2400;
/** A context is not replaced again for that long without a tap: a machine with too much to do would get no better by it. */
const renewalMs = 10_000;

/** Speech of the agent that may be lost to a context which is not urgent. */
const spareMs = 300;

/** Time for the audio thread to notice an end and fade out. */
const endMs = 40;

/**
 * Both directions of a call's sound: one AudioContext at the device's own rate, microphone → chunks, agent → loudspeaker.
 * One instance serves one call. Construct it inside the click.
 */
export class AudioEngine {
  #options: AudioOptions;
  #context: AudioContext;
  #microphone: KeptMicrophone;
  #worklet: Promise<void>;
  #onReport: (report: AudioReport) => void;
  #capture: Capture | undefined;
  #speaker: Speaker | undefined;
  /** What was told last. What was lost of the agent's sound goes on in another stream. */
  #told = { underruns: 0, droppedSamples: 0, concealedMs: 0 } as SoundReport & DeviceRates;
  #speakerId: string | null | undefined;
  #isMuted = false;
  #volume = 1;
  #format: AudioFormat | undefined;
  #stopped: Promise<void> | undefined;
  #isWatched = false;
  /** What the clock showed, and when it would have begun had it not stood still since the last report. */
  #seenS = 0;
  #startMs = 0;
  #stills = 0;
  #dueMs = 0;
  /** Until when it may stand still: after a change of devices, in a tap, and while another is on its way. */
  #patientUntilMs = 0;
  /** While the clock stands still: what has been tried. */
  #isTapped = false;
  /** Until when it is not replaced again. */
  #renewedUntilMs = 0;
  /** What it will go on in. */
  #next: AudioContext | undefined;
  #needsTap = false;
  /** Set by an event, of which there are several for one change (Chrome: two); unset when the devices are listed. */
  #hasOtherDevices = false;
  /** The device has another rate now than the context. */
  #isOutdated = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #listening = new AbortController();
  #onDrained: (bufferedMs: number) => void = ignore;
  #endRing: () => void = ignore;

  /**
   * Asks for the microphone and starts the context, at once.
   * @throws {AudioFailure} `insecure-context`, `unsupported-browser`, `audio-failed`.
   */
  constructor(options: AudioOptions, onReport: (report: AudioReport) => void) {
    const lack = whatLacks();
    if (lack) throw new AudioFailure(lack);
    this.#options = options;
    this.#speakerId = options.speakerId;
    this.#onReport = onReport;
    this.#context = openContext();
    this.#microphone = new KeptMicrophone(options, {
      onStream: (stream) => this.#goOnWith(stream),
      onSilent: (isOn) => this.#onReport({ type: 'microphone-silent', isOn }),
      onLost: (failure) => this.#fail(failure),
    });
    this.#worklet = loadWorklet(this.#context, options);
    // Whoever waits for them hears of a failure; a call that was stopped before waits for neither.
    // The ids of loudspeakers are known, and may be used, only once the microphone is granted.
    this.#microphone.granted.then(() => this.#speakerId && this.#useSpeaker(this.#speakerId), ignore);
    this.#worklet.catch(ignore);
    const { signal } = this.#listening;
    document.addEventListener('visibilitychange', () => this.#resume(), { signal });
    const change = () => {
      this.#hasOtherDevices = true;
      this.#patientUntilMs = performance.now() + changeMs;
      this.#lookIn(lookMs);
    };
    navigator.mediaDevices.addEventListener('devicechange', change, { signal });
  }

  /**
   * Resolves when the visitor has granted the microphone.
   * @throws {AudioFailure} a `microphone-…` code.
   */
  granted(): Promise<void> {
    return this.#microphone.granted;
  }

  /**
   * Resolves when the context runs and both processors are loaded. From then on a context that stops is resumed, or
   * replaced, or `needs-tap`.
   * @throws {AudioFailure} `audio-failed`.
   */
  async ready(): Promise<void> {
    await this.#worklet;
    await new Promise<void>((resolve) => {
      this.#context.onstatechange = () => this.#await(resolve);
      this.#await(resolve);
    });
  }

  /**
   * Starts both streams for a wire. Comes after `granted` and `ready`. Once more for another socket of the same call: what
   * the agent said until then has been played in the meantime; what is left would hold up the first words of the new one.
   * @throws {AudioFailure} `audio-failed`.
   */
  connect(format: AudioFormat): AudioPorts {
    void this.#endStreams();
    this.#format = format;
    const before = this.#told;
    const stream = this.#microphone.stream!;
    const [up, down] = [new MessageChannel(), new MessageChannel()];
    const { captureRate, playbackRate, chunkSamples } = format;
    const rest = { chunkSamples, isMuted: this.#isMuted, bargeIn: this.#options.bargeIn, volume: this.#volume };
    try {
      this.#capture = new Capture(this.#context, stream, { wireRate: captureRate, ...rest }, up.port1);
      this.#speaker = new Speaker(this.#context, { wireRate: playbackRate, ...rest }, down.port1, (report) => {
        const { visitorLevelDbfs, bufferedMs } = report;
        // A page that was busy hears several at once.
        if (!this.#stills) this.#look(true);
        if (!this.#isMuted) this.#microphone.hear(visitorLevelDbfs);
        this.#told = {
          ...this.#told,
          ...report,
          visitorLevelDbfs: Math.max(-100, visitorLevelDbfs),
          underruns: before.underruns + report.underruns,
          droppedSamples: before.droppedSamples + report.droppedSamples,
          concealedMs: before.concealedMs + report.concealedMs,
        };
        this.#onReport({ type: 'sound', ...this.#told });
        this.#onDrained(bufferedMs);
        if (this.#isOutdated && bufferedMs < spareMs) this.#renewOnce();
      });
    } catch (cause) {
      throw new AudioFailure('audio-failed', '', cause);
    }
    this.#keepRates(stream);
    for (const { node } of [this.#capture, this.#speaker]) {
      node.onprocessorerror = () => this.#fail(new AudioFailure('audio-failed', 'The worklet threw.'));
    }
    return { uplink: up.port2, downlink: down.port2 };
  }

  /** While muted, silence is sent. */
  setMuted(muted: boolean): void {
    this.#isMuted = muted;
    this.#capture?.setMuted(muted);
  }

  /** @param volume - 0 to 1; what is beyond is cut off, and what is no number is silence. */
  setVolume(volume: number): void {
    this.#volume = Math.max(0, Math.min(1, volume)) || 0;
    this.#speaker?.setVolume(this.#volume);
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

  /** Goes on where a tap was needed: call it inside one. */
  resume(): void {
    this.#isTapped = true;
    this.#patientUntilMs = performance.now() + stillMs;
    if (this.#context.state === 'suspended') this.#resume();
    else this.#renewOnce();
  }

  /** Rings until it is told not to, or stopped. */
  setRinging(isRinging: boolean): void {
    this.#endRing();
    this.#endRing = isRinging && this.#options.sounds !== false ? ring(() => [this.#context, this.#volume]) : ignore;
  }

  /**
   * Where both sides' levels come out from now on (`Levels` of worklets/messages.ts), for whoever draws them; the engine's
   * own reports become fewer. Undefined where there is no other port than the last one, or no sound yet.
   */
  levels(): MessagePort | undefined {
    return this.#speaker?.levels();
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
        if (reports++ && !bufferedMs) resolve();
      };
    });
  }

  /**
   * Lets the microphone go at once and the loudspeaker after a short fade. Idempotent; resolves when all is closed.
   * @param hasTone - Says by a tone that the call is over. Default false.
   */
  stop(hasTone?: boolean): Promise<void> {
    return (this.#stopped ??= this.#close(hasTone && this.#options.sounds !== false));
  }

  async #close(hasTone: boolean | undefined): Promise<void> {
    this.#onReport = ignore;
    this.#endRing();
    this.#listening.abort();
    this.#isWatched = false;
    clearTimeout(this.#timer);
    this.#microphone.close();
    // Where its worklet is never loaded, nobody else would close it.
    void this.#next?.close().catch(ignore);
    const letGo = this.#letGo();
    if (hasTone) {
      hangUpTone(this.#context, this.#volume);
      await wait(hangUpToneMs);
    }
    const close = await letGo;
    return close();
  }

  /** Ends both streams of this context; answers what closes it. */
  async #letGo(): Promise<() => Promise<void>> {
    const context = this.#context as SinkContext;
    context.onstatechange = context.onerror = null;
    await this.#endStreams();
    // It rejects where the device has closed it already.
    return () => context.close().catch(ignore);
  }

  async #endStreams(): Promise<void> {
    const [capture, speaker] = [this.#capture, this.#speaker];
    this.#capture = this.#speaker = undefined;
    capture?.stop();
    speaker?.stop();
    if (capture) {
      // Chromium forgets a closed context only if each processor has ended, and then lost its input, while it ran.
      await wait(endMs);
      capture.disconnect();
      await wait(endMs);
    }
  }

  /** Called at every change of the context's state, from `ready` until it runs. */
  #await(onRunning: () => void): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    if (this.#context.state === 'running') {
      this.#watch();
      this.#isWatched = true;
      this.#lookIn(lookMs);
      return onRunning();
    }
    // While the microphone is in use, browsers let sound start without a gesture.
    this.#resume();
    const fail = () => this.#fail(new AudioFailure('audio-failed', 'No AudioContext runs. Call start() from a click.'));
    this.#timer = setTimeout(fail, this.#context.state === 'closed' ? 0 : startTimeoutMs);
  }

  #watch(): void {
    this.#context.onstatechange = () => this.#resume();
    // Chromium's word for an output that is gone.
    (this.#context as SinkContext).onerror = () => this.#renewOnce();
    this.#startMs = performance.now() - this.#context.currentTime * 1000;
    this.#seenS = this.#stills = 0;
  }

  #lookIn(ms: number): void {
    if (!this.#isWatched) return;
    clearTimeout(this.#timer);
    this.#dueMs = performance.now() + ms;
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  /** Believes the clock, not the state: after an interruption iOS may say `running` and stand still. */
  #look(isReported?: boolean): void {
    if (this.#hasOtherDevices) void this.#review().catch(ignore);
    const { state, currentTime } = this.#context;
    const nowMs = performance.now();
    const startMs = nowMs - currentTime * 1000;
    if (nowMs > this.#dueMs + lookMs) this.#startMs = startMs;
    const stoodMs = startMs - this.#startMs;
    const isMoving = currentTime > this.#seenS;
    this.#seenS = currentTime;
    this.#lookIn(isMoving && isReported ? trustMs : lookMs);
    if (isMoving) {
      // What the agent said meanwhile would be heard late, and all that follows as well.
      if (stoodMs >= longMs) this.flush();
      if (isReported || this.#stills) this.#startMs = startMs;
      this.#isTapped = false;
      this.#stills = 0;
      return this.#tellTap(false);
    }
    if ((++this.#stills < mostStills && stoodMs < stillMs) || nowMs < this.#patientUntilMs) return;
    // What cannot be played is not waited for.
    this.#onDrained(0);
    const isPaused = state !== 'running' && state !== 'closed';
    if (nowMs < this.#renewedUntilMs || (isPaused && !this.#isTapped)) this.#tellTap(true);
    else this.#renewOnce();
  }

  #tellTap(isOn: boolean): void {
    if (isOn !== this.#needsTap) this.#onReport({ type: 'needs-tap', isOn: (this.#needsTap = isOn) });
  }

  #renewOnce(): void {
    const nowMs = performance.now();
    this.#renewedUntilMs = nowMs + renewalMs;
    this.#patientUntilMs = nowMs + stillMs;
    if (!this.#next) this.#renew().catch((failure: AudioFailure) => this.#fail(failure));
  }

  /** Goes on in a new context, at the device's rate of today. */
  async #renew(): Promise<void> {
    const context = (this.#next = openContext());
    // Where it fails the call ends, and this is closed with it.
    await loadWorklet(context, this.#options);
    if (this.#stopped) return context.close().catch(ignore);
    this.#next = undefined;
    const end = this.#letGo();
    const isOtherRate = context.sampleRate !== this.#context.sampleRate;
    this.#context = context;
    this.#isOutdated = false;
    this.#watch();
    if (this.#speakerId) this.#useSpeaker(this.#speakerId);
    // Firefox before 148 takes no microphone of another rate than the context's (bugzil.la/1674892), and a microphone has that
    // of the day on which it was taken.
    if (isOtherRate) this.#microphone.renew();
    else this.#relink();
    // Not waited for: one that stands still may never be closed.
    void end.then((close) => close());
  }

  #goOnWith(stream: MediaStream): void {
    try {
      // In a new context that has waited for it?
      if (!this.#capture) return this.#relink();
      this.#capture.setStream(stream);
      this.#keepRates(stream);
    } catch {
      // It has another rate than the context.
      this.#renewOnce();
    }
  }

  /** Both streams of this context, for the call's socket. */
  #relink(): void {
    if (this.#format) this.#onReport({ type: 'ports', ports: this.connect(this.#format) });
  }

  #keepRates(stream: MediaStream): void {
    const microphoneHz = stream.getAudioTracks()[0]?.getSettings().sampleRate;
    this.#told = { ...this.#told, microphoneHz, speakerHz: this.#context.sampleRate };
  }

  /** What is there now, after a change of devices. */
  async #review(): Promise<void> {
    this.#hasOtherDevices = false;
    const devices = await listDevices();
    if (this.#stopped) return;
    this.#microphone.review(devices);
    if (this.#speakerId && 'setSinkId' in this.#context) {
      return this.#useSpeaker(devices.find(({ deviceId }) => deviceId === this.#speakerId)?.deviceId);
    }
    // A context keeps its rate whatever device the system turns to, and Firefox then cancels no echo.
    const probe = new AudioContext();
    this.#isOutdated = probe.sampleRate !== this.#context.sampleRate;
    await probe.close();
  }

  #useSpeaker(speakerId: string | null | undefined): void {
    // Never by an <audio> element: Chromium cancels nothing of its echo when it plays on another device.
    const context = this.#context as SinkContext;
    context
      .setSinkId?.(speakerId ?? '')
      .catch(() => context.setSinkId!(''))
      .catch(ignore);
  }

  /** Not while it is `interrupted`: iOS refuses, and may stand still afterwards. */
  #resume(): void {
    if (this.#context.state === 'suspended') this.#context.resume().catch(ignore);
  }

  #fail(failure: AudioFailure): void {
    this.#onReport({ type: 'failed', failure });
  }
}

/** Why there can be no sound on this page, as far as that is known before anybody asks for it. */
export function whatLacks(): 'insecure-context' | 'unsupported-browser' | undefined {
  if (!isSecureContext) return 'insecure-context';
  // Without popovers the visitor would not be told that an AI speaks.
  const isThere =
    'AudioWorkletNode' in globalThis && 'popover' in HTMLElement.prototype && navigator.mediaDevices?.getUserMedia;
  return isThere ? undefined : 'unsupported-browser';
}

/** @throws {AudioFailure} `audio-failed`. */
function openContext(): AudioContext {
  try {
    // No sampleRate: Firefox cancels no echo unless playback runs at the device's own rate.
    const context = new AudioContext();
    // Safari unlocks sound only inside the tap itself, so this comes before the first await.
    context.resume().catch(ignore);
    return context;
  } catch (cause) {
    throw new AudioFailure('audio-failed', '', cause);
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function ignore(): void {}
