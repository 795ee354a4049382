// `npm run pictures`: makes docs/element.png, the README's picture, and in coverage/pictures/ sheets of every status ×
// variant × theme × direction at 320 and 1280 px, and of what opens, from real calls. To be looked at.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import type { Page } from 'puppeteer-core';
import {
  closedNow,
  everyVariant,
  forceColors,
  inEveryTurn,
  openSheet,
  statuses,
  type Look,
} from '../test/e2e/support/looks.js';
import { launch } from '../test/e2e/support/launch.js';

const folder = fileURLToPath(new URL('../coverage/pictures/', import.meta.url));
const readme = fileURLToPath(new URL('../docs/element.png', import.meta.url));

const take = async (page: Page): Promise<PNG> => PNG.sync.read(Buffer.from(await page.screenshot()));

/** Pictures of one size as one, so many side by side. */
function write(file: string, pictures: readonly PNG[], columns: number): void {
  const { width, height } = pictures[0]!;
  const sheet = new PNG({ width: columns * width, height: Math.ceil(pictures.length / columns) * height });
  pictures.forEach((picture, index) => {
    const [left, top] = [(index % columns) * width, Math.floor(index / columns) * height];
    PNG.bitblt(picture, sheet, 0, 0, width, height, left, top);
  });
  writeFileSync(file, PNG.sync.write(sheet));
}

const browser = await launch();

/** A sheet in every theme and direction. */
async function show(file: string, looks: readonly Look[], width = 1280, prepare?: (page: Page) => Promise<void>) {
  const { page, close } = await openSheet(browser, looks, { width, scenario: 'speech' });
  await prepare?.(page);
  const pictures: PNG[] = [];
  await inEveryTurn(page, async () => void pictures.push(await take(page)));
  write(`${folder}${file}.png`, pictures, width < 1280 ? 4 : 1);
  await close();
}

/** The open card in a small window. */
async function showFloating(): Promise<void> {
  for (const [width, height] of [
    [320, 568],
    [568, 320],
    [320, 256],
  ] as const) {
    const pictures: PNG[] = [];
    for (const size of ['small', 'medium', 'large']) {
      for (const opens of [undefined, 'menu'] as const) {
        const attributes = `position="bottom-right" size="${size}" heading="Acme support" fallback-href="tel:+1"`;
        const look: Look = { title: size, status: 'active', attributes, ...(opens && { opens }) };
        const { page, close } = await openSheet(browser, [look], { width });
        await page.setViewport({ width, height });
        pictures.push(await take(page));
        await close();
      }
    }
    write(`${folder}floating-${width}x${height}.png`, pictures, 3);
  }
}

/** A few looks for the README. */
async function showReadme(): Promise<void> {
  const looks = (['idle', 'waiting', 'active'] as const).map((status): Look => ({
    title: status,
    status,
    height: 165,
  }));
  const card = 'variant="card" heading="Acme support" subheading="Answers at once"';
  const cards: Look[] = [
    { title: 'card', status: 'idle', attributes: card, height: 280 },
    { title: 'card in a call', status: 'active', attributes: card, height: 280 },
    { title: 'icon', status: 'idle', attributes: 'variant="icon" accent="#0b7285"', height: 280 },
  ];
  const pictures: PNG[] = [];
  for (const sheet of [looks, cards]) {
    const { page, close } = await openSheet(browser, sheet, { scenario: 'speech' });
    await page.waitForFunction(() =>
      [...document.querySelectorAll('synthflow-call')].every(
        ({ status, stats }) => status !== 'active' || stats.agentLevelDbfs > -25,
      ),
    );
    for (const theme of ['light', 'dark']) {
      await page.evaluate((turn) => window.turnLooks(turn), { theme, lang: 'en' });
      pictures.push(await take(page));
    }
    await close();
  }
  const [lightPills, darkPills, lightCards, darkCards] = pictures as [PNG, PNG, PNG, PNG];
  const height = lightPills.height + lightCards.height;
  const sheet = new PNG({ width: lightPills.width, height: 2 * height });
  [lightPills, lightCards, darkPills, darkCards].reduce((top, picture) => {
    PNG.bitblt(picture, sheet, 0, 0, picture.width, picture.height, 0, top);
    return top + picture.height;
  }, 0);
  writeFileSync(readme, PNG.sync.write(sheet));
}

try {
  mkdirSync(folder, { recursive: true });
  for (const status of statuses) {
    for (const width of [320, 1280]) await show(`${status}-${width}`, everyVariant(status), width);
  }
  await show('menu', everyVariant('active', { opens: 'menu' }).slice(1));
  await show('consent', everyVariant('idle', { opens: 'consent' }));
  await show('closed', everyVariant('idle', { attributes: closedNow }));
  for (const status of ['idle', 'waiting', 'failed'] as const) {
    await show(`forced-colors-${status}`, everyVariant(status), 1280, forceColors);
  }
  await show('forced-colors-muted', everyVariant('active', { attributes: 'muted' }), 1280, forceColors);
  await show('forced-colors-menu', everyVariant('active', { opens: 'menu' }).slice(1), 1280, forceColors);
  await showFloating();
  await showReadme();
} finally {
  await browser.close();
}
