import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JitterBuffer } from '../../src/dsp/jitter-buffer.js';
import { firstDifference, seededRandom, withoutAllocation } from './fixtures.js';

const sampleRate = 16000;
const ms = sampleRate / 1000;

const constant = (lengthMs: number, value = 16384): Int16Array => new Int16Array(lengthMs * ms).fill(value);

const speech = (length: number, start = 0): Int16Array =>
  Int16Array.from({ length }, (_, i) => 20000 * Math.sin((2 * Math.PI * 220 * (start + i)) / sampleRate));

function pullMs(buffer: JitterBuffer, lengthMs: number): Float32Array {
  const output = new Float32Array(Math.round(lengthMs * ms)).fill(NaN);
  buffer.pull(output, output.length);
  return output;
}

const silent = (output: Float32Array): boolean => output.every((value) => value === 0);

function largestStep(output: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 1; i < output.length; i++) largest = Math.max(largest, Math.abs(output[i]! - output[i - 1]!));
  return largest;
}

describe('JitterBuffer', () => {
  it('is silent before anything came', () => {
    assert.equal(silent(pullMs(new JitterBuffer({ sampleRate }), 100)), true);
  });

  it('starts at once when the first message holds 60 ms', () => {
    const buffer = new JitterBuffer({ sampleRate });
    pullMs(buffer, 20);
    buffer.push(constant(60));
    const output = pullMs(buffer, 20);
    assert.equal(output[0]! > 0, true);
    assert.equal(buffer.playing, true);
  });

  it('waits until 60 ms are held', () => {
    const buffer = new JitterBuffer({ sampleRate });
    buffer.push(constant(20));
    assert.equal(silent(pullMs(buffer, 10)), true);
    buffer.push(constant(20));
    assert.equal(silent(pullMs(buffer, 10)), true);
    assert.equal(buffer.playing, false);
    assert.equal(buffer.bufferedMs, 40);
    buffer.push(constant(20));
    assert.equal(pullMs(buffer, 10)[0]! > 0, true);
    assert.equal(buffer.bufferedMs, 50);
  });

  it('plays a short message too, 60 ms after its first sample', () => {
    const buffer = new JitterBuffer({ sampleRate });
    pullMs(buffer, 500); // the wait before does not count
    buffer.push(constant(20));
    const output = pullMs(buffer, 100);
    const first = output.findIndex((value) => value !== 0);
    assert.equal(first, 60 * ms);
    assert.equal(output[first + 10 * ms], 0.5);
    assert.equal(silent(output.subarray(first + 25 * ms)), true);
  });

  it('plays every sample exactly, in order and once, after the 5 ms fade-in', () => {
    const buffer = new JitterBuffer({ sampleRate });
    const input = speech(5 * sampleRate);
    for (let at = 0; at < input.length; at += 333) buffer.push(input.subarray(at, at + 333));
    const output = pullMs(buffer, 5000);
    for (let i = 5 * ms; i < input.length; i++) assert.equal(output[i], input[i]! / 32768);
    assert.equal(buffer.bufferedMs, 0);
  });

  it('sounds the same however it is pulled', () => {
    const play = (seed: number): number[] => {
      const random = seededRandom(seed);
      const buffer = new JitterBuffer({ sampleRate });
      const output: number[] = [];
      for (let message = 0; message < 300; message++) {
        if (message % 7 !== 3) buffer.push(speech(30 * ms, message * 30 * ms));
        if (message % 50 === 49) buffer.flush();
        for (let left = 30 * ms; left > 0;) {
          const length = Math.min(left, 1 + Math.floor(random() * 200));
          output.push(...pullMs(buffer, length / ms));
          left -= length;
        }
      }
      return output;
    };
    assert.equal(firstDifference(play(1), play(2)), -1);
  });

  it('keeps every sample of an hour of messages, paced by the pulls', () => {
    const buffer = new JitterBuffer({ sampleRate });
    const message = constant(20);
    const output = new Float32Array(20 * ms);
    for (let i = 0; i < 3; i++) buffer.push(message);
    for (let i = 0; i < 3600 * 50; i++) {
      buffer.push(message);
      buffer.pull(output, output.length);
      if (i > 0 && (output[0] !== 0.5 || output[319] !== 0.5)) assert.fail(`a gap at message ${i}`);
    }
    assert.equal(buffer.bufferedMs, 60);
    assert.equal(buffer.underruns, 0);
    assert.equal(buffer.droppedSamples, 0);
  });

  it('drops nothing of a burst below 120 s, and beyond it the newest, which it counts', () => {
    const buffer = new JitterBuffer({ sampleRate });
    pullMs(buffer, 3);
    for (let second = 0; second < 120; second++) buffer.push(constant(1000, second + 1));
    assert.equal(buffer.bufferedMs, 120_000);
    assert.equal(buffer.droppedSamples, 0);
    buffer.push(constant(1000, 999));
    assert.equal(buffer.droppedSamples, sampleRate);
    for (let second = 0; second < 120; second++) {
      const output = pullMs(buffer, 1000).subarray(5 * ms);
      assert.equal(
        output.every((value) => value === (second + 1) / 32768),
        true,
      );
      if (second === 0) buffer.push(constant(1500, 121)); // 500 ms too many
    }
    assert.equal(buffer.droppedSamples, 1.5 * sampleRate);
    assert.equal(
      pullMs(buffer, 1000).every((value) => value === 121 / 32768),
      true,
    );
  });

  it('keeps the order when the ring grows in the middle of a spurt', () => {
    const buffer = new JitterBuffer({ sampleRate });
    const input = Int16Array.from({ length: 10 * sampleRate }, (_, i) => (i * 7) % 30011);
    buffer.push(input.subarray(0, 3 * sampleRate));
    const beginning = pullMs(buffer, 2000);
    buffer.push(input.subarray(3 * sampleRate, 5.5 * sampleRate)); // 3.5 s, past the end of a ring of 4
    buffer.push(input.subarray(5.5 * sampleRate));
    const output = [...beginning, ...pullMs(buffer, 8000)];
    const faded = 5 * ms;
    const expected = Array.from(input.subarray(faded), (value) => value / 32768);
    assert.equal(firstDifference(output.slice(faded), expected), -1);
  });

  it('never steps by more than the signal does itself plus 0.02, whatever the net and the visitor do', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const buffer = new JitterBuffer({ sampleRate });
      // A full-scale constant is the worst case: all steps are the buffer's.
      const signal = seed % 2 ? (length: number) => new Int16Array(length).fill(32767) : speech;
      let sent = 0;
      const output: number[] = [];
      for (let turn = 0; turn < 3000; turn++) {
        if (random() < 0.3) {
          const length = Math.floor(random() ** 2 * 100 * ms);
          buffer.push(signal(length, sent));
          sent += length;
        }
        if (random() < 0.03) {
          buffer.flush();
          if (random() < 0.5) buffer.push(signal(70 * ms, sent));
          sent += 70 * ms;
        }
        output.push(...pullMs(buffer, Math.floor(random() * 20)));
      }
      // A flush or a lost piece moves the sine's phase, but only in silence.
      const ownSlope = seed % 2 ? 0 : (20000 / 32768) * ((2 * Math.PI * 220) / sampleRate);
      assert.equal(buffer.underruns > 3, true);
      assert.ok(largestStep(output) <= ownSlope + 0.02, `seed ${seed}: ${largestStep(output)}`);
      assert.equal(
        output.every((value) => Math.abs(value) <= 1),
        true,
      );
    }
  });

  describe('at an underrun', () => {
    const runDry = (): JitterBuffer => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(constant(100));
      pullMs(buffer, 100);
      assert.equal(buffer.playing, true);
      return buffer;
    };

    it('holds the last value and fades it to silence within 5 ms', () => {
      const output = pullMs(runDry(), 20);
      assert.equal(output[0]! > 0.499, true);
      for (let i = 1; i < 5 * ms; i++) assert.equal(output[i]! <= output[i - 1]!, true);
      assert.equal(silent(output.subarray(5 * ms - 1)), true);
    });

    it('goes on by the same start rule, with a 5 ms fade-in', () => {
      const buffer = runDry();
      pullMs(buffer, 20);
      buffer.push(constant(59));
      assert.equal(silent(pullMs(buffer, 5)), true);
      buffer.push(constant(1));
      const output = pullMs(buffer, 20);
      assert.equal(output[0]! > 0 && output[0]! < 0.01, true);
      assert.equal(output[2 * ms]! > 0.1 && output[2 * ms]! < 0.4, true);
      assert.equal(
        output.subarray(5 * ms - 1).every((value) => value === 0.5),
        true,
      );
    });

    it('loses nothing of what comes while it fades', () => {
      const buffer = runDry();
      pullMs(buffer, 2);
      buffer.push(constant(80));
      const output = pullMs(buffer, 100);
      assert.equal(
        output.findIndex((value, i) => i > 0 && value > output[i - 1]!),
        3 * ms,
      );
      assert.equal(output[83 * ms - 1], 0.5);
      assert.notEqual(output[83 * ms], 0.5);
    });

    it('plays a short message that comes while it fades 60 ms later, not more', () => {
      const buffer = runDry();
      pullMs(buffer, 1);
      buffer.push(constant(20));
      const output = pullMs(buffer, 100).subarray(5 * ms);
      assert.equal(
        output.findIndex((value) => value !== 0),
        55 * ms,
      );
    });

    it('counts it when more comes within 700 ms', () => {
      const buffer = runDry();
      pullMs(buffer, 699);
      assert.equal(buffer.underruns, 0);
      buffer.push(constant(20));
      buffer.push(constant(20));
      assert.equal(buffer.underruns, 1);
    });

    it('does not count the end of speech', () => {
      const buffer = runDry();
      pullMs(buffer, 700);
      buffer.push(constant(20));
      assert.equal(buffer.underruns, 0);
    });

    it('does not count the silence after a flush', () => {
      const buffer = runDry();
      pullMs(buffer, 100);
      buffer.flush();
      buffer.push(constant(20));
      assert.equal(buffer.underruns, 0);
    });

    it('sees none when the next message comes with the last sample', () => {
      const buffer = runDry();
      buffer.push(constant(20));
      assert.equal(
        pullMs(buffer, 20).every((value) => value === 0.5),
        true,
      );
      assert.equal(buffer.underruns, 0);
    });

    it('never stops for good', () => {
      const buffer = new JitterBuffer({ sampleRate });
      for (let i = 1; i <= 50; i++) {
        buffer.push(constant(60));
        assert.equal(pullMs(buffer, 100)[10 * ms] === 0.5, true);
        assert.equal(buffer.underruns, i - 1);
      }
    });
  });

  describe('at a flush', () => {
    it('fades what plays to silence within 15 ms and drops the rest', () => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(speech(5 * sampleRate));
      pullMs(buffer, 1000);
      buffer.flush();
      assert.equal(buffer.bufferedMs, 0);
      assert.equal(buffer.playing, false);
      const output = pullMs(buffer, 6000);
      const input = speech(sampleRate, sampleRate);
      for (let i = 0; i < 10 * ms; i++) {
        const gain = 0.5 + 0.5 * Math.cos((Math.PI * (i + 1)) / (10 * ms));
        assert.equal(Math.abs(output[i]! - (gain * input[i]!) / 32768) < 1e-6, true);
      }
      assert.equal(silent(output.subarray(10 * ms)), true);
      assert.equal(buffer.droppedSamples, 0);
    });

    it('plays what is pushed after it, and only that', () => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(constant(3000));
      pullMs(buffer, 500);
      buffer.flush();
      buffer.push(constant(100, -8192));
      const output = pullMs(buffer, 500);
      assert.equal(
        output.subarray(0, 10 * ms - 1).every((value) => value > 0),
        true,
      );
      assert.equal(
        output.subarray(10 * ms).every((value) => value <= 0),
        true,
      );
      assert.equal(output.filter((value) => value === -0.25).length, 95 * ms + 1);
    });

    it('drops a spurt that has not started without a sound', () => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(constant(40));
      pullMs(buffer, 20);
      buffer.flush();
      assert.equal(silent(pullMs(buffer, 200)), true);
      buffer.push(constant(40));
      assert.ok(silent(pullMs(buffer, 60)), 'the new spurt waits its own 60 ms');
      assert.equal(!silent(pullMs(buffer, 10)), true);
    });

    it('fades just the same when fewer than 10 ms were left, or when it comes twice', () => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(constant(100, 32767));
      pullMs(buffer, 98);
      buffer.flush();
      const first = pullMs(buffer, 4);
      buffer.flush();
      const output = Float32Array.of(1, ...first, ...pullMs(buffer, 20));
      assert.equal(largestStep(output) < 0.01, true);
      assert.equal(silent(output.subarray(10 * ms)), true);
    });
  });

  it('writes exactly the samples asked for', () => {
    const buffer = new JitterBuffer({ sampleRate });
    buffer.push(constant(100));
    const output = new Float32Array(200).fill(77);
    buffer.pull(output, 128);
    assert.equal(
      output.subarray(128).every((value) => value === 77),
      true,
    );
    assert.equal(
      output.subarray(0, 128).every((value) => value !== 77),
      true,
    );
  });

  it('keeps a copy: the message may be used again', () => {
    const buffer = new JitterBuffer({ sampleRate });
    const message = constant(100);
    buffer.push(message);
    message.fill(-1);
    assert.equal(pullMs(buffer, 50)[30 * ms], 0.5);
  });

  it('takes an empty message for no message', () => {
    const buffer = new JitterBuffer({ sampleRate });
    buffer.push(constant(60));
    pullMs(buffer, 100);
    buffer.push(new Int16Array(0));
    assert.equal(buffer.underruns, 0);
  });

  it('allocates nothing in pull and flush, nor in push while the ring is long enough', () => {
    const buffer = new JitterBuffer({ sampleRate });
    const message = constant(20);
    const output = new Float32Array(128);
    withoutAllocation(() => {
      for (let i = 0; i < 2000; i++) {
        if (i % 3 !== 0 && i % 100 < 80) buffer.push(message);
        if (i % 301 === 0) buffer.flush();
        buffer.pull(output, 128);
        buffer.pull(output, 128);
      }
    });
    assert.throws(() => withoutAllocation(() => Array.from({ length: 201 }, () => buffer.push(message))), /allocated/);
  });
});
