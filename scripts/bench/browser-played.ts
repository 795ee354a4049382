import type { Browser } from 'puppeteer-core';
import { clickCall, played, startSite, visit, waitForSound, waitForStatus } from '../../test/e2e/support/site.js';
import { fidelityDb, greeting } from '../../test/e2e/support/sound.js';

/** What a page has asked for and made before anybody clicks, but for the page itself. */
export async function beforeTheClick(browser: Browser): Promise<string> {
  const site = await startSite('talk');
  try {
    const page = await visit(browser, site.url);
    const { contexts, sockets } = await page.evaluate(() => window.witness.made());
    return `${site.requests.length - 1}, ${contexts}, ${sockets}`;
  } finally {
    await site.close();
  }
}

/** How much of 8 s of speech arrives at the loudspeaker: signal to difference, in dB. */
export async function playedDb(browser: Browser, scenario: string): Promise<number> {
  const site = await startSite(scenario);
  try {
    const page = await visit(browser, site.url);
    await clickCall(page);
    await waitForStatus(page, 'active');
    await waitForSound(page, 9.5);
    const { samples, sampleRate } = await played(page);
    const speech = Float32Array.from({ length: 8 * 16_000 }, (_, i) => greeting[i % greeting.length]!);
    return fidelityDb(speech, samples, sampleRate);
  } finally {
    await site.close();
  }
}
