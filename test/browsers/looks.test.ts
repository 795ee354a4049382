import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { tag } from '../e2e/support/site.js';
import {
  browserName,
  type BrowserPage,
  openBrowser,
  startWatchedSite,
  type TestBrowser,
  until,
  untilStatus,
} from './support/open-browser.js';

/** Where each look is kept, to be looked at by a person. */
const album = fileURLToPath(new URL(`../../coverage/looks-${browserName}`, import.meta.url));

const looks: readonly [title: string, attributes: string][] = [
  ['pill', ''],
  ['pill-dark-small', 'theme="dark" size="small"'],
  ['pill-arabic', 'lang="ar"'],
  ['icon', 'variant="icon"'],
  ['icon-floating', 'variant="icon" position="bottom-right"'],
  ['card', 'variant="card" heading="Acme" subheading="We answer at once"'],
  ['card-dark-floating', 'variant="card" position="bottom-left" theme="dark" accent="#0a7" radius="4px"'],
  ['card-large-consent', 'variant="card" size="large" consent="I agree that this call is recorded."'],
];

/** The part that does what its title says is as large as the others, wherever it is. */
const sizeOf = (page: BrowserPage) =>
  page.evaluate(() => {
    const { offsetWidth, offsetHeight } = document.querySelector('synthflow-call')!;
    return [offsetWidth, offsetHeight];
  });

/** Visible parts that reach beyond the window, or have no size. */
const misplaced = (page: BrowserPage) =>
  page.evaluate(() => {
    const root = document.querySelector('synthflow-call')!.shadowRoot!;
    return [...root.querySelectorAll('[part]')]
      .filter((part) => part.checkVisibility({ visibilityProperty: true }) && part.textContent!.trim())
      .map((part) => ({ part: part.part.value, box: part.getBoundingClientRect() }))
      .filter(
        ({ box: { left, top, right, bottom, width, height } }) =>
          left < 0 || top < 0 || right > innerWidth || bottom > innerHeight || width < 1 || height < 1,
      )
      .map(({ part, box }) => `${part} ${JSON.stringify(box)}`);
  });

/** Colours and places change softly; the spinner never ends. */
const settle = (page: BrowserPage) =>
  page.evaluate(() =>
    Promise.all(
      document
        .querySelector('synthflow-call')!
        .shadowRoot!.getAnimations()
        .filter((animation) => animation instanceof CSSTransition)
        .map(({ finished }) => finished.catch(() => {})),
    )
      // Drawn: WebKitGTK makes its picture of what it has drawn last, which may be the page before the element was there.
      .then(() => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))),
  );

/** Whether there is more than one colour in a picture. */
function isDrawn(picture: Buffer): boolean {
  const { data } = PNG.sync.read(picture);
  return data.some((level, index) => level !== data[index % 4]);
}

describe(`the looks in ${browserName}`, () => {
  let browser: TestBrowser;
  before(async () => {
    mkdirSync(album, { recursive: true });
    browser = await openBrowser();
  });
  after(() => browser.close());

  for (const [title, attributes] of looks) {
    it(
      `${title} keeps its size, and stays in the window, before, in and after a call`,
      { timeout: 60_000 },
      async () => {
        const site = await startWatchedSite('speech', tag(`barge-in="off" ${attributes}`));
        try {
          const page = await browser.open(site.url);
          const look = async (status: string) => {
            await settle(page);
            assert.deepEqual(await misplaced(page), [], status);
            assert.deepEqual(await sizeOf(page), size, status);
            const picture = Buffer.from(await page.screenshot());
            writeFileSync(`${album}/${title}-${status}.png`, picture);
            assert.equal(isDrawn(picture), true, `${status}: the picture is blank`);
          };
          const size = await sizeOf(page);
          await look('idle');
          await page.click('button');
          if (attributes.includes('consent')) {
            await until(
              page,
              () => !!document.querySelector('synthflow-call')!.shadowRoot!.querySelector('[part~=accept]'),
            );
            await look('consent');
            await page.evaluate(() => localStorage.clear());
            return await page.close();
          }
          // A card that floats is opened first.
          if (attributes.includes('position') && attributes.includes('card')) {
            await until(
              page,
              () => !!document.querySelector('synthflow-call')!.shadowRoot!.querySelector(':popover-open'),
            );
            await look('open');
            await page.click('button');
          }
          await untilStatus(page, 'active');
          await until(page, () => document.querySelector('synthflow-call')!.stats.agentLevelDbfs > -25);
          await look('active');
          await page.click('button');
          await untilStatus(page, 'ended');
          await look('ended');
          assert.deepEqual(await page.evaluate(() => window.witness.lines), []);
          await page.close();
        } finally {
          await site.close();
        }
      },
    );
  }

  it('a failure is told in the window', { timeout: 60_000 }, async () => {
    const site = await startWatchedSite('refuse-token', tag('fallback-href="tel:+15550100" fallback-label="Call us"'));
    try {
      const page = await browser.open(site.url);
      await page.click('button');
      await untilStatus(page, 'failed');
      await settle(page);
      assert.deepEqual(await misplaced(page), []);
      writeFileSync(`${album}/pill-failed.png`, await page.screenshot());
      await page.close();
    } finally {
      await site.close();
    }
  });
});
