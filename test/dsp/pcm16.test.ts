import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { floatToPcm16, pcm16ToFloat } from '../../src/dsp/pcm16.js';
import { firstDifference, fitSine, seededRandom, tone, withoutAllocation } from './fixtures.js';

const everyValue = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);

function toPcm16(...values: number[]): number[] {
  const output = new Int16Array(values.length);
  floatToPcm16(Float32Array.from(values), output);
  return [...output];
}

describe('pcm16', () => {
  it('gives every one of the 65,536 values back unchanged', () => {
    const floats = new Float32Array(65536);
    const back = new Int16Array(65536);
    pcm16ToFloat(everyValue, floats);
    floatToPcm16(floats, back);
    assert.equal(firstDifference(back, everyValue), -1);
  });

  it('turns known PCM16 into known floats', () => {
    const output = new Float32Array(5);
    pcm16ToFloat(Int16Array.of(-32768, -16384, 0, 1, 32767), output);
    assert.deepEqual([...output], [-1, -0.5, 0, 1 / 32768, 32767 / 32768]);
  });

  it('turns known floats into known PCM16, rounding to the nearest', () => {
    assert.deepEqual(toPcm16(0, 0.5, -0.5, 0.25, 1 / 32768), [0, 16384, -16384, 8192, 1]);
    assert.deepEqual(toPcm16(0.4 / 32768, 0.6 / 32768, -0.4 / 32768, -0.6 / 32768), [0, 1, 0, -1]);
  });

  it('clamps what is too loud and never wraps', () => {
    assert.deepEqual(toPcm16(1, 1.2, 2, 1e30, Infinity), Array(5).fill(32767));
    assert.deepEqual(toPcm16(-1, -1.2, -2, -1e30, -Infinity), Array(5).fill(-32768));
  });

  it('turns NaN into silence', () => {
    assert.deepEqual(toPcm16(NaN, 0.5, NaN), [0, 16384, 0]);
  });

  it('adds no more noise than 16 bits must', () => {
    const output = new Int16Array(48000);
    floatToPcm16(tone(48000, 48000, 997), output);
    assert.equal(fitSine(output, 48000, 997, 0).snrDb >= 92, true);
  });

  it('shifts nothing: the mean of the error is below a twentieth of a step', () => {
    const random = seededRandom(5);
    const input = Float32Array.from({ length: 100_000 }, () => 1.8 * random() - 0.9);
    const output = new Int16Array(input.length);
    floatToPcm16(input, output);
    const error = input.reduce((sum, sample, i) => sum + output[i]! - sample * 32768, 0) / input.length;
    assert.equal(Math.abs(error) < 0.05, true);
  });

  it('touches nothing but what it was asked to fill', () => {
    const output = new Int16Array(8).fill(77);
    floatToPcm16(Float32Array.of(9, 9, 0.5, 0.25, 9), output, 2, 3, 2);
    assert.deepEqual([...output], [77, 77, 77, 16384, 8192, 77, 77, 77]);
    const floats = new Float32Array(4).fill(77);
    pcm16ToFloat(Int16Array.of(-32768, 16384, 1), floats, 2);
    assert.deepEqual([...floats], [-1, 0.5, 77, 77]);
  });

  it('allocates nothing', () => {
    const floats = new Float32Array(128);
    const ints = new Int16Array(128);
    withoutAllocation(() => {
      floatToPcm16(floats, ints);
      pcm16ToFloat(ints, floats);
    });
  });
});
