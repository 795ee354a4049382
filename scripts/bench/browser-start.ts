import type { Browser } from 'puppeteer-core';
import { clickCall, startSite } from '../../test/e2e/support/site.js';
import { openProbed } from './browser-page.js';

/** When a call got how far, in ms since the click. */
export interface Start {
  readonly microphoneMs: number;
  readonly socketMs: number;
  readonly agentReadyMs: number;
  /** The first sound of the agent at the context's end. */
  readonly firstWordMs: number;
}

/** Calls from fresh pages, with the permission granted, to an agent that answers at once and starts with a tone. */
export async function clickToFirstWord(browser: Browser, calls: number): Promise<Start[]> {
  const site = await startSite({ name: 'tone', readyMs: 0 });
  try {
    const starts: Start[] = [];
    for (let call = 0; call < calls; call += 1) {
      const page = await openProbed(browser, site.url);
      await clickCall(page);
      await page.waitForFunction(() => window.probe.sounds.some(({ isLoud }) => isLoud));
      const { clickMs, statuses, sounds } = await page.evaluate(() => {
        const { clickMs, statuses, sounds } = window.probe;
        return { clickMs, statuses, sounds };
      });
      const since = (status: string) => statuses.find((change) => change.status === status)!.atMs - clickMs;
      starts.push({
        microphoneMs: since('connecting'),
        socketMs: since('waiting'),
        agentReadyMs: since('active'),
        firstWordMs: sounds.find(({ isLoud }) => isLoud)!.atMs - clickMs,
      });
      await page.close();
    }
    return starts;
  } finally {
    await site.close();
  }
}
