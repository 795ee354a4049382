// The jitter buffer beside a fixed one and none, over several networks. Alone: `node --import tsx scripts/bench/jitter-table.ts`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readWav } from '../../simulator/wav.js';
import { seededRandom } from '../../test/dsp/fixtures.js';
import {
  burst,
  clean,
  jittery,
  lossy,
  lumpy,
  paced,
  recorded,
  stalling,
  type Network,
  type Sender,
} from './networks.js';
import { FixedBuffer, Ours } from './players.js';
import { simulate, type Outcome } from './simulate.js';

/** What the simulated agent says. */
export const speech = readWav(readFileSync(new URL('../../simulator/greeting.wav', import.meta.url))).samples;

/** A line and a sender, and the most gaps per minute of speech that are allowed there. */
export interface Condition {
  readonly name: string;
  readonly sender: Sender;
  /** Nothing where its recording is missing. */
  readonly network: Network | undefined;
  readonly maxGapsPerMinute: number;
}

export const conditions: readonly Condition[] = [
  { name: 'clean', sender: paced, network: clean, maxGapsPerMinute: 0 },
  { name: 'TCP with loss', sender: paced, network: lossy, maxGapsPerMinute: 1.8 },
  { name: 'Wi-Fi stalls', sender: paced, network: stalling, maxGapsPerMinute: 1.4 },
  { name: 'T-Mobile LTE', sender: paced, network: recorded('TMobile-LTE-short.down'), maxGapsPerMinute: 3.9 },
  { name: 'Verizon LTE', sender: paced, network: recorded('Verizon-LTE-short.down'), maxGapsPerMinute: 1.8 },
  { name: 'lumpy synthesis', sender: lumpy, network: clean, maxGapsPerMinute: 1 },
  { name: 'burst', sender: burst, network: clean, maxGapsPerMinute: 0.3 },
  { name: '±15 ms and stalls', sender: paced, network: jittery, maxGapsPerMinute: 0.2 },
];

const players = { none: () => new FixedBuffer(0), 'fixed 200 ms': () => new FixedBuffer(200), ours: () => new Ours() };

/** Minutes of speech in each of the runs that are averaged. */
const minutes = 9.3;
const seeds = [1, 2, 3];

/** How one player does under one condition: the mean of three calls. */
export function measure(player: keyof typeof players, { sender, network }: Condition): Outcome {
  const outcomes = seeds.map((seed) =>
    simulate(players[player](), { sender, network: network!, random: seededRandom(seed), minutes, speech }),
  );
  const mean = (key: Exclude<keyof Outcome, 'gapsAtMs'>): number =>
    outcomes.reduce((sum, outcome) => sum + outcome[key], 0) / outcomes.length;
  return {
    gapsPerMinute: mean('gapsPerMinute'),
    missingMsPerMinute: mean('missingMsPerMinute'),
    delayP50Ms: mean('delayP50Ms'),
    delayP95Ms: mean('delayP95Ms'),
    firstAudioP50Ms: mean('firstAudioP50Ms'),
    firstAudioMaxMs: Math.max(...outcomes.map(({ firstAudioMaxMs }) => firstAudioMaxMs)),
    lostSamples: mean('lostSamples'),
    gapsAtMs: outcomes.flatMap(({ gapsAtMs }) => gapsAtMs),
  };
}

/** The whole table, as cells: a head and a row for each player under each condition. */
export function jitterTable(): string[][] {
  const head = [
    'network',
    'player',
    'gaps/min',
    'limit',
    'missing ms/min',
    'delay p50',
    'p95',
    'first audio',
    'worst',
    'lost',
  ];
  const rows = conditions.flatMap((condition) =>
    condition.network
      ? (Object.keys(players) as (keyof typeof players)[]).map((player) => {
          const outcome = measure(player, condition);
          return [
            condition.name,
            player,
            outcome.gapsPerMinute.toFixed(1),
            condition.maxGapsPerMinute.toFixed(1),
            ...[
              outcome.missingMsPerMinute,
              outcome.delayP50Ms,
              outcome.delayP95Ms,
              outcome.firstAudioP50Ms,
              outcome.firstAudioMaxMs,
              outcome.lostSamples,
            ].map((value) => value.toFixed(0)),
          ];
        })
      : [],
  );
  return [head, ...rows];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const row of jitterTable())
    console.log(row.map((cell, i) => (i < 2 ? cell.padEnd(18) : cell.padStart(15))).join(''));
}
