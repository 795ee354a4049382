import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ducker } from '../../src/dsp/ducker.js';
import { withoutAllocation } from './fixtures.js';

const rate = 48_000;

/** What becomes of a constant 1, in blocks of a quantum. */
function ducked(ducker: Ducker, ms: number, isDown: boolean): Float32Array {
  const output = new Float32Array((ms * rate) / 1000).fill(1);
  for (let at = 0; at < output.length; at += 128) {
    const block = output.subarray(at, at + 128);
    ducker.apply(block, block.length, isDown);
  }
  return output;
}

describe('Ducker', () => {
  it('changes nothing at first', () => {
    assert.equal(
      ducked(new Ducker(rate), 100, false).every((value) => value === 1),
      true,
    );
  });

  it('goes down by 12 dB within 50 ms and stays there', () => {
    const output = ducked(new Ducker(rate), 200, true);
    const downDb = 20 * Math.log10(output[rate * 0.05]!);
    assert.equal(Math.abs(downDb + 12) < 0.01, true);
    assert.equal(output.at(-1), output[rate * 0.05]);
  });

  it('comes back to exactly what it was within 110 ms', () => {
    const ducker = new Ducker(rate);
    ducked(ducker, 100, true);
    const output = ducked(ducker, 200, false);
    assert.equal(output[0]! < 0.26, true);
    assert.equal(
      output.subarray(rate * 0.11).every((value) => value === 1),
      true,
    );
  });

  it('never steps, even if it turns back half way', () => {
    const ducker = new Ducker(rate);
    const output = [ducked(ducker, 20, true), ducked(ducker, 10, false), ducked(ducker, 30, true)].flatMap((part) => [
      ...part,
    ]);
    for (let i = 1; i < output.length; i++) assert.equal(Math.abs(output[i]! - output[i - 1]!) < 0.001, true);
  });

  it('touches only what it was given, and allocates nothing', () => {
    const ducker = new Ducker(rate);
    const samples = new Float32Array(200).fill(1);
    withoutAllocation(() => ducker.apply(samples, 100, true));
    assert.deepEqual([samples[99]! < 1, samples[100]], [true, 1]);
  });
});
