import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'puppeteer-core';
import { sine } from '../../simulator/sounds.js';
import { inProbedCall } from './browser-page.js';

/** The first sound of one thing that the agent says. */
export interface Turn {
  /** Silence before it, in s. */
  readonly pauseS: number;
  /** From its first message to its first sample at the context's end; the device's own delay comes on top. */
  readonly latencyMs: number;
}

const spokenS = 0.7;

/** From the agent's first message of each turn to the loudspeaker. Messages of 20 ms, as fast as they are spoken. */
export function socketToSpeaker(browser: Browser, pausesS: readonly number[]): Promise<Turn[]> {
  const words = sine(1000, -12, spokenS, 16_000);
  return inProbedCall(browser, async ({ page, agent }) => {
    const turns: { pauseS: number; startMs: number }[] = [];
    for (const pauseS of pausesS) {
      await wait(pauseS * 1000);
      turns.push({ pauseS, startMs: await agent.say(words) });
    }
    await wait(500);
    const sounds = await page.evaluate(() => window.probe.sounds);
    return turns.map(({ pauseS, startMs }) => {
      // The audio thread's clock has whole ms.
      const first = sounds.find(({ isLoud, atMs }) => isLoud && atMs + 1 > startMs);
      if (!first) throw new Error('The agent spoke, and nothing was played.');
      return { pauseS, latencyMs: first.atMs - startMs };
    });
  });
}
