// Everything is judged at about 4 kHz, every 10 ms: there voices are, and most of what is none is gone.
const RATE = 4000;
const WINDOW = 40;
// Pitch is looked for in 30 ms, from 400 down to 70 Hz.
const PITCH_WINDOW = 120;
const LEAST_LAG = 10;
const MOST_LAG = 57;
const LEAST_LIKENESS = 0.65;
// How far above the noise speech is, what is too soft to be any, and what dies away too fast within 10 ms.
const ABOVE_NOISE_DB = 10;
const SOFTEST_DB = -58;
const KNOCK_DB = 8;
// Echo comes within 400 ms of what is played, and is taken for no softer than 4 dB below it before more is known.
const ECHO_WINDOWS = 40;
const LOUDEST_ECHO_DB = -6;
const ECHO_MARGIN_DB = 2;
const LEARNING_WINDOWS = 100;
// An utterance begins after 30 ms of voice and ends after 300 without.
const ONSET_WINDOWS = 3;
const HANGOVER_WINDOWS = 30;

/**
 * Tells whether the visitor speaks, from the microphone's samples and those that the loudspeaker plays.
 * Audio thread: {@link push} never allocates, blocks or throws. Levels are in dBFS, between 120 Hz and some 2 kHz.
 *
 * Speech is louder than the noise, has a pitch (breath has none), does not die away like a knock (keys do), and is louder
 * than the echo can be. How loud that is, compared with what was played, is learned: of the last five seconds in which
 * the agent was heard, the one with the softest peak counts, since the visitor does not speak in all of them.
 */
export class VoiceDetector {
  readonly #factor: number;
  /** The last samples heard, at 4 kHz. */
  readonly #heard = new Float32Array(256);
  /** How loud the last windows played were. */
  readonly #playedDb = new Float32Array(ECHO_WINDOWS).fill(-100);
  /** How loud the microphone was at most, less what was played, in each of five seconds. */
  readonly #peaksDb = new Float32Array(5).fill(LOUDEST_ECHO_DB);
  /** What was learned of that. */
  #echoDb = LOUDEST_ECHO_DB;
  #peakDb = -100;
  /** How loud the loudest was that may be heard as echo now. */
  #loudestDb = -100;
  #noiseDb = SOFTEST_DB;
  #lastDb = -100;

  #count = 0;
  #heardSum = 0;
  #playedSum = 0;
  #heardLow = 0;
  #playedLow = 0;
  #heardEnergy = 0;
  #playedEnergy = 0;
  #at = 0;
  #windows = 0;
  #learned = 0;
  #voiced = 0;
  #hangover = 0;

  constructor(sampleRate: number) {
    this.#factor = Math.max(1, Math.round(sampleRate / RATE));
  }

  /** Whether the visitor speaks: true within 100 ms of a voice's onset, false 300 ms after its end. */
  get isSpeaking(): boolean {
    return this.#hangover > 0;
  }

  /** Takes the first `length` samples of what was heard and of what was played meanwhile. */
  push(heard: Float32Array, played: Float32Array, length: number): void {
    for (let i = 0; i < length;) {
      const end = Math.min(length, i + this.#factor - this.#count);
      this.#count += end - i;
      let heardSum = 0;
      let playedSum = 0;
      for (; i < end; i++) {
        // One NaN would stay in the sums for ever.
        heardSum += heard[i]! || 0;
        playedSum += played[i]! || 0;
      }
      this.#heardSum += heardSum / this.#factor;
      this.#playedSum += playedSum / this.#factor;
      if (this.#count < this.#factor) continue;
      // Less what lies below 120 Hz: hum, and air that hits the microphone.
      this.#heardLow += 0.17 * (this.#heardSum - this.#heardLow);
      this.#playedLow += 0.17 * (this.#playedSum - this.#playedLow);
      const high = this.#heardSum - this.#heardLow;
      this.#heardEnergy += high ** 2;
      this.#playedEnergy += (this.#playedSum - this.#playedLow) ** 2;
      this.#count = this.#heardSum = this.#playedSum = 0;
      this.#heard[this.#at++ & 255] = high;
      if (this.#at % WINDOW === 0) this.#judge();
    }
  }

  // No function here takes or answers a level, nor is there one for these two lines: where V8 leaves a call in place, and does
  // not compile what is called into the caller, a number that is no small integer is allocated for it.
  #judge(): void {
    const heardDb = 10 * Math.log10(this.#heardEnergy / WINDOW + 1e-10);
    this.#playedDb[this.#windows++ % ECHO_WINDOWS] = 10 * Math.log10(this.#playedEnergy / WINDOW + 1e-10);
    this.#heardEnergy = this.#playedEnergy = 0;
    const isKnock = heardDb < this.#lastDb - KNOCK_DB;
    this.#lastDb = heardDb;
    this.#learnEcho();
    // The noise is what is softest: found at once, forgotten by 3 dB a second.
    this.#noiseDb = Math.min(this.#noiseDb + 0.03, Math.max(heardDb, SOFTEST_DB - ABOVE_NOISE_DB));
    const leastDb = Math.max(this.#noiseDb + ABOVE_NOISE_DB, this.#loudestDb + this.#echoDb + ECHO_MARGIN_DB);
    const isVoice = heardDb > leastDb && !isKnock && this.#hasPitch();
    this.#voiced = isVoice ? Math.min(ONSET_WINDOWS, this.#voiced + 1) : Math.max(0, this.#voiced - 2);
    this.#hangover = this.#voiced === ONSET_WINDOWS ? HANGOVER_WINDOWS : Math.max(0, this.#hangover - 1);
  }

  #learnEcho(): void {
    let loudestDb = -100;
    for (let i = 0; i < ECHO_WINDOWS; i++) loudestDb = Math.max(loudestDb, this.#playedDb[i]!);
    this.#loudestDb = loudestDb;
    if (loudestDb <= SOFTEST_DB) return;
    this.#peakDb = Math.max(this.#peakDb, this.#lastDb - loudestDb);
    if (++this.#learned % LEARNING_WINDOWS !== 0) return;
    this.#peaksDb[(this.#learned / LEARNING_WINDOWS) % 5] = this.#peakDb;
    this.#peakDb = -100;
    this.#echoDb = LOUDEST_ECHO_DB;
    for (let i = 0; i < 5; i++) this.#echoDb = Math.min(this.#echoDb, this.#peaksDb[i]!);
  }

  #hasPitch(): boolean {
    for (let lag = LEAST_LAG; lag < MOST_LAG; lag++) {
      let both = 0;
      let power = 0;
      for (let i = 1; i <= PITCH_WINDOW; i++) {
        const a = this.#heard[(this.#at - i) & 255]!;
        const b = this.#heard[(this.#at - i - lag) & 255]!;
        both += a * b;
        power += a * a + b * b;
      }
      if (2 * both > LEAST_LIKENESS * power) return true;
    }
    return false;
  }
}
