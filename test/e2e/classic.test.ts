import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { transform } from 'esbuild';
import type { Browser, Page } from 'puppeteer-core';
import type {} from '../../src/classic/commands.js';
import { launch } from './support/launch.js';
import { clickCall, consoleOf, onSite, retry, startSite, strictPolicy, tag, waitForStatus } from './support/site.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(`${root}docs/embedding/classic-script.md`, 'utf8');
/** The n-th HTML sample of the guide, on this test's site. */
const sample = (n: number): string => {
  const [, code] = [...guide.matchAll(/```html\n([\s\S]*?)```/g)][n]!;
  return code!.replaceAll('https://www.example.com/assets/', '/dist/').replaceAll("'support'", "'agent'");
};

const head = '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">';
/** The script's tag as a site would paste it. */
const script = (attributes = '', src = '/dist/synthflow-call.iife.js'): string =>
  `<script src="${src}" data-token-endpoint="/api/synthflow/token" data-assistant-id="agent" data-sounds="off" ${attributes} async></script>`;

const callAndHangUp = async (page: Page): Promise<void> => {
  await clickCall(page);
  await waitForStatus(page, 'active');
  await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.audioMessages > 5);
  await clickCall(page);
  await waitForStatus(page, 'ended');
};

const elementsOf = (page: Page): Promise<string[]> =>
  page.$$eval('synthflow-call', (elements) => elements.map(({ outerHTML }) => outerHTML));

/** A copy of another version. */
const otherVersion = (file: string): string => readFileSync(`${root}dist/${file}`, 'utf8').replaceAll('0.1.0', '0.0.9');

