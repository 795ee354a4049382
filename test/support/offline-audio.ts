import { loadWorklet } from '../../src/audio/load-worklet.js';
import { replace } from './replace.js';

const post = MessagePort.prototype.postMessage as (...message: unknown[]) => void;

/** What the audio thread has done so far. */
export interface Seen {
  /** Messages of the page that it has taken. */
  readonly heard: number;
  /** Buffers of samples that it made. */
  readonly buffers: number;
  /** Calls of `process`, by processor. */
  readonly quanta: Readonly<Record<string, number>>;
  /** Processors that asked to be let go. */
  readonly ended: readonly string[];
}

/** A context that renders as fast as it can, with the worklet loaded and a spy in its audio thread. */
export class OfflineAudio {
  readonly context: OfflineAudioContext;
  #spy: AudioWorkletNode;
  #steps: Promise<void>[] = [];
  #posted = 0;

  static async open(sampleRate: number, seconds = 1): Promise<OfflineAudio> {
    const context = new OfflineAudioContext(1, sampleRate * seconds, sampleRate);
    await context.audioWorklet.addModule(new URL('./worklet-spy.worklet.ts', import.meta.url));
    await loadWorklet(context);
    return new OfflineAudio(context);
  }

  private constructor(context: OfflineAudioContext) {
    this.context = context;
    this.#spy = new AudioWorkletNode(context, 'spy');
    const count = () => this.#posted++;
    replace(MessagePort.prototype, 'postMessage', function (this: MessagePort, ...message: [unknown, Transferable[]]) {
      count();
      post.apply(this, message);
    });
  }

  /** The same context, for who expects a device: this is what its microphone gives. */
  withMicrophone(...channels: Float32Array[]): AudioContext {
    const source = this.context.createBufferSource();
    if (channels.length > 0) {
      const { sampleRate } = this.context;
      const buffer = new AudioBuffer({ length: channels[0]!.length, numberOfChannels: channels.length, sampleRate });
      channels.forEach((channel, index) => buffer.copyToChannel(new Float32Array(channel), index));
      // What is written into it later is not played: the source has taken it.
      source.buffer = buffer;
      source.start();
    }
    return Object.assign(this.context, { createMediaStreamSource: () => source }) as unknown as AudioContext;
  }

  /** What the audio thread has done, once all that the page has posted to it is there. */
  async look(): Promise<Seen> {
    // One that never hears of it must not keep the page busy for ever: Firefox would not even tell that the test fails.
    for (let tries = 0; tries < 2000; tries += 1) {
      const seen = await new Promise<Seen>((resolve) => {
        this.#spy.port.onmessage = ({ data }: MessageEvent<Seen>) => resolve(data);
        post.call(this.#spy.port, 'look');
      });
      if (seen.heard >= this.#posted) return seen;
    }
    throw new Error('The audio thread has not heard all that the page has posted.');
  }

  /** Does something in the middle of the rendering, at a time in seconds; the next quantum knows of it. */
  at(timeS: number, work: () => unknown): void {
    this.#steps.push(
      this.context.suspend(timeS).then(async () => {
        try {
          await work();
          await this.look();
        } finally {
          await this.context.resume();
        }
      }),
    );
  }

  /** Renders all, and answers what was heard. */
  async render(): Promise<Float32Array> {
    await this.look();
    const [buffer] = await Promise.all([this.context.startRendering(), ...this.#steps]);
    await this.look();
    return buffer.getChannelData(0);
  }
}
