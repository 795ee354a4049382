import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Tokens } from '../../simulator/tokens.js';

describe('Tokens', () => {
  it('lets each in once', () => {
    const tokens = new Tokens<true>();
    const [one, other] = [tokens.issue(true), tokens.issue(true)];
    assert.notEqual(one, other);
    assert.deepEqual(
      [one, one, other, 'made-up', ''].map((token) => tokens.redeem(token)),
      [true, undefined, true, undefined, undefined],
    );
    assert.equal(tokens.issued, 2);
  });

  it('lets nobody in after 60 s', () => {
    let nowMs = 1000;
    const tokens = new Tokens<true>(() => nowMs);
    const [early, late] = [tokens.issue(true), tokens.issue(true)];
    nowMs += 59_999;
    assert.equal(tokens.redeem(early), true);
    nowMs += 1;
    assert.equal(tokens.redeem(late), undefined);
  });

  it('is safe in a URL', () => {
    assert.match(new Tokens<true>().issue(true), /^[\w-]{32}$/);
  });
});
