import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Listener } from '../../simulator/listener.js';
import { join, silence, sweep, tone } from './speech.js';

/** What a fresh listener makes of it, heard in pieces. */
function utterances(heard: Int16Array, pieceLength = 960): Int16Array[] {
  const listener = new Listener(48_000);
  const found: Int16Array[] = [];
  for (let at = 0; at < heard.length; at += pieceLength) {
    const utterance = listener.push(heard.subarray(at, at + pieceLength));
    if (utterance) found.push(utterance);
  }
  return found;
}

const seconds = (samples: Int16Array): number => samples.length / 48_000;

describe('Listener', () => {
  it('gives back what was said, with a little of the silence around it', () => {
    const said = sweep(1);
    const [utterance, ...others] = utterances(join(silence(1), said, silence(1)));
    assert.equal(others.length, 0);
    assert.ok(Math.abs(seconds(utterance!) - 1.4) < 0.15, `${seconds(utterance!)} s`);
    const start = utterance!.findIndex((sample) => sample !== 0) - 1;
    assert.deepEqual(utterance!.slice(start, start + said.length), said);
  });

  it('hears the same however the audio is cut', () => {
    const heard = join(silence(0.123), sweep(0.7), silence(1));
    assert.deepEqual(utterances(heard, 1), utterances(heard, 4801).slice());
  });

  it('waits 700 ms, so that a breath does not end a sentence', () => {
    assert.equal(utterances(join(tone(300, 0.5), silence(0.6), tone(300, 0.5), silence(0.8))).length, 1);
    assert.equal(utterances(join(tone(300, 0.5), silence(0.8), tone(300, 0.5), silence(0.8))).length, 2);
  });

  it('does not take a click for speech', () => {
    assert.equal(utterances(join(silence(0.5), tone(300, 0.06), silence(1), tone(300, 0.06), silence(1))).length, 0);
  });

  it('does not take a quiet room for speech', () => {
    assert.equal(utterances(join(tone(100, 2, -48), silence(1))).length, 0);
    assert.equal(utterances(join(tone(100, 1, -42), silence(1))).length, 1);
  });

  it('answers after 20 s to whoever does not stop', () => {
    const [utterance] = utterances(tone(300, 21));
    assert.equal(seconds(utterance!), 20);
  });

  it('forgets what it heard and hears nothing for a while when reset', () => {
    const listener = new Listener(48_000);
    listener.push(tone(300, 0.5));
    assert.equal(listener.speaking, true);
    listener.reset(300);
    assert.equal(listener.speaking, false);
    assert.equal(listener.push(join(tone(300, 0.3), silence(1))), undefined);
    assert.ok(listener.push(join(tone(300, 0.3), silence(1))));
  });

  it('gives what it has when asked to finish, and nothing when nobody spoke', () => {
    const listener = new Listener(48_000);
    assert.equal(listener.finish(), undefined);
    listener.push(tone(300, 0.5));
    assert.equal(seconds(listener.finish()!), 0.5);
    assert.equal(listener.finish(), undefined);
  });
});
