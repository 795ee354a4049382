import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LevelMeter } from '../../src/dsp/level-meter.js';
import { seededRandom, tone, withoutAllocation } from './fixtures.js';

const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 0.01, `${actual}`);

describe('LevelMeter', () => {
  it('shows -100 before the first window has ended', () => {
    assert.equal(new LevelMeter(48000).levelDbfs, -100);
  });

  it('reads a full square wave as 0, a full sine as -3.01 and silence as -100 dBFS', () => {
    const meter = new LevelMeter(48000);
    meter.push(
      Float32Array.from({ length: 4800 }, (_, i) => (i % 2 ? 1 : -1)),
      4800,
    );
    near(meter.levelDbfs, 0);
    meter.push(tone(4800, 48000, 1000, 1), 4800);
    near(meter.levelDbfs, -3.01);
    meter.push(new Float32Array(4800), 4800);
    assert.equal(meter.levelDbfs, -100);
  });

  it('never shows less than -100 dBFS', () => {
    const meter = new LevelMeter(1000, 10);
    meter.push(new Float32Array(10).fill(1e-7), 10);
    assert.equal(meter.levelDbfs, -100);
  });

  it('tells when a window has ended, 10 times a second', () => {
    const meter = new LevelMeter(48000);
    const quantum = new Float32Array(128);
    let windows = 0;
    for (let i = 0; i < 375; i++) if (meter.push(quantum, 128)) windows++;
    assert.equal(windows, 10);
  });

  it('keeps the level of the last whole window while the next one fills', () => {
    const meter = new LevelMeter(1000, 10);
    assert.equal(meter.push(new Float32Array(10).fill(0.5), 10), true);
    assert.equal(meter.push(new Float32Array(9).fill(1), 9), false);
    near(meter.levelDbfs, -6.02);
    assert.equal(meter.push(new Float32Array(1).fill(1), 1), true);
    near(meter.levelDbfs, 0);
  });

  it('shows the same levels however the samples are split', () => {
    const random = seededRandom(1);
    const samples = Float32Array.from({ length: 20000 }, () => random() - 0.5);
    const whole = new LevelMeter(8000, 20);
    const split = new LevelMeter(8000, 20);
    for (let at = 0; at < samples.length;) {
      const length = Math.min(samples.length - at, Math.floor(random() * 160));
      const block = samples.slice(at, at + length);
      assert.equal(split.push(block, length), whole.push(Float32Array.of(...block, 9), length));
      assert.equal(split.levelDbfs, whole.levelDbfs);
      at += length;
    }
    const once = new LevelMeter(8000, 20);
    once.push(samples, samples.length);
    assert.equal(once.levelDbfs, split.levelDbfs);
  });

  it('recovers in the next window from a sample that is not a number', () => {
    const meter = new LevelMeter(1000, 10);
    meter.push(Float32Array.of(NaN, ...Array<number>(9).fill(0.5)), 10);
    assert.equal(meter.levelDbfs, -100);
    meter.push(new Float32Array(10).fill(0.5), 10);
    near(meter.levelDbfs, -6.02);
  });

  it('allocates nothing', () => {
    const meter = new LevelMeter(48000);
    const quantum = new Float32Array(128);
    withoutAllocation(() => {
      for (let i = 0; i < 100; i++) meter.push(quantum, 128);
    });
  });
});
