import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { launch } from './support/launch.js';
import {
  type AgentWire,
  clickCall,
  expectNothingOpen,
  onSite,
  pageWith,
  startSite,
  tag,
  retry,
  waitForStatus,
} from './support/site.js';

const html = pageWith(tag('reconnect barge-in="off"'));

const isSpeaking = (page: Page) =>
  page.waitForFunction(() => document.querySelector('synthflow-call')!.matches(':state(agent-speaking)'));

/** Not by its status: that is `reconnecting` for less time than a busy machine may take to look. */
const isBack = (page: Page) =>
  page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.reconnects > 0);

for (const wire of ['pcm', { codec: 'l16' }] as const satisfies readonly AgentWire[]) {
  describe(`a call that is lost, over ${wire === 'pcm' ? 'the widget websocket' : 'WebSocket media'}`, () => {
    let browser: Browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser.close());

    it(
      'goes on with a fresh session, the same microphone and AudioContext, and the agent is heard again',
      { timeout: 120_000 },
      () =>
        onSite(browser, startSite('speech', { wire, html }), async (page, { simulator }) => {
          const sessions = () => simulator.tokensIssued + simulator.callsCreated;
          await page.evaluate(() => {
            const told: string[] = [];
            for (const type of ['status', 'start', 'error', 'end']) {
              document.addEventListener(`synthflow-${type}`, () => {
                told.push(type === 'status' ? document.querySelector('synthflow-call')!.status : type);
              });
            }
            Object.assign(window, { told });
          });
          await clickCall(page);
          await waitForStatus(page, 'active');
          await isSpeaking(page);
          assert.equal(sessions(), 1);
          simulator.hangUp(1006);
          await isBack(page);
          // Of the new session: the end of the first one's words may still be heard.
          const before = await page.$eval('synthflow-call', ({ stats }) => stats.audioMessages);
          await page.waitForFunction(
            (count) => document.querySelector('synthflow-call')!.stats.audioMessages > count,
            {},
            before + 20,
          );
          await isSpeaking(page);
          assert.equal(sessions(), 2);
          const { contexts, tracks } = await page.evaluate(() => window.witness.made());
          const { contexts: open, tracks: live } = await page.evaluate(() => window.witness.open());
          assert.deepEqual({ contexts, tracks, open, live }, { contexts: 1, tracks: 1, open: 1, live: 1 });
          assert.equal((await simulator.nextReport()).endedBy, 'drop');
          await clickCall(page);
          await waitForStatus(page, 'ended');
          const { endedBy, chunks } = await simulator.nextReport();
          assert.equal(endedBy, 'visitor');
          assert.ok(chunks > 0);
          await expectNothingOpen(page);
          const told = await page.evaluate(() => (window as unknown as { told: string[] }).told);
          const first = ['requesting-microphone', 'connecting', 'waiting', 'active', 'start'];
          assert.deepEqual(told, [...first, 'reconnecting', 'active', 'ended', 'end']);
        }),
    );

    it('sends nothing late of what was said meanwhile', { timeout: 120_000 }, () =>
      // Each session takes its time, so that there is much to be said meanwhile.
      retry(() =>
        onSite(
          browser,
          startSite({ name: 'silent', tokenDelayMs: 2000 }, { wire, html }),
          async (page, { simulator }) => {
            const chunksSent = (count: number) =>
              page.waitForFunction(
                (wanted) => document.querySelector('synthflow-call')!.stats.chunksSent > wanted,
                {},
                count,
              );
            await clickCall(page);
            await waitForStatus(page, 'active');
            await chunksSent(50);
            simulator.hangUp(1006);
            const { chunks: before } = await simulator.nextReport();
            await isBack(page);
            await chunksSent(before + 50);
            await clickCall(page);
            const { chunks, durationMs, longestGapMs } = await simulator.nextReport();
            // 20 ms each; what is on its way when the socket opens is one or two.
            const mostMs = durationMs + 100 + longestGapMs;
            assert.ok(chunks * 20 <= mostMs, `${chunks} chunks in ${durationMs} ms`);
          },
        ),
      ),
    );

    it('is given up as connection-lost where no session is to be had, with nothing left', () =>
      onSite(browser, startSite('speech', { wire, html }), async (page, { simulator }) => {
        await clickCall(page);
        await waitForStatus(page, 'active');
        await page.setRequestInterception(true);
        page.on('request', (request) => {
          if (request.url().includes('/api/')) void request.respond({ status: 403, body: '{}' });
          else void request.continue();
        });
        simulator.hangUp(1006);
        await waitForStatus(page, 'failed');
        const { code, closeCode } = await page.evaluate(() => ({
          ...document.querySelector('synthflow-call')!.error!,
        }));
        assert.deepEqual([code, closeCode], ['connection-lost', 1006]);
        await expectNothingOpen(page);
      }));
  });
}
