import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VoiceDetector } from '../../src/dsp/voice-detector.js';
import { tone, withoutAllocation } from './fixtures.js';
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
          // The agent's audio takes 40 ms to go down: 150 ms in all.
          assert.equal(latencyMs > -60 && latencyMs <= 110, true);
          assert.ok(found.at(-1)![1]! < 14.5);
        });
      }
    }
  });
}

describe('VoiceDetector', () => {
  it('is not deaf for long after a noise that is not a number', () => {
    const rate = 16_000;
    const sound = mix(hiss(10 * rate, -62), moved(voice(rate), 0, rate));
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
