import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Pcm16Stream } from '../../simulator/pcm16-stream.js';
import { join } from './speech.js';

const samples = Int16Array.from([1, -1, 32767, -32768, 256, -257, 0, 12_345]);
const bytes = new Uint8Array(samples.buffer);

describe('Pcm16Stream', () => {
  for (const lengths of [[16], [1, 15], [0, 1, 0, 1, 3, 0, 5, 6], Array<number>(16).fill(1)]) {
    it(`gives the same samples when the bytes come as ${lengths.join(' + ')}`, () => {
      const stream = new Pcm16Stream();
      let at = 0;
      const parts = lengths.map((length) => stream.push(bytes.subarray(at, (at += length))));
      assert.deepEqual(join(...parts), samples);
    });
  }

  it('holds a single byte back until its sample is whole', () => {
    const stream = new Pcm16Stream();
    assert.equal(stream.push(bytes.subarray(0, 1)).length, 0);
    assert.deepEqual(stream.push(bytes.subarray(1, 2)), samples.slice(0, 1));
  });

  it('keeps no hold on the bytes that it was given', () => {
    const message = bytes.slice(0, 4);
    const heard = new Pcm16Stream().push(message);
    message.fill(99);
    assert.deepEqual(heard, samples.slice(0, 2));
  });
});
