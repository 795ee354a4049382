import type { Browser, CDPSession } from 'puppeteer-core';
import { startSite } from '../../test/e2e/support/site.js';

/**
 * Time of the main thread that the script takes while a page loads, in ms: compiled, run, the button made. Each page is a
 * first visit, with nothing in the browser's caches.
 * @param slowdown - How much slower than it is Chromium makes the thread, about: a cheap phone beside a desk's machine is 4.
 */
export async function scriptAtLoad(browser: Browser, visits: number, slowdown: number): Promise<number[]> {
  const site = await startSite('silent', { files: { '/blank': '<!doctype html><title>A blank page</title>' } });
  try {
    const times: number[] = [];
    for (let visit = 0; visit < visits; visit += 1) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      // What comes next is then in the same process, which is the one that is slowed.
      await page.goto(`${site.url}/blank`);
      const session = await page.createCDPSession();
      // The thread's own clock: what else the machine does is not the script's.
      await session.send('Performance.enable', { timeDomain: 'threadTicks' });
      await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
      const beforeMs = await scriptMs(session);
      // A module runs before that.
      await page.goto(site.url, { waitUntil: 'load' });
      times.push((await scriptMs(session)) - beforeMs);
      await context.close();
    }
    return times;
  } finally {
    await site.close();
  }
}

async function scriptMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'ScriptDuration')!.value * 1000;
}
