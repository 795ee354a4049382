// `npm run rig`: the built element on a sound card of our own (PulseAudio, null sinks) in real browsers: how much of the
// agent's own voice comes back to it, and how long a word is on its way. Writes docs/performance/rig.json and the tables of
// docs/performance.md. Nothing here passes or fails, but for what could not be measured. `npm run rig -- firefox-48` measures
// that part alone, and leaves the figures of the others as they are.
import { readFileSync } from 'node:fs';
import type { Browser } from 'puppeteer-core';
import { stripChart } from './performance/chart.js';
import { goRealtime } from './performance/realtime.js';
import {
  type Circumstances,
  circumstances,
  printTable,
  rounded,
  type Row,
  writeFigures,
  writeTable,
} from './performance/report.js';
import { mean, median } from './performance/statistics.js';
import { rigBrowsers, type RigBrowser } from './rig/browsers.js';
import { Closing } from './rig/closing.js';
import { measureDelay, type Journey } from './rig/delay.js';
import { echoLossDb, measureEcho, type EchoCall } from './rig/echo.js';
import { deviceMs, Pulse } from './rig/pulse.js';
import { measureUnplugged, type Unplugged } from './rig/unplug.js';

/** What was measured of one browser at one device rate. */
interface Measured extends Circumstances {
  readonly browser: string;
  readonly deviceRate: number;
  /** Levels of a call with `no-echo-cancellation`. */
  readonly reference: EchoCall;
  readonly calls: readonly EchoCall[];
  /** By how much quieter the agent hears itself than in the reference, for each call. */
  readonly returnLossDb: readonly number[];
  /** The same in the first three seconds. */
  readonly earlyLossDb: readonly number[];
  /** One call with every attribute at its default. */
  readonly asShipped: EchoCall;
  readonly journeys: readonly Journey[];
}

const runs = 5;
// Else noise suppression and gain control would be measured with it.
const echoOnly = 'no-noise-suppression no-auto-gain-control';

/** All that is in rig.json: of each browser at each rate, and of each whose devices go. */
interface Figures {
  readonly echoLossDb: number;
  readonly deviceMs: number;
  readonly measured: Record<string, Measured>;
  readonly unplugged: Record<string, Circumstances & Unplugged>;
}

const file = new URL('../docs/performance/rig.json', import.meta.url);
const known = JSON.parse(readFileSync(file, 'utf8')) as Figures;
const figures: Figures = { ...known, echoLossDb, deviceMs };
const closing = new Closing();
const isRealtime = goRealtime();

const rates = [48_000, 44_100];
const browsers = rigBrowsers();
const parts: Record<string, () => Promise<void>> = {};
for (const deviceRate of rates) {
  for (const rigBrowser of browsers) {
    const part = `${rigBrowser.name.toLowerCase()}-${Math.floor(deviceRate / 1000)}`;
    parts[part] = () =>
      onCard(rigBrowser, deviceRate, async (browser, pulse) => {
        figures.measured[part] = await measure(rigBrowser, browser, pulse);
      });
  }
}
// Each on a card of its own, since it loses its devices.
for (const rigBrowser of browsers) {
  parts[`${rigBrowser.name.toLowerCase()}-unplugged`] = () =>
    onCard(rigBrowser, rates[0]!, async (browser, pulse) => {
      const now = circumstances(isRealtime);
      figures.unplugged[rigBrowser.name] = { ...now, ...(await measureUnplugged(browser, pulse)) };
    });
}

