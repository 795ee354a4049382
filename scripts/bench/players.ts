import { JitterBuffer } from '../../src/dsp/jitter-buffer.js';
import { wireRate, type Player } from './simulate.js';

/** Plays once a fixed time of audio is held or has passed, and again so after every gap. */
export class FixedBuffer implements Player {
  buffered = 0;
  readonly #startLength: number;
  #isPlaying = false;
  #waited = 0;

  /** @param delayMs - With 0 it plays what there is as soon as it is there, as Synthflow's sample does. */
  constructor(delayMs: number) {
    this.#startLength = (delayMs * wireRate) / 1000;
  }

  push(samples: Int16Array): void {
    this.buffered += samples.length;
  }

  pull(_output: Float32Array, length: number): void {
    if (this.buffered === 0) this.#isPlaying = false;
    if (!this.#isPlaying) {
      this.#waited = this.buffered > 0 ? this.#waited + length : 0;
      this.#isPlaying = Math.max(this.buffered, this.#waited) >= this.#startLength;
    }
    if (this.#isPlaying) this.buffered -= Math.min(this.buffered, length);
  }
}

/** The jitter buffer as it is. */
export class Ours implements Player {
  readonly buffer = new JitterBuffer({ sampleRate: wireRate });

  get buffered(): number {
    return Math.round((this.buffer.bufferedMs * wireRate) / 1000);
  }

  push(samples: Int16Array): void {
    this.buffer.push(samples);
  }

  pull(output: Float32Array, length: number): void {
    this.buffer.pull(output, length);
  }
}
