import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'puppeteer-core';
import { launch } from '../e2e/support/launch.js';
import {
  clickCall,
  consoleOf,
  expectNothingOpen,
  onSite,
  startSite,
  tag,
  visit,
  waitForStatus,
} from '../e2e/support/site.js';

const script = readFileSync(new URL('../../dist/synthflow-call.js', import.meta.url));
const hashOf = (text: Buffer | string) => `sha384-${createHash('sha384').update(text).digest('base64')}`;

/** A page as the docs say it, with the script of another origin and what is there before the script is. */
const pageWithHash = (
  integrity: string,
) => `<!doctype html><html lang="en"><title>A site</title><link rel="icon" href="data:,">
  <style>synthflow-call:not(:defined) > :not([slot=fallback]) { display: none }</style>
  <script type="module" crossorigin="anonymous" integrity="${integrity}" src="{elsewhere}/dist/synthflow-call.js"></script>
  ${tag().replace('></', '><a slot="fallback" href="tel:+15550100">Call us</a><b>Ask us</b></')}</html>`;

/** Which of the tag's own children can be seen. */
const seen = () =>
  [...document.querySelectorAll('synthflow-call > *')]
    .filter((child) => child.checkVisibility())
    .map(({ textContent }) => textContent);

const cors = { 'Access-Control-Allow-Origin': '*' };

describe('a script under `integrity`', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('that has its hash makes a whole call, and takes the place of the fallback', () =>
    onSite(browser, startSite('speech', { html: pageWithHash(hashOf(script)), headers: cors }), async (page, site) => {
      assert.deepEqual(await page.evaluate(seen), ['Ask us']);
      await clickCall(page);
      await waitForStatus(page, 'active');
      await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.firstAudioMs !== undefined);
      await clickCall(page);
      assert.equal((await site.simulator.nextReport()).endedBy, 'visitor');
      await expectNothingOpen(page);
      assert.deepEqual(consoleOf.get(page), []);
    }));

  it('that has another does not run: nothing is asked for, and the fallback stays', async () => {
    const site = await startSite('speech', { html: pageWithHash(hashOf(`${script.toString()} `)), headers: cors });
    try {
      const page = await visit(browser, site.url, { hasTag: false });
      assert.equal(await page.evaluate(() => customElements.get('synthflow-call')), undefined);
      assert.deepEqual(await page.evaluate(seen), ['Call us']);
      assert.deepEqual(site.requests, ['/', '/dist/synthflow-call.js']);
      assert.deepEqual(site.tokenLog, []);
      const said = consoleOf.get(page)!;
      assert.equal(said.length, 1, said.join('\n'));
      assert.match(said[0]!, /^browser: .*integrity/);
      await page.close();
    } finally {
      await site.close();
    }
  });
});
