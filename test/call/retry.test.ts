import { expect } from '@open-wc/testing';
import fc from 'fast-check';
import { CallError, type CallErrorCode, type CallErrorDetails } from '../../src/call/errors.js';
import { longestRetryMs, nextRetryDelayMs, triesAfter } from '../../src/call/retry.js';

/** The wait before a try, at the shortest and at the longest. */
const spread = (tries: number, elapsedMs = 0, error?: CallError) =>
  [0, 1].map((random) => nextRetryDelayMs({ tries, elapsedMs, error }, random));
const after = (code: CallErrorCode, details?: CallErrorDetails) => spread(1, 1000, new CallError(code, details));

describe('the next try to have a call back', () => {
  it('waits longer each time, spread over half of the wait, and comes three times at most', () => {
    expect(spread(0)).to.deep.equal([250, 500]);
    expect(spread(1)).to.deep.equal([1000, 2000]);
    expect(spread(2)).to.deep.equal([4000, 8000]);
    expect(spread(3)).to.deep.equal([null, null]);
  });

  it('is spread by chance where nobody says how', () => {
    const waits = new Set(Array.from({ length: 20 }, () => nextRetryDelayMs({ tries: 0, elapsedMs: 0 })));
    expect(waits.size).to.be.above(1);
  });

  it('is not made where its time would be over', () => {
    expect(spread(0, 19_499)).to.deep.equal([250, 500]);
    expect(spread(0, 19_600)).to.deep.equal([250, null]);
    expect(spread(0, 19_750)).to.deep.equal([null, null]);
  });

  it('heeds the server that says when, or gives up where that is too late', () => {
    expect(after('rate-limited', { httpStatus: 429, retryAfterS: 5 })).to.deep.equal([5000, 5000]);
    expect(after('rate-limited', { httpStatus: 503, retryAfterS: 0 })).to.deep.equal([1000, 2000]);
    expect(after('rate-limited', { httpStatus: 503 })).to.deep.equal([1000, 2000]);
    expect(after('rate-limited', { httpStatus: 429, retryAfterS: 19 })).to.deep.equal([null, null]);
  });

  it('is made after what may pass, and not after a refusal or what only the site can mend', () => {
    const passing: CallErrorCode[] = [
      'token-request-failed',
      'token-request-timeout',
      'connection-failed',
      'connection-timeout',
      'agent-timeout',
    ];
    for (const code of passing) expect(after(code), code).to.deep.equal([1000, 2000]);
    expect(after('token-request-failed', { httpStatus: 502 })).to.deep.equal([1000, 2000]);
    for (const httpStatus of [400, 401, 403, 404]) {
      expect(after('token-request-failed', { httpStatus }), `${httpStatus}`).to.deep.equal([null, null]);
    }
    for (const code of ['protocol-error', 'unsupported-browser'] as const) {
      expect(after(code), code).to.deep.equal([null, null]);
    }
  });

  it('lies within three tries and 20 s, whatever happens', () => {
    const error = fc.option(
      fc.record({
        code: fc.constantFrom<CallErrorCode>('rate-limited', 'connection-failed', 'token-request-failed'),
        retryable: fc.boolean(),
        retryAfterS: fc.option(fc.nat(3600), { nil: undefined }),
      }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.nat(5), fc.nat(30_000), error, fc.double({ min: 0, max: 1, noNaN: true }), (...all) => {
        const [tries, elapsedMs, error, random] = all;
        const delayMs = nextRetryDelayMs({ tries, elapsedMs, error }, random);
        if (delayMs === null) return;
        expect(tries).to.be.below(3);
        expect(delayMs).to.be.at.least(Math.max(250, (error?.retryAfterS ?? 0) * 1000));
        expect(elapsedMs + delayMs).to.be.below(longestRetryMs);
      }),
    );
  });

  it('counts on where the call breaks again soon, and from the start where it has held for half a minute', () => {
    expect(triesAfter(2, 29_999)).to.equal(2);
    expect(triesAfter(2, 30_000)).to.equal(0);
  });
});
