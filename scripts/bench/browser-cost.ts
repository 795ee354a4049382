import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'puppeteer-core';
import { clickCall, pageWith, startSite, tag, waitForStatus } from '../../test/e2e/support/site.js';
import { threadsBelow } from '../performance/threads.js';

/** Time of a page's main thread in a minute, in ms. */
export interface MainThread {
  /** CPU time of all that it does. */
  readonly allMs: number;
  /** Of that, JavaScript. */
  readonly scriptMs: number;
  /** Of that, styles and layout; painting and what the browser does for itself are the rest. */
  readonly styleMs: number;
}

/** What a page costs, with its audio thread. */
interface Spent extends MainThread {
  /** CPU time of the audio worklet's thread in a minute, in ms; 0 where the system does not tell. */
  readonly audioMs: number;
  /** In Hz, of the loudspeaker. */
  readonly sampleRate: number;
}

/** What a call in which both sides speak costs the visitor's machine. */
export interface Cost {
  readonly call: MainThread;
  /** The same call with `no-visualizer`. */
  readonly withoutVisualizer: MainThread;
  /** The same page without a call. */
  readonly idle: MainThread;
  /** A page without the element whose processors do nothing, and which shows the time. */
  readonly control: MainThread;
  /** CPU time of the audio worklet's thread for each quantum, in µs; undefined where the system does not tell. */
  readonly quantumUs: number | undefined;
  /** The same of that page. */
  readonly emptyQuantumUs: number | undefined;
  /** How long a quantum lasts, in µs. */
  readonly budgetUs: number;
}

/** Before that a call's start, and what the browser compiles late, would count. */
const settleS = 5;

/** A page, and what makes it begin. */
interface Watched {
  readonly html?: string;
  start?(page: Page): Promise<void>;
}

/**
 * Measures pages in turn, some rounds of so many seconds: two calls, the page without one, and one with empty processors.
 * Each is alone, as a visitor's is: beside one another on two cores they would push each other out of the caches.
 */
export async function measureCost(launch: () => Promise<Browser>, rounds: number, seconds: number): Promise<Cost> {
  const pages = {
    call: { start: startCall },
    withoutVisualizer: { html: pageWith(tag('no-visualizer')), start: startCall },
    idle: {},
    control: {
      html: `${pageWith('<button>Start</button>')}<script>${read('browser-control.js')}</script>`,
      start: startControl,
    },
  };
  const spent: Record<keyof typeof pages, Spent[]> = { call: [], withoutVisualizer: [], idle: [], control: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [name, watched] of Object.entries(pages)) {
      spent[name as keyof typeof pages].push(await watch(launch, watched, seconds));
    }
  }
  const meanOf = (all: readonly Spent[], figure: keyof Spent) =>
    all.reduce((sum, one) => sum + one[figure], 0) / all.length;
  const mainThread = (all: readonly Spent[]): MainThread => ({
    allMs: meanOf(all, 'allMs'),
    scriptMs: meanOf(all, 'scriptMs'),
    styleMs: meanOf(all, 'styleMs'),
  });
  const budgetUs = (128 * 1e6) / spent.call[0]!.sampleRate;
  const quantumUs = (all: readonly Spent[]) => (meanOf(all, 'audioMs') * budgetUs) / 60_000 || undefined;
  return {
    call: mainThread(spent.call),
    withoutVisualizer: mainThread(spent.withoutVisualizer),
    idle: mainThread(spent.idle),
    control: mainThread(spent.control),
    quantumUs: quantumUs(spent.call),
    emptyQuantumUs: quantumUs(spent.control),
    budgetUs,
  };
}

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

async function startCall(page: Page): Promise<void> {
  await clickCall(page);
  await waitForStatus(page, 'active');
}

async function startControl(page: Page): Promise<void> {
  await page.click('button');
  await page.waitForFunction(() => 'control' in window);
}

async function watch(launch: () => Promise<Browser>, { html, start }: Watched, seconds: number): Promise<Spent> {
  const site = await startSite({ name: 'speech', seconds: seconds + settleS + 5 }, html ? { html } : {});
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    const session = await page.createCDPSession();
    await session.send('Performance.enable');
    await start?.(page);
    await wait(settleS * 1000);
    const before = await spentUntilNow(browser, session);
    await wait(seconds * 1000);
    const after = await spentUntilNow(browser, session);
    const perMinute = (figure: keyof typeof before) =>
      ((after[figure] - before[figure]) * 60_000) / (after.atMs - before.atMs);
    return {
      allMs: perMinute('allMs'),
      scriptMs: perMinute('scriptMs'),
      styleMs: perMinute('styleMs'),
      audioMs: perMinute('audioMs'),
      sampleRate: await page.evaluate(() => new AudioContext().sampleRate),
    };
  } finally {
    await Promise.all([browser.close(), site.close()]);
  }
}

/** Time spent since the page began, in ms. */
async function spentUntilNow(browser: Browser, session: CDPSession) {
  const seconds = await metrics(session);
  const threads = threadsBelow(browser.process()!.pid!, /^(Realtime AudioW|AudioWorklet)/);
  return {
    atMs: performance.now(),
    allMs: seconds('ThreadTime') * 1000,
    scriptMs: seconds('ScriptDuration') * 1000,
    styleMs: (seconds('RecalcStyleDuration') + seconds('LayoutDuration')) * 1000,
    audioMs: threads.reduce((sum, { spentMs }) => sum + spentMs, 0),
  };
}

/** The page's own figures by name, now. `ThreadTime` is its main thread's CPU time in s. */
async function metrics(session: CDPSession): Promise<(name: string) => number> {
  const { metrics: all } = await session.send('Performance.getMetrics');
  return (name) => {
    const found = all.find((one) => one.name === name);
    if (!found) throw new Error(`Chromium tells no ${name}.`);
    return found.value;
  };
}

/** For half a minute the browser still compiles what runs often, and keeps that. */
const heapSettleS = 30;

/** The page's heap after garbage was collected, in bytes, once for each of some moments of one call. */
export async function watchHeap(
  browser: Browser,
  seconds: number,
  everyS: number,
): Promise<[seconds: number, bytes: number][]> {
  // Ten times as many messages as usual, so that what is left of one shows ten times as soon.
  const site = await startSite({ name: 'speech', seconds: seconds + heapSettleS + 5, messageMs: 2 });
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction(() => customElements.get('synthflow-call'));
    const session = await page.createCDPSession();
    await session.send('Performance.enable');
    await session.send('HeapProfiler.enable');
    await clickCall(page);
    await waitForStatus(page, 'active');
    await wait(heapSettleS * 1000);
    const startMs = performance.now();
    const points: [number, number][] = [];
    while (performance.now() - startMs < seconds * 1000) {
      await wait(everyS * 1000);
      await session.send('HeapProfiler.collectGarbage');
      const figure = await metrics(session);
      points.push([(performance.now() - startMs) / 1000, figure('JSHeapUsedSize')]);
    }
    await page.close();
    return points;
  } finally {
    await site.close();
  }
}
