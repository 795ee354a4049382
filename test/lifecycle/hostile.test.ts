import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { build } from 'esbuild';
import * as fc from 'fast-check';
import type { Browser, Page } from 'puppeteer-core';
import { WatchedPage } from '../../scripts/soak/watched-page.js';
import { launch, needs } from '../e2e/support/launch.js';
import {
  clickCall,
  consoleOf,
  expectNothingOpen,
  onSite,
  pageWith,
  startSite,
  tag,
  visit,
  waitForStatus,
} from '../e2e/support/site.js';
import { Deferred } from '../support/deferred.js';
import { HostileAgent } from './hostile-agent.js';

const stats = (page: Page) => page.evaluate(() => document.querySelector('synthflow-call')!.stats);
/** The tag without an endpoint: its session is the given URL. */
const tagOf = (url: string, attributes = '') =>
  `<synthflow-call session-url="${url}" barge-in="off" no-leave-warning ${attributes}></synthflow-call>`;

describe('a hundred thousand hostile messages', () => {
  const options = { timeout: 240_000, ...needs('heap to look into') };
  it('are survived by the socket’s host on every wire, in bounded memory', options, async (test) => {
    const messagesEach = 12_500;
    const { outputFiles } = await build({
      stdin: {
        contents: `import { attack, everyWire } from './test/support/hostile-agent.ts';
          Object.assign(window, { attack, everyWire });`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      write: false,
      format: 'iife',
      target: 'es2022',
    });
    const browser = await launch();
    const site = await startSite('silent', { html: pageWith('') });
    try {
      const watched = await WatchedPage.open(browser, site.url);
      await watched.page.addScriptTag({ content: outputFiles[0]!.text });
      const kinds = (await watched.page.evaluate('everyWire.length')) as number;
      const run = (kind: number, messages: number, seed: number) =>
        watched.page.evaluate(`attack(everyWire[${kind}], ${messages}, ${seed})`) as Promise<{
          messages: number;
          bytes: number;
          largestBytes: number;
          faults: string[];
        }>;
      // What is compiled and loaded once is no leak.
      for (let kind = 0; kind < kinds; kind += 1) await run(kind, 250, 1);
      const first = await watched.look();
      let [messages, bytes, largestBytes, peakBytes] = [0, 0, 0, 0];
      for (let kind = 0; kind < kinds; kind += 1) {
        const report = await run(kind, messagesEach, 1000 * (kind + 1));
        assert.deepEqual(report.faults, [], `wire ${kind}`);
        messages += report.messages;
        bytes += report.bytes;
        largestBytes = Math.max(largestBytes, report.largestBytes);
        peakBytes = Math.max(peakBytes, await watched.residentBytes());
      }
      let last = await watched.look();
      // A port is forgotten some time after it has closed.
      for (let looks = 1; looks < 20 && !isDeepStrictEqual(last.objects, first.objects); looks += 1) {
        last = await watched.look();
      }
      test.diagnostic(
        `${messages} messages, ${mb(bytes)} MB; heap ${mb(first.heapBytes)} → ${mb(last.heapBytes)} MB, ` +
          `page ${mb(first.residentBytes)} → ${mb(last.residentBytes)} MB, at most ${mb(peakBytes)} MB`,
      );
      assert.ok(messages >= 100_000, `${messages} messages`);
      assert.ok(largestBytes > 2 ** 23, `${largestBytes} bytes`);
      // Of 3 GB, some of the largest messages at a time.
      assert.ok(peakBytes < first.residentBytes + 2 ** 29, `${first.residentBytes} → ${peakBytes} bytes`);
      assert.ok(last.heapBytes < first.heapBytes * 1.2, `${first.heapBytes} → ${last.heapBytes} bytes`);
      assert.deepEqual(last.objects, first.objects);
      await watched.close();
    } finally {
      await browser.close();
      await site.close();
    }
  });
});

describe('a hostile agent', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it(
    'leaves the call alive whatever it sends: no error, no markup, and the next call works',
    { timeout: 120_000 },
    async (test) => {
      const texts = fc.oneof(fc.json(), fc.string({ unit: 'binary', maxLength: 300 }));
      const blow = fc.oneof(
        { weight: 40, arbitrary: texts },
        { weight: 60, arbitrary: fc.uint8Array({ maxLength: 2000 }) },
        { weight: 1, arbitrary: fc.double({ min: 11, max: 24, noNaN: true }) },
      );
      const markup = '<img src=/was-here onerror="window.isBroken=1"><b id="was-here">bold</b>';
      let rounds = 0;
      const agent = await HostileAgent.start(async (socket, signal) => {
        const seed = (rounds += 1);
        socket.send(markup);
        socket.send(JSON.stringify({ type: 'transcript', text: markup, ['__proto__']: { isBroken: 1 } }));
        socket.send('{"__proto__":{"isBroken":1},"constructor":{"prototype":{"isBroken":1}}}');
        for (const one of fc.sample(blow, { numRuns: 3000, seed })) {
          if (signal.aborted) return;
          if (typeof one !== 'number') socket.send(one);
          else socket.send(new Uint8Array(Math.round(2 ** one)).fill(7), { binary: rounds % 2 > 0 });
          if (socket.bufferedAmount > 2 ** 24) await wait(5);
        }
        socket.send(new Uint8Array(2 ** 24));
        socket.send('"the end"');
      });
      try {
        await onSite(browser, startSite('silent', { html: pageWith(tagOf(agent.url)) }), async (page, site) => {
          await page.evaluate(() => {
            Object.assign(window, { texts: [] });
            document.addEventListener('synthflow-message', ({ data }) => {
              (window as unknown as { texts: unknown[] }).texts.push(data);
            });
          });
          for (let round = 1; round <= 2; round += 1) {
            await clickCall(page);
            await waitForStatus(page, 'active');
            await page.waitForFunction(`window.texts.at(-1) === 'the end'`, { timeout: 60_000 });
            assert.equal(await page.evaluate(() => document.querySelector('synthflow-call')!.status), 'active');
            const seen = await page.evaluate(() => {
              const { texts } = window as unknown as { texts: Record<string, unknown>[] };
              const { shadowRoot } = document.querySelector('synthflow-call')!;
              const own = Object.getOwnPropertyDescriptor(texts[1]!, '__proto__');
              return {
                isBroken: 'isBroken' in {} || 'isBroken' in window,
                ownProto: typeof own?.value,
                first: texts[0],
                inPage: document.querySelector('#was-here') ?? shadowRoot!.querySelector('#was-here, img'),
                errors: window.witness.errors,
              };
            });
            assert.deepEqual(seen, { isBroken: false, ownProto: 'object', first: markup, inPage: null, errors: [] });
            await clickCall(page);
            await waitForStatus(page, 'ended');
            await page.evaluate((url) => {
              (window as unknown as { texts: unknown[] }).texts.length = 0;
              document.querySelector('synthflow-call')!.setAttribute('session-url', url);
            }, agent.url);
          }
          const { audioMessages, malformedMessages } = await stats(page);
          test.diagnostic(`in the second call ${audioMessages} binary messages, ${malformedMessages} malformed`);
          await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
          await expectNothingOpen(page);
          assert.deepEqual(consoleOf.get(page), []);
          assert.equal(site.requests.includes('/was-here'), false);
        });
      } finally {
        await agent.close();
      }
    },
  );

  it('may flood, ten times as fast as it speaks, or trickle: both calls go on', { timeout: 90_000 }, async (test) => {
    const message = new Uint8Array(new Int16Array(320).fill(1000).buffer);
    const flood = await HostileAgent.start(async (socket, signal) => {
      const startMs = performance.now();
      for (let sent = 0; !signal.aborted; await wait(10)) {
        // 20 ms of sound every 2 ms.
        for (; sent < (performance.now() - startMs) / 2; sent += 1) socket.send(message);
      }
    });
    const trickle = await HostileAgent.start(async (socket, signal) => {
      for (let second = 0; !signal.aborted; second += 1) {
        socket.send(second % 2 ? message : message.subarray(0, 1));
        await wait(1000);
      }
    });
    const sites = await Promise.all(
      [flood, trickle].map(({ url }) => startSite('silent', { html: pageWith(tagOf(url)) })),
    );
    try {
      const pages = await Promise.all(sites.map(({ url }) => visit(browser, url, { record: false })));
      const [flooded, trickled] = pages as [Page, Page];
      for (const page of pages) {
        await page.bringToFront();
        await clickCall(page);
        await waitForStatus(page, 'active');
      }
      // A page behind another one draws nothing; it is asked by the clock.
      const until = (page: Page, test: string) => page.waitForFunction(test, { polling: 200, timeout: 60_000 });
      const stat = `document.querySelector('synthflow-call').stats`;
      await until(flooded, `${stat}.droppedSamples > 0`);
      await until(trickled, `${stat}.audioMessages > 8`);
      const { bufferedMs, droppedSamples } = await stats(flooded);
      test.diagnostic(`flood: ${bufferedMs.toFixed(0)} ms held, ${droppedSamples} samples dropped`);
      assert.ok(bufferedMs > 110_000 && bufferedMs <= 120_000, `${bufferedMs} ms`);
      for (const page of pages) {
        assert.equal(await page.evaluate(() => document.querySelector('synthflow-call')!.status), 'active');
        const { chunksSent } = await stats(page);
        await until(page, `${stat}.chunksSent > ${chunksSent + 50}`);
        await page.evaluate(() => document.querySelector('synthflow-call')!.stop());
        await expectNothingOpen(page);
        assert.deepEqual(consoleOf.get(page), []);
        await page.close();
      }
    } finally {
      await Promise.all([...sites, flood, trickle].map((one) => one.close()));
    }
  });
});

