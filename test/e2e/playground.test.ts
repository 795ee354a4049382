import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import sirv from 'sirv';
import { build } from 'vite';
import { violations } from './support/axe.js';
import { launch, needs } from './support/launch.js';
import { clickCall, visit, waitForStatus } from './support/site.js';
import { greeting, resample } from './support/sound.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const untilState = (page: Page, name: string, isOn = true) =>
  page.waitForFunction(
    ([name, isOn]) => document.querySelector('synthflow-call')!.matches(`:state(${name})`) === isOn,
    {},
    [name, isOn] as const,
  );

describe('the static playground', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'playground-'));
  let browser: Browser;
  let server: Server;
  let url: string;

  before(async () => {
    await build({ root, mode: 'playground', logLevel: 'warn', build: { outDir: folder } });
    // A host of files, in a folder of its own, and nothing else.
    const files = sirv(folder);
    server = createServer((request, response) => {
      request.url = request.url!.replace(/^\/some\/folder/, '');
      files(request, response, () => void response.writeHead(404).end());
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/folder/`;
    // The greeting is over after 6.4 s.
    const says = new Float32Array(44_100 * 20);
    says.set(resample(greeting.subarray(0, 24_000), 16_000, 44_100), 44_100 * 10);
    browser = await launch({ says });
  });
  after(async () => {
    await browser.close();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const open = async (width = 1280) => {
    const page = await visit(browser, url, { record: false });
    await page.setViewport({ width, height: 900 });
    await page.waitForSelector('.attributes input');
    return page;
  };

  it('has an agent that greets and repeats what is said, without a server', { timeout: 60_000 }, async () => {
    const page = await open();
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) elsewhere.push(request.url());
    });
    await clickCall(page);
    await waitForStatus(page, 'active');
    await untilState(page, 'agent-speaking');
    await untilState(page, 'agent-speaking', false);
    await untilState(page, 'visitor-speaking');
    await untilState(page, 'agent-speaking');
    await clickCall(page);
    await waitForStatus(page, 'ended');
    const { log, stats } = await page.evaluate(() => ({
      log: [...document.querySelectorAll('.log li')].map(({ textContent }) => textContent),
      stats: document.querySelector('.stats')!.textContent,
    }));
    assert.ok(
      log.some((line) => line.includes('synthflow-end visitor')),
      log.join('\n'),
    );
    assert.match(stats, /chunksSent/);
    assert.deepEqual(elsewhere, []);
    await page.close();
  });

  it('plays its scenarios: a busy endpoint, a refused socket, an agent that hangs up', async () => {
    const page = await open();
    const scenarios = [
      ['rate-limited', 'rate-limited'],
      ['refuse', 'connection-failed'],
      ['hang-up', undefined],
    ] as const;
    for (const [index, [scenario, code]] of scenarios.entries()) {
      await page.select('select[name=assistant-id]', scenario);
      await clickCall(page);
      await page.waitForFunction((count) => window.witness.ends === count, {}, index + 1);
      assert.equal(await page.evaluate(() => document.querySelector('synthflow-call')!.error?.code), code);
    }
    await page.close();
  });

  it('has a control for every attribute, which sets it', async () => {
    const page = await open();
    const manifest = JSON.parse(readFileSync(`${root}custom-elements.json`, 'utf8')) as {
      modules: { declarations: { tagName?: string; attributes: { name: string }[] }[] }[];
    };
    const { attributes } = manifest.modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName)!;
    const controls = await page.$$eval('form [name]', (all) => all.map((one) => one.getAttribute('name')));
    assert.deepEqual([...controls].sort(), attributes.map(({ name }) => name).sort());
    await page.select('select[name=variant]', 'card');
    await page.locator('input[name=no-timer]').click();
    await page.locator('input[name=heading]').fill('Acme');
    const set = await page.$eval('synthflow-call', (element) => [
      element.variant,
      element.noTimer,
      element.heading,
      document.querySelector('code')!.textContent,
    ]);
    assert.deepEqual(set.slice(0, 3), ['card', true, 'Acme']);
    for (const text of ['variant="card"', 'no-timer', 'heading="Acme"', 'token-endpoint="/api/synthflow/token"']) {
      assert.ok(String(set[3]).includes(text), text);
    }
    await page.close();
  });

  for (const [name, mark] of [
    ['html', '<script type="module"'],
    ['react', "import 'synthflow-call'"],
    ['vue', 'isCustomElement'],
  ] as const) {
    it(`shows a snippet for ${name}`, async () => {
      const page = await open();
      await page.locator(`input[value=${name}]`).click();
      const text = await page.$eval('code', ({ textContent }) => textContent);
      assert.ok(text.includes(mark) && text.includes('<synthflow-call'), text);
      await page.close();
    });
  }

  it('shows a shortcode for WordPress, with every attribute that is chosen and an author may set', async () => {
    const page = await open();
    await page.locator('input[value=wordpress]').click();
    const text = () => page.$eval('code', ({ textContent }) => textContent);
    assert.equal(await text(), '[synthflow_call]');
    const chosen = await page.$$eval('form [name]', (controls) => {
      for (const one of controls as HTMLInputElement[]) {
        if (one.type === 'checkbox') one.click();
        else if (one instanceof HTMLSelectElement) one.selectedIndex = one.options.length - 1;
        else one.value = { color: '#123456', range: '0.5', number: '7' }[one.type] ?? 'a "word"';
        one.dispatchEvent(new Event('input', { bubbles: true }));
      }
      return controls.map((one) => one.getAttribute('name')!);
    });
    const line = await text();
    const names = [...line.matchAll(/ ([a-z-]+)(?=[ =\]])/g)].map(([, name]) => name!);
    const notTheAuthors = ['assistant-id', 'token-endpoint', 'session-url', 'assets-url', 'worklet-url'];
    assert.deepEqual(names.sort(), chosen.filter((name) => !notTheAuthors.includes(name)).sort());
    for (const part of [' heading="a &quot;word&quot;"', ' muted', ' volume="0.5"', ' accent="#123456"']) {
      assert.ok(line.includes(part), `${part} in ${line}`);
    }
    assert.doesNotMatch(line, /\n/);
    await page.close();
  });

  it('copies the snippet, and says so to everybody; where it may not, it selects it', async () => {
    const page = await open();
    await page.evaluate(
      `Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => void (window.name = text) } })`,
    );
    const said = () => page.$eval('.copied', (told) => [told.getAttribute('role'), told.textContent]);
    await page.locator('.copy').click();
    await page.waitForFunction(() => document.querySelector('.copied')!.textContent);
    assert.deepEqual(await said(), ['status', 'Copied']);
    assert.equal(await page.evaluate(() => window.name === document.querySelector('code')!.textContent), true);
    await page.waitForFunction(() => !document.querySelector('.copied')!.textContent);
    await page.evaluate(
      `navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'))`,
    );
    await page.locator('.copy').click();
    await page.waitForFunction(() => document.querySelector('.copied')!.textContent);
    assert.match(String((await said())[1]), /your keyboard/);
    assert.equal(
      await page.evaluate(
        () => getSelection()!.toString().trim() === document.querySelector('code')!.textContent!.trim(),
      ),
      true,
    );
    await page.close();
  });

  for (const width of [320, 1280]) {
    for (const scheme of ['light', 'dark']) {
      const title = `is accessible at ${width} px in ${scheme}, on every backdrop, and after a diagnosis`;
      it(title, needs('emulated media features'), async () => {
        const page = await open(width);
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        await page.locator('.diagnose').click();
        await page.waitForSelector('.checks td');
        for (const backdrop of ['light', 'dark', 'hostile', 'rtl']) {
          await page.locator(`input[value=${backdrop}]`).click();
          assert.deepEqual(await violations(page), [], backdrop);
          const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
          assert.equal(isWider, false, `${backdrop}: wider than the window`);
        }
        await page.close();
      });
    }
  }
});
