import type { OpusFigures } from './media/opus-coder.js';
import type { RtpFigures } from './media/rtp-meter.js';
import { pcmFormat } from './pcm-wire.js';
import { dominantHz } from './spectrum.js';
import type { Wire, WireFormat } from './wire.js';

/** Who ended a call; `drop` is a connection that broke without a close message from either side. */
export type EndedBy = 'visitor' | 'agent' | 'drop';

/** What the agent saw and heard of one call. */
export interface CallReport {
  /** Name of the scenario that was played. */
  scenario: string;
  /** The widget websocket, or WebSocket media. */
  protocol: WireFormat['protocol'];
  /** What the bytes stood for, both ways. */
  codec: WireFormat['codec'];
  framing: WireFormat['framing'];
  /** On media: the call's, as the POST and `call_info` say it. */
  callId?: string;
  /** Rate that the visitor's audio should have, in Hz. */
  pcmRate: number;
  /** From the open socket to its end. */
  durationMs: number;
  /** How often `status_client_ready` came; once is right, and never on media. */
  clientReadyCount: number;
  /** Text messages that came, `status_client_ready` among them. */
  textMessages: number;
  /** Binary messages that came. */
  chunks: number;
  /** Bytes in them, RTP headers among them. */
  bytes: number;
  /** Samples in them. */
  samples: number;
  /** How many binary messages came of each length in bytes. */
  chunkSizes: Record<number, number>;
  /** Samples received per second between the first and the last binary message; 0 for fewer than two. `pcmRate` is right. */
  rateHz: number;
  /** Longest time between two binary messages. */
  longestGapMs: number;
  /** RMS of the parts above -45 dBFS, or of everything when there are none; -100 for silence. */
  levelDbfs: number;
  /** Strongest frequency of the loudest quarter of a second (171 ms at 48 kHz), taken as `pcmRate`; within 1 Hz for a steady tone, 0 for silence. */
  dominantHz: number;
  /** Runs of 5 to 200 ms of exact zeros with speech on both sides: gaps that the visitor's machine made. */
  zeroRuns: number;
  /** Whether audio came before `status_agent_ready` was sent; on media before the `bind`, where there is one, was answered. */
  firstAudioBeforeReady: boolean;
  /** Binary bytes that the agent sent. */
  agentBytes: number;
  /** 1005 when the close message had no code, 1006 when there was no close message. */
  closeCode: number;
  endedBy: EndedBy;
  /** What was right and wrong with the packets that came, where framing is `rtp`. */
  rtp?: RtpFigures;
  /** What came as Opus, where that is the codec. */
  opus?: OpusFigures;
  /** What came, up to 60 s of `pcmRate`, where `record` is set. */
  pcm?: Int16Array;
}

/** The level of nothing at all. */
export const silenceDbfs = -100;
/** Mean square at -45 dBFS. */
const speechPower = 32768 ** 2 * 10 ** (-45 / 10);
const maxRecordedSeconds = 60;

/** What a {@link CallMeter} must know of a wire. */
export type MeteredWire = Pick<Wire, 'format' | 'callId' | 'rtpFigures' | 'opusFigures'>;

/** Measures one call; times come from the caller. */
export class CallMeter {
  readonly #scenario: string;
  readonly #record: boolean;
  readonly #openedMs: number;
  readonly #wire: MeteredWire;
  readonly #blockLength: number; // 20 ms
  readonly #minZeroRun: number; // 5 ms
  readonly #maxZeroRun: number; // 200 ms
  readonly #edgeLength: number; // 10 ms
  readonly #maxRecorded: number;

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
  #firstSamples = 0;
  #longestGapMs = 0;

  #samples = 0;
  #energy = 0;
  #block = { energy: 0, length: 0 };
  #speech = { energy: 0, length: 0 };

  #window: Int16Array;
  #windowFilled = 0;
  #windowEnergy = 0;
  #loudest: { samples: Int16Array; energy: number } = { samples: new Int16Array(0), energy: -1 };

  #zeroRun = 0;
  #zeroRuns = 0;
  #powerBefore = 0;
  #after = { left: 0, energy: 0 };

  readonly #recorded: Int16Array[] = [];
  #recordedLength = 0;

  constructor(scenario: string, openedMs: number, record = false, wire: MeteredWire = { format: pcmFormat }) {
    this.#scenario = scenario;
    this.#openedMs = openedMs;
    this.#record = record;
    this.#wire = wire;
    const { heardRate } = wire.format;
    this.#blockLength = heardRate / 50;
    this.#minZeroRun = heardRate / 200;
    this.#maxZeroRun = heardRate / 5;
    this.#edgeLength = heardRate / 100;
    this.#maxRecorded = heardRate * maxRecordedSeconds;
    this.#window = new Int16Array(windowLength(heardRate));
  }

