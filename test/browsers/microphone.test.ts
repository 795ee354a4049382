import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { TimedAgent, wallMs } from '../../scripts/performance/timed-agent.js';
import { browserName } from '../e2e/support/launch.js';
import { nothingOpen, tag, retry } from '../e2e/support/site.js';
import {
  type BrowserPage,
  inBrowser,
  openFirefox,
  startWatchedSite,
  type TestFirefox,
  until,
  untilStatus,
  type VisitorOptions,
} from './support/open-browser.js';

/** Its failure, and what the visitor and the site's developer read of it. */
const failureOf = (page: BrowserPage) =>
  page.evaluate(() => {
    const { error, shadowRoot } = document.querySelector('synthflow-call')!;
    return {
      code: error?.code,
      isShown: shadowRoot!.querySelector('[part~=error]')?.textContent === error?.visitorMessage,
      lines: window.witness.lines.map((line) => line.replace(error!.message, '…')),
    };
  });

const untilFailed = async (page: BrowserPage, code: string): Promise<void> => {
  await untilStatus(page, 'failed');
  assert.deepEqual(await failureOf(page), { code, isShown: true, lines: [`warn: <synthflow-call> ${code}: …`] });
  await until(page, () => Object.values(window.witness.open()).every((count) => count === 0));
  assert.deepEqual(await page.evaluate(() => window.witness.open()), nothingOpen);
  await page.evaluate(() => void (window.witness.lines.length = 0));
};

const talkAndEnd = async (page: BrowserPage): Promise<void> => {
  await untilStatus(page, 'active');
  await page.click('button');
  await untilStatus(page, 'ended');
  await until(page, () => Object.values(window.witness.open()).every((count) => count === 0));
  assert.deepEqual(await page.evaluate(() => window.witness.lines), []);
};

const inFirefox = (
  options: VisitorOptions,
  attributes: string,
  test: (page: BrowserPage, firefox: TestFirefox, tokens: readonly unknown[]) => Promise<void>,
): Promise<void> =>
  inBrowser(
    startWatchedSite('speech', tag(attributes)),
    () => openFirefox(options),
    (page, { tokenLog }, firefox) => test(page, firefox, tokenLog),
  );

// The others’ prompts and devices are out of a test’s reach: Chromium’s are in test/failures and `npm run rig`.
const skip = browserName !== 'firefox' && 'Firefox’s alone';

describe('Firefox’s prompt for the microphone', { skip }, () => {
  const timeout = 180_000;

  it('is taken away without an answer (full screen): the next click asks again', { timeout }, () =>
    // A page may go full screen for 5 s after a click: on a busy machine the prompt may take as long.
    retry(() =>
      inFirefox({ permission: 'asked' }, '', async (page, { prompt }, tokens) => {
        await page.click('button');
        await prompt.shown();
        await untilStatus(page, 'requesting-microphone');
        await page.evaluate(() => document.documentElement.requestFullscreen());
        await untilFailed(page, 'microphone-denied');
        assert.deepEqual(tokens, []);
        await page.evaluate(() => document.exitFullscreen());
        await page.click('button');
        await prompt.shown();
        await prompt.allow();
        await talkAndEnd(page);
      }),
    ),
  );

  it('is left by Escape, which Firefox takes for a no until the page is reloaded', { timeout }, () =>
    inFirefox({ permission: 'asked' }, '', async (page, { prompt }, tokens) => {
      for (const time of ['at first', 'without being asked']) {
        await page.click('button');
        if (time === 'at first') {
          await prompt.shown();
          await prompt.escape();
        }
        await untilFailed(page, 'microphone-denied');
      }
      assert.deepEqual(tokens, []);
      await page.evaluate(() => void (document.title = 'before'));
      await prompt.reload();
      await until(page, () => document.title !== 'before' && !!customElements.get('synthflow-call'));
      await page.click('button');
      await prompt.shown();
      await prompt.allow();
      await talkAndEnd(page);
    }),
  );
});

describe('Firefox’s microphone in a call', { skip }, () => {
  /** Talks to an agent that keeps the time of what it hears, while somebody whistles into every microphone of the card. */
  async function talk(test: (page: BrowserPage, firefox: TestFirefox, agent: TimedAgent) => Promise<void>) {
    const agent = await TimedAgent.start();
    try {
      await inFirefox({}, `no-noise-suppression session-url="${agent.url}"`, async (page, firefox) => {
        await firefox.pulse.plug('headset');
        // It ends with the card at the latest.
        void firefox.say(60);
        await page.click('button');
        await untilStatus(page, 'active');
        await heard(agent, 0);
        await test(page, firefox, agent);
      });
    } finally {
      agent.close();
    }
  }

  /** Waits until the agent has heard half a second of the whistle since then; answers when it began. */
  async function heard({ arrivals }: TimedAgent, sinceMs: number): Promise<number> {
    for (const endMs = wallMs() + 20_000; wallMs() < endMs; await wait(20)) {
      const loud = arrivals.filter(
        ({ atMs, samples }) => atMs > sinceMs && samples.some((sample) => Math.abs(sample) > 1000),
      );
      if (loud.length >= 25) return loud[0]!.atMs;
    }
    throw new Error('The agent hears nothing.');
  }

  const limitMs = 3000;

  it('is another one within 3 s of being unplugged', { timeout: 180_000 }, () =>
    retry(() =>
      talk(async (page, { pulse }, agent) => {
        const { tracks } = await page.evaluate(() => window.witness.made());
        const unpluggedMs = wallMs();
        await pulse.unplug('microphone', 'headset');
        await until(page, (before) => window.witness.made().tracks > before, tracks);
        const tookMs = (await heard(agent, wallMs())) - unpluggedMs;
        assert.ok(tookMs < limitMs, `it took ${tookMs} ms`);
        await page.click('button');
        await untilStatus(page, 'ended');
      }),
    ),
  );

  it('is lost within 3 s where there is no other, and the visitor is told', { timeout: 180_000 }, () =>
    retry(() =>
      talk(async (page, { pulse }) => {
        await page.evaluate(() => {
          document.addEventListener('synthflow-status', () => (document.title = String(Date.now())));
        });
        const unpluggedMs = Date.now();
        // With its loudspeakers, whose monitors Firefox takes for microphones.
        await pulse.unplug('card');
        await untilFailed(page, 'microphone-lost');
        const tookMs = Number(await page.evaluate(() => document.title)) - unpluggedMs;
        assert.ok(tookMs < limitMs, `it took ${tookMs} ms`);
      }),
    ),
  );
});
