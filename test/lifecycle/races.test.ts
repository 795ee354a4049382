// The races of test/call/races.test.ts once more with nothing made up: the real microphone, AudioContext, worklet, endpoint and socket.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { launch } from '../e2e/support/launch.js';
import {
  clickCall,
  expectNothingOpen,
  onSite,
  pageWith,
  shippedTag,
  startSite,
  waitForOpenSockets,
  waitForStatus,
} from '../e2e/support/site.js';

/** What a call waits for, by the function that is asked. Its real answer is held back. */
const gates = {
  'the microphone': ['navigator.mediaDevices', 'getUserMedia'],
  'the worklet': ['AudioWorklet.prototype', 'addModule'],
  'the token endpoint': ['window', 'fetch'],
} as const;
type Gate = keyof typeof gates;

/** What a visitor or a page does meanwhile, in one go. */
const acts = {
  'stops it': 'element.stop()',
  'stops and starts it': 'element.stop(), element.start()',
  'starts, stops and starts it': 'element.start(), element.stop(), element.start()',
  'stops, starts and stops it': 'element.stop(), element.start(), element.stop()',
  'takes the element away and puts it back': 'element.remove(), setTimeout(() => document.body.append(element))',
  'moves the element': 'document.body.append(element)',
  'leaves the page, which is kept': `dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))`,
} as const;

/** More turns of the event loop than the answer goes through on its way. */
const allTurns = 10;

const html = pageWith(shippedTag());
const element = `const element = document.querySelector('synthflow-call');`;

/** Holds back the next answer; `window.isHeld` once it is there, `window.release()` lets it go. */
const hold = (page: Page, gate: Gate): Promise<unknown> => {
  const [owner, name] = gates[gate];
  return page.evaluate(`{
    const original = ${owner}.${name};
    window.isHeld = false;
    const released = new Promise((resolve) => (window.release = resolve));
    ${owner}.${name} = async function (...args) {
      ${owner}.${name} = original;
      const answer = await original.apply(this, args);
      window.isHeld = true;
      await released;
      return answer;
    };
  }`);
};

/** Ends whatever call there is, and finds nothing left of it. */
async function endAndLookAround(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    ['active', 'ended'].includes(document.querySelector('synthflow-call')?.status ?? ''),
  );
  await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
  await expectNothingOpen(page);
  assert.deepEqual(await page.evaluate(() => window.witness.errors), []);
}

async function callOnce(page: Page): Promise<void> {
  await clickCall(page);
  await waitForStatus(page, 'active');
  await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.audioMessages > 5);
  await clickCall(page);
  await waitForStatus(page, 'ended');
  await endAndLookAround(page);
}

describe('while a real call waits', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const gate of Object.keys(gates) as Gate[]) {
    it(`for ${gate}, whoever does whatever: nothing is left, and the next click calls`, { timeout: 180_000 }, () =>
      onSite(
        browser,
        startSite('speech', { html }),
        async (page, { simulator }) => {
          for (const act of Object.values(acts)) {
            await hold(page, gate);
            await clickCall(page);
            await page.waitForFunction('window.isHeld');
            await page.evaluate(`{ ${element} ${act}; }`);
            await page.evaluate('window.release()');
            await endAndLookAround(page);
            await callOnce(page);
          }
          await waitForOpenSockets(simulator, 0);
        },
        { record: false },
      ),
    );

    it(`for ${gate}, and is stopped in any turn after the answer: nothing is left`, { timeout: 180_000 }, () =>
      onSite(
        browser,
        startSite('speech', { html }),
        async (page, { simulator }) => {
          for (let turns = 0; turns <= allTurns; turns += 1) {
            await hold(page, gate);
            await clickCall(page);
            await page.waitForFunction('window.isHeld');
            await page.evaluate(`(async () => {
              ${element}
              window.release();
              for (let turn = 0; turn < ${turns}; turn += 1) await null;
              void element.stop();
            })()`);
            await endAndLookAround(page);
          }
          await callOnce(page);
          await waitForOpenSockets(simulator, 0);
        },
        { record: false },
      ),
    );

    it(`for ${gate} in a tab that is hidden, and is stopped there: nothing is left`, { timeout: 60_000 }, () =>
      onSite(
        browser,
        startSite('speech', { html }),
        async (page, { simulator }) => {
          await hold(page, gate);
          await clickCall(page);
          await page.waitForFunction('window.isHeld');
          const other = await browser.newPage();
          await other.bringToFront();
          // Nothing is drawn there, so it is asked by the clock.
          await page.waitForFunction(`document.visibilityState === 'hidden'`, { polling: 100 });
          await page.evaluate(`{ ${element} element.stop(); }`);
          await page.evaluate('window.release()');
          await other.close();
          await page.bringToFront();
          await endAndLookAround(page);
          await callOnce(page);
          await waitForOpenSockets(simulator, 0);
        },
        { record: false },
      ),
    );
  }

  it(
    'for anything, and a listener of its status does whatever: nothing is left, and the next click calls',
    { timeout: 180_000 },
    () =>
      onSite(
        browser,
        startSite('speech', { html }),
        async (page, { simulator }) => {
          for (const status of ['requesting-microphone', 'connecting', 'waiting', 'active', 'ended']) {
            for (const act of [acts['stops and starts it'], acts['takes the element away and puts it back']]) {
              await page.evaluate(`{
              ${element}
              window.isDone = false;
              const listener = () => {
                if (element.status !== '${status}') return;
                document.removeEventListener('synthflow-status', listener);
                ${act};
                window.isDone = true;
              };
              document.addEventListener('synthflow-status', listener);
            }`);
              await clickCall(page);
              if (status === 'ended') await clickCall(page);
              await page.waitForFunction('window.isDone');
              await endAndLookAround(page);
            }
            await callOnce(page);
          }
          await waitForOpenSockets(simulator, 0);
        },
        { record: false },
      ),
  );
});
