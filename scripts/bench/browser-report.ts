import type { Browser } from 'puppeteer-core';
import { launch } from '../../test/e2e/support/launch.js';
import { stripChart } from '../performance/chart.js';
import { goRealtime } from '../performance/realtime.js';
import { circumstances, type Row, rounded, writeFigures, writeTable } from '../performance/report.js';
import { median, quantile, slope } from '../performance/statistics.js';
import { blockMainThread, type Phase } from './browser-blocked.js';
import { microphoneToSocket } from './browser-capture.js';
import { measureCost, watchHeap } from './browser-cost.js';
import { scriptAtLoad } from './browser-load.js';
import { beforeTheClick, playedDb } from './browser-played.js';
import { clickToFirstWord, clickToFirstWordWithoutUs } from './browser-start.js';
import { resamplerTableMs } from './browser-table.js';
import { socketToSpeaker } from './browser-turns.js';

const pausesS = [1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 10];

/** Everything that takes a browser: answers the lines of the table, and writes docs/performance/browser.json and charts. */
export async function benchBrowser(isRealtime: boolean): Promise<Row[]> {
  const surroundings = circumstances(isRealtime);
  const browser = await launch();
  let figures;
  let quality: Row[];
  try {
    const chromium = await browser.version();
    quality = await judgeQuality(browser);
    const loadsMs = await scriptAtLoad(browser, 20, 1);
    const slowLoadsMs = await scriptAtLoad(browser, 20, 4);
    const beeps = await microphoneToSocket(browser, 20, 8);
    const turns = await socketToSpeaker(browser, pausesS);
    const starts = await clickToFirstWord(browser, 10);
    const leastStartsMs = await clickToFirstWordWithoutUs(browser, 10);
    const tablesMs = {
      capture: await resamplerTableMs(browser, [44_100, 48_000], 20),
      playback: await resamplerTableMs(browser, [16_000, 44_100], 20),
    };
    const all = { loadsMs, slowLoadsMs, beeps, turns, starts, leastStartsMs, tablesMs };
    figures = { ...surroundings, chromium, ...all };
  } finally {
    await browser.close();
  }
  // A busy page that nothing may interrupt would hold up the threads that share its core: at visitors' it has no such right.
  if (isRealtime) goRealtime(process.pid, 1, false);
  const mainThread = await inOwnBrowser((own) => blockMainThread(own, 3));
  if (isRealtime) goRealtime();
  const cost = await measureCost(launch, 2, 30);
  const heap = await inOwnBrowser((own) => watchHeap(own, 60, 4));
  const all = { ...figures, mainThread, cost, heap };
  const rows = toRows(all);
  await writeFigures('browser', rounded(all), drawCharts(all));
  await writeTable('browser', ['In Chromium', 'Measured', 'Limit'], rows);
  return [...quality, ...rows];
}

interface Figures {
  readonly loadsMs: readonly number[];
  readonly slowLoadsMs: readonly number[];
  /** By call. */
  readonly beeps: Awaited<ReturnType<typeof microphoneToSocket>>;
  readonly turns: Awaited<ReturnType<typeof socketToSpeaker>>;
  readonly mainThread: Awaited<ReturnType<typeof blockMainThread>>;
  readonly starts: Awaited<ReturnType<typeof clickToFirstWord>>;
  /** The first word without the element. */
  readonly leastStartsMs: readonly number[];
  /** By direction, at a device of 44.1 kHz. */
  readonly tablesMs: Readonly<Record<'capture' | 'playback', readonly number[]>>;
  readonly cost: Awaited<ReturnType<typeof measureCost>>;
  /** Seconds and bytes. */
  readonly heap: Awaited<ReturnType<typeof watchHeap>>;
}

async function judgeQuality(browser: Browser): Promise<Row[]> {
  return [
    ['requests, contexts, sockets before the click', await beforeTheClick(browser), '1 (the script), 0, 0'],
    ['8 s of speech paced at 20 ms, against the file', `${(await playedDb(browser, 'speech')).toFixed(0)} dB`, '≥ 60'],
    ['8 s of speech in a burst, against the file', `${(await playedDb(browser, 'burst')).toFixed(0)} dB`, '≥ 60'],
  ];
}

