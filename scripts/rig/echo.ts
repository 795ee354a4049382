import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'puppeteer-core';
import { clickCall, pageWith, startSite, tag, waitForStatus } from '../../test/e2e/support/site.js';
import { toFloat } from '../../test/e2e/support/sound.js';
import { openPage } from './browsers.js';
import type { Pulse } from './pulse.js';

/** One call in which the agent speaks and the microphone hears the loudspeaker. Levels are RMS in dBFS. */
export interface EchoCall {
  /** What the sound card lost meanwhile, in ms. */
  readonly lostMs: number;
  /** What the browser played: proof that there was something to cancel. */
  readonly playedDbfs: number;
  /** What came into the microphone. */
  readonly mouthDbfs: number;
  /** What the agent heard of itself, from the third second of its speech on. */
  readonly heardDbfs: number;
  /** The same before, while the browser was still learning the echo. */
  readonly earlyDbfs: number;
}

const speechS = 7;
const learningS = 3;
/** A sound card that stands still moves the echo, and the browser has to learn it anew. */
const mostLostMs = 60;
/** The greeting is at -21 dBFS. */
const leastPlayedDbfs = -25;
/** How often a call is made again in which the sound card stood still. */
const tries = 5;
/** How much quieter the microphone hears the loudspeaker than it is. */
export const echoLossDb = 20;

/**
 * Has the agent speak for 7 s to a visitor who says nothing.
 * @throws Error where the machine was too busy to play and record that, five times over.
 */
export async function measureEcho(browser: Browser, pulse: Pulse, attributes = ''): Promise<EchoCall> {
  pulse.setEcho(echoLossDb);
  for (let i = 0; i < tries; i += 1) {
    const call = await tryToMeasure(browser, pulse, attributes);
    if (call) return call;
    console.log('  The sound card stood still: once more.');
  }
  throw new Error('The machine is too busy: the sound card stands still.');
}

async function tryToMeasure(browser: Browser, pulse: Pulse, attributes: string): Promise<EchoCall | undefined> {
  const site = await startSite({ name: 'speech', seconds: speechS }, { html: pageWith(tag(attributes)) });
  try {
    const page = await openPage(browser, site.url);
    await clickCall(page);
    await waitForStatus(page, 'active');
    const stopRecording = await pulse.record();
    const hitches = pulse.echoHitches;
    await wait(speechS * 1000);
    const { ear, mouth, sampleRate, lostMs } = await stopRecording();
    await clickCall(page);
    const { pcm, pcmRate } = await site.simulator.nextReport();
    await page.close();
    const heard = toFloat(pcm!);
    const at = (seconds: number, rate: number) => Math.round(seconds * rate);
    const late = (samples: Float32Array, rate: number) =>
      levelDbfs(samples.subarray(at(learningS, rate), at(speechS, rate)));
    // Silence that is heard because nothing was played would pass for a perfect cancellation.
    const isWhole =
      pulse.echoHitches === hitches &&
      lostMs < mostLostMs &&
      ear.length > 0.9 * speechS * sampleRate &&
      heard.length > 0.9 * speechS * pcmRate;
    if (!isWhole || late(ear, sampleRate) < leastPlayedDbfs) return undefined;
    return {
      lostMs,
      playedDbfs: late(ear, sampleRate),
      mouthDbfs: late(mouth, sampleRate),
      heardDbfs: late(heard, pcmRate),
      earlyDbfs: levelDbfs(heard.subarray(0, at(learningS, pcmRate))),
    };
  } finally {
    await site.close();
  }
}

function levelDbfs(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return Math.max(-100, 10 * Math.log10(energy / Math.max(1, samples.length)));
}
