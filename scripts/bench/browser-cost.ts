import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, CDPSession } from 'puppeteer-core';
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

/** Measures pages at once, each in a browser of its own: two calls, the page without one, and one with empty processors. */
export async function measureCost(launch: () => Promise<Browser>, seconds: number): Promise<Cost> {
  const speech = { name: 'speech', seconds: seconds + settleS + 5 };
  const control = `${pageWith('<button>Start</button>')}<script>${read('browser-control.js')}</script>`;
  const sites = await Promise.all([
    startSite(speech),
    startSite(speech, { html: pageWith(tag('no-visualizer')) }),
    startSite('silent', { html: control }),
  ]);
  const browsers = await Promise.all([launch(), launch(), launch(), launch()]);
  try {
    const [call, plain, idle, empty] = await Promise.all([
      open(browsers[0], sites[0].url),
      open(browsers[1], sites[1].url),
      open(browsers[2], sites[0].url),
      open(browsers[3], sites[2].url),
    ]);
    await empty.page.click('button');
    await empty.page.waitForFunction(() => 'control' in window);
    for (const { page } of [call, plain]) {
      await clickCall(page);
      await waitForStatus(page, 'active');
    }
    await wait(settleS * 1000);
    const watched = [call, plain, idle, empty];
    const before = await Promise.all(watched.map((one) => one.read()));
    await wait(seconds * 1000);
    const after = await Promise.all(watched.map((one) => one.read()));
    const perMinute = (index: number, figure: keyof Reading) =>
      ((after[index]![figure] - before[index]![figure]) * 60_000) / (after[index]!.atMs - before[index]!.atMs);
    const mainThread = (index: number): MainThread => ({
      allMs: perMinute(index, 'allMs'),
      scriptMs: perMinute(index, 'scriptMs'),
      styleMs: perMinute(index, 'styleMs'),
    });
    const sampleRate = await call.page.evaluate(() => new AudioContext().sampleRate);
    const quantumUs = (index: number) => (perMinute(index, 'audioMs') * 1000) / ((60 * sampleRate) / 128) || undefined;
    return {
      call: mainThread(0),
      withoutVisualizer: mainThread(1),
      idle: mainThread(2),
      control: mainThread(3),
      quantumUs: quantumUs(0),
      emptyQuantumUs: quantumUs(3),
      budgetUs: (128 * 1e6) / sampleRate,
    };
  } finally {
    await Promise.all([...browsers, ...sites].map((one) => one.close()));
  }
}

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');

/** Time spent since the page began, in ms. */
interface Reading extends MainThread {
  readonly atMs: number;
  readonly audioMs: number;
}

async function open(browser: Browser, url: string) {
  const page = await browser.newPage();
  await page.goto(url);
  const session = await page.createCDPSession();
  await session.send('Performance.enable');
  const pid = browser.process()!.pid!;
  return {
    page,
    async read(): Promise<Reading> {
      const seconds = await metrics(session);
      return {
        atMs: performance.now(),
        allMs: seconds('ThreadTime') * 1000,
        scriptMs: seconds('ScriptDuration') * 1000,
        styleMs: (seconds('RecalcStyleDuration') + seconds('LayoutDuration')) * 1000,
        audioMs: threadsBelow(pid, /^(Realtime AudioW|AudioWorklet)/).reduce((sum, { spentMs }) => sum + spentMs, 0),
      };
    },
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
