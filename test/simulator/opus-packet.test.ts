import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getPacketInfo } from 'libopus-wasm';
import { readOpusPacket } from '../../simulator/media/opus-packet.js';

// RFC 6716, Table 2, in the order of the configuration numbers.
const silk = [10, 20, 40, 60];
const hybrid = [10, 20];
const celt = [2.5, 5, 10, 20];
const table = [...silk, ...silk, ...silk, ...hybrid, ...hybrid, ...celt, ...celt, ...celt, ...celt];

const durationOf = (...bytes: number[]): number | undefined => readOpusPacket(Uint8Array.from(bytes))?.durationMs;

describe('an Opus packet', () => {
  it('tells its duration as the table of RFC 6716 has it', () => {
    assert.equal(table.length, 32);
    table.forEach((ms, config) => {
      assert.equal(durationOf(config << 3), ms, `configuration ${config}`);
      assert.equal(durationOf((config << 3) | 1), 2 * ms);
      assert.equal(durationOf((config << 3) | 2), 2 * ms);
      assert.equal(durationOf((config << 3) | 3, 0x81), ms);
      assert.equal(durationOf((config << 3) | 3, 0x42), 2 * ms);
    });
  });

  it('tells what libopus tells', async () => {
    for (const [config, ms] of table.entries()) {
      // Parts of one byte each, so that every configuration is a packet that could have been sent.
      const packet = Uint8Array.of((config << 3) | 4 | 3, 2, 0, 0);
      const { durationMs, channels } = await getPacketInfo(packet);
      assert.equal(durationMs, 2 * ms);
      assert.deepEqual(readOpusPacket(packet), { durationMs, isStereo: channels === 2 });
    }
  });

  it('is none when it is empty, of no parts, or longer than 120 ms', () => {
    assert.equal(durationOf(), undefined);
    assert.equal(durationOf(0xff), undefined);
    assert.equal(durationOf(0xff, 0xc0), undefined);
    assert.equal(durationOf(0xfb, 6), 120);
    assert.equal(durationOf(0xfb, 7), undefined);
    assert.equal(durationOf(0x1b, 3), undefined);
  });
});
