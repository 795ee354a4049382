import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { launch } from './support/launch.js';
import {
  clickCall,
  onSite,
  pageWith,
  played,
  startSite,
  tag,
  retry,
  waitForSound,
  waitForStatus,
} from './support/site.js';
import { greeting, resample } from './support/sound.js';

/** RMS of each tenth of a second, in dB below full scale. */
function levels(samples: Float32Array, sampleRate: number): number[] {
  const length = Math.round(sampleRate / 10);
  return Array.from({ length: Math.floor(samples.length / length) }, (_, i) => {
    const energy = samples.subarray(i * length, (i + 1) * length).reduce((sum, sample) => sum + sample * sample, 0);
    return 10 * Math.log10(energy / length + 1e-12);
  });
}

const hasState = (page: Page, name: string): Promise<boolean> =>
  page.evaluate((state) => document.querySelector('synthflow-call')!.matches(`:state(${state})`), name);

describe('a visitor who speaks', () => {
  let browser: Browser;
  before(async () => {
    // Silence until the call stands, then a second and a half of speech, then silence; and so on.
    const says = new Float32Array(44_100 * 12);
    says.set(resample(greeting.subarray(0, 24_000), 16_000, 44_100), 44_100 * 3);
    browser = await launch({ says });
  });
  after(() => browser.close());

  /** How far the agent's tone goes down at most, in dB, and whether it is as loud as before at the end. */
  const quietest = async (attributes: string): Promise<{ downDb: number; lastDb: number }> => {
    let result = { downDb: 0, lastDb: 0 };
    await onSite(browser, startSite('tone', { html: pageWith(tag(attributes)) }), async (page) => {
      await clickCall(page);
      await waitForStatus(page, 'active');
      await waitForSound(page, 9.3);
      const { samples, sampleRate } = await played(page);
      const toned = levels(samples, sampleRate)
        .filter((db) => db > -60)
        .slice(2);
      // For half a second: a busy machine leaves out a tenth now and then.
      const held = toned.slice(0, -7).map((_, i) => Math.max(...toned.slice(i, i + 5)));
      const [loudest, least] = [Math.max(...toned.slice(0, 10)), Math.min(...held)];
      result = { downDb: loudest - least, lastDb: loudest - Math.max(...toned.slice(-8, -3)) };
    });
    return result;
  };

  it('over the agent makes its voice go down by 12 dB, and come back', { timeout: 90_000 }, () =>
    retry(async () => {
      const { downDb, lastDb } = await quietest('no-auto-gain-control');
      assert.ok(downDb > 10 && downDb < 14, `${downDb} dB`);
      assert.ok(lastDb < 1, `${lastDb} dB at the end`);
    }),
  );

  it('over the agent changes nothing where barge-in is off', { timeout: 90_000 }, () =>
    retry(async () => {
      const { downDb } = await quietest('barge-in="off"');
      assert.ok(downDb < 2, `${downDb} dB`);
    }),
  );

  it('is seen, and told of the muted microphone', { timeout: 60_000 }, () =>
    onSite(browser, startSite('silent', { html: pageWith(tag('muted no-auto-gain-control')) }), async (page) => {
      await clickCall(page);
      await waitForStatus(page, 'active');
      await page.waitForFunction(() => !document.querySelector('synthflow-call')!.matches(':state(visitor-speaking)'));
      await page.waitForFunction(() => document.querySelector('synthflow-call')!.matches(':state(visitor-speaking)'));
      await page.waitForFunction(() =>
        document.querySelector('synthflow-call')!.shadowRoot!.querySelector('.panel')!.textContent!.includes('muted'),
      );
      await page.waitForFunction(() => !document.querySelector('synthflow-call')!.matches(':state(visitor-speaking)'));
      await clickCall(page);
      await waitForStatus(page, 'ended');
      assert.equal(await hasState(page, 'visitor-speaking'), false);
    }),
  );
});
