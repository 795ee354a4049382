import type { Browser, Page } from 'puppeteer-core';
import { setTimeout as wait } from 'node:timers/promises';
import { clickCall, pageWith, startSite, tag, waitForStatus } from '../../test/e2e/support/site.js';
import { TimedAgent, wallMs } from '../performance/timed-agent.js';
import { openPage } from './browsers.js';
import type { Pulse } from './pulse.js';

/** What became of a call whose devices went. Times are in ms, from when they went. */
export interface Unplugged {
  /** Until the agent heard the visitor again, by another microphone; undefined if it never did. */
  readonly heardAgainMs: number | undefined;
  /** Until the call failed when the last microphone went, and how. */
  readonly lostMs: number;
  readonly lostCode: string | undefined;
  readonly lostSentence: string;
  /** From when a suspended sound card went on until the agent heard the visitor again; undefined if it never did. */
  readonly resumedMs: number | undefined;
}

/** Nothing is waited for longer. */
const patienceMs = 8000;
const speechS = 60;

/** Takes the sound card's devices away in mid-call, while somebody hums into all of its microphones. */
export async function measureUnplugged(browser: Browser, pulse: Pulse): Promise<Unplugged> {
  pulse.setEcho(undefined);
  await pulse.plug('headset');
  // The loudspeaker's own, which nobody hums into.
  await pulse.unplug('ear');
  const hum = Float32Array.from(
    { length: speechS * pulse.sampleRate },
    (_, i) => 0.3 * Math.sin((2 * Math.PI * 200 * i) / pulse.sampleRate) * (1 + Math.sin(i / 5000)) * 0.5,
  );
  // It ends with the server at the latest.
  void pulse.say(hum);
  const agent = await TimedAgent.start();
  const html = pageWith(
    tag('no-noise-suppression').replace('token-endpoint="/api/synthflow/token"', `session-url="${agent.url}"`),
  );
  const site = await startSite('silent', { html });
  try {
    const page = await openPage(browser, site.url);
    await clickCall(page);
    await waitForStatus(page, 'active');
    await heardSince(agent, wallMs());
    await pulse.suspend(true);
    await wait(3000);
    await pulse.suspend(false);
    const resumedMs = await heardSince(agent, wallMs());
    await pulse.unplug('microphone', 'headset');
    // What was on its way may still come.
    const heardAgainMs = await heardSince(agent, wallMs(), 300);
    // With its loudspeakers, whose monitors Firefox takes for microphones.
    await pulse.unplug('card');
    const lostAtMs = wallMs();
    await page
      .waitForFunction(() => document.querySelector('synthflow-call')!.status === 'failed', { timeout: patienceMs })
      .catch(() => {});
    const lostMs = wallMs() - lostAtMs;
    const { code: lostCode, sentence: lostSentence } = await failureOf(page);
    await page.close();
    return { heardAgainMs, lostMs, lostCode, lostSentence, resumedMs };
  } finally {
    await site.close();
    agent.close();
  }
}

/** How long it takes until the agent hears something loud, after so many ms in which it does not count. */
async function heardSince(agent: TimedAgent, sinceMs: number, deafMs = 0): Promise<number | undefined> {
  while (wallMs() - sinceMs < patienceMs) {
    const heard = agent.arrivals.findLast(({ samples }) => samples.some((sample) => Math.abs(sample) > 1000));
    if (heard && heard.atMs > sinceMs + deafMs) return heard.atMs - sinceMs;
    await wait(20);
  }
  return undefined;
}

const failureOf = (page: Page): Promise<{ code: string | undefined; sentence: string }> =>
  page.evaluate(() => {
    const { error } = document.querySelector('synthflow-call')!;
    return { code: error?.code, sentence: error?.visitorMessage ?? '' };
  });
