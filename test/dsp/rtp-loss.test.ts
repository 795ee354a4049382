import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JitterBuffer } from '../../src/dsp/jitter-buffer.js';
import { RtpReader } from '../../src/protocol/rtp.js';
import { rtpPacket } from '../support/rtp.js';

const sampleRate = 16_000;
const packetSamples = 320;

/** Plays packets that come on time, but for those that never come. Answers the buffer, and samples of silence in its speech. */
function playWithout(lost: readonly number[], packets = 200) {
  const buffer = new JitterBuffer({ sampleRate });
  const reader = new RtpReader(96, (payload, lostPackets) => {
    buffer.push(new Int16Array(lostPackets * packetSamples));
    buffer.push(new Int16Array(payload.length).fill(8000));
  });
  const played: number[] = [];
  const block = new Float32Array(packetSamples);
  for (let sequence = 0; sequence < packets; sequence++) {
    if (!lost.includes(sequence)) reader.read(rtpPacket({ sequence, payload: new Uint8Array(packetSamples) }).slice(0));
    buffer.pull(block, packetSamples);
    played.push(...block);
    reader.tick();
  }
  const isSound = (sample: number) => sample !== 0;
  const first = played.findIndex(isSound);
  const last = played.length - [...played].reverse().findIndex(isSound);
  const silent = played.slice(first, last).filter((sample) => sample === 0).length;
  return { underruns: buffer.underruns, silent };
}

describe('a lost RTP packet', () => {
  it('is as much silence, and no more: the player does not run dry while it is waited for', () => {
    for (const lost of [[50], [50, 100, 150]]) {
      const { underruns, silent } = playWithout(lost);
      assert.equal(underruns, 0, `${lost.join()}: underruns`);
      // The fades at its edges are not silence.
      assert.ok(silent <= lost.length * packetSamples, `${lost.join()}: ${silent} samples`);
    }
    assert.deepEqual(playWithout([]), { underruns: 0, silent: 0 });
  });
});
