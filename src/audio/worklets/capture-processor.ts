import { Chunker } from '../../dsp/chunker.js';
import { Resampler } from '../../dsp/resampler.js';
import { VoiceDetector } from '../../dsp/voice-detector.js';
import { doubleTalk, quantum } from './double-talk.js';
import type { CaptureCommand, ProcessorOptions } from './messages.js';

/** Microphone at the device's rate in, chunks of PCM16 at the wire's rate out. */
export class CaptureProcessor extends AudioWorkletProcessor {
  #resampler: Resampler;
  #chunker: Chunker;
  #detector = new VoiceDetector(sampleRate);
  #silence = new Float32Array(quantum);
  #resampled: Float32Array;
  #link: MessagePort | undefined;
  /**
   * Lets chunks end where a whole number of them fits into the context's own time, by silence before the first: there the device's
   * buffers end as well, where they fit into a chunk (10 ms in Chromium on most machines). Elsewhere each chunk would wait for
   * one buffer more. Once.
   */
  #align?: (() => void) | undefined;
  #isMuted: boolean;
  #isRunning = true;
  /** What a message transfers: one list for all of them. */
  #transfer: ArrayBuffer[] = [];

  constructor({ processorOptions }: { processorOptions: ProcessorOptions }) {
    super();
    const { wireRate, chunkSamples, isMuted = false } = processorOptions;
    this.#isMuted = isMuted;
    this.#resampler = new Resampler(sampleRate, wireRate);
    this.#resampled = new Float32Array(Math.ceil((quantum * wireRate) / sampleRate) + 1);
    this.#chunker = new Chunker(chunkSamples, (chunk) => {
      this.#transfer[0] = chunk;
      this.#link?.postMessage(chunk, this.#transfer);
    });
    this.#align = () => {
      const past = Math.ceil((currentFrame * wireRate) / sampleRate) % chunkSamples;
      this.#chunker.push(new Float32Array(past), past);
      this.#align = undefined;
    };
    this.port.onmessage = ({ data }: MessageEvent<CaptureCommand>) => this.#obey(data);
  }

  #obey(command: CaptureCommand): void {
    if (command.type === 'mute') {
      this.#isMuted = command.muted;
    } else if (command.type === 'link') {
      this.#link = command.port;
      command.port.onmessage = ({ data }: MessageEvent<ArrayBuffer[]>) => {
        for (const chunk of data) this.#chunker.recycle(chunk);
      };
    } else {
      this.#isRunning = false;
      doubleTalk.isVisitorSpeaking = doubleTalk.isInterrupting = false;
      this.#link?.close();
      this.port.close();
    }
  }

  // Audio thread, 375 calls a second at 48 kHz: no allocation, no logging, no throw.
  process([input]: Float32Array[][]): boolean {
    if (!this.#link || !this.#isRunning) return this.#isRunning;
    this.#align?.();
    // A microphone that is gone gives no channel at all. The stream goes on with silence, as it does while muted.
    const heard = input?.[0] ?? this.#silence;
    doubleTalk.meter.push(heard, heard.length);
    this.#detector.push(heard, doubleTalk.played, heard.length);
    const { isSpeaking } = this.#detector;
    const isMuted = this.#isMuted;
    doubleTalk.isVisitorSpeaking = isSpeaking;
    doubleTalk.isInterrupting = isSpeaking && !isMuted;
    doubleTalk.isMuted = isMuted;
    this.#resampler.push(isMuted ? this.#silence : heard, heard.length);
    this.#chunker.push(this.#resampled, this.#resampler.pull(this.#resampled, this.#resampler.available));
    return this.#isRunning;
  }
}
