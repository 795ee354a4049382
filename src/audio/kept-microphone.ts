import { AudioFailure } from './audio-failure.js';
import { listDevices } from './devices.js';
import { closeMicrophone, openMicrophone, stopTracks, type MicrophoneOptions } from './microphone.js';

/** What becomes of a microphone in a call. */
export interface MicrophoneListener {
  /** It was taken again: this is its sound from now on. */
  onStream(stream: MediaStream): void;
  /** It gives nothing although it was taken again, or is heard after all. */
  onSilent(isSilent: boolean): void;
  onLost(failure: AudioFailure): void;
}

/** How long it may be silent until it is taken again at first: 1.6 s, in levels of 200 ms. */
const patience = 8;
/**
 * How long until it is looked whether it is there at all: 1 s. Its end in Chromium takes half a second to be silence (the
 * canceller's filters ring on), and so it is lost, or taken again, within 3 s.
 */
const quiet = 5;
/** Levels after which a sound is no longer owed to the microphone having been taken again. */
const cureLevels = 3;
/** It is tried until 2 s after its loss, of which the silence has taken some, and the browser's own word comes late. */
const retryMs = 500;
const triesAfterLoss = 5;
const triesAfterSilence = 2;
/** How long the browser may take to answer: it may ask the visitor. */
const answerMs = 10_000;

/** The microphone of one call: taken again when it is unplugged, replaced or silent, until it is closed. */
export class KeptMicrophone {
  /** Resolves with the first grant. */
  readonly granted: Promise<void>;
  #options: MicrophoneOptions;
  #listener: MicrophoneListener;
  #stream: MediaStream | undefined;
  #taking: Promise<MediaStream> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #zeros = 0;
  #levels = 0;
  #patience = patience;
  #isSilent = false;
  /** The wished one was there when this was taken: where it is another, the visitor has chosen it in the prompt (Firefox). */
  #isPassedOver = false;

  /** Asks at once: construct it inside the click. */
  constructor(options: MicrophoneOptions, listener: MicrophoneListener) {
    this.#options = options;
    this.#listener = listener;
    this.granted = openMicrophone(options).then((stream) => {
      this.#keep(stream);
      if (this.#options !== options) this.#take();
    });
  }

  /** The stream that it gives now; none before it was granted. */
  get stream(): MediaStream | undefined {
    return this.#stream;
  }

  /** Changes to another microphone. */
  choose(microphoneId: string | null | undefined): void {
    if ((microphoneId || null) === (this.#options.microphoneId || null)) return;
    this.#options = { ...this.#options, microphoneId };
    if (this.#stream) this.#take();
  }

  /**
   * Takes its levels while it is not muted: each (5 a second) while it is silent, and when it no longer is; else some. Events
   * are not to be trusted: Chromium without udev tells nothing of an unplugged device until the devices are listed, and goes on
   * with zeros; Firefox goes on without a channel.
   * @param levelDbfs - −Infinity: silence, as no microphone has it.
   */
  hear(levelDbfs: number): void {
    // The agent's last words are played without it.
    if (this.#isClosed) return;
    this.#levels += 1;
    if (levelDbfs > -Infinity) {
      // Switches on headsets and some cleaning give zeros too. Where taking it again was no cure, it is done ever less.
      if (this.#levels <= cureLevels) this.#patience = patience;
      this.#zeros = 0;
      this.#tellSilent(false);
    } else if (!this.#taking) {
      if (++this.#zeros === this.#patience) this.#cure();
      // Its end must not wait for that, and shows in the devices; until the visitor is told that nothing is heard.
      else if (this.#zeros === quiet && !this.#isSilent) void listDevices().then((devices) => this.review(devices));
    }
  }

  /** Compares what it has with the devices that are there. */
  review(devices: readonly MediaDeviceInfo[]): void {
    const track = this.#stream?.getAudioTracks()[0];
    const microphones = devices.filter(({ kind }) => kind === 'audioinput');
    const isSilent = this.#zeros >= quiet;
    if (this.#isClosed || this.#taking || !track) return;
    // Without ids nothing is known; an empty list is believed only where nothing is heard.
    if (find(microphones, '') || !(isSilent || microphones.length)) return;
    const { microphoneId } = this.#options;
    const { deviceId } = track.getSettings();
    const current = find(microphones, deviceId);
    const isThere = !!find(microphones, microphoneId);
    const isBack = isThere && microphoneId !== deviceId && !this.#isPassedOver;
    this.#isPassedOver &&= isThere;
    // Chrome's `default` is another device now, which only its label tells; the track stays with the old one.
    const isSame = current && (deviceId !== 'default' || current.label === track.label);
    if (isSame && !isBack) return;
    // A list that does not tell the truth must not have it taken for ever.
    if (isSilent) this.#cure();
    else this.#take();
  }

  /** Takes it again, unless that is being done. */
  renew(): void {
    if (!this.#taking) this.#take();
  }

  /** Takes it again. */
  #take(
    tries = this.#zeros < quiet || this.#zeros > patience ? triesAfterLoss : triesAfterSilence,
    options = this.#options,
  ): void {
    clearTimeout(this.#timer);
    // The agent's last words are played without it, and a call that has ended has none.
    if (this.#isClosed) return this.#stream && this.#listener.onStream(this.#stream);
    // Safari ends a track that is open while another is asked for, and may give none then: webkit.org/b/179363.
    stopTracks(this.#stream);
    const taking = (this.#taking = openMicrophone(options));
    this.#timer = setTimeout(() => this.#lose(), answerMs);
    taking.then(
      (stream) => {
        if (taking !== this.#taking) return stopTracks(stream);
        clearTimeout(this.#timer);
        this.#taking = undefined;
        this.#keep(stream);
        this.#listener.onStream(stream);
      },
      (failure: AudioFailure) => {
        if (taking !== this.#taking) return;
        clearTimeout(this.#timer);
        // What no second try changes.
        if (failure.code === 'microphone-denied' || failure.code === 'microphone-blocked-by-policy') {
          return this.#listener.onLost(failure);
        }
        if (tries === 1) return this.#lose(failure.cause);
        // Whichever there is, then.
        this.#timer = setTimeout(() => this.#take(tries - 1, { ...options, microphoneId: null }), retryMs);
      },
    );
  }

  /** Lets it go. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#taking = undefined;
    clearTimeout(this.#timer);
    closeMicrophone(this.#stream);
  }

  #keep(stream: MediaStream): void {
    // Granted after the call has ended.
    if (this.#isClosed) return stopTracks(stream);
    this.#stream = stream;
    this.#zeros = this.#levels = 0;
    for (const track of stream.getTracks()) track.onended = () => this.#take();
    const { microphoneId } = this.#options;
    if (microphoneId) void listDevices().then((devices) => (this.#isPassedOver = !!find(devices, microphoneId)));
  }

  /** Takes it again because it is silent. */
  #cure(): void {
    this.#tellSilent(this.#patience > patience);
    this.#patience *= 2;
    this.#take();
  }

  #lose(cause?: unknown): void {
    this.#listener.onLost(new AudioFailure('microphone-lost', '', cause));
  }

  #tellSilent(isSilent: boolean): void {
    if (isSilent !== this.#isSilent) this.#listener.onSilent((this.#isSilent = isSilent));
  }
}

const find = (devices: readonly MediaDeviceInfo[], id: string | null | undefined) =>
  devices.find(({ deviceId }) => deviceId === id);
