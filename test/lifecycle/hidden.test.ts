import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
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
  waitForStatus,
  type Site,
} from '../e2e/support/site.js';

// A visitor turns to another tab while the browser, the endpoint, the agent or the network still has something to answer.
// There a browser draws nothing and slows timers down.

/** It speaks for longer than any of these takes. */
const speech = { name: 'speech', seconds: 60 } as const;

/** Waits in a page that may be hidden: Puppeteer's own way waits for a drawing. */
const until = (page: Page, condition: string) => page.waitForFunction(condition, { polling: 100, timeout: 15_000 });

const statusIs = (page: Page, status: string) =>
  until(page, `document.querySelector('synthflow-call').status === '${status}'`);

/** What holds a call up in a status, and lets it go. */
interface Phase {
  readonly status: string;
  readonly site: () => { readonly starting: Promise<Site>; release(page: Page, site: Site): Promise<unknown> };
  /** What is done before the tab is hidden. Default: a click. */
  readonly lead?: (page: Page, site: Site) => Promise<void>;
}

const html = pageWith(shippedTag('variant="card" reconnect'));
const heldHtml = html.replace('/api/synthflow/token', '/held');

/** A token endpoint that answers when it is let. */
function heldEndpoint() {
  let isHeld = true;
  const waiting: (() => void)[] = [];
  return {
    hold: () => (isHeld = true),
    release: () => {
      isHeld = false;
      for (const answer of waiting.splice(0)) answer();
    },
    routes: (endpoint: RequestListener) => ({
      '/held': ((request, response) => {
        const answer = () => endpoint(request, response);
        if (isHeld) waiting.push(answer);
        else answer();
      }) satisfies RequestListener,
    }),
  };
}

const phases: Phase[] = [
  {
    status: 'requesting-microphone',
    site: () => ({
      starting: startSite(speech, { html }),
      release: (page) => page.evaluate('window.grant()'),
    }),
    lead: async (page) => {
      await page.evaluate(`
        const ask = navigator.mediaDevices.getUserMedia;
        navigator.mediaDevices.getUserMedia = (constraints) =>
          new Promise((resolve) => {
            window.grant = () => resolve(ask(constraints));
          });`);
      await clickCall(page);
    },
  },
  {
    status: 'connecting',
    site: () => {
      const { routes, release } = heldEndpoint();
      return { starting: startSite(speech, { html: heldHtml, routes }), release: async () => release() };
    },
  },
  {
    status: 'waiting',
    // Long enough for the tab to be hidden meanwhile, and half of what an agent may take.
    site: () => ({ starting: startSite({ ...speech, readyMs: 10_000 }, { html }), release: async () => {} }),
  },
  {
    status: 'active',
    site: () => ({ starting: startSite(speech, { html }), release: async () => {} }),
  },
  {
    status: 'reconnecting',
    site: () => {
      const { routes, hold, release } = heldEndpoint();
      release();
      return {
        starting: startSite(speech, { html: heldHtml, routes }).then((site) => Object.assign(site, { hold })),
        release: async () => release(),
      };
    },
    lead: async (page, site) => {
      await clickCall(page);
      await waitForStatus(page, 'active');
      (site as Site & { hold(): void }).hold();
      site.simulator.hangUp(1006);
      assert.equal((await site.simulator.nextReport()).endedBy, 'drop');
    },
  },
];

describe('a tab that is hidden', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch({ slowsHiddenPages: true });
  });
  after(() => browser.close());

  for (const { status, site: prepare, lead = clickCall } of phases) {
    it(
      `while ${status} has its call all the same, heard and speaking, and hangs up when it is back`,
      { timeout: 60_000 },
      () => {
        const { starting, release } = prepare();
        return onSite(browser, starting, async (page, site) => {
          await lead(page, site);
          await statusIs(page, status);
          const other = await browser.newPage();
          await other.bringToFront();
          await until(page, `document.visibilityState === 'hidden'`);
          assert.equal(await page.evaluate(() => document.querySelector('synthflow-call')!.status), status);
          await release(page, site);
          await statusIs(page, 'active');
          const { chunksSent, audioMessages } = await page.evaluate(
            () => document.querySelector('synthflow-call')!.stats,
          );
          await until(
            page,
            `(({ chunksSent, audioMessages, firstAudioMs }) => chunksSent > ${chunksSent + 50} && audioMessages > ${audioMessages} && firstAudioMs > 0)(document.querySelector('synthflow-call').stats)`,
          );
          assert.equal(await page.evaluate(() => document.visibilityState), 'hidden');
          await other.close();
          await page.bringToFront();
          await until(page, `document.visibilityState === 'visible'`);
          assert.equal(await page.evaluate(() => document.querySelector('synthflow-call')!.status), 'active');
          await clickCall(page);
          assert.equal((await site.simulator.nextReport()).endedBy, 'visitor');
          await expectNothingOpen(page);
        });
      },
    );
  }

  it('has its call hung up where the page does so', { timeout: 60_000 }, () =>
    onSite(browser, startSite(speech, { html }), async (page, { simulator }) => {
      await clickCall(page);
      await waitForStatus(page, 'active');
      const other = await browser.newPage();
      await other.bringToFront();
      await until(page, `document.visibilityState === 'hidden'`);
      await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
      assert.equal((await simulator.nextReport()).endedBy, 'visitor');
      await until(page, 'Object.values(window.witness.open()).every((count) => count === 0)');
      await other.close();
    }),
  );
});
