import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page } from 'puppeteer-core';
import { launch, needs } from '../e2e/support/launch.js';
import {
  type AgentWire,
  clickCall,
  expectEnd,
  expectNothingOpen,
  onSite,
  pageWith,
  shippedTag,
  startSite,
  waitForOpenSockets,
  waitForStatus,
} from '../e2e/support/site.js';

async function call(page: Page): Promise<void> {
  await clickCall(page);
  await waitForStatus(page, 'active');
}

const goAway = (page: Page) => page.goto(new URL('/elsewhere', page.url()).href);
const elsewhere = { '/elsewhere': '<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,">' };

/** Whether the page came back as it was left. */
const isKept = (page: Page): Promise<boolean> => page.evaluate(() => 'mark' in window);

describe('a visitor who leaves the page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch({ keepsPages: true });
  });
  after(() => browser.close());

  for (const [when, isAsked, attributes] of [
    ['before a call', false, ''],
    ['in mid-call', true, ''],
    ['in mid-call where no-leave-warning is set', false, 'no-leave-warning'],
    ['after a call', false, ''],
    ['in mid-call on the card', true, 'variant="card"'],
    ['after a call on the card', false, 'variant="card"'],
  ] as const) {
    it(`${when} is ${isAsked ? '' : 'not '}asked`, () =>
      onSite(browser, startSite('speech', { html: pageWith(shippedTag(attributes)) }), async (page, { simulator }) => {
        const asked: string[] = [];
        page.on('dialog', (dialog) => {
          asked.push(dialog.type());
          void dialog.accept();
        });
        // Without a tap in the page no browser asks.
        await page.mouse.click(1, 1);
        if (when !== 'before a call') await call(page);
        if (when.startsWith('after a call')) {
          await clickCall(page);
          await waitForStatus(page, 'ended');
        }
        await page.goto('about:blank');
        assert.deepEqual(asked, isAsked ? ['beforeunload'] : []);
        if (when !== 'before a call') await expectEnd(simulator);
      }));
  }

  const card = pageWith(shippedTag('variant="card"'));

  it('may stay, and the call goes on', () =>
    onSite(browser, startSite('speech', { html: card }), async (page) => {
      page.on('dialog', (dialog) => void dialog.dismiss());
      await call(page);
      await page.evaluate(() => {
        location.href = '/elsewhere';
      });
      const { chunksSent } = await page.evaluate(() => document.querySelector('synthflow-call')!.stats);
      await page.waitForFunction(
        (before) => document.querySelector('synthflow-call')!.stats.chunksSent > before + 50,
        {},
        chunksSent,
      );
      await clickCall(page);
      await waitForStatus(page, 'ended');
    }));

  it('gets the page back as it was, where no call was running', needs('way back to kept pages'), () =>
    onSite(browser, startSite('speech', { html: card, files: elsewhere }), async (page, { simulator }) => {
      for (const round of ['before a call', 'after a call']) {
        // Whether it has room for the page is the browser's choice.
        let kept = false;
        for (let tries = 0; !kept && tries < 10; tries += 1) {
          if (round === 'after a call') {
            await call(page);
            await clickCall(page);
            await waitForStatus(page, 'ended');
            await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
            await expectNothingOpen(page);
            // A browser keeps no page whose socket is open, and the agent is the last to hear of its end.
            await waitForOpenSockets(simulator, 0);
          }
          await page.evaluate(() => Object.assign(window, { mark: true }));
          await goAway(page);
          await page.goBack();
          kept = await isKept(page);
        }
        assert.equal(kept, true, round);
      }
      await call(page);
      await clickCall(page);
      await waitForStatus(page, 'ended');
    }),
  );

  for (const [how, attributes, wire] of [
    ['', '', 'pcm'],
    [', without a Worker,', 'no-worker', 'pcm'],
    [' over WebSocket media', '', { codec: 'l16' }],
  ] as const satisfies readonly [string, string, AgentWire][]) {
    const html = pageWith(shippedTag(`variant="card" no-leave-warning ${attributes}`));
    it(
      `in mid-call${how} ends it, and can call again in the page that comes back`,
      needs('way back to kept pages'),
      () =>
        onSite(browser, startSite('speech', { files: elsewhere, html, wire }), async (page, { simulator }) => {
          await call(page);
          await goAway(page);
          await expectEnd(simulator);
          await page.goBack();
          await page.waitForFunction(() => customElements.get('synthflow-call'));
          const status = await page.evaluate(() => document.querySelector('synthflow-call')!.status);
          assert.ok(['idle', 'ended'].includes(status), status);
          await call(page);
          await clickCall(page);
          await waitForStatus(page, 'ended');
          await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
          assert.equal((await simulator.nextReport()).endedBy, 'visitor');
        }),
    );
  }

  const frozen = 'in mid-call ends it for the agent, too, whether or not the Worker is frozen before it has said so';
  it(frozen, needs('way back to kept pages'), async (test) => {
    // Busy for 30 ms of every 40.
    const busy =
      'setInterval(() => { const sinceMs = performance.now(); while (performance.now() < sinceMs + 30); }, 40);';
    const worker = readFileSync(new URL('../../dist/synthflow-call.worker.js', import.meta.url), 'utf8');
    const files = { ...elsewhere, '/dist/synthflow-call.worker.js': busy + worker };
    const html = pageWith(shippedTag('no-leave-warning'));
    await onSite(browser, startSite('speech', { files, html }), async (page, { simulator }) => {
      const home = page.url();
      const endings: string[] = [];
      while (endings.length < 15) {
        await page.goto(home);
        await call(page);
        await goAway(page);
        endings.push(await expectEnd(simulator));
      }
      test.diagnostic(endings.join(', '));
    });
  });

  it(
    'may have the call in another window: where this one is frozen, the call says that its line is lost',
    { timeout: 60_000, ...needs('way to freeze pages') },
    () =>
      onSite(browser, startSite('speech', { html: card }), async (page, { simulator }) => {
        await call(page);
        await page.evaluate(() => {
          const view = window.open('about:blank', '', 'popup')!;
          const element = document.querySelector('synthflow-call')!;
          view.document.body.append(view.document.adoptNode(element));
          Object.assign(window, { moved: element });
        });
        const devtools = await page.createCDPSession();
        await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
        await devtools.send('Page.setWebLifecycleState', { state: 'active' });
        // Chromium lets go of the sockets of what is frozen.
        // It draws no page that it was told to freeze, so puppeteer's own waiting does not come to an end.
        const until = async (condition: string) => {
          while (!(await page.evaluate(condition))) await wait(50);
        };
        await until("window.moved.status === 'failed'");
        assert.equal(await page.evaluate('window.moved.error.code'), 'connection-lost');
        await until('Object.values(window.witness.open()).every((count) => count === 0)');
        await waitForOpenSockets(simulator, 0);
      }),
  );

  it('may leave it frozen: the call is over, and the next start calls', needs('way to freeze pages'), () =>
    onSite(browser, startSite('speech', { html: card }), async (page, { simulator }) => {
      await call(page);
      const devtools = await page.createCDPSession();
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
      await expectEnd(simulator);
      await devtools.send('Page.setWebLifecycleState', { state: 'active' });
      await waitForStatus(page, 'ended');
      await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
      await expectNothingOpen(page);
      // Chromium draws no page that it was told to freeze, so there is nothing to click.
      assert.equal(await page.evaluate(() => document.querySelector('synthflow-call')!.start()), true);
      await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
    }),
  );
});
