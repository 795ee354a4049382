import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'puppeteer-core';
import { clickCall, pageWith, startSite } from '../../test/e2e/support/site.js';
import { openProbed } from './browser-page.js';

/** When a call got how far, in ms since the click. */
export interface Start {
  readonly microphoneMs: number;
  readonly socketMs: number;
  readonly agentReadyMs: number;
  /** The first sound of the agent at the context's end. */
  readonly firstWordMs: number;
}

const client = readFileSync(new URL('browser-client.js', import.meta.url), 'utf8');

/** Calls from fresh pages, with the permission granted, to an agent that answers at once and starts with a tone. */
export async function clickToFirstWord(browser: Browser, calls: number): Promise<Start[]> {
  return fromFreshPages(browser, calls, undefined, async (page) => {
    await clickCall(page);
    const firstWordMs = await firstWord(page);
    const { clickMs, statuses } = await page.evaluate(() => window.probe);
    const since = (status: string) => statuses.find((change) => change.status === status)!.atMs - clickMs;
    return {
      microphoneMs: since('connecting'),
      socketMs: since('waiting'),
      agentReadyMs: since('active'),
      firstWordMs,
    };
  });
}

/** The same without the element, by the least that a page can do: when the first word is heard, in ms since the click. */
export async function clickToFirstWordWithoutUs(browser: Browser, calls: number): Promise<number[]> {
  return fromFreshPages(browser, calls, `<button>Call</button><script>${client}</script>`, async (page) => {
    await page.click('button');
    return firstWord(page);
  });
}

async function fromFreshPages<T>(
  browser: Browser,
  calls: number,
  body: string | undefined,
  measure: (page: Page) => Promise<T>,
): Promise<T[]> {
  const site = await startSite({ name: 'tone', readyMs: 0 }, body ? { html: pageWith(body) } : {});
  try {
    const measured: T[] = [];
    for (let call = 0; call < calls; call += 1) {
      const page = await openProbed(browser, site.url);
      measured.push(await measure(page));
      await page.close();
    }
    return measured;
  } finally {
    await site.close();
  }
}

async function firstWord(page: Page): Promise<number> {
  await page.waitForFunction(() => window.probe.sounds.some(({ isLoud }) => isLoud));
  return page.evaluate(() => window.probe.sounds.find(({ isLoud }) => isLoud)!.atMs - window.probe.clickMs);
}
