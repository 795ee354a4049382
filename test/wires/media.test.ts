import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { launch } from '../e2e/support/launch.js';
import {
  type AgentWire,
  clickCall,
  consoleOf,
  expectNothingOpen,
  onSite,
  pageWith,
  played,
  startSite,
  tag,
  retry,
  waitForSound,
  waitForStatus,
} from '../e2e/support/site.js';
import { greeting, heardShare, resample, sine } from '../e2e/support/sound.js';

const raw = 'barge-in="off" no-echo-cancellation no-noise-suppression no-auto-gain-control';
type MediaWire = Exclude<AgentWire, 'pcm'>;

/** Every codec and framing, and both ways to connect. */
const variants: readonly (MediaWire & { sampleRate: number; chunkBytes?: number })[] = [
  { codec: 'l16', framing: 'payload', bind: true, sampleRate: 16_000, chunkBytes: 640 },
  { codec: 'l16', framing: 'rtp', sampleRate: 16_000, chunkBytes: 652 },
  { codec: 'pcmu', framing: 'payload', sampleRate: 8000, chunkBytes: 160 },
  { codec: 'pcmu', framing: 'rtp', bind: true, sampleRate: 8000, chunkBytes: 172 },
  { codec: 'pcma', framing: 'payload', bind: true, sampleRate: 8000, chunkBytes: 160 },
  { codec: 'pcma', framing: 'rtp', sampleRate: 8000, chunkBytes: 172 },
  { codec: 'opus', framing: 'rtp', sampleRate: 48_000 },
  { codec: 'opus', framing: 'rtp', bind: true, sampleRate: 48_000 },
];

/** The browser's own codecs are seen, and counted, where they are on the page's thread. */
const isCounted = ({ codec, bind }: MediaWire) => codec === 'opus' && !bind;

const stats = (page: Page) => page.evaluate(() => document.querySelector('synthflow-call')!.stats);
const errorOf = (page: Page) =>
  page.evaluate(() => {
    const { code, message, httpStatus, endpointCode } = document.querySelector('synthflow-call')!.error!;
    return { code, message, httpStatus, endpointCode };
  });

describe('a conversation over WebSocket media', () => {
  let browser: Browser;
  before(async () => {
    // Silence until the call stands, then one sentence, then silence.
    const says = new Float32Array(44_100 * 12);
    says.set(resample(greeting.subarray(0, 32_000), 16_000, 44_100), 44_100 * 2.5);
    browser = await launch({ says });
  });
  after(() => browser.close());

  for (const { sampleRate, chunkBytes, ...wire } of variants) {
    const title = `${wire.codec} as ${wire.framing}, ${wire.bind ? 'connect-then-bind' : 'single node'}`;
    it(`of ${title}: hears the visitor and repeats what was said`, { timeout: 120_000 }, () =>
      retry(() =>
        onSite(
          browser,
          startSite(
            { name: 'talk', greeting: false },
            { wire, html: pageWith(tag(isCounted(wire) ? `${raw} no-worker` : raw)) },
          ),
          async (page, { simulator }) => {
            await clickCall(page);
            await waitForStatus(page, 'active');
            const { callId } = await stats(page);
            assert.match(callId!, /^[\da-f-]{36}$/);
            await waitForSound(page, 7.5);
            const { samples, sampleRate: deviceRate } = await played(page);
            // A telephone loses the upper half of the band, Opus keeps the sound and not the wave; here both code twice.
            const sentence = resample(greeting.subarray(4000, 28_000), 16_000, deviceRate);
            const share = heardShare(sentence, samples, deviceRate, 0.7);
            assert.ok(share > 0.75, `${share} of it`);
            const { codecs } = await page.evaluate(() => window.witness.open());
            assert.equal(codecs, isCounted(wire) ? 2 : 0);
            await clickCall(page);
            const report = await simulator.nextReport();
            const { codec, framing } = wire;
            assert.deepEqual(
              [report.protocol, report.codec, report.framing, report.pcmRate, report.endedBy, report.closeCode],
              ['media', codec, framing, sampleRate, 'visitor', 1000],
            );
            assert.equal(report.firstAudioBeforeReady, false);
            assert.equal(report.textMessages, 0);
            if (chunkBytes) assert.deepEqual(Object.keys(report.chunkSizes), [`${chunkBytes}`]);
            assert.ok(Math.abs(report.rateHz / sampleRate - 1) < 0.125, `${report.rateHz} samples a second`);
            if (framing === 'rtp') {
              const { payloadType } = report.rtp!;
              assert.equal(payloadType, { l16: 96, pcmu: 0, pcma: 8, opus: 111 }[codec!]);
              assert.deepEqual(report.rtp, {
                packets: report.chunks,
                malformed: 0,
                payloadType,
                wrongPayloadTypes: 0,
                sequenceGaps: 0,
                outOfOrder: 0,
                duplicates: 0,
                wrongTimestamps: 0,
                ssrcChanges: 0,
                markers: 1,
                firstMarked: true,
              });
            }
            assert.deepEqual([simulator.callsCreated, simulator.callsJoined], [1, 1]);
            await expectNothingOpen(page);
            assert.deepEqual(consoleOf.get(page), []);
          },
        ),
      ),
    );
  }
});

