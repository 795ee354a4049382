import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conditions, measure, speech } from '../../scripts/bench/jitter-table.js';
import { clean, jittery, paced } from '../../scripts/bench/networks.js';
import { Ours } from '../../scripts/bench/players.js';
import { simulate } from '../../scripts/bench/simulate.js';
import { seededRandom } from './fixtures.js';

describe('JitterBuffer on a network', () => {
  for (const condition of conditions) {
    const { name, network, sender, maxGapsPerMinute } = condition;
    const skip = network ? false : 'its recording is not here: see TRACES in scripts/bench/networks.ts';
    it(`${name}: at most ${maxGapsPerMinute} gaps a minute, nothing lost`, { skip }, (t) => {
      const { gapsPerMinute, delayP50Ms, firstAudioMaxMs, lostSamples } = measure('ours', condition);
      t.diagnostic(`${gapsPerMinute.toFixed(2)} gaps a minute, delay ${delayP50Ms.toFixed(0)} ms`);
      assert.ok(gapsPerMinute <= maxGapsPerMinute, `${gapsPerMinute} gaps a minute`);
      assert.equal(lostSamples, 0);
      assert.ok(firstAudioMaxMs <= 210, `first word after ${firstAudioMaxMs} ms`);
      // A burst and a synthesis that runs ahead wait in the buffer, and every third message of the last is late itself.
      if (sender === paced && network !== jittery) assert.ok(delayP50Ms <= 260, `delay ${delayP50Ms} ms`);
    });
  }

  it('plays the first word of every turn within 50 ms of its first byte on a clean line, and adds no more delay', () => {
    const call = { sender: paced, network: clean, random: seededRandom(9), minutes: 5, speech };
    const { firstAudioMaxMs, delayP95Ms } = simulate(new Ours(), call);
    assert.ok(firstAudioMaxMs <= 50, `${firstAudioMaxMs} ms`);
    assert.ok(delayP95Ms <= 80, `${delayP95Ms} ms, of which 30 are the line's`);
  });

  it('has no gap any more once it has met the first stall of a line with ±15 ms and 60 to 150 ms on 4 % of messages', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const call = { sender: paced, network: jittery, random: seededRandom(seed), minutes: 3, speech };
      const { gapsAtMs } = simulate(new Ours(), call);
      assert.ok(gapsAtMs.length <= 1, `seed ${seed}: gaps at ${gapsAtMs.join(', ')} ms`);
    }
  });
});
