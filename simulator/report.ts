import { visitorRate } from './sounds.js';
import { dominantHz } from './spectrum.js';

/** Who ended a call; `drop` is a connection that broke without a close message from either side. */
export type EndedBy = 'visitor' | 'agent' | 'drop';

/** What the agent saw and heard of one call. */
export interface CallReport {
  /** Name of the scenario that was played. */
  scenario: string;
  /** From the open socket to its end. */
  durationMs: number;
  /** How often `status_client_ready` came; once is right. */
  clientReadyCount: number;
  /** Text messages that came, `status_client_ready` among them. */
  textMessages: number;
  /** Binary messages that came. */
  chunks: number;
  /** Bytes in them. */
  bytes: number;
  /** How many binary messages came of each length in bytes. */
  chunkSizes: Record<number, number>;
  /** Samples received per second between the first and the last binary message; 0 for fewer than two. 48 000 is right. */
  rateHz: number;
  /** Longest time between two binary messages. */
  longestGapMs: number;
  /** RMS of the parts above -45 dBFS, or of everything when there are none; -100 for silence. */
  levelDbfs: number;
  /** Strongest frequency of the loudest 171 ms, taken as 48 kHz; within 1 Hz for a steady tone, 0 for silence. */
  dominantHz: number;
  /** Runs of 5 to 200 ms of exact zeros with speech on both sides: gaps that the visitor's machine made. */
  zeroRuns: number;
  /** Whether audio came before `status_agent_ready` was sent. */
  firstAudioBeforeReady: boolean;
  /** Binary bytes that the agent sent. */
  agentBytes: number;
  /** 1005 when the close message had no code, 1006 when there was no close message. */
  closeCode: number;
  endedBy: EndedBy;
  /** What came, up to 60 s, where `record` is set. */
  pcm?: Int16Array;
}

const silenceDbfs = -100;
const blockLength = visitorRate / 50; // 20 ms
/** Mean square at -45 dBFS. */
const speechPower = 32768 ** 2 * 10 ** (-45 / 10);
const windowLength = 8192;
const minZeroRun = visitorRate / 200; // 5 ms
const maxZeroRun = visitorRate / 5; // 200 ms
const edgeLength = visitorRate / 100; // 10 ms
const maxRecorded = 60 * visitorRate;

/** Measures one call; times come from the caller. */
export class CallMeter {
  readonly #scenario: string;
  readonly #record: boolean;
  readonly #openedMs: number;

  #clientReadyCount = 0;
  #textMessages = 0;
  #agentReady = false;
  #agentBytes = 0;
  #firstAudioBeforeReady = false;

  #chunks = 0;
  #bytes = 0;
  readonly #chunkSizes = new Map<number, number>();
  #firstMs = 0;
  #lastMs = 0;
  #firstBytes = 0;
  #longestGapMs = 0;

  #samples = 0;
  #energy = 0;
  #block = { energy: 0, length: 0 };
  #speech = { energy: 0, length: 0 };

  #window = new Int16Array(windowLength);
  #windowFilled = 0;
  #windowEnergy = 0;
  #loudest = { samples: new Int16Array(0), energy: -1 };

  #zeroRun = 0;
  #zeroRuns = 0;
  #powerBefore = 0;
  #after = { left: 0, energy: 0 };

  readonly #recorded: Int16Array[] = [];
  #recordedLength = 0;

  constructor(scenario: string, openedMs: number, record = false) {
    this.#scenario = scenario;
    this.#openedMs = openedMs;
    this.#record = record;
  }

  /** Counts a text message. */
  pushText(isClientReady: boolean): void {
    this.#textMessages++;
    if (isClientReady) this.#clientReadyCount++;
  }

  /** Notes that `status_agent_ready` was sent. */
  agentReady(): void {
    this.#agentReady = true;
  }

  /** Counts what the agent sent. */
  agentSent(byteLength: number): void {
    this.#agentBytes += byteLength;
  }

