import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { KnownDevices, type Browser, type Page } from 'puppeteer-core';
import { launch, needs } from './support/launch.js';
import { expectNothingOpen, onSite, pageWith, startSite, tag, waitForStatus } from './support/site.js';

/** The middle of a part of the element, in CSS pixels. */
const middleOf = (page: Page, part: string): Promise<readonly [x: number, y: number]> =>
  page.evaluate((name) => {
    const { left, top, width, height } = document
      .querySelector('synthflow-call')!
      .shadowRoot!.querySelector(`[part~=${name}]`)!
      .getBoundingClientRect();
    return [left + width / 2, top + height / 2] as const;
  }, part);

async function tap(page: Page, part: string): Promise<void> {
  await page.touchscreen.tap(...(await middleOf(page, part)));
}

/** What of the element reaches beyond the screen. */
const beyondScreen = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const root = document.querySelector('synthflow-call')!.shadowRoot!;
    return [...root.querySelectorAll('[part]')]
      .filter((part) => part.checkVisibility())
      .filter((part) => {
        const { left, top, right, bottom } = part.getBoundingClientRect();
        return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
      })
      .map((part) => part.part.value);
  });

const rotate = (page: Page, isLandscape: boolean): Promise<void> => {
  const { viewport } = KnownDevices[isLandscape ? 'iPhone SE landscape' : 'iPhone SE'];
  return page.setViewport(viewport);
};

describe('on a telephone', needs('emulated telephones'), () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const look of ['', 'position="bottom-right"', 'variant="card"', 'variant="card" position="top-left"']) {
    it(`a call is begun and ended by taps, and goes on when it is turned: ${look || 'the pill'}`, () =>
      onSite(browser, startSite('speech', { html: pageWith(tag(look)) }), async (page, { simulator }) => {
        // Upright, as most are held. Known devices bring touch with them.
        await page.emulate(KnownDevices['iPhone SE']);
        await page.waitForFunction(() => customElements.get('synthflow-call'));
        assert.equal(await page.evaluate(() => matchMedia('(pointer: coarse)').matches), true);
        await tap(page, 'button');
        // A card that floats is opened first.
        if (look.includes('card') && look.includes('position')) {
          await page.waitForFunction(() =>
            document.querySelector('synthflow-call')!.shadowRoot!.querySelector(':popover-open'),
          );
          await tap(page, 'button');
        }
        await waitForStatus(page, 'active');
        for (const isLandscape of [true, false]) {
          await rotate(page, isLandscape);
          await page.waitForFunction((wide) => innerWidth > innerHeight === wide, {}, isLandscape);
          // The panel follows within a few drawings.
          for (let drawings = 1; drawings < 60 && (await beyondScreen(page)).length > 0; drawings += 1)
            await page.evaluate(() => new Promise(requestAnimationFrame));
          assert.deepEqual(await beyondScreen(page), []);
        }
        assert.equal(await page.evaluate(() => document.querySelector('synthflow-call')!.status), 'active');
        await tap(page, 'button');
        await waitForStatus(page, 'ended');
        assert.equal((await simulator.nextReport()).endedBy, 'visitor');
        await expectNothingOpen(page);
      }));
  }

  for (const [isLandscape, insets] of [
    [false, { top: 47, right: 0, bottom: 34, left: 0 }],
    [true, { top: 0, right: 47, bottom: 21, left: 47 }],
  ] as const) {
    for (const corner of ['top-left', 'top-right', 'bottom-left', 'bottom-right']) {
      it(`keeps clear of notch and home indicator: ${corner}, ${isLandscape ? 'on its side' : 'upright'}`, () =>
        onSite(
          browser,
          startSite('speech', { html: pageWith(tag(`variant="card" position="${corner}"`)) }),
          async (page) => {
            await page.emulate(KnownDevices['iPhone SE']);
            await rotate(page, isLandscape);
            const devtools = await page.createCDPSession();
            await devtools.send('Emulation.setSafeAreaInsetsOverride', { insets });
            await page.waitForFunction(() => customElements.get('synthflow-call'));
            await tap(page, 'button');
            await page.waitForFunction(() =>
              document.querySelector('synthflow-call')!.shadowRoot!.querySelector(':popover-open'),
            );
            const boxes = await page.evaluate(() => {
              const element = document.querySelector('synthflow-call')!;
              const card = element.shadowRoot!.querySelector(':popover-open')!;
              return [element, card].map((box) => {
                const { left, top, right, bottom } = box.getBoundingClientRect();
                return { left, top, right: innerWidth - right, bottom: innerHeight - bottom };
              });
            });
            for (const box of boxes) {
              for (const edge of ['left', 'top', 'right', 'bottom'] as const) {
                assert.ok(box[edge] >= insets[edge], `${edge}: ${box[edge]} of ${insets[edge]} px`);
              }
            }
          },
        ));
    }
  }
});
