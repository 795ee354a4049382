// Networks and senders, all of them deterministic by their seed.
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** Numbers from 0 up to, not including, 1. */
export type Random = () => number;

/** When messages arrive that were sent at the given times, in ms. Order is kept, as on TCP. */
export type Network = (sentMs: readonly number[], random: Random) => number[];

/** When the pieces of an utterance are sent. */
export type Sender = (spokenMs: number, random: Random) => { atMs: number; ms: number }[];

const propagationMs = 30;

/** Recorded links are not part of this project: `TRACES` names their folder, else it is looked for beside the project. */
const tracesFolder = process.env.TRACES
  ? pathToFileURL(`${process.env.TRACES}/`)
  : new URL('../../../shared/traces/', import.meta.url);

const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random());

/** Keeps the order: what is held up holds up what is behind it. */
function inOrder(arrivalsMs: number[]): number[] {
  for (let i = 1; i < arrivalsMs.length; i++) arrivalsMs[i] = Math.max(arrivalsMs[i]!, arrivalsMs[i - 1]!);
  return arrivalsMs;
}

/** A quiet line: 30 ms and a little. */
export const clean: Network = (sentMs, random) =>
  inOrder(sentMs.map((at) => at + propagationMs + exponential(random, 2)));

/**
 * TCP over a line of 60 ms there and back that loses 0.3 % of the packets. Three packets behind the lost one tell of it, so
 * that it is there again after some 120 ms; in two of eleven cases that fails too, and the sender's timer must run out.
 */
export const lossy: Network = (sentMs, random) =>
  inOrder(
    sentMs.map((at) => {
      const lateMs = random() >= 0.003 ? 0 : random() < 0.82 ? 90 + 70 * random() : 220 + 140 * random();
      return at + propagationMs + exponential(random, 2) + lateMs;
    }),
  );

/**
 * Wi-Fi that stands still four times a minute, for 80 to 380 ms; short stalls are commoner than long ones. As above, the
 * shares are such that buffers of 100 and 200 ms have about as many gaps as others have measured.
 */
export const stalling: Network = (sentMs, random) => {
  const stalls: [fromMs: number, toMs: number][] = [];
  const endMs = sentMs.at(-1)!;
  for (let at = exponential(random, 15_000); at < endMs; at += exponential(random, 15_000)) {
    stalls.push([at, at + 80 * (380 / 80) ** (random() ** 1.5)]);
  }
  let next = 0;
  return inOrder(
    sentMs.map((at) => {
      const readyMs = at + propagationMs + exponential(random, 2);
      while (next < stalls.length && stalls[next]![1] < at) next++;
      const stall = stalls.slice(next, next + 3).find(([from, to]) => from <= readyMs && readyMs < to);
      return stall ? stall[1] : readyMs;
    }),
  );
};

/** Each message up to 15 ms early or late, and 4 % of them held up for 60 to 150 ms: as the simulator's `jitter` has it. */
export const jittery: Network = (sentMs, random) =>
  inOrder(sentMs.map((at) => at + propagationMs + 30 * random() + (random() < 0.04 ? 60 + 90 * random() : 0)));

/**
 * A recorded cellular link: each line of the file is a millisecond at which 1500 bytes may cross.
 * @param file - Its name in the folder of traces.
 * @returns Nothing where the file is missing.
 */
export function recorded(file: string): Network | undefined {
  const url = new URL(file, tracesFolder);
  if (!existsSync(url)) return undefined;
  const opportunities = readFileSync(url, 'utf8').trim().split('\n').map(Number);
  const periodMs = opportunities.at(-1)!;
  const messageBytes = 20 * 32 + 60;
  return (sentMs, random) => {
    const startMs = Math.floor(random() * periodMs);
    let round = 0;
    let next = opportunities.findIndex((at) => at >= startMs);
    let leftBytes = 0;
    let atMs = -Infinity;
    return sentMs.map((sent) => {
      let bytes = messageBytes;
      while (bytes > 0) {
        if (leftBytes === 0 || atMs < sent) {
          do {
            atMs = opportunities[next]! + round * periodMs - startMs;
            if (++next === opportunities.length) [next, round] = [0, round + 1];
          } while (atMs < sent);
          leftBytes = 1500;
        }
        const crossing = Math.min(bytes, leftBytes);
        bytes -= crossing;
        leftBytes -= crossing;
      }
      return atMs + propagationMs;
    });
  };
}

/** Recorded uplinks: the milliseconds at which 1500 bytes may cross; undefined where the recording is not here. */
export const uplinks = ['TMobile-LTE-short', 'Verizon-LTE-short', 'ATT-LTE-driving-2016'].map((name) => {
  const url = new URL(`${name}.up`, tracesFolder);
  const opportunitiesMs = existsSync(url) ? readFileSync(url, 'utf8').trim().split('\n').map(Number) : undefined;
  return { name, opportunitiesMs };
});

/** 20 ms every 20 ms. */
export const paced: Sender = (spokenMs) =>
  Array.from({ length: Math.ceil(spokenMs / 20) }, (_, i) => ({ atMs: i * 20, ms: 20 }));

/** Three times as fast as it is spoken. */
export const burst: Sender = (spokenMs) => paced(spokenMs, () => 0).map(({ atMs, ms }) => ({ atMs: atMs / 3, ms }));

/** A speech synthesis 1.05 times as fast as speech that gives 250 ms at a time, often late. */
export const lumpy: Sender = (spokenMs, random) => {
  let lastMs = 0;
  return Array.from({ length: Math.ceil(spokenMs / 250) }, (_, i) => {
    lastMs = Math.max(lastMs, (i * 250) / 1.05 + Math.min(250, exponential(random, 70)));
    return { atMs: lastMs, ms: 250 };
  });
};
