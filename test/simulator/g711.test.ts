import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { codecs } from '../../simulator/media/codecs.js';
import { fromALaw, fromMuLaw, toALaw, toMuLaw } from '../../simulator/media/g711.js';
import { levelDbfs } from './speech.js';

const bytes = Array.from({ length: 256 }, (_, byte) => byte);
const samples = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);

describe('G.711', () => {
  // ITU-T G.711, tables 5 and 6: 1 kHz at 0 dBm0, 3.14 dB (A) and 3.17 dB (μ) below the loudest sine that fits.
  for (const { law, sequence, decode, encode, headroomDb, loudest } of [
    {
      law: 'A-law',
      sequence: [0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4],
      decode: fromALaw,
      encode: toALaw,
      headroomDb: 3.14,
      loudest: 4096 * 8,
    },
    {
      law: 'μ-law',
      sequence: [0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e],
      decode: fromMuLaw,
      encode: toMuLaw,
      headroomDb: 3.17,
      loudest: 8159 * 4,
    },
  ]) {
    it(`plays the Recommendation's ${law} sequence as 1 kHz at 0 dBm0`, () => {
      const played = Int16Array.from(sequence, decode);
      const sineDbfs = levelDbfs(played) - 20 * Math.log10(loudest / 32_768) + 10 * Math.log10(2);
      assert.ok(Math.abs(sineDbfs + headroomDb) < 0.05, `${sineDbfs} dB`);
      played.forEach((sample, i) => assert.equal(sample, -played[(i + 4) % 8]!));
      assert.deepEqual(Array.from(played, encode), sequence);
    });

    it(`gives each ${law} byte back as it was, but for the two zeros`, () => {
      for (const byte of bytes) {
        const again = encode(decode(byte));
        if (law === 'μ-law' && byte === 0x7f) assert.equal(again, 0xff);
        else assert.equal(again, byte);
      }
    });

    it(`is never further from a sample than half of ${law}'s step there`, () => {
      const levels = [...new Set(bytes.map(decode))].sort((a, b) => a - b);
      const steps = new Map(
        levels.map((level, i) => [level, Math.max(level - (levels[i - 1] ?? level), (levels[i + 1] ?? level) - level)]),
      );
      for (const sample of samples) {
        if (Math.abs(sample) > loudest - 4) continue;
        const played = decode(encode(sample));
        // Samples of 16 bits are cut to 14 or 13 first.
        const isNear = Math.abs(played - sample) <= steps.get(played)! / 2 + 8;
        if (!isNear) assert.fail(`${sample} is played as ${played}`);
      }
    });
  }

  it("has the values of the Recommendation's tables 1 and 2", () => {
    // The table's values count in 13 and 14 bits.
    const table1 = [
      [0xaa, 4032],
      [0xa5, 2112],
      [0xb5, 1056],
      [0xd5, 1],
      [0x55, -1],
      [0x2a, -4032],
    ] as const;
    for (const [byte, value] of table1) assert.equal(fromALaw(byte), value * 8);
    const table2 = [
      [0x80, 8031],
      [0x8f, 4191],
      [0x9f, 2079],
      [0xef, 33],
      [0xfe, 2],
      [0xff, 0],
      [0x00, -8031],
    ] as const;
    for (const [byte, value] of table2) assert.equal(fromMuLaw(byte), value * 4);
  });

  const sox = spawnSync('sox', ['--version']).status === 0;
  for (const [name, type] of [
    ['pcmu', 'ul'],
    ['pcma', 'al'],
  ] as const) {
    describe(`${name} beside sox`, { skip: sox ? false : 'sox is not installed' }, () => {
      const convert = (from: string[], to: string[], input: Uint8Array): Buffer => {
        const raw = ['-r', '8000', '-c', '1'];
        return spawnSync('sox', ['-D', ...from, ...raw, '-', ...to, ...raw, '-'], { input, maxBuffer: 2 ** 22 }).stdout;
      };
      const pcm = ['-t', 'raw', '-e', 'signed', '-b', '16', '-L'];
      const { encode, createDecoder } = codecs[name];

      it('plays every byte alike', () => {
        const played = convert(['-t', type], pcm, Uint8Array.from(bytes));
        assert.deepEqual(
          Array.from(createDecoder()(Uint8Array.from(bytes)), (sample) => sample),
          bytes.map((i) => played.readInt16LE(2 * i)),
        );
      });

      it('encodes every sample to the same byte or, at a border that sox rounds over, to its neighbour', () => {
        const theirs = convert(pcm, ['-t', type], new Uint8Array(samples.buffer));
        const ours = encode(samples);
        assert.equal(theirs.length, ours.length);
        const decode = createDecoder();
        const [played, playedBySox] = [decode(ours), decode(theirs)];
        const levels = Array.from(decode(Uint8Array.from(bytes))).sort((a, b) => a - b);
        const rank = new Map(levels.map((level, i) => [level, i]));
        let unlike = 0;
        played.forEach((sample, i) => {
          if (sample === playedBySox[i]) return;
          unlike++;
          assert.ok(Math.abs(rank.get(sample)! - rank.get(playedBySox[i]!)!) <= 2, `${samples[i]}`);
        });
        assert.ok(unlike / samples.length < 0.04, `${unlike} are unlike`);
      });
    });
  }
});

describe('l16', () => {
  it('has the high byte first', () => {
    assert.deepEqual([...codecs.l16.encode(Int16Array.of(0x0102, -2, -32_768))], [1, 2, 0xff, 0xfe, 0x80, 0]);
    const decode = codecs.l16.createDecoder();
    assert.deepEqual([...decode(Uint8Array.of(1)), ...decode(Uint8Array.of(2, 0xff, 0xfe, 0x80))], [0x0102, -2]);
  });
});
