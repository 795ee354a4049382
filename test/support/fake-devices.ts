import { Inbox } from './inbox.js';
import { onTestEnd, replace } from './replace.js';

/** Whose behaviour it is. */
export type Engine = 'chromium' | 'firefox' | 'webkit';

const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
/** What all of them give: the browser's own fake microphone, opened once. */
let origin: Promise<MediaStream> | undefined;

interface Plugged {
  readonly kind: MediaDeviceKind;
  readonly deviceId: string;
  label: string;
}

/** A granted microphone: it beeps twice a second until it is unplugged or falls silent. */
export interface FakeStream extends MediaStream {
  readonly deviceId: string;
  /** Ends the beeps: zeros from now on, and no event. */
  silence(): void;
}

/**
 * Microphones and loudspeakers that a test plugs in and out. Gone with the test. What was seen of an unplugged
 * microphone: Firefox ends the track and tells; WebKit tells; Chromium without udev does both, but only once the devices
 * are listed. In all of them the stream gives zeros, or nothing.
 */
export class FakeDevices {
  /** What is plugged in. */
  readonly plugged: Plugged[] = [];
  readonly requests: MediaTrackConstraints[] = [];
  readonly streams = new Inbox<FakeStream>();
  /** How often the devices were listed. */
  listings = 0;
  /** What the visitor chooses in the browser's prompt, whatever is asked for (Firefox). */
  choice: string | undefined;
  /** Name of the error that the next requests end with. */
  refusal = '';
  /** Streams that were open when another was asked for. */
  openWhenAsked = 0;
  /** What the browser does once it finds out that a device is gone. */
  #notice = (): void => {};

  constructor(...microphones: string[]) {
    for (const id of microphones) this.plug(id);
    const { mediaDevices } = navigator;
    // The browser's own change is none of these devices': WebKit tells of one after it has granted a microphone.
    const real = new AbortController();
    mediaDevices.addEventListener('devicechange', (event) => event.isTrusted && event.stopImmediatePropagation(), {
      signal: real.signal,
      capture: true,
    });
    onTestEnd(() => real.abort());
    replace(mediaDevices, 'getUserMedia', ({ audio }: { audio: MediaTrackConstraints }) => this.#open(audio));
    replace(mediaDevices, 'enumerateDevices', async () => {
      this.listings += 1;
      await Promise.resolve();
      this.#notice();
      return [...this.plugged];
    });
  }

  get stream(): FakeStream {
    return this.streams.all.at(-1)!;
  }
  get open(): FakeStream[] {
    return this.streams.all.filter((stream) => stream.getTracks()[0]!.readyState === 'live');
  }

  plug(deviceId: string, kind: MediaDeviceKind = 'audioinput', label = deviceId): void {
    this.plugged.push({ kind, deviceId, label });
  }

  /** Takes a device away; what a page notices of it is the engine's affair. */
  unplug(deviceId: string, engine: Engine): void {
    this.plugged.splice(
      this.plugged.findIndex((device) => device.deviceId === deviceId),
      1,
    );
    const streams = this.open.filter((stream) => stream.deviceId === deviceId);
    for (const stream of streams) stream.silence();
    const notice = () => {
      this.#notice = () => {};
      for (const track of engine === 'webkit' ? [] : streams.flatMap((stream) => stream.getTracks())) {
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
      this.tell();
    };
    if (engine === 'chromium') this.#notice = notice;
    else notice();
  }

  /** Says that the devices have changed. */
  tell(): void {
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  }

  async #open(audio: MediaTrackConstraints): Promise<FakeStream> {
    this.requests.push(audio);
    this.openWhenAsked += this.open.length;
    if (this.refusal) throw new DOMException('', this.refusal);
    const wish = this.choice ?? audio.deviceId;
    const microphones = this.plugged.filter(({ kind }) => kind === 'audioinput');
    const device = microphones.find(({ deviceId }) => deviceId === wish) ?? microphones[0];
    if (!device) throw new DOMException('', 'NotFoundError');
    origin ??= getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
    const track = (await origin).getAudioTracks()[0]!.clone();
    const { deviceId, label } = device;
    Object.assign(track, { getSettings: () => ({ deviceId }) });
    Object.defineProperty(track, 'label', { value: label });
    const silence = () => void (track.enabled = false);
    const stream = Object.assign(new MediaStream([track]), { deviceId, silence });
    this.streams.push(stream);
    return stream;
  }
}
