// `npm run bench`: prints the figures that the README and the docs name. Nothing here passes or fails; machines differ.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { floatToPcm16 } from '../src/dsp/pcm16.js';
import { Resampler } from '../src/dsp/resampler.js';
import { clickCall, launch, pageWith, played, startSite, tag, visit, waitForStatus } from '../test/e2e/support/site.js';
import { fidelityDb, greeting, resample, sine } from '../test/e2e/support/sound.js';

const rows: [figure: string, value: string, limit: string][] = [];

const gzip = (file: string): string =>
  `${gzipSync(readFileSync(new URL(`../dist/${file}`, import.meta.url)), { level: 9 }).length} B`;
rows.push(['script, gzip', gzip('synthflow-call.js'), '18,500']);
rows.push(['worklet file, gzip', gzip('synthflow-call.worklet.js'), '3,000']);
rows.push(['codecs file (at need), gzip', gzip('synthflow-call.codecs.js'), '2,000']);

rows.push(['share of a core, 44.1 → 48 kHz', `${shareOfCore(44_100, 48_000).toFixed(2)} %`, '1']);
rows.push(['share of a core, 16 → 48 kHz', `${shareOfCore(16_000, 48_000).toFixed(2)} %`, '1']);

rows.push(['capture path at 44.1 kHz, 997 Hz at -6 dBFS', `${captureDb(44_100).toFixed(1)} dB`, '≥ 90']);
rows.push(['capture path at 48 kHz', isBitExact(48_000) ? 'bit-exact' : 'changed', 'bit-exact']);

const browser = await launch();
try {
  rows.push(['requests, contexts, sockets before the click', await beforeTheClick(), '1 (the script), 0, 0']);
  const latenciesMs = await microphoneToSocket(60);
  rows.push(['microphone → socket, median', `${quantile(latenciesMs, 0.5).toFixed(0)} ms`, '45']);
  rows.push(['microphone → socket, 95 %', `${quantile(latenciesMs, 0.95).toFixed(0)} ms`, '']);
  rows.push(['8 s of speech paced at 20 ms, against the file', `${(await playedDb('speech')).toFixed(0)} dB`, '≥ 60']);
  rows.push(['8 s of speech in a burst, against the file', `${(await playedDb('burst')).toFixed(0)} dB`, '≥ 60']);
} finally {
  await browser.close();
}
console.table(Object.fromEntries(rows.map(([figure, value, limit]) => [figure, { value, limit }])));

/** What the microphone's samples become at the wire's rate. */
function captured(samples: Float32Array, fromRate: number): Int16Array {
  const resampled = fromRate === 48_000 ? samples : resample(samples, fromRate, 48_000);
  const pcm = new Int16Array(resampled.length);
  floatToPcm16(resampled, pcm);
  return pcm;
}

/** Signal to everything else of a sine, in dB, in the middle of three seconds. */
function captureDb(fromRate: number): number {
  const pcm = captured(sine(997, fromRate, 3), fromRate).subarray(48_000, 96_000);
  const step = (2 * Math.PI * 997) / 48_000;
  let [inPhase, quadrature, energy] = [0, 0, 0];
  pcm.forEach((sample, i) => {
    inPhase += sample * Math.sin(step * i);
    quadrature += sample * Math.cos(step * i);
    energy += sample * sample;
  });
  const tone = (2 * (inPhase ** 2 + quadrature ** 2)) / pcm.length;
  return 10 * Math.log10(tone / (energy - tone));
}

/** Whether every 16-bit sample comes through the resampler and the conversion as it was. */
function isBitExact(rate: number): boolean {
  const all = Float32Array.from({ length: 65_536 }, (_, i) => (i - 32_768) / 32_768);
  return captured(resample(all, rate, rate), rate).every((sample, i) => sample === i - 32_768);
}

async function beforeTheClick(): Promise<string> {
  const site = await startSite('talk');
  try {
    const page = await visit(browser, site.url);
    const { contexts, sockets } = await page.evaluate(() => window.witness.made());
    return `${site.requests.length - 1}, ${contexts}, ${sockets}`;
  } finally {
    await site.close();
  }
}

