import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { browserName } from '../e2e/support/launch.js';
import { type AgentWire, expectEnd, nothingOpen, played, strictPolicy, tag, retry } from '../e2e/support/site.js';
import { greeting, heardShare, resample } from '../e2e/support/sound.js';
import { baselineWords, takeYoungerThings, youngerThings } from './support/baseline.js';
import {
  type BrowserPage,
  inBrowser,
  openBrowser,
  startWatchedSite,
  until,
  untilStatus,
  type VisitorOptions,
} from './support/open-browser.js';

/** Leaves the microphone's sound as it is. */
const raw = 'barge-in="off" no-echo-cancellation no-noise-suppression no-auto-gain-control';

const speechSeconds = 4;
const speech = Float32Array.from({ length: speechSeconds * 16_000 }, (_, i) => greeting[i % greeting.length]!);

const untilNothingIsOpen = async (page: BrowserPage): Promise<void> => {
  await until(page, () => Object.values(window.witness.open()).every((count) => count === 0));
  assert.deepEqual(await page.evaluate(() => window.witness.open()), nothingOpen);
};

/** The code of the failure, and the sentence that the visitor sees. */
const failureOf = (page: BrowserPage) =>
  page.evaluate(() => {
    const element = document.querySelector('synthflow-call')!;
    const panel = element.shadowRoot!.querySelector('[part~=error]');
    return { code: element.error?.code, isShown: panel?.textContent === element.error?.visitorMessage };
  });

/** Only Firefox takes its rate from the sound card that it is given here. */
const deviceRates = browserName === 'firefox' ? [48_000, 44_100] : [undefined];

for (const deviceRate of deviceRates) {
  describe(`${browserName}${deviceRate ? ` on devices of ${deviceRate / 1000} kHz` : ''}`, () => {
    for (const [wire, wireRate] of [
      ['pcm', 48_000],
      [{ codec: 'l16' }, 16_000],
    ] as const satisfies readonly [AgentWire, number][]) {
      const title = wire === 'pcm' ? 'the widget websocket' : 'WebSocket media';
      it(`makes a whole call over ${title} on a page with a strict policy`, { timeout: 120_000 }, () =>
        retry(() => wholeCall(wire, wireRate, deviceRate ? { deviceRate } : {})),
      );
    }
  });
}

it('is promised to run in the browsers that are checked', () => {
  assert.ok(readFileSync(new URL('../../README.md', import.meta.url), 'utf8').includes(baselineWords), baselineWords);
});

it('makes a whole call where there is nothing younger than the baseline', { timeout: 120_000 }, () => {
  assert.ok(youngerThings > 1000, `MDN’s data know of ${youngerThings} things`);
  return retry(() => wholeCall('pcm', 48_000, {}, takeYoungerThings));
});

/** @param first - A script that the page runs before everything else. */
function wholeCall(wire: AgentWire, wireRate: number, visitor: VisitorOptions, first = ''): Promise<void> {
  const scenario = { name: 'speech', seconds: speechSeconds } as const;
  const body = tag(`${raw} fallback-href="tel:+15550100"`);
  const starting = startWatchedSite(scenario, body, { wire, policy: strictPolicy }, first);
  return inBrowser(
    starting,
    () => openBrowser(visitor),
    async (page, site, browser) => {
      assert.deepEqual(await page.evaluate(() => window.witness.made()), { contexts: 0, tracks: 0, sockets: 0 });
      assert.deepEqual(
        site.requests.filter((path) => path.startsWith('/dist')),
        ['/dist/synthflow-call.js'],
      );

      await page.click('button');
      await untilStatus(page, 'active');
      await browser.say(speechSeconds);
      await until(
        page,
        (seconds) => {
          const { sampleRate, blocks } = window.witness.recordings.at(-1) ?? { sampleRate: 1, blocks: [] };
          return blocks.length * 64 * 128 > seconds * sampleRate;
        },
        speechSeconds + 1,
      );
      await until(page, () => document.querySelector('synthflow-call')!.stats.chunksSent > 150);
      const { samples, sampleRate } = await played(page);
      await page.click('button');
      await untilStatus(page, 'ended');

      const report = await site.simulator.nextReport();
      assert.equal(report.endedBy, 'visitor');
      assert.deepEqual(Object.keys(report.chunkSizes), [`${wireRate / 25}`]);
      const pitch = browser.pitches.find((hz) => Math.abs(report.dominantHz / hz - 1) < 0.01);
      assert.ok(pitch, `the agent heard ${report.dominantHz} Hz`);
      assert.ok(report.levelDbfs > -40, `at ${report.levelDbfs} dBFS`);
      if (visitor.deviceRate) assert.equal(sampleRate, visitor.deviceRate);
      const share = heardShare(resample(speech, 16_000, sampleRate), samples, sampleRate);
      assert.ok(share > 0.85, `the visitor heard ${share} of it`);

      await untilNothingIsOpen(page);
      const complaints = await page.evaluate(() => {
        const { violations, errors, lines } = window.witness;
        return [...violations, ...errors, ...lines];
      });
      assert.deepEqual(complaints, []);

      await page.click('button');
      await untilStatus(page, 'active');
      await page.click('button');
      await untilStatus(page, 'ended');
      await untilNothingIsOpen(page);
    },
  );
}

/** Visitors who cannot call, as far as the browser can be made to have them. */
const failures = {
  chromium: [
    [{ permission: 'denied' }, 'microphone-denied'],
    [{ hasMicrophone: false }, 'microphone-not-found'],
  ],
  firefox: [[{ permission: 'denied' }, 'microphone-denied']],
  // Its automation grants whatever is asked.
  webkit: [[{ hasMicrophone: false }, 'microphone-not-found']],
} as const satisfies Record<typeof browserName, readonly (readonly [VisitorOptions, string])[]>;

describe(`${browserName} without a microphone`, () => {
  for (const [visitor, code] of failures[browserName]) {
    it(`says ${code}, asks for no session and lets all go`, { timeout: 60_000 }, () =>
      inBrowser(
        startWatchedSite('speech', tag()),
        () => openBrowser(visitor),
        async (page, site) => {
          await page.click('button');
          await untilStatus(page, 'failed');
          assert.deepEqual(await failureOf(page), { code, isShown: true });
          assert.deepEqual(site.tokenLog, []);
          await untilNothingIsOpen(page);
        },
      ),
    );
  }
});

it(
  `ends the call in ${browserName} for the agent, too, when the visitor leaves the page`,
  { timeout: 60_000 },
  async () => {
    const site = await startWatchedSite('speech', tag('no-leave-warning'));
    const browser = await openBrowser();
    try {
      const page = await browser.open(site.url);
      await page.click('button');
      await untilStatus(page, 'active');
      await page.evaluate(() => setTimeout(() => (location.href = '/elsewhere')));
      await expectEnd(site.simulator);
      await page.close();
    } finally {
      await browser.close();
      await site.close();
    }
  },
);
