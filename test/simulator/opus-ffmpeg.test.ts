import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { createOpusCoder } from '../../simulator/media/opus-coder.js';
import { readOpusPacket } from '../../simulator/media/opus-packet.js';
import { seededRandom } from '../../simulator/random.js';
import { dominantHz } from '../../simulator/spectrum.js';
import { readOggPackets, writeOggOpus } from './ogg.js';
import { join, levelDbfs, likeness, samplesOf, sweep, tone } from './speech.js';

const rate = 48_000;
const pcm = ['-f', 's16le', '-ar', String(rate), '-ac', '1'];
// libopus looks 6.5 ms ahead at 48 kHz, and says nothing meaningful before it has.
const maxDelay = 700;

function ffmpeg(args: readonly string[], input: Uint8Array): Uint8Array {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args], {
    input,
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, String(stderr));
  assert.equal(String(stderr), '');
  return stdout;
}

/** Why there is nothing to compare with; false where there is. */
function reasonToSkip(): string | false {
  const { error, stdout } = spawnSync('ffmpeg', ['-hide_banner', '-encoders'], { encoding: 'utf8' });
  if (error) return 'ffmpeg is not installed';
  return / libopus /.test(stdout) ? false : 'ffmpeg is here without libopus';
}

const encoded = async (samples: Int16Array, messageMs = 20): Promise<Uint8Array[]> => {
  const coder = await createOpusCoder();
  return [...coder.cut(samples, { messageMs, odd: false }, seededRandom(1))].map(({ bytes }) => bytes);
};

describe('Opus beside ffmpeg', { skip: reasonToSkip() }, () => {
  for (const messageMs of [20, 10, 5]) {
    it(`is understood by ffmpeg's libopus, in packets of ${messageMs} ms`, async () => {
      const said = sweep(1, rate);
      const file = writeOggOpus(await encoded(said, messageMs), (rate * messageMs) / 1000);
      const heard = samplesOf([ffmpeg(['-c:a', 'libopus', '-i', 'pipe:0', ...pcm, 'pipe:1'], file)]);
      assert.equal(heard.length, said.length);
      const likenesses = likeness(said.slice(9600, 40_000), heard.subarray(9600), maxDelay);
      assert.ok(likenesses > 0.95, `${likenesses}`);
    });
  }

  // `opus` is ffmpeg's own decoder, by other people from the same RFC. It judges no sweep: that of ffmpeg 5.1 distorts one
  // which ffmpeg's libopus has encoded.
  for (const decoder of ['opus', 'libopus']) {
    it(`keeps pitch and level by ffmpeg's ${decoder}`, async () => {
      const file = writeOggOpus(await encoded(tone(440, 1, -20)), 960);
      const heard = samplesOf([ffmpeg(['-c:a', decoder, '-i', 'pipe:0', ...pcm, 'pipe:1'], file)]).subarray(9600);
      assert.ok(Math.abs(dominantHz(heard, rate) - 440) < 1);
      assert.ok(Math.abs(levelDbfs(heard) + 20) < 0.5, `${levelDbfs(heard)}`);
    });
  }

  for (const [name, options, expected] of [
    ['20 ms', ['-application', 'voip', '-frame_duration', '20'], { durationMs: 20, isStereo: false }],
    ['60 ms', ['-application', 'voip', '-frame_duration', '60'], { durationMs: 60, isStereo: false }],
    ['2.5 ms', ['-application', 'lowdelay', '-frame_duration', '2.5'], { durationMs: 2.5, isStereo: false }],
    ['12 kbit/s', ['-application', 'voip', '-b:a', '12k'], { durationMs: 20, isStereo: false }],
    ['stereo', ['-ac', '2'], { durationMs: 20, isStereo: true }],
  ] as const) {
    it(`understands what ffmpeg's libopus says (${name})`, async () => {
      const said = join(sweep(1, rate), tone(440, 1, -20));
      const bytes = new Uint8Array(said.buffer);
      const file = ffmpeg([...pcm, '-i', 'pipe:0', '-c:a', 'libopus', ...options, '-f', 'ogg', 'pipe:1'], bytes);
      const packets = readOggPackets(file);
      const coder = await createOpusCoder();
      const heard = join(...packets.map((packet) => coder.decode(packet)));
      for (const packet of packets) assert.deepEqual(readOpusPacket(packet), expected);
      assert.deepEqual(coder.opusFigures, {
        undecodable: 0,
        stereo: expected.isStereo ? packets.length : 0,
        durationsMs: { [expected.durationMs]: packets.length },
      });
      assert.equal(
        packets.reduce((sum, packet) => sum + coder.samplesIn(packet), 0),
        heard.length,
      );
      const likenesses = likeness(said.slice(9600, 40_000), heard.subarray(9600), maxDelay);
      assert.ok(likenesses > 0.9, `${likenesses}`);
      assert.ok(Math.abs(dominantHz(heard.subarray(rate + 9600, 2 * rate), rate) - 440) < 1);
    });
  }
});
