import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { transform } from 'esbuild';
import { Resampler } from '../../src/dsp/resampler.js';
import { firstDifference, fitSine, rmsDb, seededRandom, tone, withoutAllocation } from './fixtures.js';

function resample(input: Float32Array, fromRate: number, toRate: number): Float32Array {
  const resampler = new Resampler(fromRate, toRate);
  resampler.push(input);
  const output = new Float32Array(resampler.available);
  resampler.pull(output, output.length);
  return output;
}

/** What a tone of -6 dBFS comes out as, once the beginning has passed. */
function measure(fromRate: number, toRate: number, hz: number) {
  const output = resample(tone(fromRate * 0.3, fromRate, hz), fromRate, toRate);
  return fitSine(output, toRate, hz, Math.ceil(130 * Math.max(1, toRate / fromRate)));
}

/** Devices at 44.1, 48 and 96 kHz, wires at 8, 16, 32 and 48 kHz, in Hz. */
const pairs = [
  [44100, 48000],
  [48000, 44100],
  [96000, 48000],
  [8000, 48000],
  [16000, 48000],
  [32000, 48000],
  [16000, 44100],
  [48000, 16000],
  [48000, 8000],
  [44100, 16000],
  [44100, 8000],
] as const;

for (const [fromRate, toRate] of pairs) {
  describe(`Resampler ${fromRate} → ${toRate}`, () => {
    const nyquist = Math.min(fromRate, toRate) / 2;

    it('adds nothing above -125 dB to a tone, nor -130 dB at 1 kHz, and is flat to 0.8 Nyquist', (t) => {
      let worstDb = Infinity;
      let rippleDb = 0;
      for (let hz = 50; hz <= nyquist * 0.837; hz += nyquist * 0.0311) {
        const { snrDb, amplitude } = measure(fromRate, toRate, hz);
        worstDb = Math.min(worstDb, snrDb);
        if (hz <= nyquist * 0.8) rippleDb = Math.max(rippleDb, Math.abs(20 * Math.log10(amplitude / 0.5)));
      }
      const edge = measure(fromRate, toRate, nyquist * 0.8);
      rippleDb = Math.max(rippleDb, Math.abs(20 * Math.log10(edge.amplitude / 0.5)));
      const { snrDb } = measure(fromRate, toRate, 1000);
      t.diagnostic(`SNR ${worstDb.toFixed(1)} dB, ${snrDb.toFixed(1)} dB at 1 kHz, ripple ${rippleDb.toFixed(5)} dB`);
      assert.equal(worstDb >= 125, true);
      assert.equal(snrDb >= 130, true);
      assert.equal(rippleDb <= 0.001, true);
    });

    // 0.73 ms from 44.1 to 48 kHz, 2 ms from and to 16 kHz, 4 ms from and to 8 kHz.
    // Where that is no whole number of taps there is one tap less.
    it('delays by 32 samples of the lower rate', (t) => {
      const { delayMs } = measure(fromRate, toRate, 100);
      t.diagnostic(`${delayMs.toFixed(4)} ms`);
      const shorterMs = 32_000 / Math.min(fromRate, toRate) - delayMs;
      assert.equal(Math.abs(shorterMs) < 1e-5, true);
    });

    if (fromRate > toRate) {
      it('lets nothing above 1.05 Nyquist through, to -120 dB', (t) => {
        let worstDb = -Infinity;
        for (let hz = nyquist * 1.05; hz < fromRate / 2; hz += nyquist * 0.0311) {
          const output = resample(tone(fromRate * 0.3, fromRate, hz), fromRate, toRate);
          worstDb = Math.max(worstDb, rmsDb(output.subarray(200)) - rmsDb([0.5 * Math.SQRT1_2]));
        }
        t.diagnostic(`${worstDb.toFixed(1)} dB`);
        assert.equal(worstDb <= -120, true);
      });
    }

    it('gives the same bits however the stream is split', () => {
      const random = seededRandom(fromRate + toRate);
      const input = Float32Array.from({ length: 9000 }, () => 2 * random() - 1);
      const whole = resample(input, fromRate, toRate);
      assert.equal(whole.length, Math.ceil((9000 * toRate) / fromRate));
      for (let run = 0; run < 3; run++) {
        const resampler = new Resampler(fromRate, toRate);
        const output: number[] = [];
        for (let at = 0; at < input.length;) {
          const length = Math.min(input.length - at, Math.floor(random() ** 3 * 1500));
          resampler.push(input.slice(at, at + length));
          at += length;
          const block = new Float32Array(Math.floor(random() * 2000));
          output.push(...block.subarray(0, resampler.pull(block, block.length)));
        }
        const rest = new Float32Array(resampler.available);
        resampler.pull(rest, rest.length);
        assert.equal(firstDifference([...output, ...rest], whole), -1);
      }
    });

    it('passes a constant unchanged', () => {
      const output = resample(new Float32Array(2000).fill(0.75), fromRate, toRate);
      const settled = output.subarray(Math.ceil(200 * Math.max(1, toRate / fromRate)));
      assert.equal(
        settled.every((value) => Math.abs(value - 0.75) < 1e-7),
        true,
      );
    });

    it('says exactly how many samples it still needs', () => {
      const random = seededRandom(7);
      const resampler = new Resampler(fromRate, toRate);
      const output = new Float32Array(600);
      for (let i = 0; i < 500; i++) {
        const length = 1 + Math.floor(random() * 600);
        const needed = resampler.needed(length);
        if (needed > 0) {
          resampler.push(new Float32Array(needed - 1));
          assert.equal(resampler.available < length, true);
          assert.equal(resampler.needed(length), 1);
          resampler.push(new Float32Array(1));
        }
        assert.equal(resampler.needed(length), 0);
        assert.equal(resampler.available >= length, true);
        assert.equal(resampler.pull(output, length), length);
        assert.equal(resampler.needed(0), 0);
      }
    });

    it('allocates nothing once it runs', () => {
      const resampler = new Resampler(fromRate, toRate);
      const input = new Float32Array(960);
      const output = new Float32Array(1024);
      const run = (times: number) => {
        for (let i = 0; i < times; i++) {
          const needed = resampler.needed(128);
          resampler.push(input, needed);
          assert.equal(resampler.pull(output, 128), 128);
        }
        for (let i = 0; i < times; i++) {
          resampler.push(input, 128);
          while (resampler.available > 0) resampler.pull(output, 128);
        }
      };
      // It grows to what it needs.
      run(10);
      withoutAllocation(() => run(200));
    });
  });
}

