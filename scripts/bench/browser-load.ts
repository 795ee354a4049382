import type { Browser } from 'puppeteer-core';
import { startSite } from '../../test/e2e/support/site.js';

/** How much slower the processor is made than it is: a cheap phone beside a desk's machine. */
const slowdown = 4;

/**
 * Time of the main thread that the script takes while a page loads, in ms: compiled, run, the button made. Each page is a
 * first visit, with nothing in the browser's caches.
 */
export async function scriptAtLoad(browser: Browser, visits: number): Promise<number[]> {
  const site = await startSite('silent');
  try {
    const times: number[] = [];
    for (let visit = 0; visit < visits; visit += 1) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      const session = await page.createCDPSession();
      // The thread's own clock: what else the machine does is not the script's.
      await session.send('Performance.enable', { timeDomain: 'threadTicks' });
      await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
      // A module runs before that.
      await page.goto(site.url, { waitUntil: 'load' });
      const { metrics } = await session.send('Performance.getMetrics');
      times.push(metrics.find(({ name }) => name === 'ScriptDuration')!.value * 1000);
      await context.close();
    }
    return times;
  } finally {
    await site.close();
  }
}
