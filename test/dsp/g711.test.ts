import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from '../../src/protocol/g711.js';
import { firstDifference } from './fixtures.js';

const everySample = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
const binary = (text: string): number => parseInt(text, 2);

interface Law {
  readonly encode: (sample: number) => number;
  readonly decode: (byte: number) => number;
  /** 16-bit steps in one of the standard's. */
  readonly scale: number;
  /** Decision values of positive samples, in the standard's unit: G.711 tables 1a and 2a, column 4 and note 1. */
  readonly decisions: number[];
  readonly silence: number;
  readonly sox: string;
}

/** 0, then the ends of the steps: 16 to a segment, of the lengths given. */
function stepEnds(first: number[], segments: readonly [from: number, step: number][]): number[] {
  return segments.reduce((ends, [from, step]) => {
    return ends.concat(Array.from({ length: 16 }, (_, i) => from + step * (i + 1)));
  }, first);
}

const laws: Record<string, Law> = {
  'µ-law': {
    encode: encodeMuLaw,
    decode: decodeMuLaw,
    scale: 4,
    decisions: stepEnds(
      [0, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31],
      [31, 95, 223, 479, 991, 2015, 4063].map((from, i) => [from, 4 << i]),
    ),
    silence: 0xff,
    sox: 'mu-law',
  },
  'A-law': {
    encode: encodeALaw,
    decode: decodeALaw,
    scale: 8,
    decisions: stepEnds(
      [0],
      [0, 32, 64, 128, 256, 512, 1024, 2048].map((from, i) => [from, Math.max(2, 1 << i)]),
    ),
    silence: 0xd5,
    sox: 'a-law',
  },
};

/** What sox makes of raw sound, without dither. */
function sox(input: Uint8Array, from: readonly string[], to: readonly string[]): Buffer {
  const raw = ['-t', 'raw', '-r', '8000', '-c', '1'];
  const { stdout, status, stderr } = spawnSync('sox', ['-D', '-V1', ...raw, ...from, '-', ...raw, ...to, '-'], {
    input,
  });
  assert.equal(status, 0, String(stderr));
  return stdout;
}
const pcm16 = ['-e', 'signed', '-b', '16', '-L'];
const needsSox = spawnSync('sox', ['--version']).status === 0 ? false : 'sox is not installed: apt-get install sox';

