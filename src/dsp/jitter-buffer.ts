import { Arrivals } from './arrivals.js';
import { findLag } from './find-lag.js';
import { SampleRing } from './sample-ring.js';

const FIRST_RING_MS = 4000;
// Silence for longer than this was the end of what the agent had to say, not a late message.
const SPURT_GAP_MS = 700;

// What is sent together comes within this.
const BUNCH_MS = 5;

const FADE_IN_MS = 5;
const FLUSH_FADE_MS = 10;
const CONCEALMENT_MS = 40;
// Shorter fades click: from full scale to silence in 80 samples are steps of 0.02. At 8 kHz that is 10 ms.
const SHORTEST_FADE = 80;

/** A splice leaves out or repeats so much, from one place to one like it: a pitch period or a few. */
const LEAST_LAG_MS = 5;
const MOST_LAG_MS = 15;
const CROSSFADE_MS = 10;
/** How alike the two places must be at first, in %; less and less while nothing is found, but not where lumps are hastened. */
const LIKENESS = 80;
const LIKENESS_STEP = 5;
/** After a splice, how many times its length passes before the next: in speech, in speech that runs out, in a pause. */
const SPEECH_SPACING = 10;
const DIP_SPACING = 5;
const PAUSE_SPACING = 2;
/** Speech is slowed down when a network that stalls has less than this left for it, and less than is usual there. */
const DIP_MS = 160;
/** With more than this left nothing needs to be stretched, and no lumps are hastened. */
const DEEP_MS = 500;
/**
 * Speech is hastened when its delay is longer than what it should be by this. One that is nobody's fault comes from clocks that
 * differ: 200 ppm are 4 ms in 20 s, the shortest splice is 5 ms.
 */
const SURPLUS_MS = 35;
const DRIFT_SPACING_MS = 20_000;
const TICK_MS = 5;

/**
 * Holds a little of the agent's audio back so that a late message is not heard as a gap.
 * Audio thread: {@link pull} and {@link flush} never allocate, block or throw; {@link push} allocates only when the ring
 * must grow.
 *
 * The only clock is the count of samples pulled. A spurt is what the agent says without a pause of 700 ms. On a network that
 * never stalled it is played 40 ms after its first sample came, 5 ms where its first message is long, and unchanged to the
 * last bit, but for some periods more in the begin of the latter. Once a message was more than 40 ms late, speech is played
 * slower by a tenth (pitch periods are repeated, pauses get longer) until its delay is 210 ms, and faster where a gap has left
 * it with more, or where it comes in lumps of 100 ms and more faster than it is spoken, while no more than 500 ms are held.
 * What comes in a burst is never dropped. Where nothing is left, the last pitch period fades out within 40 ms.
 */
export class JitterBuffer {
  readonly #sampleRate: number;
  readonly #ring: SampleRing;
  readonly #arrivals: Arrivals;
  readonly #maxLength: number;

  /** Samples pulled. */
  #clock = 0;
  #playing = false;
  /** Samples pulled since the first sample of what has not started. */
  #waited = 0;
  /** Samples played of the fade-in, and its length. */
  #fadedIn = 0;
  #fadeInLength = 0;
  /** What was pulled last. Methods leave a sample here: V8 allocates a fraction that a call takes or answers, if not inlined. */
  #last = 0;
  /** What fades into it. */
  #old = 0;
  /** What fades out after the ring is done with: written whole at an underrun or flush, then played. */
  readonly #tail: Float32Array;
  #tailAt = 0;
  #tailLength = 0;

  /** What the last splice fades out lies so far from the reader, for so many samples. */
  #spliceFrom = 0;
  #spliceLeft = 0;
  /** Samples until the next splice may be; less than none since it might have been. */
  #untilSplice = 0;
  #likeness = LIKENESS;
  /** By how much gaps and splices have put this spurt off. */
  #putOff = 0;

  /** Samples pulled since an underrun, which counts only if audio comes in time; Infinity when there is nothing to count. */
  #sinceUnderrun = Infinity;
  /** Samples pulled in the gap of an underrun that counts; 0 when there is none. */
  #gap = 0;
  #underruns = 0;
  #concealed = 0;
  #droppedSamples = 0;

