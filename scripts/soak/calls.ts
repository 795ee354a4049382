import type { Browser } from 'puppeteer-core';
import { clickCall, startSite, waitForStatus } from '../../test/e2e/support/site.js';
import { WatchedPage, type Holdings } from './watched-page.js';

/** What a page held after so many calls. */
export interface Checkpoint extends Holdings {
  readonly calls: number;
}

export interface SoakOptions {
  readonly calls: number;
  /** Calls between two looks. */
  readonly every: number;
  readonly onLook?: (checkpoint: Checkpoint) => void;
}

/** Makes calls in one page, one after the other, and looks every so many of them what the page holds while none runs. */
export async function soakCalls(browser: Browser, { calls, every, onLook }: SoakOptions): Promise<Checkpoint[]> {
  const site = await startSite('speech');
  const watched = await WatchedPage.open(browser, site.url);
  const { page } = watched;
  const looks: Checkpoint[] = [];
  let crash: Error | undefined;
  page.on('error', (error) => (crash = error));
  try {
    await page.waitForFunction(() => customElements.get('synthflow-call'));
    for (let call = 1; call <= calls; call += 1) {
      await clickCall(page);
      await waitForStatus(page, 'active');
      await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.audioMessages > 5);
      await clickCall(page);
      await waitForStatus(page, 'ended');
      await site.simulator.nextReport();
      if (call % every !== 0) continue;
      // The context closes after the call's end, and with it go its timers.
      await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
      const look = { calls: call, ...(await watched.look()) };
      looks.push(look);
      onLook?.(look);
    }
    await watched.close();
    return looks;
  } catch (error) {
    throw crash ? new Error(`The browser’s page crashed after ${looks.at(-1)?.calls ?? 0} calls.`, { cause: error }) : error;
  } finally {
    await site.close();
  }
}