describe('Resampler', () => {
  it('passes equal rates through bit for bit, at once, even a negative zero', () => {
    const random = seededRandom(3);
    const input = Float32Array.from({ length: 5000 }, () => 4 * random() - 2);
    input.set([0, -0, 1, -1, 1e-40, 3e38, Infinity, -Infinity]);
    const output = resample(input, 48000, 48000);
    assert.equal(firstDifference(output, input), -1);
  });

  it('counts exactly for an hour: quantum for quantum, no drift', () => {
    // The ratios of 44.1 → 48 kHz, 48 → 44.1 kHz and 16 → 48 kHz at a hundredth of the rates: the same phases in less time.
    for (const [fromRate, toRate] of [
      [441, 480],
      [480, 441],
      [160, 480],
    ] as const) {
      const resampler = new Resampler(fromRate, toRate);
      const input = new Float32Array(128);
      const output = new Float32Array(512);
      let pushed = 0;
      let pulled = 0;
      while (pushed < fromRate * 3600) {
        resampler.push(input, 16);
        pushed += 16;
        pulled += resampler.pull(output, 512);
        if (pulled !== Math.ceil((pushed * toRate) / fromRate)) assert.fail(`${pulled} after ${pushed}`);
      }
      assert.equal(pulled, toRate * 3600);
    }
  });

  it('still gives the same bits after much was pushed and nothing pulled', () => {
    const random = seededRandom(4);
    const input = Float32Array.from({ length: 60_000 }, () => random() - 0.5);
    const hoarding = new Resampler(44100, 48000);
    const prompt = new Resampler(44100, 48000);
    const a = new Float32Array(Math.ceil((60_000 * 48000) / 44100));
    const b = new Float32Array(a.length);
    let pulled = 0;
    for (let at = 0; at < input.length; at += 120) {
      const block = input.subarray(at, at + 120);
      hoarding.push(block);
      prompt.push(block);
      pulled += prompt.pull(b.subarray(pulled), 1000);
    }
    assert.equal(hoarding.pull(a, a.length + 1), pulled);
    assert.equal(firstDifference(a, b), -1);
  });

  it('pulls no more than there is and leaves the rest of the output alone', () => {
    const resampler = new Resampler(16000, 48000);
    const output = new Float32Array(10).fill(77);
    assert.equal(resampler.available, 0);
    assert.equal(resampler.pull(output, 10), 0);
    resampler.push(Float32Array.of(0, 0, 9, 9), 2);
    assert.equal(resampler.available, 6);
    assert.equal(resampler.pull(output, 4), 4);
    assert.equal(resampler.pull(output, 10), 2);
    assert.deepEqual([...output], [0, 0, 0, 0, 77, 77, 77, 77, 77, 77]);
  });

  it('is silent again soon after a sample that is not a number', () => {
    const resampler = new Resampler(16000, 48000);
    const output = new Float32Array(300);
    resampler.push(Float32Array.of(NaN, ...new Float32Array(99)));
    resampler.pull(output, 300);
    assert.equal(
      output.subarray(3 * 64).every((value) => value === 0),
      true,
    );
  });

  it('refuses rates that are not positive whole numbers', () => {
    for (const rate of [0, -1, 44100.5, 0.5, NaN, Infinity, -Infinity]) {
      assert.throws(() => new Resampler(rate, 48000), RangeError);
      assert.throws(() => new Resampler(48000, rate), RangeError);
    }
  });

  it('is at most 900 bytes of minified code', async (t) => {
    const source = await readFile(new URL('../../src/dsp/resampler.ts', import.meta.url), 'utf8');
    const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022', minify: true });
    t.diagnostic(`${code.trim().length} B`);
    assert.equal(code.trim().length <= 900, true);
  });
});
