import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import type { Browser, Page } from 'puppeteer-core';
import { openSheet, type Look } from './support/looks.js';
import { launch } from './support/launch.js';

// As it should look. UPDATE_PICTURES=1 makes them anew: look at what git says has changed. The font is DejaVu Sans, which
// Debian's Chromium brings along.
const expected = fileURLToPath(new URL('./pictures/', import.meta.url));
/** What differs is written here. */
const different = fileURLToPath(new URL('../../coverage/pictures/', import.meta.url));

/** Share of a picture's pixels that may differ: other versions of Chromium draw edges a little differently. */
const tolerance = 0.002;

// Nothing in them moves: no timer, and levels that stand still.
const still = 'no-timer';
const card = `${still} variant="card" heading="Acme" subheading="Day and night"`;
const looks: readonly Look[] = [
  { title: 'pill-idle', status: 'idle', theme: 'light', attributes: still, height: 100 },
  { title: 'pill-waiting-dark', status: 'waiting', theme: 'dark', attributes: still, height: 200 },
  { title: 'pill-active-muted', status: 'active', theme: 'light', attributes: `${still} muted`, height: 200 },
  { title: 'pill-active-rtl', status: 'active', theme: 'dark', attributes: still, lang: 'ar', height: 200 },
  { title: 'pill-failed', status: 'failed', theme: 'light', attributes: still, height: 200 },
  {
    title: 'icon-idle',
    status: 'idle',
    theme: 'dark',
    attributes: `${still} variant="icon" accent="#ffd400"`,
    height: 100,
  },
  { title: 'card-idle-rtl', status: 'idle', theme: 'light', attributes: card, lang: 'ar', height: 280 },
  { title: 'card-active-dark', status: 'active', theme: 'dark', attributes: card, height: 280 },
  {
    title: 'card-consent',
    status: 'idle',
    theme: 'light',
    attributes: card,
    opens: 'consent',
    height: 400,
  },
  { title: 'card-ended-small', status: 'ended', theme: 'light', attributes: `${card} size="small"`, height: 220 },
];

describe('the look', () => {
  let browser: Browser;
  let page: Page;
  let close: () => Promise<void>;
  before(async () => {
    // Who says nothing is not told of a microphone that is off.
    browser = await launch({ says: new Float32Array(44_100 * 60), isMotionReduced: true });
    ({ page, close } = await openSheet(browser, looks));
    // Levels are drawn by a Worker: until they stand at their full height.
    await page.waitForFunction(() =>
      [...document.querySelectorAll('synthflow-call')]
        .flatMap(({ shadowRoot }) => [...shadowRoot!.querySelectorAll('canvas')])
        .every((canvas) => {
          const context = new OffscreenCanvas(1, 1).getContext('2d')!;
          context.drawImage(canvas, 32, 2, 1, 1, 0, 0, 1, 1);
          return context.getImageData(0, 0, 1, 1).data[3]! > 127;
        }),
    );
  });
  after(async () => {
    await close();
    await browser.close();
  });

  const take = async (index: number): Promise<PNG> => {
    const cell = (await page.$$('.cell'))[index]!;
    return PNG.sync.read(Buffer.from(await cell.screenshot()));
  };

  /** Share of the pixels that differ from what is expected, and which. */
  function compare(title: string, { width, height, data }: PNG): { share: number; difference: PNG } {
    const wanted = PNG.sync.read(readFileSync(`${expected}${title}.png`));
    assert.deepEqual([width, height], [wanted.width, wanted.height]);
    const difference = new PNG({ width, height });
    const count = pixelmatch(data, wanted.data, difference.data, width, height, { threshold: 0.2 });
    return { share: count / (width * height), difference };
  }

  for (const [index, { title }] of looks.entries()) {
    it(`of ${title} is as it was`, async () => {
      const picture = await take(index);
      const file = `${expected}${title}.png`;
      if (process.env['UPDATE_PICTURES']) {
        mkdirSync(expected, { recursive: true });
        writeFileSync(file, PNG.sync.write(picture));
      }
      assert.ok(existsSync(file), `${file} is missing: UPDATE_PICTURES=1 makes it`);
      const { share, difference } = compare(title, picture);
      if (share > tolerance) {
        mkdirSync(different, { recursive: true });
        writeFileSync(`${different}is-${title}.png`, PNG.sync.write(picture));
        writeFileSync(`${different}differs-${title}.png`, PNG.sync.write(difference));
      }
      assert.ok(share <= tolerance, `${(share * 100).toFixed(2)} % of it differ, see ${different}`);
    });
  }

  it('that is broken is told: another size, colour or corner, a control that is elsewhere', async () => {
    const styles = [
      'synthflow-call { --synthflow-size: 48px }',
      'synthflow-call::part(button) { background: #c2410c }',
      'synthflow-call::part(button) { margin-inline-start: 12px }',
      'synthflow-call { --synthflow-radius: 4px }',
    ];
    for (const css of styles) {
      const style = await page.addStyleTag({ content: css });
      for (const index of [0, 7]) {
        const { share } = compare(looks[index]!.title, await take(index));
        assert.ok(share > tolerance, `${css}, ${looks[index]!.title}: ${share}`);
      }
      await style.evaluate((element) => (element as Element).remove());
    }
  });
});
