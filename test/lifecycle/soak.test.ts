import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'puppeteer-core';
import { describeLook, leaks, soakCalls, soakOneCall, type SoakOptions } from '../../scripts/soak/calls.js';
import { simulateCall } from '../../scripts/soak/simulated-hour.js';
import { launch } from '../e2e/support/launch.js';

// The long form, 200 calls and ten minutes, is `npm run soak`.
describe('a page in which much is said', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const wire of ['pcm', 'media'] as const satisfies SoakOptions['wire'][]) {
    const over = wire === 'pcm' ? 'the widget websocket' : 'WebSocket media';

    it(
      `holds no more after twenty calls over ${over} than after ten, and nothing is open`,
      { timeout: 540_000 },
      async (test) => {
        const onLook = (look: Parameters<typeof describeLook>[1]) => test.diagnostic(describeLook('calls', look));
        for (let triesLeft = 2; ; triesLeft -= 1) {
          const found = leaks(await soakCalls(browser, { wire, count: 20, every: 5, onLook }), { isIdle: true });
          // Chromium never forgets a context whose audio thread did not run between its end and its close: on a busy machine.
          const isChromiums = found.length > 0 && found.every((line) => / objects of Audio/.test(line));
          if (!isChromiums || triesLeft === 0) return assert.deepEqual(found, []);
        }
      },
    );

    it(`holds no more at the end of a minute’s call over ${over} than in it`, { timeout: 180_000 }, async (test) => {
      const onLook = (look: Parameters<typeof describeLook>[1]) => test.diagnostic(describeLook('s', look));
      const looks = await soakOneCall(browser, { wire, count: 60, every: 15, onLook });
      assert.deepEqual(leaks(looks, { isIdle: false }), []);
      // Else a codec that is left open would not be seen after a call either.
      if (wire === 'media') assert.equal(looks[0]!.open['codecs'], 2);
    });
  }
});

describe('an hour’s call in simulated time', () => {
  it('holds no more at its end, and was heard to the end', (test) => {
    const looks = simulateCall(60, 10);
    const [first, last] = [looks[0]!, looks.at(-1)!];
    test.diagnostic(looks.map(({ minute, bytes }) => `${minute} min ${(bytes / 1e6).toFixed(2)} MB`).join(', '));
    assert.ok(last.bytes < first.bytes * 1.05, `${first.bytes} → ${last.bytes} bytes`);
    assert.ok(last.chunksSent + last.chunksDropped > 179_000, `${last.chunksSent} + ${last.chunksDropped} chunks`);
    assert.ok(last.chunksDropped > 0);
    // It speaks for six of ten seconds.
    assert.ok(last.playedMs > 0.58 * 3_600_000 && last.playedMs < 0.7 * 3_600_000, `${last.playedMs} ms`);
  });
});
