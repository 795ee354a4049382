import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { en } from '../../src/element/locales/en.js';
import type { CallErrorCode, Diagnosis, DiagnosisCheck } from '../../src/element/index.js';
import { browserName, launch, needs } from '../e2e/support/launch.js';
import {
  clickCall,
  consoleOf,
  expectNothingOpen,
  onSite,
  pageWith,
  startSite,
  strictPolicy,
  tag,
  waitForOpenSockets,
  waitForStatus,
  type Site,
} from '../e2e/support/site.js';

const root = new URL('../../', import.meta.url);

/** Diagnoses the page from a click, as its developer would. */
const diagnose = (page: Page, { simulator }: Site): Promise<Diagnosis> =>
  page.evaluate(
    (socketOrigin) => document.querySelector('synthflow-call')!.diagnose({ socketOrigin }),
    simulator.socketOrigin,
  );

const find = ({ checks }: Diagnosis, name: DiagnosisCheck['name']): DiagnosisCheck =>
  checks.find((check) => check.name === name)!;

/** Firefox has no word for what a page's Permissions-Policy leaves. */
const unknowable = browserName === 'firefox' ? 'microphone-policy' : undefined;

/** What is not ok, as `name: status code`. */
const faults = ({ checks }: Diagnosis): string[] =>
  checks
    .filter(({ name, status }) => status !== 'ok' && !(status === 'unknown' && name === unknowable))
    .map(({ name, status, code = '' }) => `${name}: ${status} ${code}`.trim());

/** No session was asked for, no socket reached an agent, and nobody asked for the microphone. */
async function expectNothingSpent(page: Page, { simulator }: Site): Promise<void> {
  await waitForOpenSockets(simulator, 0);
  const { tokensIssued, callsCreated, calls } = simulator;
  assert.deepEqual([tokensIssued, callsCreated, calls.length], [0, 0, 0]);
  assert.equal(await page.evaluate(() => window.witness.made().tracks), 0);
  await expectNothingOpen(page);
}

