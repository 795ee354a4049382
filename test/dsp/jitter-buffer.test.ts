import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readWav } from '../../simulator/wav.js';
import { JitterBuffer } from '../../src/dsp/jitter-buffer.js';
import { firstDifference, fitSine, seededRandom, tone, withoutAllocation } from './fixtures.js';

const greeting = readWav(readFileSync(new URL('../../simulator/greeting.wav', import.meta.url))).samples;

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

  it('starts within 10 ms when the first message holds 60 ms', () => {
    const buffer = new JitterBuffer({ sampleRate });
    pullMs(buffer, 20);
    buffer.push(constant(60));
    const output = pullMs(buffer, 20);
    assert.equal(
      output.findIndex((value) => value !== 0),
      5 * ms,
    );
    assert.ok(buffer.delayMs > 0, 'it plays');
  });

  it('starts 40 ms after the first of messages that come in time', () => {
    const buffer = new JitterBuffer({ sampleRate });
    const output: number[] = [];
    for (let i = 0; i < 5; i++) {
      buffer.push(constant(20));
      output.push(...pullMs(buffer, 20));
    }
    assert.equal(
      output.findIndex((value) => value !== 0),
      40 * ms,
    );
    assert.deepEqual([buffer.bufferedMs, buffer.delayMs, buffer.targetMs], [40, 40, 40]);
  });

  it('starts at once when the sender is ahead by that much', () => {
    const buffer = new JitterBuffer({ sampleRate });
    for (let i = 0; i < 3; i++) buffer.push(constant(20));
    assert.equal(
      pullMs(buffer, 20).findIndex((value) => value !== 0),
      5 * ms,
    );
  });

  it('plays a short message too, 40 ms after its first sample', () => {
    const buffer = new JitterBuffer({ sampleRate });
    pullMs(buffer, 500); // the wait before does not count
    buffer.push(constant(20));
    const output = pullMs(buffer, 150);
    const first = output.findIndex((value) => value !== 0);
    assert.equal(first, 40 * ms);
    assert.equal(output[first + 10 * ms], 0.5);
    assert.equal(silent(output.subarray(first + 60 * ms)), true);
  });

  it('plays every sample exactly, in order and once, after the 5 ms fade-in', () => {
    const buffer = new JitterBuffer({ sampleRate });
    const input = speech(5 * sampleRate);
    for (let at = 0; at < input.length; at += 333) buffer.push(input.subarray(at, at + 333));
    const output = pullMs(buffer, 5010);
    for (let i = 5 * ms; i < input.length; i++) assert.equal(output[5 * ms + i], input[i]! / 32768);
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
    for (let i = 0; i < 2; i++) buffer.push(message);
    for (let i = 0; i < 3600 * 50; i++) {
      buffer.push(message);
      buffer.pull(output, output.length);
      if (i > 0 && (output[0] !== 0.5 || output[319] !== 0.5)) assert.fail(`a gap at message ${i}`);
    }
    assert.equal(buffer.bufferedMs, 45);
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
    assert.equal(silent(pullMs(buffer, 5)), true);
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
    const output = [...beginning.subarray(5 * ms), ...pullMs(buffer, 8005)];
    const faded = 5 * ms;
    const expected = Array.from(input.subarray(faded), (value) => value / 32768);
    assert.equal(firstDifference(output.slice(faded), expected), -1);
  });

  for (const rate of [8000, 16_000, 48_000]) {
    it(`never steps by more than the signal does itself plus 0.02, whatever the net and the visitor do, at ${rate} Hz`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const random = seededRandom(seed);
        const buffer = new JitterBuffer({ sampleRate: rate });
        // A full-scale constant is the worst case: all steps are the buffer's.
        const isConstant = seed % 2 === 1;
        const signal = (length: number, start: number): Int16Array =>
          Int16Array.from({ length }, (_, i) =>
            isConstant ? 32767 : 20000 * Math.sin((2 * Math.PI * 220 * (start + i)) / rate),
          );
        let sent = 0;
        const output: number[] = [];
        for (let turn = 0; turn < 2000; turn++) {
          if (random() < 0.3) {
            const length = Math.floor(random() ** 2 * 0.1 * rate);
            buffer.push(signal(length, sent));
            sent += length;
          }
          if (random() < 0.03) {
            buffer.flush();
            if (random() < 0.5) buffer.push(signal(0.07 * rate, sent));
            sent += 0.07 * rate;
          }
          const block = new Float32Array(Math.floor(random() * 0.026 * rate));
          buffer.pull(block, block.length);
          output.push(...block);
        }
        // A flush or a lost piece moves the sine's phase, but only in silence.
        const ownSlope = isConstant ? 0 : (20000 / 32768) * ((2 * Math.PI * 220) / rate);
        assert.equal(buffer.underruns > 3, true);
        assert.ok(largestStep(output) <= ownSlope + 0.02, `seed ${seed}: ${largestStep(output)}`);
        assert.equal(
          output.every((value) => Math.abs(value) <= 1),
          true,
        );
      }
    });
  }

  describe('at an underrun', () => {
    const runDry = (message = constant(100)): JitterBuffer => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(message);
      pullMs(buffer, 105);
      assert.ok(buffer.delayMs > 0, 'it plays');
      assert.equal(buffer.bufferedMs, 0);
      return buffer;
    };

    it('goes on with the last pitch period, softer and softer, and is silent after 40 ms', () => {
      const output = pullMs(runDry(speech(100 * ms)), 60);
      const onwards = speech(60 * ms, 100 * ms);
      for (let i = 0; i < 40 * ms; i++) {
        const gain = 0.5 + 0.5 * Math.cos((Math.PI * (i + 1)) / (40 * ms));
        // A period of 220 Hz is no whole number of samples.
        assert.equal(Math.abs(output[i]! - (gain * onwards[i]!) / 32768) < 0.03, true);
      }
      assert.equal(silent(output.subarray(40 * ms)), true);
    });

    it('holds the last value for 5 ms where too little was played to find a period', () => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(constant(14));
      pullMs(buffer, 54);
      const output = pullMs(buffer, 20);
      assert.equal(output[0]! > 0.499, true);
      for (let i = 1; i < 5 * ms; i++) assert.equal(output[i]! <= output[i - 1]!, true);
      assert.equal(silent(output.subarray(5 * ms - 1)), true);
    });

    it('goes on with a fade-in as soon as what was late is enough', () => {
      const buffer = runDry();
      pullMs(buffer, 100);
      buffer.push(constant(100));
      const output = pullMs(buffer, 60);
      const first = output.findIndex((value) => value !== 0);
      assert.equal(first <= 40 * ms, true);
      assert.equal(output[first + 2 * ms]! > 0.1 && output[first + 2 * ms]! < 0.4, true);
      assert.equal(
        output.subarray(first + 5 * ms - 1).every((value) => value === 0.5),
        true,
      );
      assert.equal(buffer.concealedMs, 100 + first / ms);
    });

    it('crosses over from what fades out to what comes, and loses nothing of it', () => {
      const buffer = runDry();
      pullMs(buffer, 2);
      buffer.push(constant(80));
      const output = pullMs(buffer, 200);
      assert.ok(largestStep(output) < 0.01);
      assert.equal(output.filter((value) => value === 0.5).length >= 60 * ms, true);
      assert.equal(buffer.bufferedMs, 0);
    });

    it('waits for more where only little comes', () => {
      const buffer = runDry();
      pullMs(buffer, 200);
      buffer.push(constant(20));
      assert.equal(silent(pullMs(buffer, 30)), true);
      buffer.push(constant(80));
      assert.equal(silent(pullMs(buffer, 10)), false);
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
      pullMs(buffer, 701);
      buffer.push(constant(20));
      assert.equal(buffer.underruns, 0);
      assert.equal(buffer.concealedMs, 0);
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
        const output = pullMs(buffer, 400);
        assert.equal(
          output.some((value) => value === 0.5),
          true,
        );
        assert.equal(buffer.underruns, i - 1);
      }
    });
  });

  describe('at a flush', () => {
    it('fades what plays to silence within 15 ms and drops the rest', () => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(speech(5 * sampleRate));
      pullMs(buffer, 1005);
      buffer.flush();
      assert.equal(buffer.bufferedMs, 0);
      assert.equal(buffer.delayMs, 0, 'it plays no more');
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
        output.subarray(0, 5 * ms).every((value) => value > 0),
        true,
      );
      assert.equal(
        output.subarray(15 * ms).every((value) => value <= 0),
        true,
      );
      assert.equal(output.filter((value) => value === -0.25).length >= 85 * ms, true);
    });

    it('drops a spurt that has not started without a sound', () => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(constant(40));
      pullMs(buffer, 20);
      buffer.flush();
      assert.equal(silent(pullMs(buffer, 200)), true);
      buffer.push(constant(40));
      assert.ok(silent(pullMs(buffer, 40)), 'the new spurt waits its own 40 ms');
      assert.equal(!silent(pullMs(buffer, 10)), true);
    });

    it('fades just the same when fewer than 10 ms were left, or when it comes twice', () => {
      const buffer = new JitterBuffer({ sampleRate });
      buffer.push(constant(100, 32767));
      pullMs(buffer, 103);
      buffer.flush();
      const first = pullMs(buffer, 4);
      buffer.flush();
      const output = Float32Array.of(1, ...first, ...pullMs(buffer, 20));
      assert.equal(largestStep(output) < 0.01, true);
      assert.equal(silent(output.subarray(10 * ms)), true);
    });
  });

  describe('on a network that stalls', () => {
    /** Plays messages of 20 ms, of which the 15th and what follows it in time come 150 ms late. */
    function stalled(rate: number, source: Int16Array) {
      const buffer = new JitterBuffer({ sampleRate: rate });
      const length = rate / 50;
      const output: number[] = [];
      const delaysMs: number[] = [];
      let next = 0;
      for (let step = 0; step * length < source.length + rate; step++) {
        const due = step >= 15 && step < 22 ? 15 : step + 1;
        for (; next < due && next * length < source.length; next++) {
          buffer.push(source.subarray(next * length, (next + 1) * length));
        }
        const block = new Float32Array(length);
        buffer.pull(block, length);
        output.push(...block);
        delaysMs.push(buffer.delayMs);
      }
      return { buffer, output: Float32Array.from(output), delaysMs };
    }

    for (const rate of [8000, 16_000, 48_000]) {
      it(`reaches 210 ms of delay by and by and keeps the pitch, at ${rate} Hz`, () => {
        const hz = 220;
        const { output, delaysMs, buffer } = stalled(
          rate,
          Int16Array.from(tone(4 * rate, rate, hz, 0.5), (value) => value * 32768),
        );
        assert.equal(buffer.underruns, 1);
        assert.equal(buffer.targetMs, 210);
        const after = delaysMs.slice(30, 190);
        for (let i = 1; i < after.length; i++) assert.equal(after[i]! - after[i - 1]! <= 16, true);
        assert.equal(Math.abs(after.at(-1)! - 217) < 10, true);
        let worst = Infinity;
        for (let at = 0.6 * rate; at < 3.9 * rate; at += 0.03 * rate) {
          const piece = output.subarray(Math.round(at), Math.round(at + 0.03 * rate));
          worst = Math.min(worst, fitSine(piece, rate, hz, 0).snrDb);
        }
        assert.ok(worst > 20, `${worst} dB`);
      });
    }

    it('changes real speech only where it splices: what lies between is the same to the last bit', () => {
      const { output } = stalled(sampleRate, greeting);
      const places = new Map<string, number>();
      const key = (samples: ArrayLike<number>, at: number): string =>
        [0, 1, 2, 3, 4, 5].map((i) => Math.round(samples[at + i]! * 32768)).join();
      const source = Float32Array.from(greeting, (value) => value / 32768);
      for (let at = 0; at + 6 < source.length; at++) {
        if (Math.abs(source[at]!) > 0.02) places.set(key(source, at), at);
      }
      let loud = 0;
      let known = 0;
      for (let at = 0.8 * sampleRate; at + 6 < output.length; at += 7) {
        if (Math.abs(output[at]!) <= 0.02) continue;
        loud++;
        if (places.has(key(output, at))) known++;
      }
      assert.ok(known / loud > 0.85, `${known} of ${loud}`);
    });

    it('brings the delay of a gap back down to 240 ms, without dropping a word', () => {
      const { delaysMs } = stalled(
        sampleRate,
        new Int16Array(20 * sampleRate).map((_, i) => greeting[i % 90_000]!),
      );
      assert.ok(Math.max(...delaysMs.slice(300, 950)) <= 260);
    });

    it('leaves nothing out of what comes in short messages, faster than it is spoken', () => {
      const { buffer } = stalled(sampleRate, greeting);
      pullMs(buffer, 1000);
      let [sent, playedMs] = [0, 0];
      for (let nowMs = 0; sent < greeting.length || buffer.bufferedMs > 0; nowMs += 5) {
        for (; sent < Math.min(greeting.length, 1.3 * nowMs * ms); sent += 320) {
          buffer.push(greeting.subarray(sent, sent + 320));
        }
        if (buffer.delayMs > 0) playedMs += 5;
        pullMs(buffer, 5);
      }
      assert.ok(playedMs >= greeting.length / ms, `${playedMs} ms of ${greeting.length / ms}`);
    });

    it('plays a burst unchanged all the same', () => {
      const { buffer } = stalled(sampleRate, greeting);
      pullMs(buffer, 1000);
      for (let at = 0; at < greeting.length; at += 320) buffer.push(greeting.subarray(at, at + 320));
      const output = pullMs(buffer, greeting.length / ms + 200);
      const first = output.findIndex((value) => value !== 0) - greeting.findIndex((value) => value !== 0);
      const expected = Float32Array.from(greeting.subarray(5 * ms), (value) => value / 32768);
      assert.equal(firstDifference(output.subarray(first + 5 * ms, first + greeting.length), expected), -1);
    });
  });

  it('plays paced speech unchanged on a line that is only 20 ms early or late', () => {
    const random = seededRandom(6);
    const buffer = new JitterBuffer({ sampleRate });
    const output: number[] = [];
    const arrivals = Array.from({ length: greeting.length / 320 }, (_, i) => i * 320 + Math.floor(random() * 20 * ms));
    let next = 0;
    for (let now = 0; now < greeting.length + sampleRate; now += 40) {
      for (; next < arrivals.length && arrivals[next]! <= now; next++) {
        buffer.push(greeting.subarray(next * 320, (next + 1) * 320));
      }
      output.push(...pullMs(buffer, 40 / ms));
    }
    const first = output.findIndex((value) => value !== 0) - greeting.findIndex((value) => value !== 0);
    const expected = Float32Array.from(greeting.subarray(5 * ms, next * 320), (value) => value / 32768);
    assert.equal(firstDifference(output.slice(first + 5 * ms, first + next * 320), expected), -1);
    assert.equal(buffer.underruns, 0);
  });

  for (const ppm of [-200, 200]) {
    it(`follows a sender whose clock is ${ppm} ppm off for an hour, to 30 ms`, (t) => {
      const rate = 8000;
      const buffer = new JitterBuffer({ sampleRate: rate });
      const block = new Float32Array(80);
      const random = seededRandom(8);
      let sent = 0;
      let [least, most] = [Infinity, 0];
      for (let now = 0; now < 3600 * rate; now += 80) {
        for (; sent * (1 - ppm / 1e6) <= now; sent += 160) {
          buffer.push(Int16Array.from({ length: 160 }, () => 2000 * (random() - 0.5)));
        }
        buffer.pull(block, 80);
        if (now < rate) continue;
        least = Math.min(least, buffer.delayMs);
        most = Math.max(most, buffer.delayMs);
      }
      assert.deepEqual([buffer.underruns, buffer.droppedSamples], [0, 0]);
      t.diagnostic(`delay of ${least.toFixed(1)} to ${most.toFixed(1)} ms`);
      assert.equal(least >= 10 && most <= 70, true);
    });
  }

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
    assert.throws(() => withoutAllocation(() => Array.from({ length: 210 }, () => buffer.push(message))), /allocated/);
  });
});
