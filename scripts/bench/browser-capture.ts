import type { Browser } from 'puppeteer-core';
import { inProbedCall } from './browser-page.js';

/** How long one beep was on its way. */
export interface Beep {
  /** From its start inside a synthetic microphone to the message that holds it, in ms. */
  readonly latencyMs: number;
  /** Of that, until the browser gave it to the page's own audio graph. */
  readonly browserMs: number;
}

/**
 * Beeps in several calls: where the microphone's buffers fall in the loudspeaker's differs from call to call, and moves all
 * values of one. The clocks of page and agent are the machine's; the microphone's is read in steps of its own buffer (10 ms), so single
 * values scatter by that.
 */
export async function microphoneToSocket(browser: Browser, calls: number, beeps: number): Promise<Beep[][]> {
  const all: Beep[][] = [];
  for (let call = 0; call < calls; call += 1) all.push(await measureCall(browser, beeps));
  return all;
}

function measureCall(browser: Browser, beeps: number): Promise<Beep[]> {
  return inProbedCall(
    browser,
    async ({ page, agent }) => {
      const starts: number[] = [];
      for (let beep = 0; beep < beeps; beep += 1) starts.push(await page.evaluate(() => window.beep()));
      const isLoud = agent.arrivals.map(({ samples }) => samples.some((sample) => Math.abs(sample) > 1000));
      const sent = agent.arrivals.filter((_, i) => isLoud[i] && !isLoud[i - 1]);
      const heard = (await page.evaluate(() => window.probe.heard)).filter((sound) => sound.isLoud);
      const until = (onsets: readonly { atMs: number }[], start: number) =>
        (onsets.find(({ atMs }) => atMs >= start)?.atMs ?? Infinity) - start;
      return starts
        .map((start) => ({ latencyMs: until(sent, start), browserMs: until(heard, start) }))
        .filter(({ latencyMs, browserMs }) => latencyMs < 300 && browserMs < 300);
    },
    { microphone: 'synthetic' },
  );
}