describe('diagnose()', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('finds nothing wrong with a page that works, spends no session, and the next call works', () =>
    onSite(browser, startSite('speech'), async (page, site) => {
      const report = await diagnose(page, site);
      assert.deepEqual(faults(report), []);
      assert.equal(report.ok, true);
      const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
      assert.equal(report.version, version);
      assert.match(find(report, 'token-endpoint').message, new RegExp(version.replaceAll('.', '\\.')));
      await expectNothingSpent(page, site);
      assert.deepEqual(await page.evaluate(() => window.witness.errors), []);
      await clickCall(page);
      await waitForStatus(page, 'active');
      assert.equal(site.simulator.tokensIssued, 1);
    }));

  it('finds nothing wrong under a strict policy, whose one gap is what it may not look at', () =>
    onSite(browser, startSite('speech', { policy: strictPolicy }), async (page, site) => {
      assert.deepEqual(faults(await diagnose(page, site)), ['socket-host: unknown connection-failed']);
      await expectNothingSpent(page, site);
    }));

  // The script may run, and nothing beside it but what a script with a nonce imports.
  const withNonce = pageWith(tag()).replace('<script ', '<script nonce="n" ');

  it('says what a policy keeps from running', () =>
    onSite(
      browser,
      startSite('speech', { html: withNonce, policy: "script-src 'nonce-n'; worker-src 'none'" }),
      async (page, site) => {
        const report = await diagnose(page, site);
        assert.deepEqual(faults(report), ['worklet-file: failed audio-failed', 'worker-file: warning']);
        assert.match(find(report, 'worklet-file').advice!, /"Content-Security-Policy: script-src 'self'"/);
        assert.match(find(report, 'worker-file').advice!, /"Content-Security-Policy: worker-src 'self'"/);
        await expectNothingSpent(page, site);
      },
    ));

  it('says what a policy keeps from being reached', () =>
    onSite(browser, startSite('speech', { policy: 'connect-src https://elsewhere.example' }), async (page, site) => {
      const report = await page.evaluate(() => document.querySelector('synthflow-call')!.diagnose());
      assert.deepEqual(faults(report), [
        'token-endpoint: failed token-request-failed',
        'socket-policy: failed connection-failed',
        'socket-host: unknown connection-failed',
      ]);
      assert.match(find(report, 'token-endpoint').advice!, /"Content-Security-Policy: connect-src 'self'"/);
      assert.match(
        find(report, 'socket-policy').advice!,
        /"Content-Security-Policy: connect-src wss:\/\/widget\.synth/,
      );
      await expectNothingSpent(page, site);
    }));

  it('says that its own file is not there', () =>
    onSite(browser, startSite('speech', { missing: ['/dist/synthflow-call.diagnose.js'] }), async (page, site) => {
      const report = await diagnose(page, site);
      assert.equal(report.ok, false);
      assert.deepEqual(faults(report), ['diagnose-file: failed']);
      assert.match(report.checks[0]!.message, /synthflow-call\.diagnose\.js/);
      const said = consoleOf.get(page)!.filter((line) => !line.startsWith('browser: '));
      assert.deepEqual(said, [`warn: <synthflow-call> ${report.checks[0]!.message}`]);
    }));

  it('takes its own file from assets-url', () =>
    onSite(
      browser,
      startSite('speech', {
        html: pageWith(tag('assets-url="/dist"')).replace('"/dist/synth', '"/mirror/synth'),
        missing: ['/mirror/synthflow-call.diagnose.js'],
      }),
      async (page, site) => {
        assert.deepEqual(faults(await diagnose(page, site)), []);
        assert.ok(site.requests.includes('/dist/synthflow-call.diagnose.js'));
      },
    ));

  const beside = (name: string) => `http://localhost:*/dist/${name}`;
  const scripts = `script-src ${beside('synthflow-call.js')} ${beside('synthflow-call.diagnose.js')}`;

  it('says what a policy lets nobody load where no worker starts, as the call does', () =>
    onSite(
      browser,
      startSite('speech', { policy: `${scripts} ${beside('synthflow-call.worklet.js')}; worker-src 'none'` }),
      async (page, site) => {
        const report = await diagnose(page, site);
        assert.deepEqual(faults(report), ['worker-file: warning', 'socket-host-file: failed audio-failed']);
        assert.match(find(report, 'socket-host-file').advice!, /"Content-Security-Policy: script-src 'self'"/);
        await expectNothingSpent(page, site);
        await clickCall(page);
        await waitForStatus(page, 'failed');
        assert.equal(await page.evaluate(() => document.querySelector('synthflow-call')!.error!.code), 'audio-failed');
      },
    ));

  for (const scheme of ['blob:', 'data:']) {
    it(`says that worklet-url="${scheme}" needs ${scheme} in script-src, and what needs less`, () =>
      onSite(
        browser,
        startSite('speech', {
          html: pageWith(tag(`worklet-url="${scheme}"`)),
          policy: `${scripts}; worker-src 'self'`,
        }),
        async (page, site) => {
          const report = await diagnose(page, site);
          assert.deepEqual(faults(report), ['worklet-file: failed audio-failed']);
          const { advice } = find(report, 'worklet-file');
          assert.ok(advice!.includes(`"Content-Security-Policy: script-src ${scheme}"`), advice);
          assert.ok(
            advice!.includes(`leave worklet-url out and add "Content-Security-Policy: script-src 'self'"`),
            advice,
          );
        },
      ));
  }

  it('names the directive that keeps it from the page’s language', () =>
    onSite(
      browser,
      startSite('speech', {
        html: pageWith(tag()).replace('lang="en"', 'lang="de"'),
        policy: `${scripts} ${beside('synthflow-call.worklet.js')}; worker-src 'self'`,
      }),
      async (page, site) => {
        const report = await diagnose(page, site);
        assert.deepEqual(faults(report), ['language-file: warning']);
        const { message, advice } = find(report, 'language-file');
        assert.match(message, /locales\/de\.js \(script-src-elem\)/);
        assert.ok(advice!.includes(`"Content-Security-Policy: script-src ${site.url}/dist/locales/de.js"`), advice);
      },
    ));

  it('says that hours cannot be read, as the console does once', () =>
    onSite(browser, startSite('speech', { html: pageWith(tag('hours="9 to 5"')) }), async (page, site) => {
      // What reads them is a file of its own.
      await page.waitForFunction(
        () => !document.querySelector('synthflow-call')!.shadowRoot!.querySelector('button')!.disabled,
      );
      while (consoleOf.get(page)!.length === 0) await page.evaluate(() => {});
      assert.deepEqual(consoleOf.get(page), ['warn: <synthflow-call> hours cannot be read.']);
      const report = await diagnose(page, site);
      assert.deepEqual(faults(report), ['hours: warning']);
      const { version, homepage } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
      const docs = homepage
        ? `${homepage.replace(/\/?$/, '/')}troubleshooting`
        : `https://unpkg.com/synthflow-call@${version}/docs/troubleshooting.md`;
      assert.equal(find(report, 'hours').docs, `${docs}#hours`);
    }));

  it('says that Permissions-Policy takes the microphone', needs('word for policies'), () =>
    onSite(browser, startSite('speech', { headers: { 'Permissions-Policy': 'microphone=()' } }), async (page, site) => {
      const report = await diagnose(page, site);
      assert.equal(report.ok, false);
      const check = find(report, 'microphone-policy');
      assert.deepEqual([check.status, check.code], ['failed', 'microphone-blocked-by-policy']);
      assert.match(check.advice!, /"Permissions-Policy: microphone=\(self\)"/);
      await expectNothingSpent(page, site);
    }),
  );

  it('says that nothing is where token-endpoint points', () =>
    onSite(
      browser,
      startSite('speech', {
        html: pageWith('<synthflow-call token-endpoint="/nowhere"></synthflow-call>'),
        missing: ['/nowhere'],
      }),
      async (page, site) => {
        const report = await diagnose(page, site);
        assert.deepEqual(faults(report), ['token-endpoint: failed token-request-failed']);
        assert.match(find(report, 'token-endpoint').message, /404/);
      },
    ));

  it('says that the endpoint of another origin does not admit the page', async () => {
    const other = await startSite('speech');
    try {
      const endpoint = `${other.url}/api/synthflow/token`;
      const html = pageWith(`<synthflow-call token-endpoint="${endpoint}"></synthflow-call>`);
      await onSite(browser, startSite('speech', { html }), async (page, site) => {
        const report = await diagnose(page, site);
        assert.deepEqual(faults(report), ['token-endpoint: failed token-request-failed']);
        const { message, advice } = find(report, 'token-endpoint');
        assert.match(message, /CORS/);
        assert.ok(advice!.includes(`Access-Control-Allow-Origin: ${site.url}`), advice);
        assert.ok(advice!.includes(`Add ${site.url} to the endpoint’s ALLOWED_ORIGINS`), advice);
        await expectNothingSpent(page, other);
      });
    } finally {
      await other.close();
    }
  });

  it('says that the page is not secure, and what its browser hides for that', async () => {
    const insecure = await launch({ hosts: ['site.test'] });
    const site = await startSite('speech');
    try {
      // The witness of other tests needs what insecure pages do not have.
      const page = await insecure.newPage();
      await page.goto(site.url.replace('localhost', 'site.test'));
      await page.waitForFunction(() => customElements.get('synthflow-call'));
      const report = await diagnose(page, site);
      assert.equal(report.ok, false);
      for (const name of ['secure-context', 'getUserMedia', 'AudioWorklet'] as const) {
        assert.deepEqual([find(report, name).status, find(report, name).code], ['failed', 'insecure-context'], name);
      }
    } finally {
      await insecure.close();
      await site.close();
    }
  });

  it('opens no sound without a click', async () => {
    const html = pageWith(`${tag()}<script type="module">
      let contexts = 0;
      window.AudioContext = class extends AudioContext {
        constructor() {
          super();
          contexts += 1;
        }
      };
      const report = await document.querySelector('synthflow-call').diagnose({ socketOrigin: 'ws://localhost:1' });
      console.info(JSON.stringify({ report, contexts }));
    </script>`);
    const site = await startSite('speech', { html });
    try {
      // Whatever puppeteer evaluates is a gesture, so the page tells by itself.
      const page = await browser.newPage();
      const told = new Promise<string>((resolve) =>
        page.on('console', (message) => message.type() === 'info' && resolve(message.text())),
      );
      await page.goto(site.url);
      const { report, contexts } = JSON.parse(await told) as { report: Diagnosis; contexts: number };
      assert.deepEqual(faults(report), [
        'audio-context: unknown audio-failed',
        'socket-host: failed connection-failed',
      ]);
      assert.equal(contexts, 0);
      await page.close();
    } finally {
      await site.close();
    }
  });
});

