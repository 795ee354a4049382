import { readFileSync } from 'node:fs';
import { transform } from 'esbuild';
import type { Browser } from 'puppeteer-core';
import { startSite } from '../../test/e2e/support/site.js';

/** How long a resampler's table takes, in ms: each time in a Worker of its own, where nothing of it is compiled yet. */
export async function resamplerTableMs(browser: Browser, rates: readonly [number, number], times: number) {
  const source = readFileSync(new URL('../../src/dsp/resampler.ts', import.meta.url), 'utf8');
  const { code } = await transform(source, { loader: 'ts', target: 'es2022' });
  const script = `${code.replace('export class', 'class')}
    const startMs = performance.now();
    new Resampler(${rates.join()});
    postMessage(performance.now() - startMs);`;
  const site = await startSite('silent');
  const page = await browser.newPage();
  try {
    await page.goto(site.url);
    const spentMs: number[] = [];
    for (let i = 0; i < times; i += 1) {
      spentMs.push(
        await page.evaluate(async (text) => {
          const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
          const worker = new Worker(url);
          const { data } = await new Promise<MessageEvent<number>>((resolve) => (worker.onmessage = resolve));
          worker.terminate();
          URL.revokeObjectURL(url);
          return data;
        }, script),
      );
    }
    return spentMs;
  } finally {
    await page.close();
    await site.close();
  }
}
