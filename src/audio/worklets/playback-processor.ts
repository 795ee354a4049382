import { Ducker } from '../../dsp/ducker.js';
import { JitterBuffer } from '../../dsp/jitter-buffer.js';
import { LevelMeter } from '../../dsp/level-meter.js';
import { Resampler } from '../../dsp/resampler.js';
import { doubleTalk } from './double-talk.js';
import type { BargeIn, PlaybackCommand, PlaybackReport, ProcessorOptions } from './messages.js';

const quantum = 128;
/** Time to fade out in before it ends. */
const stopS = 0.02;

/** PCM16 messages at the wire's rate in, sound at the device's rate out. */
export class PlaybackProcessor extends AudioWorkletProcessor {
  #buffer: JitterBuffer;
  #resampler: Resampler;
  #ducker = new Ducker(sampleRate);
  #meter = new LevelMeter(sampleRate);
  #bargeIn: BargeIn;
  #wasVisitorSpeaking = false;
  #pulled: Float32Array;
  #report: [...PlaybackReport] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  #link: MessagePort | undefined;
  /** Calls until it ends: no end, before it is told to stop. */
  #quantaLeft = Infinity;

  constructor({ processorOptions }: { processorOptions: ProcessorOptions }) {
    super();
    const { wireRate, bargeIn = 'duck' } = processorOptions;
    this.#bargeIn = bargeIn;
    this.#buffer = new JitterBuffer({ sampleRate: wireRate });
    this.#resampler = new Resampler(wireRate, sampleRate);
    // The first call also fills the resampler's history.
    this.#pulled = new Float32Array(this.#resampler.needed(quantum) + quantum);
    this.port.onmessage = ({ data }: MessageEvent<PlaybackCommand>) => this.#obey(data);
  }

  #obey(command: PlaybackCommand): void {
    if (command.type === 'flush') {
      this.#buffer.flush();
    } else if (command.type === 'link') {
      this.#link = command.port;
      command.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#buffer.push(new Int16Array(data));
    } else {
      this.#buffer.flush();
      this.#quantaLeft = (stopS * sampleRate) / quantum;
      this.#link?.close();
      this.port.close();
    }
  }

  // Audio thread, 375 calls a second at 48 kHz: no allocation, no logging, no throw.
  process(_inputs: Float32Array[][], [output]: Float32Array[][]): boolean {
    const speaker = output?.[0];
    if (!speaker) return false;
    const { isVisitorSpeaking } = doubleTalk;
    // What the agent says later in the visitor's utterance is an answer to it.
    if (this.#bargeIn === 'clear' && isVisitorSpeaking && !this.#wasVisitorSpeaking) this.#buffer.flush();
    this.#wasVisitorSpeaking = isVisitorSpeaking;
    const needed = this.#resampler.needed(speaker.length);
    this.#buffer.pull(this.#pulled, needed);
    this.#resampler.push(this.#pulled, needed);
    this.#resampler.pull(speaker, speaker.length);
    this.#ducker.apply(speaker, speaker.length, this.#bargeIn === 'duck' && isVisitorSpeaking);
    doubleTalk.played.set(speaker);
    if (this.#meter.push(speaker, speaker.length)) this.#tell();
    return this.#quantaLeft-- > 0;
  }

  #tell(): void {
    this.#report[0] = this.#meter.levelDbfs;
    this.#report[1] = this.#buffer.bufferedMs;
    this.#report[2] = this.#buffer.underruns;
    this.#report[3] = this.#buffer.droppedSamples;
    this.#report[4] = this.#buffer.targetMs;
    this.#report[5] = this.#buffer.delayMs;
    this.#report[6] = this.#buffer.jitterMs(0.5);
    this.#report[7] = this.#buffer.jitterMs(0.95);
    this.#report[8] = this.#buffer.concealedMs;
    this.port.postMessage(this.#report);
  }
}
