import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Pacer, planMessages, type PlannedMessage } from '../../simulator/pacing.js';
import { createPcmWire } from '../../simulator/pcm-wire.js';
import { seededRandom } from '../../simulator/random.js';
import { createScenario, type Scenario } from '../../simulator/scenario.js';
import { FakeClock } from './fake-clock.js';
import { samplesOf } from './speech.js';

const spoken = Int16Array.from({ length: 16_000 * 10 }, (_, i) => (i * 7919) % 65_536);

const plan = (name: string, knobs: Partial<Scenario> = {}, samples = spoken): PlannedMessage[] => [
  ...planMessages(samples, createPcmWire(), createScenario(name, knobs), seededRandom(knobs.seed ?? 1)),
];
const audioOf = (messages: readonly PlannedMessage[]): Uint8Array[] =>
  messages.map(({ content }) => content).filter((content) => typeof content !== 'string');

describe('planMessages', () => {
  it('sends 640 bytes every 20 ms', () => {
    const messages = plan('speech');
    assert.equal(messages.length, 500);
    messages.forEach(({ atMs, content }, i) => {
      assert.equal(atMs, i * 20);
      assert.equal(content.length, 640);
    });
  });

  it('ends with a shorter message when the speech is no multiple of 20 ms', () => {
    const messages = plan('speech', {}, spoken.subarray(5, 5 + 330));
    assert.deepEqual(
      audioOf(messages).map(({ length }) => length),
      [640, 20],
    );
    assert.deepEqual(samplesOf(audioOf(messages)), spoken.slice(5, 5 + 330));
  });

  for (const name of ['speech', 'burst', 'jitter', 'stalls', 'odd', 'chatty']) {
    it(`keeps every sample in its place with ${name}`, () => {
      assert.deepEqual(samplesOf(audioOf(plan(name))), spoken);
    });

    it(`never lets one message overtake another with ${name}`, () => {
      const times = plan(name).map(({ atMs }) => atMs);
      assert.deepEqual(
        times,
        times.slice().sort((a, b) => a - b),
      );
    });
  }

  it('sends a burst in large messages, all at once', () => {
    const messages = plan('burst');
    assert.deepEqual(
      messages.map(({ content }) => content.length),
      Array(10).fill(32_000),
    );
    assert.ok(messages.every(({ atMs }) => atMs === 0));
  });

  it('jitters by up to 15 ms to either side of a steady line', () => {
    const late = plan('jitter').map(({ atMs }, i) => atMs - i * 20 - 15);
    assert.ok(late.every((ms) => ms >= -15 && ms <= 15 + 15));
    assert.ok(Math.min(...late) < -10 && Math.max(...late) > 10);
  });

  it('is bad in the same places for the same seed and elsewhere for another', () => {
    assert.deepEqual(plan('stalls'), plan('stalls'));
    assert.notDeepEqual(plan('stalls'), plan('stalls', { seed: 2 }));
  });

  it('stalls about 4 % of the messages by 60 to 150 ms and lets the rest leave on time', () => {
    const late = plan('stalls', {}, new Int16Array(16_000 * 100)).map(({ atMs }, i) => atMs - i * 20);
    const onTime = late.filter((ms) => ms === 0).length / late.length;
    // A stall of 105 ms holds up the four messages behind it too.
    assert.ok(onTime > 0.75 && onTime < 0.9, `${onTime}`);
    assert.ok(Math.max(...late) > 120 && Math.max(...late) <= 150);
    const starts = late.filter((ms, i) => ms >= 60 && ms > (late[i - 1] ?? 0) - 20 + 1e-6).length / late.length;
    assert.ok(starts > 0.02 && starts < 0.05, `${starts}`);
  });

  it('sends odd, empty and one-byte messages when asked for odd ones', () => {
    const lengths = audioOf(plan('odd')).map(({ length }) => length);
    assert.deepEqual(lengths.slice(0, 2), [0, 1]);
    assert.ok(lengths.filter((length) => length % 2 === 1).length > 50);
    assert.ok(new Set(lengths).size > 50);
  });

  it('mixes unknown texts in, and only texts', () => {
    const texts = plan('chatty').filter(({ content }) => typeof content === 'string');
    assert.equal(texts.length, 50);
    assert.equal(audioOf(plan('chatty')).length, 500);
  });

  it('ends garbage with 2 MiB of noise that nobody can hear', () => {
    const noise = plan('garbage').at(-1)!.content as Uint8Array;
    assert.equal(noise.length, 2 * 1024 * 1024);
    assert.ok(samplesOf([noise]).every((sample) => Math.abs(sample) <= 14));
  });
});

describe('Pacer', () => {
  const messages: PlannedMessage[] = [0, 20, 40, 60, 80, 100].map((atMs) => ({ atMs, content: String(atMs) }));

  it('sends each message at its time', () => {
    const clock = new FakeClock();
    const sent: string[] = [];
    new Pacer((content) => sent.push(`${content}@${clock.now()}`), clock).play(messages, 120, () => {});
    clock.advance(200);
    assert.deepEqual(sent, ['0@0', '20@20', '40@40', '60@60', '80@80', '100@100']);
  });

  it('sends at once what a late timer left behind, and is on time again after it', () => {
    const clock = new FakeClock();
    const sent: string[] = [];
    new Pacer((content) => sent.push(`${content}@${clock.now()}`), clock).play(messages, 120, () => {});
    clock.stall(65);
    clock.advance(200);
    assert.deepEqual(sent, ['0@0', '20@65', '40@65', '60@65', '80@80', '100@100']);
  });

  it('is busy until the last word is spoken, however fast it was sent', () => {
    const clock = new FakeClock();
    let done = 0;
    const pacer = new Pacer(() => {}, clock);
    pacer.play([{ atMs: 0, content: 'all' }], 1000, () => done++);
    clock.advance(999);
    assert.equal(pacer.busy, true);
    assert.equal(done, 0);
    clock.advance(1);
    assert.equal(pacer.busy, false);
    assert.equal(done, 1);
  });

  it('asks for no message before the one before it has left', () => {
    const clock = new FakeClock();
    let asked = 0;
    const plan = (function* () {
      for (const message of messages) {
        asked++;
        yield message;
      }
    })();
    new Pacer(() => {}, clock).play(plan, 120, () => {});
    assert.equal(asked, 2);
    clock.advance(40);
    assert.equal(asked, 4);
  });

  it('says nothing more and calls nobody once stopped', () => {
    const clock = new FakeClock();
    const sent: unknown[] = [];
    const pacer = new Pacer((content) => sent.push(content), clock);
    pacer.play(messages, 120, () => assert.fail('done'));
    clock.advance(30);
    pacer.stop();
    clock.advance(1000);
    assert.equal(sent.length, 2);
    assert.equal(clock.pending, 0);
  });

  it('can be stopped by the very message that it sends', () => {
    const clock = new FakeClock();
    let sent = 0;
    const pacer = new Pacer(() => {
      sent++;
      pacer.stop();
    }, clock);
    pacer.play(messages, 120, () => assert.fail('done'));
    clock.advance(1000);
    assert.equal(sent, 1);
  });
});
