import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import { browserName } from '../e2e/support/launch.js';
import { closedNow, everyVariant, type Look, leadLooks, sheetOf, statuses, turns } from '../e2e/support/looks.js';
import { tag } from '../e2e/support/site.js';
import {
  type BrowserPage,
  inPage,
  openBrowser,
  startWatchedSite,
  type TestBrowser,
  until,
  untilStatus,
} from '../browsers/support/open-browser.js';

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
    return [...document.querySelectorAll('synthflow-call')]
      .flatMap((element) => [...element.shadowRoot!.querySelectorAll('[part]')])
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
      [...document.querySelectorAll('synthflow-call')]
        .flatMap((element) => element.shadowRoot!.getAnimations())
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

/** Takes a picture for the album, which shows what was drawn: WebKitGTK may give the one before the page. */
async function keep(page: BrowserPage, name: string): Promise<void> {
  for (let triesLeft = 10; ; triesLeft -= 1) {
    const picture = Buffer.from(await page.screenshot());
    writeFileSync(`${album}/${name}.png`, picture);
    if (isDrawn(picture)) return;
    assert.ok(triesLeft > 0, `${name}: the picture is blank`);
    await settle(page);
  }
}

describe(`the looks in ${browserName}`, () => {
  let browser: TestBrowser;
  before(async () => {
    mkdirSync(album, { recursive: true });
    browser = await openBrowser();
  });
  after(() => browser.close());

  for (const [title, attributes] of looks) {
    it(`${title} keeps its size, and stays in the window, before, in and after a call`, { timeout: 180_000 }, () =>
      inPage(
        browser,
        () => startWatchedSite('speech', tag(`barge-in="off" ${attributes}`)),
        async (page) => {
          const look = async (status: string) => {
            await settle(page);
            assert.deepEqual(await misplaced(page), [], status);
            assert.deepEqual(await sizeOf(page), size, status);
            await keep(page, `${title}-${status}`);
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
            return page.evaluate(() => localStorage.clear());
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
        },
      ),
    );
  }

  it('a failure is told in the window', { timeout: 180_000 }, () =>
    inPage(
      browser,
      () => startWatchedSite('refuse-token', tag('fallback-href="tel:+15550100" fallback-label="Call us"')),
      async (page) => {
        await page.click('button');
        await untilStatus(page, 'failed');
        await settle(page);
        assert.deepEqual(await misplaced(page), []);
        await keep(page, 'pill-failed');
      },
    ),
  );
});

/** In px: wide enough for three of them. */
const sheetWidth = 1280;

/** Opens a sheet of looks, each in its status. */
const onSheet = (
  browser: TestBrowser,
  looks: readonly Look[],
  test: (page: BrowserPage) => Promise<void>,
): Promise<void> =>
  inPage(
    browser,
    () => startWatchedSite('silent', sheetOf(looks, sheetWidth), {}, leadLooks),
    async (page, { simulator }) => {
      const agentUrl = `${simulator.socketOrigin}/websocket/start?scenario=silent`;
      await page.evaluate((wanted, url) => window.leadLooks(wanted, url), looks, agentUrl);
      await test(page);
    },
  );

describe(`pill, icon and card in ${browserName}`, () => {
  let browser: TestBrowser;
  before(async () => {
    mkdirSync(album, { recursive: true });
    browser = await openBrowser({ isAutoplayAllowed: true, width: sheetWidth });
  });
  after(() => browser.close());

  const sheets: readonly (readonly [title: string, looks: readonly Look[]])[] = [
    ...statuses.map((status) => [status, everyVariant(status)] as const),
    ['muted', everyVariant('active', { attributes: 'muted' })],
    ['menu', everyVariant('active', { opens: 'menu' }).slice(1)],
    ['consent', everyVariant('idle', { opens: 'consent' })],
    ['closed', everyVariant('idle', { attributes: closedNow })],
  ];
  for (const [title, looks] of sheets) {
    it(`stay in the window, in both themes and directions: ${title}`, { timeout: 180_000 }, () =>
      onSheet(browser, looks, async (page) => {
        for (const turn of turns) {
          await page.evaluate((wanted) => window.turnLooks(wanted), turn);
          await settle(page);
          const name = `${title}-${turn.theme}-${turn.lang}`;
          assert.deepEqual(await misplaced(page), [], name);
          await keep(page, `every-${name}`);
        }
      }),
    );
  }
});

for (const isMotionReduced of [true, false]) {
  describe(`${browserName}, whose visitor wants ${isMotionReduced ? 'less' : 'no less'} motion`, () => {
    let browser: TestBrowser;
    before(async () => {
      browser = await openBrowser({ isAutoplayAllowed: true, isMotionReduced, width: sheetWidth });
    });
    after(() => browser.close());

    const moving = (page: BrowserPage) =>
      page.evaluate(() =>
        [...document.querySelectorAll('synthflow-call')].map(
          (element) =>
            element.shadowRoot!.getAnimations().filter((animation) => !(animation instanceof CSSTransition)).length,
        ),
      );
    const expected = (count: number) => (isMotionReduced ? 0 : count);

    for (const status of ['connecting', 'waiting', 'reconnecting'] as const) {
      it(`shows ${isMotionReduced ? 'nothing' : 'something'} that turns while ${status}`, { timeout: 180_000 }, () =>
        onSheet(browser, everyVariant(status), async (page) => {
          assert.deepEqual(await moving(page), [expected(1), expected(1), expected(1)]);
        }),
      );
    }
  });
}
