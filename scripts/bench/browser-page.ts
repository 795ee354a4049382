import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'puppeteer-core';
import { TimedAgent } from '../performance/timed-agent.js';
import { clickCall, pageWith, startSite, tag, waitForStatus } from '../../test/e2e/support/site.js';

/** When what reaches the loudspeaker began or ceased to be loud. */
export interface Sound {
  readonly isLoud: boolean;
  /** On the AudioContext's clock. */
  readonly contextMs: number;
  /** On the machine's clock, in ms since 1970. */
  readonly atMs: number;
}

declare global {
  interface Window {
    /** What reaches the loudspeaker, and what the microphone gives. */
    probe: { sounds: Sound[]; heard: Sound[]; statuses: { status: string; atMs: number }[]; clickMs: number };
    useSyntheticMicrophone(): void;
    beep(): Promise<number>;
    block(): void;
  }
}

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

/** Opens a page under the eyes of browser-probe.js and browser-tap.worklet.js. */
export async function openProbed(browser: Browser, url: string, isStamping = false): Promise<Page> {
  const page = await browser.newPage();
  const tap = `globalThis.isStamping = ${isStamping};\n${read('browser-tap.worklet.js')}`;
  const tapUrl = `data:text/javascript,${encodeURIComponent(tap)}`;
  await page.evaluateOnNewDocument(`window.tapUrl = ${JSON.stringify(tapUrl)};\n${read('browser-probe.js')}`);
  await page.goto(url);
  await page.waitForFunction(() => customElements.get('synthflow-call'));
  return page;
}

export interface ProbedCall {
  readonly page: Page;
  readonly agent: TimedAgent;
}

/** Has an active call with a timed agent, hands both to the measurement, and lets them go. */
export async function inProbedCall<T>(
  browser: Browser,
  measure: (call: ProbedCall) => Promise<T>,
  { isStamping = false, microphone = 'fake' }: { isStamping?: boolean; microphone?: 'fake' | 'synthetic' } = {},
): Promise<T> {
  const agent = await TimedAgent.start();
  const html = pageWith(tag().replace('token-endpoint="/api/synthflow/token"', `session-url="${agent.url}"`));
  const site = await startSite('silent', { html });
  try {
    const page = await openProbed(browser, site.url, isStamping);
    if (microphone === 'synthetic') await page.evaluate(() => window.useSyntheticMicrophone());
    await clickCall(page);
    await waitForStatus(page, 'active');
    const result = await measure({ page, agent });
    await page.close();
    return result;
  } finally {
    await site.close();
    agent.close();
  }
}