  /** Counts a text message. */
  pushText(isClientReady: boolean): void {
    this.#textMessages++;
    if (isClientReady) this.#clientReadyCount++;
  }

  /** Notes that the agent takes audio from now on. */
  agentReady(): void {
    this.#agentReady = true;
  }

  /** Notes audio that came when nobody could hear it. */
  heardEarly(): void {
    this.#firstAudioBeforeReady = true;
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
      this.#firstSamples = samples.length;
      this.#firstAudioBeforeReady ||= !this.#agentReady;
    } else {
      this.#longestGapMs = Math.max(this.#longestGapMs, atMs - this.#lastMs);
    }
    this.#lastMs = atMs;
    this.#chunks++;
    this.#bytes += byteLength;
    this.#chunkSizes.set(byteLength, (this.#chunkSizes.get(byteLength) ?? 0) + 1);
    for (const sample of samples) this.#pushSample(sample);
    if (this.#record && this.#recordedLength < this.#maxRecorded) {
      const part = samples.slice(0, this.#maxRecorded - this.#recordedLength);
      this.#recorded.push(part);
      this.#recordedLength += part.length;
    }
  }

  /** The report of the call that ended now. */
  finish(closeCode: number, endedBy: EndedBy, atMs: number): CallReport {
    const { format, callId, rtpFigures, opusFigures } = this.#wire;
    const seconds = (this.#lastMs - this.#firstMs) / 1000;
    const { energy, length } =
      this.#speech.length > 0 ? this.#speech : { energy: this.#energy, length: Math.max(1, this.#samples) };
    const loudest = this.#loudest.energy >= 0 ? this.#loudest.samples : this.#window.subarray(0, this.#windowFilled);
    return {
      scenario: this.#scenario,
      protocol: format.protocol,
      codec: format.codec,
      framing: format.framing,
      ...(callId === undefined ? {} : { callId }),
      pcmRate: format.heardRate,
      durationMs: atMs - this.#openedMs,
      clientReadyCount: this.#clientReadyCount,
      textMessages: this.#textMessages,
      chunks: this.#chunks,
      bytes: this.#bytes,
      samples: this.#samples,
      chunkSizes: Object.fromEntries(this.#chunkSizes),
      // The first message's samples were spoken before it came.
      rateHz: seconds > 0 ? (this.#samples - this.#firstSamples) / seconds : 0,
      longestGapMs: this.#longestGapMs,
      levelDbfs: Math.max(silenceDbfs, 10 * Math.log10(energy / length / 32768 ** 2)),
      dominantHz: dominantHz(loudest, format.heardRate),
      zeroRuns: this.#zeroRuns,
      firstAudioBeforeReady: this.#firstAudioBeforeReady,
      agentBytes: this.#agentBytes,
      closeCode,
      endedBy,
      ...(rtpFigures ? { rtp: rtpFigures } : {}),
      ...(opusFigures ? { opus: opusFigures } : {}),
      ...(this.#record ? { pcm: this.#joinRecorded() } : {}),
    };
  }

  #pushSample(sample: number): void {
    const power = sample * sample;
    this.#samples++;
    this.#energy += power;

    this.#block.energy += power;
    if (++this.#block.length === this.#blockLength) {
      if (this.#block.energy > speechPower * this.#blockLength) {
        this.#speech.energy += this.#block.energy;
        this.#speech.length += this.#blockLength;
      }
      this.#block = { energy: 0, length: 0 };
    }

    this.#window[this.#windowFilled++] = sample;
    this.#windowEnergy += power;
    if (this.#windowFilled === this.#window.length) {
      if (this.#windowEnergy > this.#loudest.energy) {
        this.#loudest = { samples: this.#window, energy: this.#windowEnergy };
        this.#window = new Int16Array(this.#window.length);
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
    if (run >= this.#minZeroRun) {
      const isGap = run <= this.#maxZeroRun && this.#powerBefore > speechPower;
      this.#after = { left: isGap ? this.#edgeLength : 0, energy: 0 };
      this.#powerBefore = 0;
    }
    this.#powerBefore += (power - this.#powerBefore) / this.#edgeLength;
    if (this.#after.left > 0) {
      this.#after.energy += power;
      if (--this.#after.left === 0 && this.#after.energy > speechPower * this.#edgeLength) this.#zeroRuns++;
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

/** The power of two that is nearest below 0.26 s. */
function windowLength(sampleRate: number): number {
  return 2 ** Math.floor(Math.log2(sampleRate * 0.26));
}
