import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'puppeteer-core';
import { clickCall, pageWith, startSite, tag, waitForStatus } from '../../test/e2e/support/site.js';
import { locate, toFloat } from '../../test/e2e/support/sound.js';
import { type Arrival, TimedAgent } from '../performance/timed-agent.js';
import { openPage } from './browsers.js';
import type { Pulse, Take } from './pulse.js';

/** How long one chirp was on its way, in ms. */
export interface Journey {
  /** From the virtual microphone to the arrival of the message that holds its first sample. */
  readonly mouthToAgentMs: number;
  /** From there, sent back at once, to the loudspeaker. */
  readonly agentToEarMs: number;
  /** All of it, sample by sample in one recording: no clock is read for this one. */
  readonly mouthToEarMs: number;
}

const chirps = 8;
const everyS = 1.1;
const leadS = 0.5;
/** Nothing that is slower is looked for. */
const reachS = 1;
/** Less in common with the chirp than this is something else. */
const leastCorrelation = 0.5;

/** Speaks chirps into the microphone of a call whose agent sends back what it hears. Those that got lost are left out. */
export async function measureDelay(browser: Browser, pulse: Pulse): Promise<Journey[]> {
  pulse.setEcho(undefined);
  const agent = await TimedAgent.start();
  agent.isEcho = true;
  const html = pageWith(tag().replace('token-endpoint="/api/synthflow/token"', `session-url="${agent.url}"`));
  const site = await startSite('silent', { html });
  try {
    const page = await openPage(browser, site.url);
    await clickCall(page);
    await waitForStatus(page, 'active');
    await wait(1000);
    const stopRecording = await pulse.record(10);
    await pulse.say(sayAll(pulse.sampleRate));
    await wait(reachS * 1000);
    const take = await stopRecording();
    await page.close();
    return journeys(take, agent.arrivals);
  } finally {
    await site.close();
    agent.close();
  }
}

/** 80 ms from 300 to 2000 Hz: like nothing else, and within what every stage lets through. */
function chirp(sampleRate: number): Float32Array {
  const seconds = 0.08;
  return Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => {
    const s = i / sampleRate;
    const edge = Math.sin((Math.PI * s) / seconds);
    return 0.5 * edge * Math.sin(2 * Math.PI * (300 * s + ((2000 - 300) / (2 * seconds)) * s * s));
  });
}

function sayAll(sampleRate: number): Float32Array {
  const samples = new Float32Array(Math.round((leadS + chirps * everyS) * sampleRate));
  for (let i = 0; i < chirps; i += 1) samples.set(chirp(sampleRate), Math.round((leadS + i * everyS) * sampleRate));
  return samples;
}

function journeys({ mouth, ear, sampleRate, startMs }: Take, arrivals: readonly Arrival[]): Journey[] {
  const heard = toFloat(Int16Array.from(arrivals.flatMap(({ samples }) => [...samples])));
  const first = find(chirp(sampleRate), mouth, 0, (leadS + everyS) * sampleRate);
  if (first === undefined) return [];
  const found: Journey[] = [];
  for (let i = 0; i < chirps; i += 1) {
    const near = first + (i * everyS - 0.1) * sampleRate;
    const said = find(chirp(sampleRate), mouth, near, near + 0.3 * sampleRate);
    if (said === undefined) continue;
    const played = find(chirp(sampleRate), ear, said, said + reachS * sampleRate);
    const saidMs = startMs + (said * 1000) / sampleRate;
    const from = samplesBefore(saidMs, arrivals);
    const arrived = find(chirp(48_000), heard, from, from + reachS * 48_000);
    if (played === undefined || arrived === undefined) continue;
    const mouthToAgentMs = arrivalMs(arrived, arrivals) - saidMs;
    const mouthToEarMs = ((played - said) * 1000) / sampleRate;
    found.push({ mouthToAgentMs, agentToEarMs: mouthToEarMs - mouthToAgentMs, mouthToEarMs });
  }
  return found;
}

/** Where the chirp begins between two places; undefined where it is not. */
function find(part: Float32Array, whole: Float32Array, from: number, to: number): number | undefined {
  const start = Math.max(0, Math.round(from));
  const { offset, correlation } = locate(part, whole.subarray(start, Math.round(to)));
  return correlation < leastCorrelation ? undefined : start + offset;
}

/** How many samples had arrived at a time. */
function samplesBefore(ms: number, arrivals: readonly Arrival[]): number {
  return arrivals.filter(({ atMs }) => atMs < ms).reduce((sum, { samples }) => sum + samples.length, 0);
}

/** When the message came that holds a sample. */
function arrivalMs(sample: number, arrivals: readonly Arrival[]): number {
  let end = 0;
  return arrivals.find(({ samples }) => (end += samples.length) > sample)!.atMs;
}
