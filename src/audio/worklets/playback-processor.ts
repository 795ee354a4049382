import { Gain } from '../../dsp/gain.js';
import { JitterBuffer } from '../../dsp/jitter-buffer.js';
import { LevelMeter } from '../../dsp/level-meter.js';
import { Resampler } from '../../dsp/resampler.js';
import { doubleTalk } from './double-talk.js';
import type { BargeIn, PlaybackCommand, ProcessorOptions, SoundReport } from './messages.js';

const quantum = 128;
/** Time to fade out in before it ends. */
const stopS = 0.02;
const reportS = 0.2;
/** A quarter of the loudness. */
const duckedGain = 10 ** (-12 / 20);

/** PCM16 messages at the wire's rate in, sound at the device's rate out. */
export class PlaybackProcessor extends AudioWorkletProcessor {
  #buffer: JitterBuffer;
  #resampler: Resampler;
  #gain: Gain;
  #volume: number;
  #meter = new LevelMeter();
  #bargeIn: BargeIn;
  #wasInterrupting = false;
  #pulled: Float32Array;
  #report: SoundReport = {
    levelDbfs: -100,
    visitorLevelDbfs: -100,
    isVisitorSpeaking: false,
    bufferedMs: 0,
    underruns: 0,
    droppedSamples: 0,
    targetMs: 0,
    delayMs: 0,
    jitterP50Ms: 0,
    jitterP95Ms: 0,
    concealedMs: 0,
  };
  #quantaSinceReport = 0;
  #link: MessagePort | undefined;
  /** Calls until it ends: no end, before it is told to stop. */
  #quantaLeft = Infinity;

  constructor({ processorOptions }: { processorOptions: ProcessorOptions }) {
    super();
    const { wireRate, bargeIn = 'duck', volume = 1 } = processorOptions;
    this.#bargeIn = bargeIn;
    this.#volume = volume;
    this.#gain = new Gain(sampleRate, volume);
    this.#buffer = new JitterBuffer({ sampleRate: wireRate });
    this.#resampler = new Resampler(wireRate, sampleRate);
    // The first call also fills the resampler's history.
    this.#pulled = new Float32Array(this.#resampler.needed(quantum) + quantum);
    this.port.onmessage = ({ data }: MessageEvent<PlaybackCommand>) => this.#obey(data);
  }

  #obey(command: PlaybackCommand): void {
    if (command.type === 'flush') {
      this.#buffer.flush();
    } else if (command.type === 'volume') {
      this.#volume = command.volume;
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
    const { isInterrupting } = doubleTalk;
    // What the agent says later in the visitor's utterance is an answer to it.
    if (this.#bargeIn === 'clear' && isInterrupting && !this.#wasInterrupting) this.#buffer.flush();
    this.#wasInterrupting = isInterrupting;
    const needed = this.#resampler.needed(speaker.length);
    this.#buffer.pull(this.#pulled, needed);
    this.#resampler.push(this.#pulled, needed);
    this.#resampler.pull(speaker, speaker.length);
    // Before it is made softer: what the agent says does not depend on how loud the visitor wants it.
    this.#meter.push(speaker, speaker.length);
    const isDucked = this.#bargeIn === 'duck' && isInterrupting;
    this.#gain.apply(speaker, speaker.length, isDucked ? this.#volume * duckedGain : this.#volume);
    doubleTalk.played.set(speaker);
    if (++this.#quantaSinceReport * quantum >= reportS * sampleRate) this.#tell();
    return this.#quantaLeft-- > 0;
  }

  #tell(): void {
    this.#quantaSinceReport = 0;
    const report = this.#report;
    const buffer = this.#buffer;
    report.levelDbfs = Math.max(-100, this.#meter.take());
    report.visitorLevelDbfs = doubleTalk.meter.take();
    report.isVisitorSpeaking = doubleTalk.isVisitorSpeaking;
    report.bufferedMs = buffer.bufferedMs;
    report.underruns = buffer.underruns;
    report.droppedSamples = buffer.droppedSamples;
    report.targetMs = buffer.targetMs;
    report.delayMs = buffer.delayMs;
    report.jitterP50Ms = buffer.jitterMs(0.5);
    report.jitterP95Ms = buffer.jitterMs(0.95);
    report.concealedMs = buffer.concealedMs;
    this.port.postMessage(report);
  }
}
