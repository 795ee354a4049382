import type { Network, Random, Sender } from './networks.js';

/** What plays: the jitter buffer, or what it is compared with. */
export interface Player {
  /** Takes one message. */
  push(samples: Int16Array): void;
  /** Plays so many samples. */
  pull(output: Float32Array, length: number): void;
  /** Samples that were pushed and have not been played. */
  readonly buffered: number;
}

/** How a call was heard; times in ms. */
export interface Outcome {
  /** Times of 2 ms or more in the midst of an utterance in which nothing of it was played, whatever was heard instead. */
  readonly gapsPerMinute: number;
  /** Their length. Both are per minute of speech. */
  readonly missingMsPerMinute: number;
  /** From the sending of a message to its sound. */
  readonly delayP50Ms: number;
  readonly delayP95Ms: number;
  /** From the arrival of an utterance's first byte to its sound. */
  readonly firstAudioP50Ms: number;
  readonly firstAudioMaxMs: number;
  readonly lostSamples: number;
  /** When each gap ended. */
  readonly gapsAtMs: readonly number[];
}

/** Rate of the wire in the simulation, in Hz. */
export const wireRate = 16_000;
const quantumMs = (128 / 48_000) * 1000;

/** Plays minutes of speech in utterances of 2 to 8 s with pauses of 1.5 to 5 s, in steps of the audio thread's quantum. */
export function simulate(player: Player, { sender, network, random, minutes, speech }: Call): Outcome {
  const messages: { sentMs: number; start: number; length: number }[] = [];
  /** The first sample of each utterance, and the end of the last. */
  const begins: number[] = [];
  const firstMessages: number[] = [];
  let total = 0;
  for (let startMs = 0; total < minutes * 60 * wireRate;) {
    begins.push(total);
    firstMessages.push(messages.length);
    const spokenMs = 2000 + 6000 * random();
    for (const { atMs, ms } of sender(spokenMs, random)) {
      const length = (ms * wireRate) / 1000;
      messages.push({ sentMs: startMs + atMs, start: total, length });
      total += length;
    }
    startMs = Math.max(startMs + spokenMs, messages.at(-1)!.sentMs) + 1500 + 3500 * random();
  }
  begins.push(total);
  const edges = new Set(begins);
  const sentMs = messages.map((message) => message.sentMs);
  const arrivalsMs = network(sentMs, random);

  const output = new Float32Array(128);
  const delaysMs: number[] = [];
  const firstAudiosMs: number[] = [];
  const gapsMs: number[] = [];
  const gapsAtMs: number[] = [];
  let [next, pushed, pulled, at, played, gapMs] = [0, 0, 0, 0, 0, 0];
  const lastMs = arrivalsMs.at(-1)! + 130_000;
  for (let nowMs = 0; played < total && nowMs < lastMs; nowMs += quantumMs) {
    for (; next < messages.length && arrivalsMs[next]! <= nowMs; next++) {
      const { start, length } = messages[next]!;
      const from = start % (speech.length - length);
      player.push(speech.subarray(from, from + length));
      pushed += length;
    }
    const length = Math.floor(((nowMs + quantumMs) * wireRate) / 1000) - pulled;
    player.pull(output, length);
    pulled += length;
    const gained = pushed - player.buffered - at;
    at += gained;
    // A player that stretches goes back a little: only one that has nothing, or waits, stands still.
    const isStarved = gained === 0 || (player.buffered === 0 && gained >= 0 && gained < length);
    if (isStarved && !edges.has(at)) {
      gapMs += quantumMs - (1000 * gained) / wireRate;
    } else if (!isStarved) {
      if (gapMs >= 2) {
        gapsMs.push(gapMs);
        gapsAtMs.push(nowMs);
      }
      gapMs = 0;
    }
    played = Math.max(played, at);
    while (played > begins[firstAudiosMs.length]! && firstAudiosMs.length < firstMessages.length) {
      firstAudiosMs.push(nowMs - arrivalsMs[firstMessages[firstAudiosMs.length]!]!);
    }
    while (delaysMs.length < messages.length && messages[delaysMs.length]!.start < played) {
      delaysMs.push(nowMs - sentMs[delaysMs.length]!);
    }
  }
  const spokenMinutes = total / wireRate / 60;
  return {
    gapsPerMinute: gapsMs.length / spokenMinutes,
    missingMsPerMinute: gapsMs.reduce((sum, ms) => sum + ms, 0) / spokenMinutes,
    delayP50Ms: quantile(delaysMs, 0.5),
    delayP95Ms: quantile(delaysMs, 0.95),
    firstAudioP50Ms: quantile(firstAudiosMs, 0.5),
    firstAudioMaxMs: Math.max(...firstAudiosMs),
    lostSamples: total - played,
    gapsAtMs,
  };
}

/** What is said, and over which line. */
export interface Call {
  readonly sender: Sender;
  readonly network: Network;
  readonly random: Random;
  /** Minutes of speech. */
  readonly minutes: number;
  /** What the agent says, again and again. */
  readonly speech: Int16Array;
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