/** CPU time for a second of sound, in percent of a second: the best of five. */
function shareOfCore(fromRate: number, toRate: number): number {
  const resampler = new Resampler(fromRate, toRate);
  const [input, output] = [new Float32Array(128).fill(0.1), new Float32Array(512)];
  const seconds = 20;
  const runs = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (let pushed = 0; pushed < seconds * fromRate; pushed += input.length) {
      resampler.push(input);
      resampler.pull(output, resampler.available);
    }
    return (performance.now() - start) / seconds / 10;
  });
  return Math.min(...runs);
}

/**
 * From a tone that starts inside a synthetic microphone to the message that holds it, in ms. The clocks of page and agent
 * are the machine's; the microphone's is read in steps of its own buffer (10 ms), so single values scatter by that.
 */
async function microphoneToSocket(beeps: number): Promise<number[]> {
  const agent = new WebSocketServer({ port: 0 });
  await once(agent, 'listening');
  const { port } = agent.address() as { port: number };
  const arrivals: number[] = [];
  agent.on('connection', (socket) => {
    let wasLoud = true;
    socket.on('message', (message: Buffer, isBinary) => {
      if (!isBinary) return socket.send('{"type":"status_agent_ready"}');
      const isLoud = new Int16Array(message.buffer.slice(message.byteOffset, message.byteOffset + message.length)).some(
        (sample) => Math.abs(sample) > 1000,
      );
      if (isLoud && !wasLoud) arrivals.push(Date.now());
      wasLoud = isLoud;
    });
  });
  const html = pageWith(
    tag('').replace('token-endpoint="/api/synthflow/token"', `session-url="ws://localhost:${port}"`),
  );
  const site = await startSite('silent', { html });
  try {
    const page = await visit(browser, site.url, { record: false });
    await page.evaluate(() => {
      const context = new AudioContext();
      const [tone, gain, microphone] = [
        context.createOscillator(),
        context.createGain(),
        context.createMediaStreamDestination(),
      ];
      gain.gain.value = 0;
      tone.connect(gain).connect(microphone);
      tone.start();
      navigator.mediaDevices.getUserMedia = async () => {
        await context.resume();
        return microphone.stream;
      };
      Object.assign(window, {
        async beep() {
          const at = context.currentTime + 0.05;
          const startsMs = performance.timeOrigin + performance.now() + 50;
          gain.gain.setValueAtTime(1, at).setValueAtTime(0, at + 0.1);
          await new Promise((resolve) => setTimeout(resolve, 350 + Math.random() * 20));
          return startsMs;
        },
      });
    });
    await clickCall(page);
    await waitForStatus(page, 'active');
    const starts: number[] = [];
    for (let beep = 0; beep < beeps; beep += 1) {
      starts.push(await page.evaluate(() => (window as unknown as { beep(): Promise<number> }).beep()));
    }
    await page.close();
    return starts
      .map((start) => arrivals.find((arrival) => arrival >= start)! - start)
      .filter((latency) => latency < 300);
  } finally {
    await site.close();
    agent.close();
  }
}

async function playedDb(scenario: string): Promise<number> {
  const site = await startSite(scenario);
  try {
    const page = await visit(browser, site.url);
    await clickCall(page);
    await waitForStatus(page, 'active');
    await page.waitForFunction(
      () => {
        const { sampleRate, blocks } = window.witness.recordings[0] ?? { sampleRate: 1, blocks: [] };
        return blocks.length * 64 * 128 > 9.5 * sampleRate;
      },
      { timeout: 30_000 },
    );
    const { samples, sampleRate } = await played(page);
    const speech = Float32Array.from({ length: 8 * 16_000 }, (_, i) => greeting[i % greeting.length]!);
    return fidelityDb(speech, samples, sampleRate);
  } finally {
    await site.close();
  }
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
