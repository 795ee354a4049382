import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VoiceDetector } from '../../src/dsp/voice-detector.js';
import { rmsDb, tone, withoutAllocation } from './fixtures.js';
import { breath, hiss, keys, mix, moved, voice } from './sounds.js';

/** When the visitor is said to speak, in s, in quanta. */
function utterances(rate: number, heard: Float32Array, played = new Float32Array(heard.length)): number[][] {
  const detector = new VoiceDetector(rate);
  const found: number[][] = [];
  let wasSpeaking = false;
  for (let at = 0; at + 128 <= heard.length; at += 128) {
    detector.push(heard.subarray(at, at + 128), played.subarray(at, at + 128), 128);
    if (detector.isSpeaking && !wasSpeaking) found.push([(at + 128) / rate, Infinity]);
    if (!detector.isSpeaking && wasSpeaking) found.at(-1)![1] = (at + 128) / rate;
    wasSpeaking = detector.isSpeaking;
  }
  return found;
}

/** The agent, for so many seconds. */
function agent(rate: number, seconds: number): Float32Array<ArrayBuffer> {
  const spoken = voice(rate);
  return Float32Array.from({ length: seconds * rate }, (_, i) => spoken[i % spoken.length]!);
}

/** When a voice that begins at the sound's begin is 30 dB below full scale, in s. */
function onsetOf(sound: Float32Array, rate: number): number {
  const window = rate / 200;
  for (let at = 0; ; at += window) {
    const power = sound.subarray(at, at + window).reduce((sum, value) => sum + value * value, 0) / window;
    if (power > 1e-3) return at / rate;
  }
}

for (const rate of [16_000, 44_100, 48_000]) {
  describe(`VoiceDetector at ${rate} Hz`, () => {
    const room = hiss(10 * rate, -62);
    const visitor = voice(rate);

    it('hears a voice within 100 ms of its onset, and its end 300 ms after it', (t) => {
      const found = utterances(rate, mix(room, moved(visitor, 0, rate)));
      const latencyMs = (found[0]![0]! - 1 - onsetOf(visitor, rate)) * 1000;
      t.diagnostic(`${latencyMs.toFixed(0)} ms`);
      assert.equal(latencyMs > 0 && latencyMs <= 100, true);
      const heardS = found.reduce((sum, [from, to]) => sum + to! - from!, 0);
      assert.ok(heardS > 5.5 && heardS < 6.5, `${heardS} of 6.3 s`);
    });

    it('ends an utterance 300 ms after the voice', () => {
      const vowel = tone(rate, rate, 140, 0.2);
      const [utterance, ...more] = utterances(rate, mix(room, moved(vowel, 0, rate)));
      assert.equal(Math.abs(utterance![1]! - 2.3) < 0.05, true);
      assert.deepEqual(more, []);
    });

    for (const [title, sound] of [
      ['a soft voice', mix(room, moved(visitor, -20, rate))],
      ['a voice in noise', mix(hiss(10 * rate, -42), moved(visitor, 0, rate))],
    ] as const) {
      it(`hears ${title}`, () => {
        const found = utterances(rate, sound);
        assert.equal(found[0]![0]! > 1.05 && found[0]![0]! < 1.25, true);
        assert.equal(found.reduce((sum, [from, to]) => sum + to! - from!, 0) > 5.3, true);
      });
    }

    for (const [title, sound] of [
      ['silence', new Float32Array(3 * rate)],
      ['a room', hiss(10 * rate, -40)],
      ['soft typing', mix(hiss(20 * rate, -62), keys(20 * rate, rate, 0.05))],
      ['typing', mix(hiss(20 * rate, -62), keys(20 * rate, rate, 0.3))],
      ['loud typing', mix(hiss(20 * rate, -62), keys(20 * rate, rate, 0.9))],
      ['breath', mix(hiss(20 * rate, -62), breath(20 * rate, rate, -40))],
      ['breath into the microphone', mix(hiss(20 * rate, -62), breath(20 * rate, rate, -25))],
    ] as const) {
      it(`takes ${title} for no voice`, () => {
        assert.deepEqual(utterances(rate, sound), []);
      });
    }

    for (const echoDb of [-20, -10]) {
      for (const delayMs of [10, 120, 300]) {
        it(`takes the agent's echo at ${echoDb} dB after ${delayMs} ms for no voice, and hears the visitor over it`, (t) => {
          const played = agent(rate, 20);
          const echo = moved(played, echoDb, Math.round((delayMs * rate) / 1000)).subarray(0, played.length);
          const heard = mix(hiss(played.length, -62), echo);
          assert.deepEqual(utterances(rate, heard, played), []);
          // In the agent's midst, as loud as the agent.
          const interruption = moved(visitor.subarray(0, 2 * rate), 0, 12 * rate);
          const found = utterances(rate, mix(heard, interruption), played);
          const latencyMs = (found[0]![0]! - 12 - onsetOf(visitor, rate)) * 1000;
          t.diagnostic(`${latencyMs.toFixed(0)} ms`);
          // The agent’s audio takes 20 ms more to go down: 130 ms in all.
          assert.equal(latencyMs > -60 && latencyMs <= 110, true);
          assert.ok(found.at(-1)![1]! < 14.5);
        });
      }
    }
  });
}