describe('G.711', () => {
  it('has the character signals of its tables at the end of each segment', () => {
    const muLaw: Record<number, string> = {
      8158: '10000000',
      4063: '10001111',
      2015: '10011111',
      991: '10101111',
      479: '10111111',
      223: '11001111',
      95: '11011111',
      31: '11101111',
      1: '11111110',
      0: '11111111',
    };
    for (const [value, signal] of Object.entries(muLaw)) {
      assert.equal(encodeMuLaw(4 * Number(value)), binary(signal), `µ-law ${value}`);
      assert.equal(encodeMuLaw(-4 * Number(value) - 1), binary(signal) & 127, `µ-law −${value}`);
    }
    // Here the tables stand before the inversion of the even bits (note 2).
    const aLaw: Record<number, string> = {
      4095: '11111111',
      2048: '11110000',
      1024: '11100000',
      512: '11010000',
      256: '11000000',
      128: '10110000',
      64: '10100000',
      32: '10010000',
      0: '10000000',
    };
    for (const [value, signal] of Object.entries(aLaw)) {
      const inverted = binary(signal) ^ binary('01010101');
      assert.equal(encodeALaw(8 * Number(value)), inverted, `A-law ${value}`);
      assert.equal(encodeALaw(-8 * Number(value) - 1), inverted & 127, `A-law −${value}`);
    }
  });

  it('makes of a tone of 1 kHz at 0 dBm0 the octets of its tables 5 and 6', () => {
    // 0 dBm0 is 3.14 dB (A-law) and 3.17 dB (µ-law) below the loudest tone.
    const octets = (encode: (sample: number) => number, peak: number, db: number) =>
      Array.from({ length: 8 }, (_, i) => {
        const sample = -peak * 10 ** (-db / 20) * Math.sin((Math.PI / 4) * (i + 0.5));
        return encode(Math.round(sample)).toString(16);
      });
    assert.deepEqual(octets(encodeALaw, 8 * 4096, 3.14), ['34', '21', '21', '34', 'b4', 'a1', 'a1', 'b4']);
    assert.deepEqual(octets(encodeMuLaw, 4 * 8159, 3.17), ['1e', 'b', 'b', '1e', '9e', '8b', '8b', '9e']);
  });

  for (const [name, { encode, decode, scale, decisions, silence, sox: soxName }] of Object.entries(laws)) {
    describe(name, () => {
      it('puts every one of the 65,536 samples between its two decision values, and halfway between them back', () => {
        let wrong = 0;
        for (const sample of everySample) {
          // A sample on a decision value begins a step above 0, and ends one below.
          const value = (sample < 0 ? -sample - 1 : sample) / scale;
          let step = decisions.findIndex((end) => end > value) - 1;
          if (step < 0) step = decisions.length - 2; // too loud: clipped
          const [from, to] = [decisions[step]!, decisions[step + 1]!];
          const magnitude = scale * (name === 'µ-law' && step === 0 ? 0 : (from + to) / 2);
          if (decode(encode(sample)) !== (sample < 0 ? -magnitude : magnitude)) {
            // −0 is 0 in PCM16.
            if (magnitude !== 0 || decode(encode(sample)) !== 0) wrong += 1;
          }
        }
        assert.equal(wrong, 0);
      });

      it('never errs by more than a 32nd of the sample, or half of the smallest step', () => {
        const bias = name === 'µ-law' ? 132 : 0;
        const tooFar = everySample.filter((sample) => {
          return Math.abs(decode(encode(sample)) - sample) > Math.max(scale, (Math.abs(sample) + bias) / 32);
        });
        assert.deepEqual([...tooFar], []);
      });

      it('gives every byte back, but for the negative zero that PCM16 has not', () => {
        const changed = [...everyByte].filter((byte) => encode(decode(byte)) !== byte);
        assert.deepEqual(changed, name === 'µ-law' ? [0x7f] : []);
      });

      it('makes bytes and 16-bit samples of whatever is in range, rising with it', () => {
        const decoded = [...everySample].map((sample) => decode(encode(sample)));
        assert.equal(
          decoded.every((value, i) => i === 0 || value >= decoded[i - 1]!),
          true,
        );
        assert.equal(
          everySample.every((sample) => (encode(sample) & 255) === encode(sample)),
          true,
        );
        assert.deepEqual([encode(0), encode(-0)], [silence, silence]);
      });

      it('decodes every byte as sox does', { skip: needsSox }, () => {
        const output = sox(everyByte, ['-e', soxName, '-b', '8'], pcm16);
        const theirs = Int16Array.from({ length: 256 }, (_, i) => output.readInt16LE(2 * i));
        assert.equal(
          firstDifference(
            [...everyByte].map((byte) => decode(byte) + 0),
            theirs,
          ),
          -1,
        );
      });

      it('encodes as sox does what needs no rounding, decision values apart', { skip: needsSox }, () => {
        // sox rounds to the standard's 14 or 13 bits first. In µ-law it begins a step at negative decision values, too.
        const whole = everySample.filter((sample) => {
          return sample % scale === 0 && !(name === 'µ-law' && sample < 0 && decisions.includes(-sample / scale));
        });
        const theirs = sox(new Uint8Array(whole.buffer), pcm16, ['-e', soxName, '-b', '8']);
        assert.equal(theirs.length, whole.length);
        const different = [...whole].filter((sample, i) => encode(sample) !== theirs[i]);
        assert.deepEqual(different, []);
      });
    });
  }
});