describe('the classic script', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('parses as a script in the oldest browsers that are supported', async () => {
    const code = readFileSync(`${root}dist/synthflow-call.iife.js`, 'utf8');
    assert.doesNotThrow(() => new Script(code));
    const write = async (...target: string[]) => (await transform(code, { target })).code;
    // Nothing in it is newer: else it would be written in another way for them.
    assert.equal(await write('chrome114', 'firefox125', 'safari17'), await write('esnext'));
  });

  it('mounts the element that its own tag describes, where it was pasted, and makes a call', () =>
    onSite(
      browser,
      startSite('speech', { html: `${head}<p>Talk:</p>${script('data-reconnect')}<p>!</p>` }),
      async (page) => {
        await callAndHangUp(page);
        assert.equal(
          await page.$eval(
            'synthflow-call',
            (element) => (element.previousElementSibling as HTMLScriptElement).dataset.tokenEndpoint,
          ),
          '/api/synthflow/token',
        );
        assert.equal(
          await page.$eval('synthflow-call', ({ reconnect, sounds }) => `${reconnect} ${sounds}`),
          'true off',
        );
      },
    ));

  it('takes every attribute of the element from its own tag', () => {
    const { modules } = JSON.parse(readFileSync(`${root}custom-elements.json`, 'utf8')) as {
      modules: { declarations: { tagName?: string; attributes: { name: string }[] }[] }[];
    };
    const { attributes } = modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName)!;
    const names = ['id', ...attributes.map(({ name }) => name)];
    const said = names.map((name) => `data-${name}="${name === 'assets-url' ? '/dist/' : ''}"`).join(' ');
    return onSite(
      browser,
      startSite('speech', { html: `${head}<script src="/dist/synthflow-call.iife.js" ${said}></script>` }),
      async (page) => {
        const taken = await (await page.waitForSelector('synthflow-call'))!.evaluate((element) =>
          element.getAttributeNames(),
        );
        assert.deepEqual(
          names.filter((name) => !taken.includes(name)),
          [],
        );
        // A session URL works once: it does not stay in the page.
        assert.equal(await page.$eval('script', (one) => one.hasAttribute('data-session-url')), false);
      },
    );
  });

  it('mounts a floating one at the end of the page, from a tag in the head', () =>
    onSite(
      browser,
      startSite('speech', {
        html: `${head.replace('<link', `${script('data-position="bottom-right"')}<link`)}<p>Text`,
      }),
      async (page) => {
        await page.waitForFunction(() => document.body.lastElementChild?.localName === 'synthflow-call');
        assert.equal(await page.$eval('synthflow-call', ({ position }) => position), 'bottom-right');
      },
    ));

  it('leaves only its one global in the page', () =>
    onSite(browser, startSite('speech', { html: `${head}${script()}` }), async (page) => {
      const added = await page.evaluate(() => {
        const frame = document.body.appendChild(document.createElement('iframe'));
        const known = new Set(Object.getOwnPropertyNames(frame.contentWindow));
        frame.remove();
        return Object.getOwnPropertyNames(window).filter(
          (name) => !known.has(name) && !/^(witness|\d|puppeteer|__aria)/.test(name),
        );
      });
      assert.deepEqual(added, ['synthflowCall']);
    }));

  it('mounts nothing where its tag says nothing, and serves tags that are there', () =>
    onSite(
      browser,
      startSite('speech', { html: `${head}${tag()}<script src="/dist/synthflow-call.iife.js" async></script>` }),
      async (page) => {
        await callAndHangUp(page);
        assert.equal((await elementsOf(page)).length, 1);
      },
    ));

  it('is loaded by the snippet for Google Tag Manager, from another origin too', () =>
    onSite(
      browser,
      startSite('speech', {
        html: `${head}<body><div hidden>${sample(1).replace('/dist/', '{elsewhere}/dist/')}</div>`,
        headers: { 'Access-Control-Allow-Origin': '*' },
      }),
      async (page) => {
        await page.waitForFunction(() => document.body.lastElementChild?.localName === 'synthflow-call');
        // A file that the script imports at need, relative to itself.
        assert.equal(
          await page.$eval('synthflow-call', async (element) => (await element.diagnose()).checks.length > 5),
          true,
        );
        await callAndHangUp(page);
        await page.evaluate(() => document.documentElement.setAttribute('lang', 'de'));
        await page.waitForFunction(() =>
          document.querySelector('synthflow-call')!.shadowRoot!.querySelector('[lang=de]'),
        );
      },
    ));

  it('adds no second button where a tag manager runs it again, muted meanwhile or not', () =>
    onSite(
      browser,
      startSite('speech', { html: `${head}${script('data-position="top-left" data-muted')}` }),
      async (page) => {
        await page.$eval('synthflow-call', (element) => element.unmute());
        await page.evaluate(async () => {
          const again = document.createElement('script');
          for (const { name, value } of document.querySelector('script')!.attributes) again.setAttribute(name, value);
          document.body.append(again);
          await new Promise((resolve) => (again.onload = resolve));
        });
        assert.equal((await elementsOf(page)).length, 1);
        assert.deepEqual(consoleOf.get(page), []);
      },
    ));

  describe('its commands', () => {
    // `start` needs a click, or a page that may make sound without one.
    let browser: Browser;
    before(async () => {
      browser = await launch({ isAutoplayAllowed: true });
    });
    after(() => browser.close());

    it('are those that waited for it, in their order, and those that come', () =>
      onSite(
        browser,
        startSite('speech', {
          html: `${head}<script>
            window.synthflowCall = window.synthflowCall || [];
            synthflowCall.push(function (element) { element.label = 'Ask us'; }, ['mute']);
            synthflowCall.push(['start']);
          </script>${script()}`,
        }),
        async (page) => {
          await waitForStatus(page, 'active');
          assert.equal(await page.$eval('synthflow-call', ({ label, muted }) => `${label} ${muted}`), 'Ask us true');
          await page.evaluate(() => {
            window.synthflowCall = window.synthflowCall || [];
            window.synthflowCall.push(['unmute'], ['toggle']);
          });
          await waitForStatus(page, 'ended');
          assert.equal(await page.$eval('synthflow-call', ({ muted }) => muted), false);
        },
      ));

    it('name an element by its id, and say what is wrong with them', () =>
      onSite(
        browser,
        startSite('speech', { html: `${head}${script('data-id="sales"')}${tag('id="support"')}` }),
        async (page) => {
          await page.evaluate(() => {
            const queue = window.synthflowCall!;
            queue.push(() => {
              throw new Error("the page's own");
            });
            queue.push(null as unknown as ['start']);
            queue.push(['start', 'nobody'], ['remove' as 'start'], ['mute', 'support']);
          });
          assert.deepEqual(
            await page.$$eval('synthflow-call', (elements) => elements.map(({ id, muted }) => `${id} ${muted}`)),
            ['support true', 'sales false'],
          );
          assert.equal(await page.evaluate(() => window.witness.errors.length), 2);
          assert.deepEqual(
            consoleOf.get(page)!.filter((line) => line.startsWith('warn')),
            [
              'warn: <synthflow-call> a command for an element that is not in this page: nobody.',
              'warn: <synthflow-call> remove is no command: start, stop, toggle, mute, unmute.',
            ],
          );
        },
      ));
  });

  describe('its triggers', () => {
    const links = `<a href="tel:+15550100" data-synthflow-start="support"><b>Call</b></a>
      <button data-synthflow-stop="support">End</button><button data-synthflow-toggle="support">Either</button>`;

    it('start, end and toggle the element that they name, also those that come later', () =>
      onSite(
        browser,
        startSite('speech', { html: `${head}${script('data-id="support" data-triggers')}` }),
        async (page) => {
          await page.evaluate((html) => document.body.insertAdjacentHTML('beforeend', html), links);
          await page.click('a b');
          await waitForStatus(page, 'active');
          await page.click('[data-synthflow-stop]');
          await waitForStatus(page, 'ended');
          await page.click('[data-synthflow-toggle]', { count: 2 });
          await waitForStatus(page, 'active');
          assert.deepEqual(consoleOf.get(page), []);
        },
      ));

    it('do nothing where they are not asked for', () =>
      onSite(browser, startSite('speech', { html: `${head}${script('data-id="support"')}${links}` }), async (page) => {
        await page.click('[data-synthflow-toggle]');
        assert.equal(await page.$eval('synthflow-call', ({ status }) => status), 'idle');
      }));

    it('are heard once where two copies listen', () =>
      onSite(
        browser,
        startSite('speech', {
          html: `${head}${script('data-id="support" data-triggers')}${script('data-id="support" data-triggers', '/mirror/synthflow-call.iife.js')}${links}`,
        }),
        async (page) => {
          await page.waitForFunction(() => performance.getEntriesByType('resource').length >= 2);
          await page.waitForFunction(() => document.readyState === 'complete');
          await page.click('[data-synthflow-toggle]');
          await waitForStatus(page, 'active');
        },
      ));
  });

  describe('beside another copy', () => {
    const module = (src: string): string => `<script type="module" src="${src}"></script>`;

    it('shares the tag with the module, in silence', () =>
      onSite(
        browser,
        startSite('speech', { html: `${head}${module('/dist/synthflow-call.js')}${script()}` }),
        async (page) => {
          await page.waitForFunction(() => document.readyState === 'complete');
          await callAndHangUp(page);
          assert.equal((await elementsOf(page)).length, 1);
          assert.deepEqual(consoleOf.get(page), []);
        },
      ));

    for (const [first, second] of [
      ['synthflow-call.js', 'synthflow-call.iife.js'],
      ['synthflow-call.iife.js', 'synthflow-call.js'],
      ['synthflow-call.iife.js', 'synthflow-call.iife.js'],
    ] as const) {
      it(`works and names both versions: ${first} of 0.0.9, then ${second} of 0.1.0`, () =>
        onSite(
          browser,
          startSite('speech', {
            html: head,
            files: { '/old.js': otherVersion(first), '/old.iife.js': otherVersion(first) },
          }),
          async (page) => {
            const load = (src: string) =>
              page.evaluate(async (src) => {
                const script = document.createElement('script');
                if (!src.includes('iife')) script.type = 'module';
                Object.assign(script.dataset, { tokenEndpoint: '/api/synthflow/token', assistantId: 'agent' });
                script.dataset.assetsUrl = '/dist';
                script.src = src;
                document.body.append(script);
                await new Promise((resolve) => (script.onload = resolve));
              }, src);
            await load(first.includes('iife') ? '/old.iife.js' : '/old.js');
            await load(`/dist/${second}`);
            assert.deepEqual(consoleOf.get(page), [
              'warn: <synthflow-call> is on this page in two versions: 0.0.9 is used, 0.1.0 is not.',
            ]);
            await callAndHangUp(page);
            assert.equal((await elementsOf(page)).length, 1);
          },
          { hasTag: false },
        ));
    }
  });

  it('works under a strict policy, and asks for nothing that it blocks', { timeout: 120_000 }, () =>
    retry(() =>
      onSite(
        browser,
        startSite('speech', { html: `${head}${script('data-position="bottom-right"')}`, policy: strictPolicy }),
        async (page) => {
          await callAndHangUp(page);
          assert.deepEqual(await page.evaluate(() => window.witness.violations), []);
        },
      ),
    ),
  );

  it('needs `no-worker` where it comes from another origin that the policy names', () =>
    onSite(
      browser,
      startSite('speech', {
        html: `${head}${script('data-no-worker', '{elsewhere}/dist/synthflow-call.iife.js')}`,
        headers: { 'Access-Control-Allow-Origin': '*' },
        policy: strictPolicy.replace("script-src 'self'", 'script-src http://127.0.0.1:*'),
      }),
      async (page) => {
        await callAndHangUp(page);
        assert.deepEqual(await page.evaluate(() => window.witness.violations), []);
      },
      // The recorder is of the page's origin.
      { record: false },
    ));
});
