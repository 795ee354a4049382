import { Chunker } from '../../dsp/chunker.js';
import { LevelMeter } from '../../dsp/level-meter.js';
import { Resampler } from '../../dsp/resampler.js';
import { VoiceDetector } from '../../dsp/voice-detector.js';
import { doubleTalk } from './double-talk.js';
import type { CaptureCommand, CaptureReport, ProcessorOptions } from './messages.js';

const quantum = 128;
const isSound = (sample: number): boolean => sample !== 0;

/** Microphone at the device's rate in, chunks of PCM16 at the wire's rate out. */
export class CaptureProcessor extends AudioWorkletProcessor {
  #resampler: Resampler;
  #chunker: Chunker;
  #meter = new LevelMeter(sampleRate);
  #detector = new VoiceDetector(sampleRate);
  #report: [...CaptureReport] = [0, false];
  #silence = new Float32Array(quantum);
  #resampled: Float32Array;
  #link: MessagePort | undefined;
  #isMuted: boolean;
  #isRunning = true;
  /** Whether anything but zeros has come since the last level. */
  #isAlive = false;

  constructor({ processorOptions }: { processorOptions: ProcessorOptions }) {
    super();
    const { wireRate, chunkSamples, isMuted = false } = processorOptions;
    this.#isMuted = isMuted;
    this.#resampler = new Resampler(sampleRate, wireRate);
    this.#resampled = new Float32Array(Math.ceil((quantum * wireRate) / sampleRate) + 1);
    this.#chunker = new Chunker(chunkSamples, (chunk) => this.#link?.postMessage(chunk, [chunk]));
    this.port.onmessage = ({ data }: MessageEvent<CaptureCommand>) => this.#obey(data);
  }

  #obey(command: CaptureCommand): void {
    if (command.type === 'mute') {
      this.#isMuted = command.muted;
    } else if (command.type === 'link') {
      this.#link = command.port;
      command.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#chunker.recycle(data);
    } else {
      this.#isRunning = false;
      doubleTalk.isVisitorSpeaking = false;
      this.#link?.close();
      this.port.close();
    }
  }

  // Audio thread, 375 calls a second at 48 kHz: no allocation, no logging, no throw.
  process([input]: Float32Array[][]): boolean {
    if (!this.#link || !this.#isRunning) return this.#isRunning;
    // A microphone that is gone gives no channel at all. The stream goes on with silence, as it does while muted.
    const heard = input?.[0] ?? this.#silence;
    this.#isAlive ||= heard.some(isSound);
    this.#detector.push(heard, doubleTalk.played, heard.length);
    doubleTalk.isVisitorSpeaking = this.#detector.isSpeaking && !this.#isMuted;
    if (this.#meter.push(heard, heard.length)) {
      this.#report[0] = this.#isAlive ? this.#meter.levelDbfs : -Infinity;
      this.#report[1] = this.#detector.isSpeaking;
      this.port.postMessage(this.#report);
      this.#isAlive = false;
    }
    this.#resampler.push(this.#isMuted ? this.#silence : heard, heard.length);
    const length = this.#resampler.pull(this.#resampled, this.#resampler.available);
    this.#chunker.push(this.#resampled, length);
    return this.#isRunning;
  }
}
