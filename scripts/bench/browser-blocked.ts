import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'puppeteer-core';
import { sine } from '../../simulator/sounds.js';
import { type Arrival, wallMs } from '../performance/timed-agent.js';
import { inProbedCall, type ProbedCall, type Sound } from './browser-page.js';

/** How the sound fares while the page's main thread is left alone, or kept busy. */
export interface Phase {
  /** From the worklet, where the chunk was complete, to the agent; for each chunk. */
  readonly excessMs: readonly number[];
  /** Silences of 2 ms and more in what the agent says without a pause, in ms. */
  readonly gapsMs: readonly number[];
}

/** One call's, or all of them. */
type Phases = Readonly<Record<'idle' | 'blocked', Phase>>;

const phaseS = 10;
/** The call's own first second is not measured. */
const settleMs = 1000;

/** Calls in which the main thread is idle at first, and then blocked for 150 of every 200 ms. */
export async function blockMainThread(browser: Browser, calls: number): Promise<Phases> {
  const measured: Phases[] = [];
  for (let call = 0; call < calls; call += 1) {
    measured.push(await inProbedCall(browser, measureCall, { isStamping: true }));
  }
  const all = (phase: keyof Phases): Phase => ({
    excessMs: measured.flatMap((call) => call[phase].excessMs),
    gapsMs: measured.flatMap((call) => call[phase].gapsMs),
  });
  return { idle: all('idle'), blocked: all('blocked') };
}

async function measureCall({ page, agent }: ProbedCall): Promise<Phases> {
  const tone = sine(1000, -12, 2 * phaseS + 2, 16_000);
  const said = agent.say(tone);
  await wait(settleMs);
  const idleFromMs = wallMs();
  await wait(phaseS * 1000);
  const idleToMs = wallMs();
  await page.evaluate(() => window.block());
  await said;
  const blockedToMs = wallMs() - 200;
  const sounds = await page.evaluate(() => window.probe.sounds);
  const phase = (fromMs: number, toMs: number): Phase => ({
    excessMs: excesses(agent.arrivals.filter(({ atMs }) => atMs > fromMs && atMs < toMs)),
    gapsMs: gaps(sounds, fromMs, toMs),
  });
  return { idle: phase(idleFromMs, idleToMs), blocked: phase(idleToMs, blockedToMs) };
}

function excesses(arrivals: readonly Arrival[]): number[] {
  const excessMs = arrivals.map(({ atMs, samples }) => {
    const stamp = new Int32Array(samples.buffer, 0, 1)[0]!;
    return (Math.floor(atMs) | 0) - stamp + (atMs % 1);
  });
  if (excessMs.length === 0 || excessMs.some((ms) => ms < 0 || ms > 60_000)) {
    throw new Error('The chunks do not hold the time at which they left the worklet.');
  }
  return excessMs;
}

function gaps(sounds: readonly Sound[], fromMs: number, toMs: number): number[] {
  return sounds.flatMap((sound, i) => {
    const before = sounds[i - 1];
    const isGap = sound.isLoud && before && !before.isLoud && before.atMs > fromMs && sound.atMs < toMs;
    return isGap ? [sound.contextMs - before.contextMs] : [];
  });
}
