import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chunker } from '../../src/dsp/chunker.js';
import { floatToPcm16 } from '../../src/dsp/pcm16.js';
import { firstDifference, seededRandom, withoutAllocation } from './fixtures.js';

const ignore = (): void => {};

describe('Chunker', () => {
  it('hands over chunks of exactly the length asked for, every sample once and in order, however they are split', () => {
    const random = seededRandom(2);
    const samples = Float32Array.from({ length: 50_000 }, () => 2.4 * random() - 1.2);
    const expected = new Int16Array(samples.length);
    floatToPcm16(samples, expected);
    const received: number[] = [];
    const chunker = new Chunker(960, (chunk) => {
      assert.equal(chunk.byteLength, 1920);
      received.push(...new Int16Array(chunk));
      if (random() < 0.5) chunker.recycle(chunk);
    });
    for (let at = 0; at < samples.length;) {
      const length = Math.min(samples.length - at, Math.floor(random() ** 4 * 4000));
      // More lies in the block than `length` says: it must not get through.
      chunker.push(Float32Array.of(...samples.subarray(at, at + length), 0.123, 0.123), length);
      at += length;
    }
    assert.equal(received.length, Math.floor(samples.length / 960) * 960);
    assert.equal(firstDifference(received, expected.subarray(0, received.length)), -1);
  });

  it('writes little-endian', () => {
    let bytes: number[] = [];
    const chunker = new Chunker(3, (chunk) => (bytes = [...new Uint8Array(chunk)]));
    chunker.push(Float32Array.of(1 / 32768, -1 / 32768, 258 / 32768), 3);
    assert.deepEqual(bytes, [1, 0, 255, 255, 2, 1]);
  });

  it('neither loses nor doubles a sample in an hour of quanta', () => {
    let chunks = 0;
    let next = 0;
    const chunker = new Chunker(320, (chunk) => {
      // The samples count up, so the first and last of each chunk prove the rest.
      const samples = new Int16Array(chunk);
      if (samples[0] !== next || samples[319] !== next + 319) assert.fail(`chunk ${chunks} is out of step`);
      next = (next + 320) % 32000;
      chunks++;
      chunker.recycle(chunk);
    });
    const ramp = Float32Array.from({ length: 32128 }, (_, i) => (i % 32000) / 32768);
    const blocks = Array.from({ length: 250 }, (_, i) => ramp.slice(i * 128, i * 128 + 128));
    const quanta = (16000 * 3600) / 128;
    for (let i = 0; i < quanta; i++) chunker.push(blocks[i % 250]!, 128);
    assert.equal(chunks, (16000 * 3600) / 320);
  });

  it('survives a receiver that transfers the buffer away', () => {
    const sent: ArrayBuffer[] = [];
    const chunker = new Chunker(4, (chunk) => sent.push(structuredClone(chunk, { transfer: [chunk] })), 1);
    for (let i = 0; i < 3; i++) chunker.push(new Float32Array(4).fill(i / 8), 4);
    assert.deepEqual(
      sent.map((buffer) => new Int16Array(buffer)[3]),
      [0, 4096, 8192],
    );
  });

  it('uses a buffer again once it came back', () => {
    const sent: ArrayBuffer[] = [];
    const chunker = new Chunker(4, (chunk) => sent.push(chunk), 1);
    const samples = new Float32Array(4);
    chunker.push(samples, 4);
    chunker.recycle(sent[0]!);
    chunker.push(samples, 4);
    assert.equal(sent[1] === sent[0], true);
  });

  it('keeps no more buffers than its pool holds', () => {
    const sent: ArrayBuffer[] = [];
    const chunker = new Chunker(4, (chunk) => sent.push(chunk), 2);
    const samples = new Float32Array(20);
    chunker.push(samples, 20);
    const first = sent.splice(0);
    for (const buffer of first) chunker.recycle(buffer);
    chunker.push(samples, 20);
    assert.equal(sent.filter((buffer) => first.includes(buffer)).length, 2);
  });

  it('ignores what is not a buffer of its own size', () => {
    const sent: ArrayBuffer[] = [];
    const chunker = new Chunker(4, (chunk) => sent.push(chunk), 1);
    const samples = new Float32Array(4);
    chunker.push(samples, 4); // the pool is empty now
    const detached = new ArrayBuffer(8);
    structuredClone(detached, { transfer: [detached] });
    const hostile: unknown[] = [new ArrayBuffer(6), new ArrayBuffer(10), detached, new SharedArrayBuffer(8)];
    hostile.push({ byteLength: 8 }, null, undefined, new Int16Array(4));
    for (const value of hostile) chunker.recycle(value as ArrayBuffer);
    chunker.push(samples, 4);
    assert.equal(sent[1]?.byteLength, 8);
    assert.equal(sent[1] instanceof ArrayBuffer, true);
    assert.equal(hostile.includes(sent[1]), false);
  });

  it('never fills one buffer twice at a time, even if it is handed back twice', () => {
    const sent: ArrayBuffer[] = [];
    const chunker = new Chunker(4, (chunk) => sent.push(chunk), 2);
    const samples = new Float32Array(8);
    chunker.push(samples, 8);
    chunker.recycle(sent[0]!);
    chunker.recycle(sent[0]!);
    chunker.push(samples, 1);
    chunker.recycle(sent[0]!);
    chunker.push(samples, 7);
    assert.equal(new Set(sent.slice(2)).size, 2);
  });

  it('refuses a chunk of no length', () => {
    for (const length of [0, -1, 1.5, NaN, Infinity]) assert.throws(() => new Chunker(length, ignore), RangeError);
  });

  it('allocates nothing while the pool has buffers', () => {
    const out = new Array<ArrayBuffer>(8);
    let sent = 0;
    const chunker = new Chunker(64, (chunk) => (out[sent++] = chunk), 8);
    const quantum = new Float32Array(128);
    for (let round = 0; round < 10; round++) {
      withoutAllocation(() => {
        for (let i = 0; i < 4; i++) chunker.push(quantum, 128);
      });
      assert.equal(sent, 8);
      while (sent > 0) chunker.recycle(out[--sent]!);
    }
    chunker.push(new Float32Array(64 * 8), 64 * 8);
    assert.throws(() => withoutAllocation(() => chunker.push(quantum, 128)), /allocated/);
  });
});