describe('RTP over a bad line', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch({ says: sine(1000, 44_100, 30) });
  });
  after(() => browser.close());

  for (const [scenario, least] of [
    ['reorder', 0.85],
    ['duplicate', 0.85],
    ['rtp-extras', 0.85],
    ['near-wrap', 0.85],
    // A packet in twenty is silence, and each piece is three.
    ['loss', 0.6],
  ] as const) {
    it(`${scenario}: what the agent says keeps its order and its time`, { timeout: 120_000 }, () =>
      retry(() =>
        onSite(browser, startSite(scenario, { wire: { codec: 'l16', framing: 'rtp' } }), async (page) => {
          await clickCall(page);
          await waitForStatus(page, 'active');
          await waitForSound(page, 6);
          const { samples, sampleRate } = await played(page);
          const wanted = resample(greeting.subarray(16_000, 16_000 * 4), 16_000, sampleRate);
          const share = heardShare(wanted, samples, sampleRate);
          assert.ok(share > least, `${share} of it`);
          await clickCall(page);
          await waitForStatus(page, 'ended');
        }),
      ),
    );
  }
});

describe('a call that Synthflow bills', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('is not created before the click, nor where the microphone is refused', async () => {
    const refusing = await launch({ permission: 'denied' });
    await onSite(refusing, startSite('speech', { wire: {} }), async (page, { simulator }) => {
      await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
      assert.equal(simulator.callsCreated, 0);
      await clickCall(page);
      await waitForStatus(page, 'failed');
      assert.equal((await errorOf(page)).code, 'microphone-denied');
      assert.equal(simulator.callsCreated, 0);
    }).finally(() => refusing.close());
  });

  for (const bind of [false, true]) {
    const flow = bind ? 'connect-then-bind' : 'single node';
    it(`is hung up where the visitor stops while it is created, ${flow}`, () =>
      onSite(
        browser,
        startSite({ name: 'speech', tokenDelayMs: 3000 }, { wire: { bind } }),
        async (page, { simulator }) => {
          await clickCall(page);
          await waitForStatus(page, 'connecting');
          // The second answer of connect-then-bind is late as well: it is asked for once the socket is open.
          while (bind && simulator.openSockets === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
          await clickCall(page);
          await waitForStatus(page, 'ended');
          const { endedBy, closeCode } = await simulator.nextReport();
          assert.deepEqual([endedBy, closeCode], ['visitor', 1000]);
          assert.deepEqual([simulator.callsCreated, simulator.callsJoined], [1, 1]);
          await expectNothingOpen(page);
          assert.deepEqual(consoleOf.get(page), []);
        },
      ));

    for (const [scenario, expected] of [
      ['join-failed', { code: 'token-request-failed', httpStatus: 502, endpointCode: 'upstream-error' }],
      ['not-enabled', { code: 'token-request-failed', httpStatus: 502, endpointCode: 'upstream-not-enabled' }],
    ] as const) {
      it(`is asked for once where Synthflow answers ${scenario}, ${flow}, and the next click asks again`, () =>
        onSite(browser, startSite(scenario, { wire: { bind } }), async (page, { simulator }) => {
          await clickCall(page);
          await waitForStatus(page, 'failed');
          const { message: _message, ...error } = await errorOf(page);
          assert.deepEqual(error, expected);
          assert.equal(simulator.callsCreated, scenario === 'join-failed' ? 1 : 0);
          await expectNothingOpen(page);
          await clickCall(page);
          await page.waitForFunction(() => window.witness.ends === 2);
          assert.equal(simulator.callsCreated, scenario === 'join-failed' ? 2 : 0);
        }));
    }
  }

  it('fails as connection-failed where its binding is refused', () =>
    onSite(browser, startSite('bind-refused', { wire: { bind: true } }), async (page) => {
      await clickCall(page);
      await waitForStatus(page, 'failed');
      assert.equal((await errorOf(page)).code, 'connection-failed');
      await expectNothingOpen(page);
    }));

  it('works where the agent never says `call_info`, and its socket is its own', () =>
    onSite(browser, startSite('no-call-info', { wire: {} }), async (page, { simulator }) => {
      await clickCall(page);
      await waitForStatus(page, 'active');
      await clickCall(page);
      assert.equal((await simulator.nextReport()).endedBy, 'visitor');
    }));
});

describe('a codec that the browser lacks', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('fails as unsupported-browser, hangs up, and says what to change', () =>
    onSite(
      browser,
      startSite('speech', { wire: { codec: 'opus', framing: 'rtp' }, html: pageWith(tag('barge-in="off" no-worker')) }),
      async (page, { simulator }) => {
        await page.evaluate(() => Reflect.deleteProperty(window, 'AudioEncoder'));
        await clickCall(page);
        await waitForStatus(page, 'failed');
        const { code, message } = await errorOf(page);
        assert.equal(code, 'unsupported-browser');
        assert.match(message, /WebCodecs/);
        assert.equal((await simulator.nextReport()).endedBy, 'visitor');
        await expectNothingOpen(page);
      },
    ));
});
