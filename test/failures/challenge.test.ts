// The challenge of the real token endpoint, solved by the built files in a real browser.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { createAltcha } from '../../server/altcha.js';
import type { ChallengeOptions } from '../../server/challenge.js';
import { browserName, launch } from '../e2e/support/launch.js';
import {
  type AgentWire,
  clickCall,
  consoleOf,
  expectNothingOpen,
  onSite,
  pageWith,
  type Site,
  startSite,
  strictPolicy,
  tag,
  waitForStatus,
} from '../e2e/support/site.js';

const file = '/dist/synthflow-call.challenge.js';
const secret = 'a secret of thirty-two characters';
const altcha = createAltcha({ secret });
/** What Chromium says by itself of every refusal. */
const browserLines =
  browserName === 'chromium'
    ? ['browser: Failed to load resource: the server responded with a status of 428 (Precondition Required)']
    : [];
/** Nobody finds the key: its prefix is another's. */
const endless: ChallengeOptions = {
  ...altcha,
  async issue() {
    const task = (await altcha.issue()) as { type: string; parameters: object };
    return { ...task, parameters: { ...task.parameters, keyPrefix: '0'.repeat(32) } };
  },
};

const answers = ({ tokenLog }: Site) => tokenLog.map(({ status, code }) => code ?? status);
const errorOf = (page: Page) =>
  page.evaluate(() => {
    const { code, message, httpStatus, endpointCode, visitorMessage } =
      document.querySelector('synthflow-call')!.error!;
    return { code, message, httpStatus, endpointCode, visitorMessage };
  });

/** Counts the turns that the page's own tasks get from the 428 to the request after it, and the longest wait for one. */
const countTurns = (page: Page) =>
  page.evaluate(() => {
    const turns = { count: 0, longestMs: 0 };
    Object.assign(window, { turns });
    const { port1, port2 } = new MessageChannel();
    let isSolving = false;
    let lastMs = 0;
    port1.onmessage = () => {
      if (!isSolving) return;
      const nowMs = performance.now();
      turns.count += 1;
      turns.longestMs = Math.max(turns.longestMs, nowMs - lastMs);
      lastMs = nowMs;
      port2.postMessage(0);
    };
    const original = window.fetch;
    window.fetch = async (...args) => {
      isSolving = false;
      const response = await original(...args);
      if (response.status === 428) {
        isSolving = true;
        lastMs = performance.now();
        port2.postMessage(0);
      }
      return response;
    };
  });

describe('a call that comes after a challenge', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const wires: readonly [string, AgentWire, unknown[]][] = [
    ['the widget websocket', 'pcm', ['challenge-required', 200]],
    ['WebSocket media, single node', {}, ['challenge-required', 200]],
    ['WebSocket media, connect-then-bind', { bind: true }, [200, 'challenge-required', 200]],
  ];
  for (const [name, wire, expected] of wires) {
    it(
      `of ${name}: works under a strict policy, with one session, and the page keeps its turns`,
      { timeout: 120_000 },
      (t) =>
        onSite(
          browser,
          startSite('speech', { wire, challenge: altcha, policy: strictPolicy, html: pageWith(tag()) }),
          async (page, site) => {
            await countTurns(page);
            assert.deepEqual([site.tokenLog.length, site.requests.includes(file)], [0, false], 'before the click');
            await clickCall(page);
            await waitForStatus(page, 'active');
            assert.deepEqual(answers(site), expected);
            assert.equal(site.requests.filter((path) => path === file).length, 1);
            const { tokensIssued, callsCreated } = site.simulator;
            assert.equal(tokensIssued + callsCreated, 1);
            // At least a thousand keys are derived, four at a time: a page that was held up would have had no turn at all.
            const turns = await page.evaluate(
              () => Reflect.get(window, 'turns') as { count: number; longestMs: number },
            );
            assert.ok(turns.count > 250, `${turns.count} turns`);
            t.diagnostic(`${turns.count} turns of the page, the longest wait for one ${turns.longestMs.toFixed(1)} ms`);
            await clickCall(page);
            await site.simulator.nextReport();
            await expectNothingOpen(page);
            assert.deepEqual(await page.evaluate(() => window.witness.violations), []);
            assert.deepEqual(consoleOf.get(page), browserLines);
          },
        ),
    );
  }

  it('of another type is started by the page’s challengeSolver', () =>
    onSite(
      browser,
      startSite('speech', {
        challenge: {
          issue: () => ({ type: 'riddle', question: 6 }),
          verify: (answer) => answer === 42,
        },
      }),
      async (page, site) => {
        await page.evaluate(() => {
          document.querySelector('synthflow-call')!.challengeSolver = async ({ question }) => 7 * (question as number);
        });
        await clickCall(page);
        await waitForStatus(page, 'active');
        assert.deepEqual([answers(site), site.simulator.tokensIssued], [['challenge-required', 200], 1]);
        await clickCall(page);
        await waitForStatus(page, 'ended');
        await page.evaluate(() => {
          document.querySelector('synthflow-call')!.challengeSolver = async () => 'no idea';
        });
        await clickCall(page);
        await waitForStatus(page, 'failed');
        const error = await errorOf(page);
        assert.deepEqual(
          [error.code, error.httpStatus, error.endpointCode],
          ['token-request-failed', 403, 'challenge-failed'],
        );
        assert.equal(site.simulator.tokensIssued, 1);
        await expectNothingOpen(page);
      },
    ));

  it('that has no end is stopped by a click, and asks for no session', () =>
    onSite(browser, startSite('speech', { challenge: endless }), async (page, site) => {
      await countTurns(page);
      await clickCall(page);
      await page.waitForFunction(() => (Reflect.get(window, 'turns') as { count: number }).count > 250);
      await clickCall(page);
      await waitForStatus(page, 'ended');
      await expectNothingOpen(page);
      assert.deepEqual([answers(site), site.simulator.tokensIssued], [['challenge-required'], 0]);
      assert.deepEqual(consoleOf.get(page), browserLines);
    }));

  it('is solved by the file in assets-url', () =>
    onSite(
      browser,
      startSite('speech', { challenge: altcha, missing: [file], html: pageWith(tag('assets-url="mirror/"')) }),
      async (page, site) => {
        await clickCall(page);
        await waitForStatus(page, 'active');
        assert.equal(site.requests.includes(file.replace('dist', 'mirror')), true);
        assert.equal(site.requests.includes(file), false);
      },
    ));

  it('whose file is missing fails, names the file, and the next click tries again', () =>
    onSite(browser, startSite('speech', { challenge: altcha, missing: [file] }), async (page, site) => {
      for (const tries of [1, 2]) {
        await clickCall(page);
        await page.waitForFunction((ends) => window.witness.ends === ends, {}, tries);
        const { code, message, httpStatus, endpointCode, visitorMessage } = await errorOf(page);
        assert.deepEqual([code, httpStatus, endpointCode], ['token-request-failed', 428, 'challenge-required']);
        assert.match(message, /synthflow-call\.challenge\.js/);
        assert.notEqual(visitorMessage, '');
        await expectNothingOpen(page);
      }
      assert.deepEqual(answers(site), ['challenge-required', 'challenge-required']);
      assert.equal(site.simulator.tokensIssued, 0);
    }));
});
