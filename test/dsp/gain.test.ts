import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gain } from '../../src/dsp/gain.js';
import { withoutAllocation } from './fixtures.js';

const rate = 48_000;
/** What becomes of a constant 1, in blocks of a quantum. */
function applied(gain: Gain, ms: number, isDucked = false): Float32Array {
  const output = new Float32Array((ms * rate) / 1000).fill(1);
  for (let at = 0; at < output.length; at += 128) {
    const block = output.subarray(at, at + 128);
    gain.apply(block, block.length, isDucked);
  }
  return output;
}

describe('Gain', () => {
  it('changes nothing at first', () => {
    assert.equal(
      applied(new Gain(rate), 100).every((value) => value === 1),
      true,
    );
  });

  it('goes down by 12 dB within 20 ms and stays there', () => {
    const output = applied(new Gain(rate), 200, true);
    const downDb = 20 * Math.log10(output[rate * 0.02]!);
    assert.equal(Math.abs(downDb + 12) < 0.05, true);
    assert.equal(output.at(-1), output[rate * 0.02]);
  });

  it('comes back to exactly what it was within 110 ms', () => {
    const gain = new Gain(rate);
    applied(gain, 100, true);
    const output = applied(gain, 200);
    assert.equal(output[0]! < 0.26, true);
    assert.equal(
      output.subarray(rate * 0.11).every((value) => value === 1),
      true,
    );
  });

  it('begins where it is told, and glides to silence and back', () => {
    const gain = new Gain(rate, 0.5);
    const output = [...applied(gain, 10)];
    gain.volume = 0;
    output.push(...applied(gain, 40));
    gain.volume = 0.5;
    output.push(...applied(gain, 70));
    assert.deepEqual([output[0], output[rate * 0.049], output.at(-1)], [0.5, 0, 0.5]);
    for (let i = 1; i < output.length; i++) assert.equal(Math.abs(output[i]! - output[i - 1]!) < 0.001, true);
  });

  it('is ducked by 12 dB whatever the volume', () => {
    const output = applied(new Gain(rate, 0.5), 100, true);
    assert.equal(Math.abs(20 * Math.log10(output.at(-1)! / 0.5) + 12) < 0.05, true);
  });

  it('never steps, even if it turns back half way', () => {
    const gain = new Gain(rate);
    const output = [applied(gain, 20, true), applied(gain, 10), applied(gain, 30, true)].flatMap((part) => [...part]);
    for (let i = 1; i < output.length; i++) assert.equal(Math.abs(output[i]! - output[i - 1]!) < 0.001, true);
  });

  it('touches only what it was given, and allocates nothing', () => {
    const gain = new Gain(rate);
    const samples = new Float32Array(200).fill(1);
    withoutAllocation(() => gain.apply(samples, 100, true));
    assert.deepEqual([samples[99]! < 1, samples[100]], [true, 1]);
  });
});
