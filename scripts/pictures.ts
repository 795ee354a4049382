// `npm run pictures`: makes docs/element.png, the README's picture, from real calls: every status, light and dark.
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';
import { clickCall, launch, pageWith, startSite, tag, visit, waitForStatus } from '../test/e2e/support/site.js';

const size = { width: 300, height: 168 };
const picture = fileURLToPath(new URL('../docs/element.png', import.meta.url));

/** How each status is reached: the agent's scenario, and the way from the click. */
const ways: [title: string, scenario: string, way: (page: Page) => Promise<void>][] = [
  ['idle', 'talk', async () => {}],
  [
    'requesting microphone',
    'talk',
    async (page) => {
      await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => new Promise(() => {});
      });
      await clickCall(page);
      await waitForStatus(page, 'requesting-microphone');
    },
  ],
  [
    'connecting',
    'slow-token',
    async (page) => {
      await clickCall(page);
      await waitForStatus(page, 'connecting');
    },
  ],
  [
    'waiting',
    'never-ready',
    async (page) => {
      await clickCall(page);
      await waitForStatus(page, 'waiting');
    },
  ],
  ['active', 'speech', hearAgent],
  [
    'muted',
    'speech',
    async (page) => {
      await hearAgent(page);
      await page.locator('synthflow-call >>> [part=mute]').click();
      await page.waitForSelector('synthflow-call[muted]');
    },
  ],
  [
    'ended',
    'speech',
    async (page) => {
      await hearAgent(page);
      await clickCall(page);
      await waitForStatus(page, 'ended');
    },
  ],
  [
    'failed',
    'refuse',
    async (page) => {
      await clickCall(page);
      await waitForStatus(page, 'failed');
    },
  ],
];

async function hearAgent(page: Page): Promise<void> {
  await clickCall(page);
  await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.agentLevelDbfs > -25);
}

const browser = await launch();
try {
  const pictures: string[] = [];
  for (const theme of ['light', 'dark']) {
    for (const [title, scenario, way] of ways) {
      const style = `<style>body { margin: 16px; background: ${theme === 'dark' ? '#0e0f13' : '#fff'} }</style>`;
      const site = await startSite(scenario, { html: pageWith(style + tag(`theme="${theme}"`)) });
      const page = await visit(browser, site.url, { record: false });
      await page.setViewport({ ...size, deviceScaleFactor: 2 });
      await way(page);
      await page.mouse.move(0, size.height - 1);
      // Colours change softly; the spinner never ends.
      await page.evaluate(() =>
        Promise.all(
          document
            .querySelector('synthflow-call')!
            .shadowRoot!.getAnimations()
            .filter((animation) => animation instanceof CSSTransition)
            .map(({ finished }) => finished.catch(() => {})),
        ),
      );
      const base64 = await page.screenshot({ encoding: 'base64' });
      pictures.push(`<figure><img width="${size.width}" src="data:image/png;base64,${base64}">
        <figcaption>${title}, ${theme}</figcaption></figure>`);
      await page.close();
      await site.close();
    }
  }
  const sheet = await browser.newPage();
  await sheet.setViewport({ width: 1240, height: 100, deviceScaleFactor: 1 });
  await sheet.setContent(`<style>
      body { margin: 8px; display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; font: 12px system-ui; background: #fff }
      figure { margin: 0; text-align: center } img { border: 1px solid #ddd; border-radius: 8px }
    </style>${pictures.join('')}`);
  await sheet.screenshot({ path: picture, fullPage: true });
} finally {
  await browser.close();
}