describe('debug', () => {
  const options = { timeout: 60_000, ...needs('console groups to listen to') };
  it('diagnoses once, tells of the call on the console, and names no secret there', options, async () => {
    const browser = await launch();
    try {
      const html = pageWith(tag('debug'));
      await onSite(browser, startSite('speech', { html }), async (page, { simulator }) => {
        const lines = consoleOf.get(page)!;
        await page.waitForFunction(() => document.querySelector('synthflow-call')!.debug);
        while (!lines.some((line) => line.startsWith('endGroup'))) await page.evaluate(() => {});
        await page.evaluate(() => document.body.append(document.querySelector('synthflow-call')!));
        assert.equal(simulator.tokensIssued, 0);
        await clickCall(page);
        await waitForStatus(page, 'active');
        await page.waitForFunction(() => document.querySelector('synthflow-call')!.duration >= 1.5);
        await clickCall(page);
        await waitForStatus(page, 'ended');
        await expectNothingOpen(page);
        assert.equal(
          lines.filter((line) => line.startsWith('startGroup: <synthflow-call> ')).length,
          1,
          lines.join('\n'),
        );
        const told = lines.filter((line) => line.startsWith('debug: <synthflow-call>') || line.startsWith('verbose:'));
        // requesting-microphone, connecting, waiting, active, figures each second, ended, and the closing figures.
        assert.ok(told.length >= 7, lines.join('\n'));
        assert.deepEqual(
          lines.filter((line) => /token=|\/start/.test(line)),
          [],
        );
      });
    } finally {
      await browser.close();
    }
  });
});

