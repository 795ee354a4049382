import { Gain } from '../../dsp/gain.js';
import { JitterBuffer } from '../../dsp/jitter-buffer.js';
import { LevelMeter } from '../../dsp/level-meter.js';
import { Resampler } from '../../dsp/resampler.js';
import { doubleTalk, quantum } from './double-talk.js';
import type { BargeIn, Levels, PlaybackCommand, ProcessorOptions, SoundReport } from './messages.js';

/** Time to fade out in before it ends. */
const stopS = 0.02;
/** How often levels are taken. */
const levelS = 0.2;
/** Levels until the page is told, where there is no news for it and somebody else draws them. */
const quietLevels = 5;
/** The agent's audio is clean: what is louder than this is speech. */
const speakingDbfs = -50;

/** PCM16 messages at the wire's rate in, sound at the device's rate out. */
export class PlaybackProcessor extends AudioWorkletProcessor {
  #buffer: JitterBuffer;
  #resampler: Resampler;
  #gain: Gain;
  #meter = new LevelMeter();
  #bargeIn: BargeIn;
  #wasInterrupting = false;
  #pulled: Float32Array;
  /** Filled at the first level. */
  #report = {} as SoundReport;
  #levels: Levels = [-100, -100];
  #quantaSinceLevel = 0;
  #levelsSinceReport = 0;
  #link: MessagePort | undefined;
  /** To whoever draws the levels. */
  #drawn: MessagePort | undefined;
  /** Calls until it ends: no end, before it is told to stop. */
  #quantaLeft = Infinity;

  constructor({ processorOptions }: { processorOptions: ProcessorOptions }) {
    super();
    const { wireRate, bargeIn = 'duck', volume = 1 } = processorOptions;
    this.#bargeIn = bargeIn;
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
      this.#gain.volume = command.volume;
    } else if (command.type === 'levels') {
      this.#drawn = command.port;
    } else if (command.type === 'link') {
      this.#link = command.port;
      command.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#buffer.push(new Int16Array(data));
    } else {
      this.#buffer.flush();
      this.#quantaLeft = (stopS * sampleRate) / quantum;
      this.#link?.close();
      this.#drawn?.close();
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
    this.#gain.apply(speaker, speaker.length, this.#bargeIn === 'duck' && isInterrupting);
    doubleTalk.played.set(speaker);
    if (++this.#quantaSinceLevel * quantum >= levelS * sampleRate) this.#tell();
    return this.#quantaLeft-- > 0;
  }

  #tell(): void {
    this.#quantaSinceLevel = 0;
    const report = this.#report;
    const buffer = this.#buffer;
    const levels = this.#levels;
    const wasSilent = report.visitorLevelDbfs === -Infinity;
    report.agentLevelDbfs = Math.max(-100, this.#meter.take());
    // The gaps between words are shorter than two.
    const isAgentSpeaking = Math.max(levels[1], report.agentLevelDbfs) > speakingDbfs;
    levels[1] = report.agentLevelDbfs;
    report.visitorLevelDbfs = doubleTalk.meter.take();
    levels[0] = doubleTalk.isMuted ? -100 : report.visitorLevelDbfs;
    this.#drawn?.postMessage(levels);
    const hasNews =
      doubleTalk.isVisitorSpeaking !== report.isVisitorSpeaking ||
      isAgentSpeaking !== report.isAgentSpeaking ||
      // Each counts of a microphone that may be gone; and while the agent's last words are played, without one.
      wasSilent ||
      report.visitorLevelDbfs === -Infinity ||
      report.concealedMs !== buffer.concealedMs;
    if (this.#drawn && !hasNews && ++this.#levelsSinceReport < quietLevels) return;
    this.#levelsSinceReport = 0;
    report.isVisitorSpeaking = doubleTalk.isVisitorSpeaking;
    report.isAgentSpeaking = isAgentSpeaking;
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
