import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readWav, writeWav } from '../../simulator/wav.js';
import { levelDbfs } from './speech.js';

const samples = Int16Array.from([0, 1, -1, 32767, -32768]);

describe('wav', () => {
  it('reads back what it wrote', () => {
    assert.deepEqual(readWav(writeWav({ sampleRate: 16_000, samples })), { sampleRate: 16_000, samples });
  });

  it('passes over parts that it does not know, padded ones too', () => {
    const file = writeWav({ sampleRate: 8000, samples });
    const extra = Uint8Array.from([...Buffer.from('LIST'), 3, 0, 0, 0, 1, 2, 3, 0]);
    assert.deepEqual(readWav(Buffer.concat([file.subarray(0, 36), extra, file.subarray(36)])).samples, samples);
  });

  it('refuses what is not mono 16-bit PCM', () => {
    const file = writeWav({ sampleRate: 16_000, samples });
    const stereo = file.slice();
    stereo[22] = 2;
    assert.throws(() => readWav(stereo), /not mono 16-bit PCM/);
    assert.throws(() => readWav(file.subarray(0, 50)), /cut short/);
    assert.throws(() => readWav(file.subarray(0, 36)), /holds no sound/);
    assert.throws(() => readWav(Buffer.from('hello')), /Not a WAV file/);
  });
});

describe('greeting.wav', () => {
  const greeting = readWav(readFileSync(new URL('../../simulator/greeting.wav', import.meta.url)));

  it('is 5 to 7 s of 16 kHz with a peak near -3 dBFS', () => {
    assert.equal(greeting.sampleRate, 16_000);
    const seconds = greeting.samples.length / 16_000;
    assert.ok(seconds > 5 && seconds < 7, `${seconds} s`);
    const peakDbfs =
      20 * Math.log10(greeting.samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0) / 32768);
    assert.ok(Math.abs(peakDbfs + 3) < 0.1, `${peakDbfs} dBFS`);
    assert.ok(levelDbfs(greeting.samples) > -25);
  });

  it('begins and ends in silence, so that it can be repeated without a click', () => {
    assert.ok(greeting.samples.subarray(0, 640).every((sample) => sample === 0));
    assert.ok(greeting.samples.subarray(-640).every((sample) => sample === 0));
  });
});
