// The docs' site as it is built: its links lead somewhere, and its pages are readable in a browser.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'puppeteer-core';
import { launch } from '../e2e/support/launch.js';
import { clickCall, waitForStatus } from '../e2e/support/site.js';

const site = fileURLToPath(new URL('../../coverage/docs', import.meta.url));
const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));

/** The file that a path of the site is served from, as hosts with clean URLs do it. */
function served(pathname: string): string | undefined {
  const file = path.join(site, decodeURIComponent(pathname));
  return [file, `${file}.html`, path.join(file, 'index.html')].find(
    (name) => existsSync(name) && statSync(name).isFile(),
  );
}

const ids = (file: string): Set<string> =>
  new Set([...readFileSync(file, 'utf8').matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!));

describe('the docs’ site', () => {
  it('has the pages that the docs are', () => {
    for (const name of ['index', 'start', 'faq', 'api', 'troubleshooting', 'embedding/index']) {
      assert.ok(pages.includes(`${name}.html`), name);
    }
  });

  for (const name of pages.filter((name) => name !== '404.html')) {
    it(`${name}: its links lead somewhere`, () => {
      const base = new URL(name.replace(/index\.html$|\.html$/, ''), 'http://docs/');
      const html = readFileSync(path.join(site, name), 'utf8');
      const dead = [...html.matchAll(/<(?:a|img)\b[^>]*? (?:href|src)="([^"]+)"/g)]
        .map(([, href]) => new URL(href!.replaceAll('&amp;', '&'), base))
        .filter(({ host, pathname, hash }) => {
          if (host !== 'docs') return false;
          const file = served(pathname);
          return !file || (hash && file.endsWith('.html') && !ids(file).has(decodeURIComponent(hash.slice(1))));
        });
      assert.deepEqual(dead.map(String), []);
    });
  }
});

describe('the docs’ site in a browser', () => {
  let browser: Browser;
  let server: Server;
  let origin: string;
  const types: Record<string, string> = {
    html: 'text/html',
    js: 'text/javascript',
    css: 'text/css',
    svg: 'image/svg+xml',
  };
  before(async () => {
    browser = await launch();
    server = createServer((request, response) => {
      const file = served(new URL(request.url!, 'http://docs').pathname);
      response.writeHead(file ? 200 : 404, {
        'Content-Type': types[path.extname(file ?? '').slice(1)] ?? 'text/plain',
      });
      response.end(file && readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await browser.close();
    server.close();
  });

  it('has the playground, where an agent answers without a server', async () => {
    const page = await browser.newPage();
    await page.goto(`${origin}/playground/index.html`);
    await page.waitForSelector('synthflow-call:defined');
    await clickCall(page);
    await waitForStatus(page, 'active');
    await page.close();
  });

  it('is found by words, and says nothing on the console', async () => {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(origin);
    // Before it has taken the page over, VitePress hears no click.
    await page.waitForFunction(() => '__vue_app__' in document.querySelector('#app')!);
    await page.click('.VPNavBarSearchButton, #local-search button');
    await page.waitForSelector('.search-input');
    // At once: it searches for what was typed before it stops for a moment.
    await page.$eval('.search-input', (input) => {
      (input as HTMLInputElement).value = 'microphone-denied';
      input.dispatchEvent(new Event('input'));
    });
    await page.waitForSelector('.results .selected');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.pathname !== '/');
    assert.deepEqual(said, []);
    await page.close();
  });
});