  /**
   * @param options - `sampleRate` is the wire's, 8 kHz or more.
   * `maxMs`: the most that is ever held; what comes beyond is dropped and counted.
   */
  constructor({ sampleRate, maxMs = 120_000 }: { sampleRate: number; maxMs?: number }) {
    this.#sampleRate = sampleRate;
    this.#arrivals = new Arrivals(sampleRate);
    this.#maxLength = this.#toLength(maxMs);
    this.#ring = new SampleRing(
      this.#toLength(Math.min(FIRST_RING_MS, maxMs)),
      this.#toLength(MOST_LAG_MS + CROSSFADE_MS),
    );
    this.#tail = new Float32Array(this.#toLength(CONCEALMENT_MS));
  }

  /** Audio held, in ms. */
  get bufferedMs(): number {
    return this.#toMs(this.#ring.length);
  }

  /** How much later than the quickest message would allow it the agent is heard, in ms; 0 while nothing plays. */
  get delayMs(): number {
    return this.#playing ? this.#toMs(this.#arrivals.delay(this.#clock, this.#ring.length)) : 0;
  }

  /** What {@link delayMs} should be. */
  get targetMs(): number {
    return this.#toMs(Math.max(this.#arrivals.hold, this.#arrivals.wait));
  }

  /** How often a spurt ran dry and went on within 700 ms. */
  get underruns(): number {
    return this.#underruns;
  }

  /** How long nothing of the agent's was left to play in those, in ms: pitch periods at first, then silence. */
  get concealedMs(): number {
    return this.#toMs(this.#concealed);
  }

  /** Samples that came while `maxMs` was held. */
  get droppedSamples(): number {
    return this.#droppedSamples;
  }

  /** The lateness in ms that so large a share of the messages, 0 to 1, stays below. */
  jitterMs(share: number): number {
    return this.#arrivals.jitterMs(share);
  }

  /** Takes a copy of the samples of one message. */
  push(samples: Int16Array): void {
    if (samples.length === 0) return;
    if (this.#sinceUnderrun < this.#toLength(SPURT_GAP_MS)) {
      this.#underruns++;
      this.#gap = this.#sinceUnderrun;
    }
    this.#sinceUnderrun = Infinity;
    if (this.#ring.length === 0 && !this.#playing) {
      this.#waited = 0;
      if (this.#gap === 0) {
        this.#arrivals.begin();
        this.#putOff = 0;
      }
    }
    const count = Math.min(samples.length, this.#maxLength - this.#ring.length);
    this.#droppedSamples += samples.length - count;
    this.#arrivals.add(this.#clock, count);
    this.#ring.push(samples, count);
  }

  /** Writes `length` samples to the start of `output`: silence where nothing plays. */
  pull(output: Float32Array, length: number): void {
    for (let i = 0; i < length; i++) {
      this.#clock++;
      this.#arrivals.pass(this.#clock);
      if (this.#playing && this.#ring.length === 0) this.#runDry();
      if (!this.#playing) this.#wait();
      else if (--this.#untilSplice <= 0 && this.#clock % this.#toLength(TICK_MS) === 0) this.#adapt();
      this.#next();
      output[i] = this.#last;
    }
  }

  /** Fades out what plays over 10 ms and drops all that is held. What is pushed later plays. */
  flush(): void {
    const length = Math.max(SHORTEST_FADE, this.#toLength(FLUSH_FADE_MS));
    // What will have faded out by then may go on: two fades at once could click.
    if (this.#playing || this.#tailLength - this.#tailAt > length) {
      for (let i = 0; i < length; i++) {
        // Where nothing is left the last value is held. The tail is written no further than it was read.
        if (!this.#playing || this.#ring.length > 0) this.#next();
        this.#tail[i] = this.#last;
      }
      this.#fadeOut(length);
    }
    this.#ring.skip(this.#ring.length);
    this.#sinceUnderrun = Infinity;
    this.#gap = 0;
  }

  /** One sample's time passes in which no spurt plays, unless one starts now. */
  #wait(): void {
    const { length } = this.#ring;
    const { wait } = this.#arrivals;
    const isDue =
      this.#waited >= Math.min(wait, this.#toLength(BUNCH_MS)) && this.#arrivals.delay(this.#clock, length) > wait;
    // After a gap what was late comes in a bunch, but not always at once.
    const isSafe = this.#gap === 0 || Math.max(length, this.#waited) >= wait / 2;
    if (length > 0 && isDue && isSafe) {
      this.#start();
      return;
    }
    this.#sinceUnderrun++;
    if (this.#gap > 0) this.#gap++;
    if (length > 0) this.#waited++;
  }

  #start(): void {
    this.#concealed += this.#gap;
    this.#putOff += this.#gap;
    this.#gap = 0;
    this.#playing = true;
    this.#fadedIn = 0;
    this.#fadeInLength = Math.max(SHORTEST_FADE, this.#toLength(FADE_IN_MS));
    // Across the rest of a fade-out: from one full scale to the other takes twice as long.
    if (this.#tailAt < this.#tailLength) this.#fadeInLength *= 2;
    this.#ring.cut();
    this.#spliceLeft = this.#untilSplice = 0;
  }

  /** Makes the next sample to be heard the last one. Where a spurt plays the ring must not be empty. */
  #next(): void {
    const tail = this.#tailAt < this.#tailLength ? this.#tail[this.#tailAt++]! : 0;
    this.#last = tail;
    if (!this.#playing) return;
    this.#last = this.#ring.at(0) / 32768;
    if (this.#spliceLeft > 0) {
      const length = this.#toLength(CROSSFADE_MS);
      this.#old = this.#ring.at(this.#spliceFrom) / 32768;
      this.#crossfade(length - --this.#spliceLeft, length);
    }
    this.#ring.skip(1);
    if (this.#fadedIn === this.#fadeInLength) return;
    this.#old = tail;
    this.#crossfade(++this.#fadedIn, this.#fadeInLength);
  }

  /** Mixes the last sample with the old one, which is all of it at step 0 and none at the last. */
  #crossfade(step: number, steps: number): void {
    this.#last = this.#old + (this.#last - this.#old) * (0.5 - 0.5 * Math.cos((Math.PI * step) / steps));
  }

  /** Writes what is heard when nothing is left: the last pitch period again and again, ever softer. */
  #runDry(): void {
    const ring = this.#ring;
    const window = this.#toLength(CROSSFADE_MS);
    const mostLag = Math.min(this.#toLength(MOST_LAG_MS), ring.behind - window);
    const period = this.#findLag(-window, -1, mostLag, 0);
    // Where there is no period to be found the last value is held, but not for long.
    const length = period > 0 ? this.#tail.length : Math.max(SHORTEST_FADE, this.#toLength(FADE_IN_MS));
    // From the last sample to the period's first, and from its last to its first: the same step, spread over the period.
    const step = this.#last - ring.at(-1 - period) / 32768;
    for (let i = 0; i < length; i++) {
      const at = i % period;
      const sample = period > 0 ? ring.at(at - period) / 32768 + step * (1 - at / period) : this.#last;
      this.#tail[i] = Math.max(-1, Math.min(1, sample));
    }
    this.#fadeOut(length);
    this.#sinceUnderrun = 0;
  }

  /** Lets what was written into the tail fade out, in place of what played. */
  #fadeOut(length: number): void {
    for (let i = 0; i < length; i++) this.#tail[i]! *= 0.5 + 0.5 * Math.cos((Math.PI * (i + 1)) / length);
    this.#tailAt = 0;
    this.#tailLength = length;
    this.#playing = false;
  }

  /** Splices, where the delay is not what it should be. */
  #adapt(): void {
    if (this.#spliceLeft > 0) return;
    const { length } = this.#ring;
    const { hold, usualLateness, isStalling, isLumpy, isPaced } = this.#arrivals;
    const window = this.#toLength(CROSSFADE_MS);
    const mostLag = this.#toLength(MOST_LAG_MS);
    const delay = this.#arrivals.delay(this.#clock, length);
    const isRunning = length <= this.#toLength(DEEP_MS) && this.#arrivals.expectsMore(this.#clock);
    // Where every tenth message is late it is no sign of a longer stall.
    const isDip = isStalling && length < this.#toLength(DIP_MS) - usualLateness;
    if (delay < hold || isDip) {
      if (length >= window && isRunning) this.#splice(-1, Math.min(mostLag, this.#ring.behind), isDip);
    } else if (delay > hold + this.#toLength(SURPLUS_MS) && length >= mostLag + window) {
      const isDue = this.#putOff > 0 || this.#untilSplice <= -this.#toLength(DRIFT_SPACING_MS);
      if (isStalling && isLumpy && isRunning) this.#likeness = LIKENESS;
      else if (!(isPaced && isDue)) return;
      this.#splice(1, mostLag);
    }
  }

  #findLag(from: number, direction: -1 | 1, mostLag: number, likeness: number): number {
    const leastLag = this.#toLength(LEAST_LAG_MS);
    if (mostLag < leastLag) return 0;
    // Above 16 kHz every second or third sample tells enough.
    const stride = Math.max(1, Math.floor(this.#sampleRate / 16_000));
    return findLag(this.#ring, from, this.#toLength(CROSSFADE_MS), direction, leastLag, mostLag, stride, likeness);
  }

  /** Goes on from another place like this one, on (1) or back (-1), where there is one. */
  #splice(direction: -1 | 1, mostLag: number, isDip?: boolean): void {
    const lag = this.#findLag(0, direction, mostLag, this.#likeness);
    if (lag === 0) {
      this.#likeness -= LIKENESS_STEP;
      return;
    }
    const isPause = lag === mostLag;
    this.#likeness = LIKENESS;
    this.#ring.skip(direction * lag);
    this.#spliceFrom = -direction * lag;
    this.#spliceLeft = this.#toLength(CROSSFADE_MS);
    this.#untilSplice = lag * (isPause ? PAUSE_SPACING : isDip ? DIP_SPACING : SPEECH_SPACING);
    this.#putOff -= direction * lag;
  }

  #toLength(ms: number): number {
    return Math.round((ms * this.#sampleRate) / 1000);
  }

  #toMs(length: number): number {
    return (length * 1000) / this.#sampleRate;
  }
}