describe('a hostile token endpoint', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const withEndpoint = (path: string) =>
    pageWith(tag().replace('/api/synthflow/token', path).replace('assistant-id="agent"', 'token-method="get"'));

  for (const [what, path, code] of [
    ['whose answer never ends', '/tokens/endless', 'token-response-invalid'],
    ['whose refusal never ends', '/tokens/refusal', 'token-request-failed'],
    ['whose answer comes a byte a second', '/tokens/slow', 'token-request-timeout'],
    ['that never answers', '/tokens/never', 'token-request-timeout'],
  ] as const) {
    it(`${what}: ${code}, in bounded memory and time`, { timeout: 60_000 }, async () => {
      let sentBytes = 0;
      const closing = new Deferred();
      const tokens: NonNullable<Parameters<typeof startSite>[1]>['tokens'] = (request, response) => {
        response.on('close', () => closing.resolve());
        response.on('error', () => {});
        if (request.url!.startsWith('/tokens/never')) return;
        response.writeHead(path.endsWith('refusal') ? 403 : 200, { 'Content-Type': 'application/json' });
        response.write('{"sessionURL":"wss://agent.example/');
        const isSlow = path.endsWith('slow');
        const piece = isSlow ? 'a' : 'a'.repeat(2 ** 16);
        const write = (): void => {
          if (response.destroyed) return;
          sentBytes += piece.length;
          const hasRoom = response.write(piece);
          // 13 MB a second: as fast as it can, the limit below would be one on how soon a busy machine closes a connection.
          const next = () => setTimeout(write, isSlow ? 1000 : 5);
          if (hasRoom) next();
          else response.once('drain', next);
        };
        write();
      };
      const site = await startSite('silent', { html: withEndpoint(path), tokens });
      try {
        const page = await visit(browser, site.url, { record: false });
        await clickCall(page);
        // The code tells whether it was given up after the 10 s that an endpoint has.
        await waitForStatus(page, 'failed', 20_000);
        assert.equal(await page.evaluate(() => document.querySelector('synthflow-call')!.error!.code), code);
        // Nobody reads on: the connection is closed, and what was sent by then filled a few buffers.
        await closing.promise;
        assert.ok(sentBytes < 2 ** 25, `${sentBytes} bytes`);
        await expectNothingOpen(page);
        await page.close();
      } finally {
        await site.close();
      }
    });
  }
});

const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