describe('VoiceDetector', () => {
  const rate = 16_000;
  const recorded = voice(rate);
  /** Four voices: the recording, and slower and faster. */
  const voices = [1, 0.85, 1.15, 1.3].map((speed) =>
    Float32Array.from({ length: Math.floor(recorded.length / speed) - 2 }, (_, i) => {
      const [at, share] = [Math.floor(i * speed), (i * speed) % 1];
      return recorded[at]! * (1 - share) + recorded[at + 1]! * share;
    }),
  );
  /** Where words begin in a voice that follow a pause, in samples. */
  const wordsOf = (speech: Float32Array): number[] => {
    const words: number[] = [];
    for (let at = 0, quiet = Infinity; at < speech.length - rate; at += rate / 200) {
      const levelDb = rmsDb(speech.subarray(at, at + rate / 200));
      if (levelDb > -30 && quiet > 0.08) words.push(at);
      quiet = levelDb > -30 ? 0 : levelDb < -35 ? quiet + 0.005 : quiet;
    }
    return words;
  };

  for (const [echoDb, medianMs, share] of [
    [-10, 90, 0.95],
    [-20, 80, 0.99],
  ] as const)
    it(`lets the agent go down within 150 ms of ${100 * share} % of words that are spoken over its echo at ${echoDb} dB`, (t) => {
      const latenciesMs: number[] = [];
      for (const [which, speech] of voices.entries()) {
        for (const [turn, delayMs] of [10, 60, 120, 300].entries()) {
          const played = moved(agent(rate, 14), 0, 777 * turn + 311 * which).subarray(0, 14 * rate);
          const echo = moved(played, echoDb, (delayMs * rate) / 1000).subarray(0, played.length);
          const heard = mix(hiss(played.length, -62, turn), echo);
          for (const [index, word] of wordsOf(speech).entries()) {
            const at = Math.round((9 + 0.37 * ((7 * turn + 3 * index + 5 * which) % 10)) * rate);
            const from = word - Math.min(word, rate / 10);
            const spoken = moved(speech.subarray(from, word + rate), 0, at - word + from);
            const found = utterances(rate, mix(heard, spoken), played);
            // It takes 20 ms to go down.
            const onset = found.find(([from]) => from! > at / rate - 0.06)?.[0] ?? Infinity;
            latenciesMs.push((onset - at / rate) * 1000 + 20);
          }
        }
      }
      latenciesMs.sort((a, b) => a - b);
      const [half, most] = [0.5, share].map((part) => latenciesMs[Math.floor(part * latenciesMs.length)]!);
      t.diagnostic(`${latenciesMs.length} words: ${half!.toFixed(0)} ms, ${100 * share} % ${most!.toFixed(0)} ms`);
      assert.equal(latenciesMs[0]! > 0 && half! <= medianMs, true);
      assert.ok(most! <= 150, `${most} ms`);
    });

  it('takes no typing, breath or echo for a voice, whoever makes it', () => {
    const length = 20 * rate;
    for (let seed = 100; seed < 106; seed++) {
      const room = hiss(length, -62, seed);
      for (const peak of [0.05, 0.3, 0.9]) {
        assert.deepEqual(utterances(rate, mix(room, keys(length, rate, peak, seed))), [], `keys ${peak}, ${seed}`);
      }
      for (const levelDbfs of [-40, -25]) {
        assert.deepEqual(utterances(rate, mix(room, breath(length, rate, levelDbfs, seed))), [], `breath, ${seed}`);
      }
      const played = agent(rate, 30)
        .subarray(seed * 1234)
        .slice(0, length);
      for (const echoDb of [-20, -10]) {
        const echo = moved(played, echoDb, (seed * 37) % 5600).subarray(0, length);
        assert.deepEqual(utterances(rate, mix(room, echo), played), [], `echo at ${echoDb} dB, ${seed}`);
      }
    }
  });

  it('is not deaf for long after a noise that is not a number', () => {
    const sound = mix(hiss(10 * rate, -62), moved(recorded, 0, rate));
    sound[100] = NaN;
    assert.equal(utterances(rate, sound).length > 0, true);
  });

  it('allocates nothing', () => {
    const detector = new VoiceDetector(48_000);
    const sound = tone(128, 48_000, 150);
    withoutAllocation(() => {
      for (let i = 0; i < 200; i++) detector.push(sound, sound, 128);
    });
  });
});