try {
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((part) => !parts[part]);
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}, but ${Object.keys(parts).join(', ')}.`);
  for (const part of wanted.length > 0 ? wanted : Object.keys(parts)) await parts[part]!();
  await report(figures);
} catch (error) {
  if (!closing.isClosed) {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  await closing.close();
}

/** Starts a browser on a sound card, and ends both. */
async function onCard(
  { launch }: RigBrowser,
  deviceRate: number,
  use: (browser: Browser, pulse: Pulse) => Promise<void>,
): Promise<void> {
  const pulse = await Pulse.start(deviceRate);
  closing.add(() => pulse.close());
  const browser = await launch(pulse);
  closing.add(() => browser.close());
  await use(browser, pulse);
  await browser.close();
  await pulse.close();
}

async function measure({ name }: RigBrowser, browser: Browser, pulse: Pulse): Promise<Measured> {
  const now = circumstances(isRealtime);
  const version = (await browser.version()).replace(/^.*\//, '');
  console.log(`${name} ${version}, devices at ${pulse.sampleRate} Hz`);
  const reference = await measureEcho(browser, pulse, `${echoOnly} no-echo-cancellation`);
  const calls: EchoCall[] = [];
  for (let i = 0; i < runs; i += 1) {
    calls.push(await measureEcho(browser, pulse, echoOnly));
    console.log(`  echo return loss ${(reference.heardDbfs - calls[i]!.heardDbfs).toFixed(1)} dB`);
  }
  const asShipped = await measureEcho(browser, pulse);
  const journeys = await measureDelay(browser, pulse);
  return {
    ...now,
    browser: `${name} ${version}`,
    deviceRate: pulse.sampleRate,
    reference,
    calls,
    returnLossDb: calls.map(({ heardDbfs }) => reference.heardDbfs - heardDbfs),
    earlyLossDb: calls.map(({ earlyDbfs }) => reference.earlyDbfs - earlyDbfs),
    asShipped,
    journeys,
  };
}

async function report(figures: Figures): Promise<void> {
  const measured = Object.values(figures.measured);
  const unplugged = Object.entries(figures.unplugged);
  const title = ({ browser, deviceRate }: Measured) => `${browser.split('.')[0]}, ${deviceRate / 1000} kHz`;
  const rows: Row[] = measured.flatMap((one): Row[] => [
    [`${title(one)}: echo return loss, mean`, `${mean(one.returnLossDb).toFixed(1)} dB`, '≥ 25'],
    [`${title(one)}: echo return loss, worst run`, `${Math.min(...one.returnLossDb).toFixed(1)} dB`, '≥ 12'],
    [`${title(one)}: in the first 3 s, worst run`, `${Math.min(...one.earlyLossDb).toFixed(1)} dB`, ''],
    [`${title(one)}: mouth to agent, median`, inMs(one, 'mouthToAgentMs'), ''],
    [`${title(one)}: agent to ear, median`, inMs(one, 'agentToEarMs'), ''],
    [`${title(one)}: mouth to ear, median`, inMs(one, 'mouthToEarMs'), ''],
  ]);
  rows.push(
    ...unplugged.flatMap(([browser, became]): Row[] => [
      [`${browser}: heard again after its microphone went`, orNever(became.heardAgainMs), '≤ 3 s'],
      [`${browser}: last microphone gone, ${became.lostCode ?? 'no error'}`, orNever(became.lostMs), ''],
      [`${browser}: heard again after the card was suspended`, orNever(became.resumedMs), '≤ 1.5 s'],
    ]),
  );
  printTable(rows);
  await writeFigures('rig', rounded(figures), {
    echo: stripChart(
      'Echo return loss, five calls each (red: 12 dB never, 25 dB mean)',
      'dB',
      measured.map((one) => ({ label: title(one), values: one.returnLossDb, limits: [12, 25] })),
      70,
    ),
  });
  await writeTable(
    'echo',
    ['Browser, devices at', 'Five runs, dB', 'Mean, ≥ 25', 'Worst, ≥ 12', 'First 3 s, worst', 'As shipped, heard'],
    measured.map((one) => [
      title(one),
      one.returnLossDb.map((db) => db.toFixed(0)).join(', '),
      `${mean(one.returnLossDb).toFixed(1)} dB`,
      `${Math.min(...one.returnLossDb).toFixed(1)} dB`,
      `${Math.min(...one.earlyLossDb).toFixed(1)} dB`,
      `${one.asShipped.heardDbfs.toFixed(0)} dBFS`,
    ]),
  );
  await writeTable(
    'delay',
    ['Browser, devices at', 'Mouth → agent', 'Agent → ear', 'Mouth → ear', 'Lowest to highest', 'Chirps found'],
    measured.map((one) => {
      const all = one.journeys.map(({ mouthToEarMs }) => mouthToEarMs);
      return [
        title(one),
        inMs(one, 'mouthToAgentMs'),
        inMs(one, 'agentToEarMs'),
        inMs(one, 'mouthToEarMs'),
        `${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)} ms`,
        String(all.length),
      ];
    }),
  );
  await writeTable(
    'unplugged',
    [
      'Browser',
      'Card suspended 3 s, heard again',
      'Unplugged, heard again',
      'All unplugged, ends',
      'With',
      'The visitor reads',
    ],
    unplugged.map(([browser, became]) => [
      browser,
      orNever(became.resumedMs),
      orNever(became.heardAgainMs),
      orNever(became.lostMs),
      became.lostCode ?? 'no error',
      became.lostSentence,
    ]),
  );
}

function orNever(ms: number | undefined): string {
  return ms === undefined ? 'never' : `${ms.toFixed(0)} ms`;
}

function inMs({ journeys }: Measured, leg: keyof Journey): string {
  return `${median(journeys.map((journey) => journey[leg])).toFixed(0)} ms`;
}
