import { DelayHistogram } from './delay-histogram.js';

/** From the first sample of a spurt to its sound: on a quiet network, and where its first message is long. */
const QUIET_WAIT_MS = 40;
const LONG_MESSAGE_MS = 60;
const LONG_MESSAGE_WAIT_MS = 5;
/** The same on a network that stalls: more where many messages are late. */
const LEAST_WAIT_MS = 80;
const MOST_WAIT_MS = 200;
/** The delay below which speech is stretched, on a quiet network and on one that stalls. */
const QUIET_HOLD_MS = 25;
const STALLING_HOLD_MS = 210;
/** Speech comes in lumps where a message holds more than a tenth of a second on the mean. */
const LUMPS_A_SECOND = 10;
/** A message so late is a stall. It is remembered for a while: half of it for 1,000 messages, 20 s of speech. */
const STALL_MS = 40;
const MEMORY = 0.9993;

/**
 * What the network has shown: how late messages come, and how much delay would be enough for them.
 * Audio thread: never allocates, blocks or throws. Times are counts of samples unless their name says ms.
 *
 * A message is as late as it comes after the time at which the quickest message of the last 2 to 4 s would have had it come.
 */
export class Arrivals {
  readonly #sampleRate: number;
  readonly #histogram = new DelayHistogram();
  readonly #blockLength: number;
  /** Samples of this spurt so far: the sender's clock. */
  #spoken = 0;
  /** The receiver's clock less the sender's for the quickest message of this block, and of the one before. */
  #quickest = Infinity;
  #quickestBefore = Infinity;
  /** Messages of this spurt, and when the last of them came. */
  #count = 0;
  #lastAt = 0;
  #arrived = 0;
  #lastRate = 0;
  #rateBefore = 0;
  #worstMs = 0;
  #waitMs = QUIET_WAIT_MS;
  #usualLatenessMs = 0;

  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
    this.#blockLength = 2 * sampleRate;
  }

  /** Whether a stall was met of late. */
  get isStalling(): boolean {
    return this.#worstMs > STALL_MS;
  }

  /** Time from the first message of a spurt to its sound. */
  get wait(): number {
    return Math.round((this.#waitMs * this.#sampleRate) / 1000);
  }

  /** The least delay to play with. */
  get hold(): number {
    return Math.round(((this.isStalling ? STALLING_HOLD_MS : QUIET_HOLD_MS) * this.#sampleRate) / 1000);
  }

  /** Nine of ten messages are no later. */
  get usualLateness(): number {
    return Math.round((this.#usualLatenessMs * this.#sampleRate) / 1000);
  }

  /** Whether audio has come about as fast as it is played for the last 2 blocks, so that it will not run away or stop. */
  get isPaced(): boolean {
    return Math.min(this.#lastRate, this.#rateBefore) > 0.8 && Math.max(this.#lastRate, this.#rateBefore) < 1.15;
  }

  /** Whether this spurt comes in long messages: as it is synthesised, and not as it is spoken. */
  get isLumpy(): boolean {
    return this.#spoken / this.#count > this.#sampleRate / LUMPS_A_SECOND;
  }

  /** Whether more is to be expected: one message alone may be all, and so may what came half a second ago. */
  expectsMore(clock: number): boolean {
    return this.#count > 1 && clock - this.#lastAt < this.#sampleRate / 2;
  }

  /** The lateness in ms that so large a share of the messages, 0 to 1, stays below. */
  jitterMs(share: number): number {
    return this.#histogram.quantileMs(share);
  }

  /** How long after the quickest message would have let it, the sample is played that has `buffered` samples behind it. */
  delay(clock: number, buffered: number): number {
    return clock - this.#spoken + buffered - Math.min(this.#quickest, this.#quickestBefore);
  }

  /** Forgets when messages came: with a new spurt the sender's clock begins anew. */
  begin(): void {
    this.#spoken = this.#count = 0;
    this.#quickest = this.#quickestBefore = Infinity;
  }

  /** A message has come. */
  add(clock: number, length: number): void {
    const offset = clock - this.#spoken;
    this.#quickest = Math.min(this.#quickest, offset);
    const lateMs = ((offset - Math.min(this.#quickest, this.#quickestBefore)) * 1000) / this.#sampleRate;
    this.#spoken += length;
    this.#arrived += length;
    this.#count++;
    this.#lastAt = clock;
    this.#histogram.push(lateMs);
    this.#usualLatenessMs = this.#histogram.quantileMs(0.9);
    this.#worstMs = Math.max(this.#worstMs * MEMORY, lateMs);
    const lengthMs = (length * 1000) / this.#sampleRate;
    if (!this.isStalling) {
      this.#waitMs = lengthMs >= LONG_MESSAGE_MS ? LONG_MESSAGE_WAIT_MS : QUIET_WAIT_MS;
    } else {
      // Twice the 97 % quantile: near the worst where stalls are common, little where they are rare.
      const usualMs = Math.min(this.#worstMs, 2 * this.#histogram.quantileMs(0.97)) + 35;
      this.#waitMs = Math.max(LEAST_WAIT_MS, Math.min(MOST_WAIT_MS, usualMs));
    }
  }

  /** A sample's time has passed. */
  pass(clock: number): void {
    if (clock % this.#blockLength !== 0) return;
    this.#rateBefore = this.#lastRate;
    this.#lastRate = this.#arrived / this.#blockLength;
    this.#arrived = 0;
    // A block without a message knows nothing better.
    if (this.#quickest === Infinity) return;
    this.#quickestBefore = this.#quickest;
    this.#quickest = Infinity;
  }
}
