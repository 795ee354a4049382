import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import type { Simulator } from '../../../simulator/simulator.js';
import { can, launch, needs } from './launch.js';
import {
  type AgentWire,
  clickCall,
  consoleOf,
  expectEnd,
  expectNothingOpen,
  nothingOpen,
  onSite,
  pageWith,
  played,
  startSite,
  strictPolicy,
  tag,
  retry,
  waitForOpenSockets,
  waitForSound,
  waitForStatus,
  worstLatenessMs,
} from './site.js';
import { fidelityDb, greeting, heardShare, longestSilence, resample, sine, toFloat } from './sound.js';

/** Leaves the microphone's sound as it is, for figures. */
const raw = 'barge-in="off" no-echo-cancellation no-noise-suppression no-auto-gain-control';

/** Calls until the agent is ready. */
async function call(page: Page): Promise<void> {
  await clickCall(page);
  await waitForStatus(page, 'active');
}

const speechSeconds = 8;
/** What the simulator's `speech` says: the greeting, again and again. */
const speech = Float32Array.from({ length: speechSeconds * 16_000 }, (_, i) => greeting[i % greeting.length]!);

/**
 * Whole calls: what is heard and played, the page around it, and what fails.
 * @param sampleRate - The wire's, in Hz.
 */
export function describeCalls(wire: AgentWire, sampleRate: number): void {
  describe(wire === 'pcm' ? 'over the widget websocket' : 'over WebSocket media', () => {
    describe('what is heard', () => {
      let browser: Browser;
      before(async () => {
        browser = await launch({ says: sine(1000, 44_100, 30) });
      });
      after(() => browser.close());

      it(
        `gives the agent ${sampleRate / 1000} kHz in chunks of 20 ms, at the right pitch and level`,
        { timeout: 120_000 },
        () =>
          retry(() =>
            onSite(browser, startSite('silent', { wire, html: pageWith(tag(raw)) }), async (page, { simulator }) => {
              await call(page);
              await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.chunksSent > 150);
              await clickCall(page);
              const report = await simulator.nextReport();
              assert.deepEqual(Object.keys(report.chunkSizes), [`${sampleRate / 25}`]);
              assert.equal(report.clientReadyCount, wire === 'pcm' ? 1 : 0);
              // The widget websocket's stream begins with `status_client_ready`, WebSocket media's when the agent listens.
              if (wire !== 'pcm') assert.equal(report.firstAudioBeforeReady, false);
              assert.ok(Math.abs(report.dominantHz - 1000) < 1, `${report.dominantHz} Hz`);
              assert.ok(Math.abs(report.levelDbfs - -9) < 1, `${report.levelDbfs} dBFS`);
              // The number of samples that a second of sound becomes is exact in test/audio; here it is the machine's clock.
              assert.ok(Math.abs(report.rateHz / sampleRate - 1) < 0.125, `${report.rateHz} samples a second`);
            }),
          ),
      );

      it('gives the agent what was said, without a gap', { timeout: 120_000 }, () =>
        retry(() =>
          onSite(browser, startSite('silent', { wire, html: pageWith(tag(raw)) }), async (page, { simulator }) => {
            await call(page);
            await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.chunksSent > 200);
            await clickCall(page);
            const heard = toFloat((await simulator.nextReport()).pcm!);
            // The fake microphone now and then inserts 10 ms of silence, up to three times in four seconds, mostly at first: of
            // 16 quarters of a second, 10 must be whole.
            const quarters = Array.from({ length: 16 }, (_, i) =>
              sineDb(heard.subarray((i * sampleRate) / 4, ((i + 1) * sampleRate) / 4), sampleRate),
            );
            const whole = quarters.filter((db) => db > 60).length;
            assert.ok(whole >= 10, quarters.map((db) => db.toFixed(0)).join(', '));
          }),
        ),
      );

      it('sends silence while muted, and the stream goes on', { timeout: 120_000 }, () =>
        onSite(
          browser,
          startSite('silent', { wire, html: pageWith(tag(`${raw} muted`)) }),
          async (page, { simulator }) => {
            await call(page);
            await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.chunksSent > 50);
            await page.locator('synthflow-call >>> [part=mute]').click();
            const { chunksSent } = await page.evaluate(() => document.querySelector('synthflow-call')!.stats);
            await page.waitForFunction(
              (before) => document.querySelector('synthflow-call')!.stats.chunksSent > before + 100,
              {},
              chunksSent,
            );
            await clickCall(page);
            const { pcm, chunkSizes } = await simulator.nextReport();
            assert.deepEqual(Object.keys(chunkSizes), [`${sampleRate / 25}`]);
            assert.equal(
              pcm!.subarray(0, sampleRate).every((sample) => sample === 0),
              true,
            );
            assert.equal(
              pcm!.some((sample) => Math.abs(sample) > 8000),
              true,
            );
          },
        ),
      );
    });

    describe('what is played', () => {
      let browser: Browser;
      before(async () => {
        browser = await launch();
      });
      after(() => browser.close());

      for (const [scenario, title] of [
        ['speech', 'eight seconds of speech paced at 20 ms'],
        ['burst', 'eight seconds of speech in a burst'],
        ['odd', 'speech in messages of any length'],
        ['early', 'speech that comes before the agent is ready'],
      ] as const) {
        it(`plays ${title} without a gap or a click`, { timeout: 300_000 }, async () => {
          // Where this machine holds the agent's messages or the audio thread back there is another try.
          const tries: string[] = [];
          let [db, share] = [0, 0];
          do {
            // On the page's own thread, where it is seen when messages come.
            const html = pageWith(tag('barge-in="off" no-worker'));
            await onSite(browser, startSite(scenario, { wire, html }), async (page) => {
              await call(page);
              await waitForSound(page, speechSeconds + 1.5);
              const { samples, sampleRate, isWhole } = await played(page);
              // The recorder may come a little after what is said before the agent is ready.
              const from = scenario === 'early' || wire !== 'pcm' ? 16_000 : 0;
              db = fidelityDb(speech.subarray(from), samples, sampleRate);
              const latenessMs = await worstLatenessMs(page);
              // A line that is late is no clean one, and what comes late is bridged.
              if (db < 60 && (latenessMs > 20 || !isWhole))
                share = Math.max(
                  share,
                  heardShare(resample(speech.subarray(from), 16_000, sampleRate), samples, sampleRate),
                );
              tries.push(`${db.toFixed(0)} dB, ${latenessMs.toFixed(0)} ms late${isWhole ? '' : ', recorder late'}`);
            });
          } while (db < 60 && tries.length < 5);
          assert.ok(db > 60 || share > 0.85, `signal to difference, by try: ${tries.join('; ')}`);
        });
      }

      it('plays the last words of an agent that hangs up', { timeout: 120_000 }, () =>
        retry(() =>
          onSite(browser, startSite({ name: 'burst', hangUpAfterMs: 300, seconds: 3 }, { wire }), async (page) => {
            await call(page);
            await waitForStatus(page, 'ended');
            const { samples, sampleRate } = await played(page);
            const wanted = resample(speech.subarray(16_000, 2.9 * 16_000), 16_000, sampleRate);
            const share = heardShare(wanted, samples, sampleRate);
            assert.ok(share > 0.85, `${share} of it`);
            await expectNothingOpen(page);
          }),
        ),
      );
    });

    describe('a conversation', () => {
      it('greets, hears the visitor and repeats what was said', { timeout: 300_000 }, async () => {
        // Silence for as long as the greeting lasts, then one sentence, then silence.
        const says = new Float32Array(44_100 * 14);
        const sentence = greeting.subarray(0, 16_000 * 2);
        says.set(resample(sentence, 16_000, 44_100), 44_100 * 9);
        const browser = await launch({ says });
        await retry(
          () =>
            onSite(browser, startSite('talk', { wire, html: pageWith(tag(raw)) }), async (page) => {
              await call(page);
              await waitForSound(page, 15);
              const { samples, sampleRate } = await played(page);
              // What is repeated begins as the greeting does: in both together its pieces may be found in either.
              const greetingShare = heardShare(
                resample(greeting.subarray(16_000, 64_000), 16_000, sampleRate),
                samples.subarray(0, 9 * sampleRate),
                sampleRate,
              );
              assert.ok(greetingShare > 0.8, `greeting: ${greetingShare} of it`);
              const after = samples.subarray(9 * sampleRate);
              const repeatedShare = heardShare(
                resample(sentence.subarray(4000, 28_000), 16_000, sampleRate),
                after,
                sampleRate,
              );
              assert.ok(repeatedShare > 0.8, `repeat: ${repeatedShare} of it`);
            }),
          5,
        ).finally(() => browser.close());
      });
    });

    describe('a page', () => {
      let browser: Browser;
      before(async () => {
        browser = await launch();
      });
      after(() => browser.close());

      it('asks for nothing, keeps nothing and opens nothing before the click', () =>
        onSite(browser, startSite('talk', { wire }), async (page, { requests }) => {
          await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
          assert.deepEqual(requests, ['/', '/dist/synthflow-call.js']);
          assert.deepEqual(await page.evaluate(() => window.witness.made()), { contexts: 0, tracks: 0, sockets: 0 });
          assert.deepEqual(await page.evaluate(() => window.witness.open()), nothingOpen);
          assert.equal(
            await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length),
            0,
          );
          assert.deepEqual(consoleOf.get(page), []);
        }));

      it('with a strict Content-Security-Policy makes a whole call', { timeout: 120_000 }, () =>
        retry(() =>
          onSite(
            browser,
            startSite('speech', { wire, policy: strictPolicy }),
            async (page, { simulator, requests }) => {
              await call(page);
              await waitForSound(page, 2);
              await clickCall(page);
              assert.equal((await simulator.nextReport()).endedBy, 'visitor');
              await expectNothingOpen(page);
              assert.deepEqual(await page.evaluate(() => window.witness.violations), []);
              assert.deepEqual(await page.evaluate(() => window.witness.errors), []);
              assert.deepEqual(consoleOf.get(page), []);
              // From the file beside the script: nothing inline is needed.
              assert.equal(requests.includes('/dist/synthflow-call.worklet.js'), true);
            },
          ),
        ),
      );

      for (const scheme of ['blob:', 'data:']) {
        it(`whose policy blocks the worklet's file but not ${scheme} makes a whole call`, () => {
          const policy = `script-src http://localhost:*/dist/synthflow-call.js ${scheme}`;
          return onSite(browser, startSite('speech', { wire, policy }), async (page, { simulator }) => {
            await call(page);
            await clickCall(page);
            assert.equal((await simulator.nextReport()).endedBy, 'visitor');
          });
        });
      }

      it('whose policy blocks every worklet says which directive to change', () => {
        const policy = 'script-src http://localhost:*/dist/synthflow-call.js';
        return onSite(browser, startSite('speech', { wire, policy }), async (page, { simulator }) => {
          await clickCall(page);
          await waitForStatus(page, 'failed');
          const { code, message } = await page.evaluate(() => {
            const { code, message } = document.querySelector('synthflow-call')!.error!;
            return { code, message };
          });
          assert.equal(code, 'audio-failed');
          assert.match(message, /script-src/);
          await waitForOpenSockets(simulator, 0);
          await expectNothingOpen(page);
        });
      });

      it('has nothing left after the call, ten times over', { timeout: 300_000 }, () =>
        onSite(browser, startSite('speech', { wire }), async (page, { simulator }) => {
          // The test's own recorder would be counted as well.
          await page.evaluate(() => Reflect.deleteProperty(window, 'witnessRecorder'));
          for (let round = 1; round <= 10; round += 1) {
            await call(page);
            await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.audioMessages > 5);
            await clickCall(page);
            await waitForStatus(page, 'ended');
            assert.equal((await simulator.nextReport()).endedBy, 'visitor');
          }
          await expectNothingOpen(page);
          await waitForOpenSockets(simulator, 0);
          assert.equal(sessionsOf(simulator), 10);
          assert.deepEqual(consoleOf.get(page), []);
          if (!can('heap to look into')) return;
          // Without the witness's own references the browser must be able to forget all of it.
          await page.evaluate(() => {
            for (const list of ['contexts', 'tracks', 'sockets', 'recordings', 'played'] as const) {
              (window.witness as unknown as Record<string, unknown[]>)[list]!.length = 0;
            }
          });
          const devtools = await page.createCDPSession();
          for (const name of ['WebSocket', 'MessagePort', 'AudioWorkletNode', 'AudioContext']) {
            const prototype = await page.evaluateHandle(`${name}.prototype`);
            // On a busy machine Chromium may hold what is closed for a moment more.
            let left = Infinity;
            for (let looks = 0; looks < 5 && left > 2; looks += 1) {
              await devtools.send('HeapProfiler.collectGarbage');
              const objects = await page.queryObjects(prototype);
              left = await page.evaluate((found) => found.length, objects);
              await objects.dispose();
            }
            assert.ok(left <= 2, `${left} objects of ${name} after ten calls`);
          }
        }),
      );

      const busy = { timeout: 120_000, ...needs('websocket beside a busy page') };
      for (const when of ['at once', 'later'] as const) {
        it(`keeps its socket in a Worker, so that a page that is busy ${when} holds up no sound`, busy, () =>
          retry(() =>
            onSite(browser, startSite('tone', { wire }), async (page, { simulator, requests }) => {
              // The page does nothing else for two seconds, in which a hundred chunks are due.
              await page.evaluate((isAtOnce) => {
                const element = document.querySelector('synthflow-call')!;
                const moment = new Promise((resolve) => {
                  // In a frame after the start the canvases are there on which levels are drawn; figures come a second later.
                  if (isAtOnce) element.addEventListener('synthflow-start', () => requestAnimationFrame(resolve));
                  else element.addEventListener('synthflow-stats', resolve);
                });
                Object.assign(window, {
                  blocked: moment.then(() => {
                    const start = performance.now();
                    while (performance.now() - start < 2000);
                    return element.stats.chunksSent;
                  }),
                });
              }, when === 'at once');
              await call(page);
              const before = await page.evaluate(() => (window as unknown as { blocked: Promise<number> }).blocked);
              assert.equal(requests.includes('/dist/synthflow-call.worker.js'), true);
              const { sockets, workers } = await page.evaluate(() => window.witness.open());
              assert.deepEqual({ sockets, workers }, { sockets: 0, workers: 2 });
              const { samples, sampleRate } = await played(page);
              await clickCall(page);
              const { chunks, longestGapMs } = await simulator.nextReport();
              assert.ok(chunks > before + 90, `${chunks - before} chunks`);
              // With the socket on the page's thread both would be two seconds; a busy machine takes some tenths.
              assert.ok(longestGapMs < 500, `${longestGapMs} ms`);
              assert.ok(samples.length > 1.5 * sampleRate, `${samples.length / sampleRate} s were recorded`);
              const silence = longestSilence(samples) / sampleRate;
              assert.ok(silence < 0.5, `the agent was not heard for ${silence} s`);
              await expectNothingOpen(page);
            }),
          ),
        );
      }

      it('ends the call when the visitor leaves', () =>
        onSite(browser, startSite('speech', { wire }), async (page, { simulator }) => {
          await call(page);
          // The browser asks whether to leave.
          page.on('dialog', (dialog) => void dialog.accept());
          await page.goto('about:blank');
          await expectEnd(simulator);
        }));
    });

    describe('a failure', () => {
      let browser: Browser;
      before(async () => {
        browser = await launch();
      });
      after(() => browser.close());

      for (const [scenario, code] of [
        ['refuse-token', 'token-request-failed'],
        ['rate-limited', 'rate-limited'],
        ['bad-token', 'token-request-failed'],
        ['no-url', 'token-request-failed'],
        ['refuse', 'connection-failed'],
        // Where the open socket is all there is to wait for, the call may be active by then.
        ['close-at-once', wire === 'pcm' ? 'connection-failed' : /^connection-(failed|lost)$/],
        ['close', 'connection-lost'],
        ['drop', 'connection-lost'],
      ] as const) {
        it(`${scenario}: fails as ${String(code)}, leaves nothing open, and the next click calls again`, () =>
          onSite(browser, startSite(scenario, { wire }), async (page, { simulator }) => {
            await clickCall(page);
            await waitForStatus(page, 'failed');
            await expectNothingOpen(page);
            const { found, shown, announced } = await page.evaluate(() => {
              const element = document.querySelector('synthflow-call')!;
              const panel = element.shadowRoot!.querySelector('[part=error]');
              return {
                found: { ...element.error!, message: element.error!.message },
                shown: panel?.checkVisibility() ? panel.textContent : null,
                announced: element.shadowRoot!.querySelector('[role=status]')!.textContent,
              };
            });
            assert.match(found.code, new RegExp(code));
            assert.equal(shown, found.visitorMessage);
            assert.equal(announced.includes(found.visitorMessage), true);
            const warnings = consoleOf.get(page)!.filter((line) => line.includes('<synthflow-call>'));
            assert.deepEqual(warnings, [`warn: <synthflow-call> ${found.code}: ${found.message}`]);
            assert.doesNotMatch(found.message, /token=|ws:/);
            const issued = sessionsOf(simulator);
            await clickCall(page);
            await page.waitForFunction(() => window.witness.ends === 2);
            assert.equal(sessionsOf(simulator) >= issued, true);
            await expectNothingOpen(page);
          }));
      }

      it('of the microphone: refused, then allowed, and the same button calls', async () => {
        const refusing = await launch({ permission: 'denied' });
        await onSite(refusing, startSite('speech', { wire }), async (page, { simulator }) => {
          await clickCall(page);
          await waitForStatus(page, 'failed');
          assert.equal(
            await page.evaluate(() => document.querySelector('synthflow-call')!.error!.code),
            'microphone-denied',
          );
          assert.equal(sessionsOf(simulator), 0, 'no session before the microphone');
          await expectNothingOpen(page);
        }).finally(() => refusing.close());
      });

      it('of the network in mid-call: ends as connection-lost, and calls again once it is back', () =>
        onSite(browser, startSite('speech', { wire }), async (page, { simulator }) => {
          await call(page);
          simulator.hangUp(1006);
          await waitForStatus(page, 'failed');
          await expectNothingOpen(page);
          await call(page);
          await clickCall(page);
          await waitForStatus(page, 'ended');
          await expectNothingOpen(page);
        }));
    });
  });
}

/** What Synthflow has given out: session URLs, or calls. */
const sessionsOf = ({ tokensIssued, callsCreated }: Simulator): number => tokensIssued + callsCreated;

/** Signal to everything else, in dB, of a sine of unknown level, phase and (nearly) 1 kHz. */
function sineDb(samples: Float32Array, sampleRate: number): number {
  let [sine, cosine, energy] = [0, 0, 0];
  const step = (2 * Math.PI * 1000) / sampleRate;
  samples.forEach((sample, i) => {
    sine += sample * Math.sin(step * i);
    cosine += sample * Math.cos(step * i);
    energy += sample * sample;
  });
  const tone = (2 * (sine * sine + cosine * cosine)) / samples.length;
  return 10 * Math.log10(tone / Math.max(energy - tone, 1e-9));
}