describe('docs/troubleshooting.md', () => {
  const text = readFileSync(new URL('docs/troubleshooting.md', root), 'utf8');
  const sections = new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.split('\n', 1)[0]!, section]),
  );

  it('has a section for every error code, with what the visitor reads', () => {
    const codes = {
      'unsupported-browser': 1,
      'insecure-context': 1,
      'microphone-denied': 1,
      'microphone-blocked-by-policy': 1,
      'microphone-not-found': 1,
      'microphone-in-use': 1,
      'microphone-lost': 1,
      'token-endpoint-missing': 1,
      'token-request-failed': 1,
      'token-request-timeout': 1,
      'token-response-invalid': 1,
      'rate-limited': 1,
      'session-url-rejected': 1,
      'connection-failed': 1,
      'connection-timeout': 1,
      'agent-timeout': 1,
      'connection-lost': 1,
      'audio-failed': 1,
      'protocol-error': 1,
    } satisfies Record<CallErrorCode, 1>;
    for (const code of Object.keys(codes) as CallErrorCode[]) {
      const sentence = en.errors[code] ?? en.unavailable;
      assert.ok(sections.get(code)?.includes(`- **Visitor:** "${sentence}"`), `${code}: ${sentence}`);
    }
  });

  it('has the other sections that a diagnosis links to', () => {
    for (const name of ['diagnose', 'worker', 'in-app-browser', 'hours', 'language'])
      assert.ok(sections.has(name), name);
  });
});