  /**
   * Measures a binary message.
   * @param samples - The samples that its bytes completed.
   */
  pushAudio(byteLength: number, samples: Int16Array, atMs: number): void {
    if (this.#chunks === 0) {
      this.#firstMs = atMs;
      this.#firstBytes = byteLength;
      this.#firstAudioBeforeReady = !this.#agentReady;
    } else {
      this.#longestGapMs = Math.max(this.#longestGapMs, atMs - this.#lastMs);
    }
    this.#lastMs = atMs;
    this.#chunks++;
    this.#bytes += byteLength;
    this.#chunkSizes.set(byteLength, (this.#chunkSizes.get(byteLength) ?? 0) + 1);
    for (const sample of samples) this.#pushSample(sample);
    if (this.#record && this.#recordedLength < maxRecorded) {
      const part = samples.slice(0, maxRecorded - this.#recordedLength);
      this.#recorded.push(part);
      this.#recordedLength += part.length;
    }
  }

  /** The report of the call that ended now. */
  finish(closeCode: number, endedBy: EndedBy, atMs: number): CallReport {
    const seconds = (this.#lastMs - this.#firstMs) / 1000;
    const { energy, length } =
      this.#speech.length > 0 ? this.#speech : { energy: this.#energy, length: Math.max(1, this.#samples) };
    const loudest = this.#loudest.energy >= 0 ? this.#loudest.samples : this.#window.subarray(0, this.#windowFilled);
    return {
      scenario: this.#scenario,
      durationMs: atMs - this.#openedMs,
      clientReadyCount: this.#clientReadyCount,
      textMessages: this.#textMessages,
      chunks: this.#chunks,
      bytes: this.#bytes,
      chunkSizes: Object.fromEntries(this.#chunkSizes),
      // The first message's samples were spoken before it came.
      rateHz: seconds > 0 ? (this.#bytes - this.#firstBytes) / 2 / seconds : 0,
      longestGapMs: this.#longestGapMs,
      levelDbfs: Math.max(silenceDbfs, 10 * Math.log10(energy / length / 32768 ** 2)),
      dominantHz: dominantHz(loudest, visitorRate),
      zeroRuns: this.#zeroRuns,
      firstAudioBeforeReady: this.#firstAudioBeforeReady,
      agentBytes: this.#agentBytes,
      closeCode,
      endedBy,
      ...(this.#record ? { pcm: this.#joinRecorded() } : {}),
    };
  }

  #pushSample(sample: number): void {
    const power = sample * sample;
    this.#samples++;
    this.#energy += power;

    this.#block.energy += power;
    if (++this.#block.length === blockLength) {
      if (this.#block.energy > speechPower * blockLength) {
        this.#speech.energy += this.#block.energy;
        this.#speech.length += blockLength;
      }
      this.#block = { energy: 0, length: 0 };
    }

    this.#window[this.#windowFilled++] = sample;
    this.#windowEnergy += power;
    if (this.#windowFilled === windowLength) {
      if (this.#windowEnergy > this.#loudest.energy) {
        this.#loudest = { samples: this.#window, energy: this.#windowEnergy };
        this.#window = new Int16Array(windowLength);
      }
      this.#windowFilled = 0;
      this.#windowEnergy = 0;
    }

    this.#countZeroRuns(sample, power);
  }

  #countZeroRuns(sample: number, power: number): void {
    if (sample === 0) {
      this.#zeroRun++;
      return;
    }
    const run = this.#zeroRun;
    this.#zeroRun = 0;
    if (run >= minZeroRun) {
      const isGap = run <= maxZeroRun && this.#powerBefore > speechPower;
      this.#after = { left: isGap ? edgeLength : 0, energy: 0 };
      this.#powerBefore = 0;
    }
    this.#powerBefore += (power - this.#powerBefore) / edgeLength;
    if (this.#after.left > 0) {
      this.#after.energy += power;
      if (--this.#after.left === 0 && this.#after.energy > speechPower * edgeLength) this.#zeroRuns++;
    }
  }

  #joinRecorded(): Int16Array {
    const pcm = new Int16Array(this.#recordedLength);
    let at = 0;
    for (const part of this.#recorded) {
      pcm.set(part, at);
      at += part.length;
    }
    return pcm;
  }
}

const endings: Record<EndedBy, string> = {
  visitor: 'the visitor hung up',
  agent: 'the agent hung up',
  drop: 'the connection broke',
};

/** The report in a few lines for whoever builds the site: what was right, and what to change. */
export function formatReport(report: CallReport): string {
  const seconds = (report.durationMs / 1000).toFixed(1);
  const lines = [`call "${report.scenario}": ${seconds} s, ${endings[report.endedBy]} (${report.closeCode})`];
  if (report.chunks === 0) {
    lines.push('heard: nothing');
  } else {
    lines.push(
      `heard: ${describeRate(report)}`,
      `  messages: ${describeSizes(report)}; longest gap ${Math.round(report.longestGapMs)} ms`,
      `  level: ${describeLevel(report)}`,
    );
  }
  if (report.clientReadyCount === 0) lines.push('status_client_ready never came, so the agent never spoke');
  if (report.clientReadyCount > 1)
    lines.push(`status_client_ready came ${report.clientReadyCount} times; once is right`);
  if (report.zeroRuns > 0) lines.push(`gaps of silence inside speech: ${report.zeroRuns}`);
  return lines.join('\n  ');
}

function describeRate({ rateHz, bytes }: CallReport): string {
  const heardSeconds = bytes / 2 / visitorRate;
  if (heardSeconds < 1) return `${heardSeconds.toFixed(1)} s, too short to tell the rate`;
  const rate = `${(rateHz / 1000).toFixed(1)} kHz`;
  // 44.1 and 48 kHz are 8 % apart; the time of arrival is worth 4 % within a few seconds.
  if (Math.abs(rateHz / visitorRate - 1) < 0.04) return `${rate}, right`;
  if (Math.abs(rateHz / 44_100 - 1) < 0.04) return `${rate}: you send the device's rate; the agent expects 48.0 kHz`;
  return `${rate}: the agent expects 48.0 kHz, without pauses`;
}

function describeSizes({ chunkSizes, chunks }: CallReport): string {
  const sizes = Object.entries(chunkSizes).sort(([, a], [, b]) => b - a);
  const [[size, count]] = sizes as [[string, number]];
  const ms = Math.round((Number(size) / 2 / visitorRate) * 1000);
  const most = `${count} of ${chunks} are ${size} bytes (${ms} ms)`;
  const others = sizes.length > 1 ? `, ${sizes.length - 1} other sizes` : '';
  return most + others + (ms > 60 ? '; 20 ms would answer sooner' : '');
}

function describeLevel({ levelDbfs }: CallReport): string {
  const level = `${levelDbfs.toFixed(0)} dBFS`;
  if (levelDbfs <= silenceDbfs) return `${level}: silence, is the microphone muted?`;
  return levelDbfs < -45 ? `${level}: too quiet to count as speech` : level;
}
