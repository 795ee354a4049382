import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { violations } from './support/axe.js';
import { closedNow, everyVariant, forceColors, inEveryTurn, openSheet, statuses, type Look } from './support/looks.js';
import { launch, needs } from './support/launch.js';

/** Closes whatever is open, from the last one on. */
async function closeAll(page: Page): Promise<void> {
  const isOpen = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('synthflow-call')].some((one) => one.shadowRoot!.querySelector(':popover-open')),
    );
  while (await isOpen()) await page.keyboard.press('Escape');
}

describe('every variant, in both themes and directions', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const check = async (looks: readonly Look[], isClosedToo = false) => {
    const { page, close } = await openSheet(browser, looks);
    await inEveryTurn(page, async (turn) => assert.deepEqual(await violations(page), [], turn));
    if (isClosedToo) {
      await closeAll(page);
      await inEveryTurn(page, async (turn) => assert.deepEqual(await violations(page), [], `closed, ${turn}`));
    }
    await close();
  };

  for (const status of statuses) {
    it(`is accessible while ${status}, open and closed`, { timeout: 60_000 }, () => check(everyVariant(status), true));
  }
  it('is accessible while muted, with an accent that is hard to read on', () =>
    check(everyVariant('active', { attributes: 'muted accent="#7a7a7a"' })));
  it('is accessible with its menu open', () => check(everyVariant('active', { opens: 'menu' }).slice(1)));
  it('is accessible while it asks for consent', () => check(everyVariant('idle', { opens: 'consent' })));
  it('is accessible where it offers another way', () => check(everyVariant('idle', { attributes: closedNow })));
});

describe('a visitor with colours of their own', needs('emulated media features'), () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  /** Computed styles of what a selector finds in all elements of the page. */
  const styles = (page: Page, selector: string) =>
    page.evaluate(
      (wanted) =>
        [...document.querySelectorAll('synthflow-call')]
          .flatMap((element) => [...element.shadowRoot!.querySelectorAll(wanted)])
          .filter((one) => one.checkVisibility())
          .map((one) => {
            const { borderTopStyle, borderTopWidth, borderTopColor, borderBottomColor, ...style } =
              getComputedStyle(one);
            const { color, backgroundColor } = style;
            const hasBorder = borderTopStyle === 'solid' && Number.parseFloat(borderTopWidth) >= 1;
            return { name: one.outerHTML, hasBorder, borderTopColor, borderBottomColor, color, backgroundColor };
          }),
      selector,
    );

  for (const [name, looks] of [
    ['before the call', everyVariant('idle')],
    ['in it, and in the menu', everyVariant('active', { opens: 'menu' }).slice(1)],
    ['in the question for consent', everyVariant('idle', { opens: 'consent' })],
    ['after a failure', everyVariant('failed')],
    ['in what is offered instead', everyVariant('idle', { attributes: closedNow })],
  ] as const) {
    it(`sees where each control and each box ends, ${name}`, async () => {
      const { page, close } = await openSheet(browser, looks);
      await forceColors(page);
      const boxes = await styles(page, 'button, .main, .panel, .card');
      assert.ok(boxes.length >= looks.length);
      assert.deepEqual(
        boxes.filter(({ hasBorder }) => !hasBorder),
        [],
      );
      await close();
    });
  }

  it('sees levels, what turns, and that the microphone is off', async () => {
    const looks = [...everyVariant('active', { attributes: 'muted' }), ...everyVariant('waiting')];
    const { page, close } = await openSheet(browser, looks);
    await forceColors(page);
    const [page0] = await styles(page, '.card');
    // What they are drawn in.
    const levels = await styles(page, 'canvas');
    assert.equal(levels.length, 6);
    for (const { color } of levels) assert.notEqual(color, page0!.backgroundColor);
    const rings = (await styles(page, '.indicator')).filter(({ hasBorder }) => hasBorder);
    assert.equal(rings.length, 3);
    for (const { borderTopColor, borderBottomColor } of rings) assert.notEqual(borderTopColor, borderBottomColor);
    const mutes = await styles(page, '.mute');
    assert.equal(mutes.length, 3);
    for (const { backgroundColor, color } of mutes) {
      assert.notEqual(backgroundColor, page0!.backgroundColor);
      assert.notEqual(backgroundColor, color);
    }
    await close();
  });
});