function toRows(figures: Figures): Row[] {
  const { loadsMs, slowLoadsMs, beeps, turns, mainThread, starts, leastStartsMs, tablesMs, cost, heap } = figures;
  const firstWordMs = median(starts.map((start) => start.firstWordMs));
  const captureMs = beeps.flat().map(({ latencyMs }) => latencyMs);
  const browserMs = beeps.flat().map((beep) => beep.browserMs);
  const oursMs = beeps.flat().map((beep) => beep.latencyMs - beep.browserMs);
  const callsMs = beeps.map((call) => median(call.map(({ latencyMs }) => latencyMs)));
  const turnsMs = turns.map(({ latencyMs }) => latencyMs);
  const afterLongPauseMs = turns.filter(({ pauseS }) => pauseS >= 3).map(({ latencyMs }) => latencyMs);
  const leak = slope(heap);
  const mbPerHour = (bytesPerS: number) => (bytesPerS * 3600) / 1e6;
  return [
    ['script at load, median', ms(median(loadsMs)), ''],
    ['script at load, slowed 4 × by Chromium, median', ms(median(slowLoadsMs)), '≤ 30 ms'],
    ['microphone → socket, median', ms(median(captureMs)), '≤ 32 ms'],
    ['microphone → socket, 95 %', ms(quantile(captureMs, 0.95)), ''],
    ['microphone → socket, medians of twenty calls', `${ms(Math.min(...callsMs))} to ${ms(Math.max(...callsMs))}`, ''],
    ['of that until it is in the page’s audio graph', ms(median(browserMs)), ''],
    ['of that from there to the agent, the chunk in it', ms(median(oursMs)), ''],
    ['socket → speaker, first word of a turn, median', ms(median(turnsMs)), '≤ 60 ms'],
    ['socket → speaker, slowest turn', ms(Math.max(...turnsMs)), '≤ 60 ms'],
    ['socket → speaker, slowest after a pause of 3 s and more', ms(Math.max(...afterLongPauseMs)), '≤ 60 ms'],
    ...phaseRows('main thread idle', mainThread.idle, ['≤ 5 ms', '≤ 15 ms']),
    ...phaseRows('main thread blocked 150 of 200 ms', mainThread.blocked, ['', '≤ 40 ms']),
    ['click → first word, median', ms(firstWordMs), ''],
    ['click → first word, without the element', ms(median(leastStartsMs)), ''],
    ['click → first word, of that ours', ms(firstWordMs - median(leastStartsMs)), '≤ 150 ms'],
    ['click → microphone, median', ms(median(starts.map(({ microphoneMs }) => microphoneMs))), ''],
    ['click → open socket, median', ms(median(starts.map(({ socketMs }) => socketMs))), ''],
    ['resampler’s table, 44.1 → 48 kHz, cold, median', ms(median(tablesMs.capture)), '≤ 15 ms'],
    ['resampler’s table, 16 → 44.1 kHz, cold, median', ms(median(tablesMs.playback)), '≤ 15 ms'],
    ['main thread, share of a core', core(cost.call.allMs - cost.idle.allMs), '< 0.5 %'],
    ['main thread, of that JavaScript', core(cost.call.scriptMs - cost.idle.scriptMs), ''],
    ['main thread, of that styles and layout', core(cost.call.styleMs - cost.idle.styleMs), ''],
    ['main thread, of a page with empty processors and a clock', core(cost.control.allMs - cost.idle.allMs), ''],
    ['main thread, more than that page', core(cost.call.allMs - cost.control.allMs), ''],
    ['main thread, with `no-visualizer`', core(cost.withoutVisualizer.allMs - cost.idle.allMs), ''],
    ['audio thread, share of a quantum', share(cost.quantumUs, cost.budgetUs), ''],
    ['audio thread, with empty processors', share(cost.emptyQuantumUs, cost.budgetUs), ''],
    ['audio thread, of that ours', share(difference(cost.quantumUs, cost.emptyQuantumUs), cost.budgetUs), '< 3 %'],
    [
      'heap of the page, at ten times the messages',
      `${mbPerHour(leak.slope).toFixed(2)} ± ${mbPerHour(leak.error).toFixed(2)} MB/h`,
      '≤ 1 MB/h',
    ],
  ];
}

function phaseRows(name: string, { excessMs, gapsMs }: Phase, [half, most]: readonly [string, string]): Row[] {
  return [
    [`worklet → socket, ${name}, median`, ms(quantile(excessMs, 0.5)), half],
    [`worklet → socket, ${name}, 99 %`, ms(quantile(excessMs, 0.99)), most],
    [`gaps in 30 s of the agent, ${name}`, `${gapsMs.length}, ${ms(gapsMs.reduce((sum, gap) => sum + gap, 0))}`, '0'],
  ];
}

function drawCharts({ beeps, turns, mainThread, starts, leastStartsMs }: Figures): Record<string, string> {
  return {
    latency: stripChart(
      'Delays in Chromium, each measured value (red: limit)',
      'ms',
      [
        { label: 'microphone → socket', values: beeps.flat().map(({ latencyMs }) => latencyMs), limits: [32] },
        { label: 'socket → speaker', values: turns.map(({ latencyMs }) => latencyMs), limits: [60] },
        { label: 'click → first word', values: starts.map(({ firstWordMs }) => firstWordMs) },
        { label: 'the same without the element', values: leastStartsMs },
      ],
      300,
    ),
    'main-thread': stripChart(
      'Worklet → socket, each chunk (red: limit at 99 %)',
      'ms',
      [
        { label: 'main thread idle', values: mainThread.idle.excessMs, limits: [15] },
        { label: 'blocked 150 of 200 ms', values: mainThread.blocked.excessMs, limits: [40] },
      ],
      200,
    ),
  };
}

async function inOwnBrowser<T>(measure: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await launch();
  try {
    return await measure(browser);
  } finally {
    await browser.close();
  }
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

const core = (msPerMinute: number): string => `${(msPerMinute / 600).toFixed(2)} %`;

const share = (us: number | undefined, budgetUs: number): string =>
  us === undefined ? 'not told here' : `${((us / budgetUs) * 100).toFixed(1)} % (${us.toFixed(0)} µs)`;

const difference = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a - b;
