import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LevelMeter } from '../../src/dsp/level-meter.js';
import { seededRandom, tone, withoutAllocation } from './fixtures.js';

const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 0.01, `${actual}`);

/** The level of these samples alone. */
function levelOf(samples: Float32Array): number {
  const meter = new LevelMeter();
  meter.push(samples, samples.length);
  return meter.take();
}

describe('LevelMeter', () => {
  it('reads a full square wave as 0 and a full sine as -3.01 dBFS', () => {
    near(levelOf(Float32Array.from({ length: 4800 }, (_, i) => (i % 2 ? 1 : -1))), 0);
    near(levelOf(tone(4800, 48000, 1000, 1)), -3.01);
  });

  it('tells what is very soft from silence, and silence from nothing not at all', () => {
    assert.equal(levelOf(new Float32Array(10).fill(1e-7)), -100);
    assert.equal(levelOf(new Float32Array(10).fill(2 ** -24)), -Infinity);
    assert.equal(levelOf(new Float32Array(10)), -Infinity);
    assert.equal(new LevelMeter().take(), -Infinity);
  });

  it('begins anew each time it is looked at', () => {
    const meter = new LevelMeter();
    meter.push(new Float32Array(10).fill(1), 10);
    near(meter.take(), 0);
    meter.push(new Float32Array(10).fill(0.5), 10);
    near(meter.take(), -6.02);
    assert.equal(meter.take(), -Infinity);
  });

  it('shows the same level however the samples are split, and looks at no more than it was given', () => {
    const random = seededRandom(1);
    const samples = Float32Array.from({ length: 20000 }, () => random() - 0.5);
    const split = new LevelMeter();
    for (let at = 0; at < samples.length;) {
      const length = Math.min(samples.length - at, Math.floor(random() * 160));
      split.push(Float32Array.of(...samples.subarray(at, at + length), 9), length);
      at += length;
    }
    near(split.take(), levelOf(samples));
  });

  it('recovers from a sample that is not a number', () => {
    const meter = new LevelMeter();
    meter.push(Float32Array.of(NaN, 0.5), 2);
    assert.equal(meter.take(), -100);
    meter.push(new Float32Array(10).fill(0.5), 10);
    near(meter.take(), -6.02);
  });

  it('allocates nothing', () => {
    const meter = new LevelMeter();
    const quantum = new Float32Array(128);
    withoutAllocation(() => {
      for (let i = 0; i < 100; i++) meter.push(quantum, 128);
      meter.take();
    });
  });
});
