// What docs/embedding has people paste into site builders, under the rules by which those builders put it into a page.
// The builders themselves are out of a test's reach.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { launch } from '../e2e/support/launch.js';
import { clickCall, consoleOf, startSite, visit, waitForStatus, type SiteOptions } from '../e2e/support/site.js';

const worker = 'https://synthflow-token.example.workers.dev';

const pageOf = (name: string): string =>
  readFileSync(new URL(`../../docs/embedding/${name}.md`, import.meta.url), 'utf8');

/** The n-th piece of markup of a page of the docs, for this test's site: the Worker's is another origin. */
function paste(name: string, n = 0): string {
  const sample = [...pageOf(name).matchAll(/^```(?:html|liquid)\n([\s\S]*?)^```$/gm)][n];
  assert.ok(sample, `docs/embedding/${name}.md has markup ${n}`);
  return sample[1]!
    .replaceAll(`${worker}/api/`, '{elsewhere}/api/')
    .replaceAll(`${worker}/`, '{elsewhere}/dist/')
    .replace(/\/(libraries|media)\/synthflow-call\//g, '/dist/')
    .replaceAll('{{ shop.name | escape }}', 'A &amp; B')
    .replaceAll('"support"', '"agent"');
}

const head =
  '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>A site</title>';

/** Into the page as it is: Shopify's theme and Custom Liquid, Webflow, Squarespace, Framer, Ghost, Drupal's Full HTML. */
const asItIs = (markup: string): string => `${head}<body><main>Welcome</main>${markup}</body>`;

/** By a script of the builder's, when the page has loaded, as Wix and tag managers do: scripts are made anew. */
const byScript = (markup: string): string => `${head}<body><main>Welcome</main>
<template id="code">${markup}</template><script>
  addEventListener('load', function () {
    var code = document.getElementById('code').content;
    code.querySelectorAll('script').forEach(function (old) {
      var script = document.createElement('script');
      for (var i = 0; i < old.attributes.length; i++) script.setAttribute(old.attributes[i].name, old.attributes[i].value);
      script.textContent = old.textContent;
      old.replaceWith(script);
    });
    document.body.appendChild(code);
  });
</script></body>`;

/** Google Tag Manager runs a script without a type alone: a module is inserted under a type of the manager's. */
const byTagManager = (markup: string): string => byScript(markup.replaceAll('type="module"', 'type="text/gtmscript"'));

/** What is left where tags that are not in a list are dropped with what is in them. */
const filtered = (...tags: string[]) => {
  const isAllowed = new Set(tags);
  return (markup: string): string =>
    asItIs(
      markup
        .replace(/<script[\s\S]*?<\/script>/g, (script) => (isAllowed.has('script') ? script : ''))
        .replace(/<\/?([\w-]+)[^>]*>/g, (tag, name: string) => (isAllowed.has(name) ? tag : '')),
    );
};
/** Drupal's Basic HTML: "Limit allowed HTML tags and correct faulty HTML", as the standard profile sets it. */
const basicHtml = filtered(
  ...'a em strong cite blockquote code ul ol li dl dt dd h2 h3 h4 h5 h6 p br img span'.split(' '),
);
/** Joomla's default filter for authors: a list of forbidden tags, script among them. */
const withoutScripts = (markup: string): string => asItIs(markup.replace(/<script[\s\S]*?<\/script>/g, ''));

/** Ghost's Markdown card, as Ghost 5.130.6 was seen to do it: a tag of more than one line becomes a paragraph. */
const byMarkdownCard = (markup: string): string =>
  asItIs(
    markup.replace(
      /<(synthflow-call\n[^>]*)>\s*<\/synthflow-call>/g,
      (_, text: string) => `<p>&lt;${text.replaceAll('\n', '<br>\n')}</p>\n<blockquote>\n\n</blockquote>`,
    ),
  );
/** Ghost's Admin API with `?source=html`: what is in no card's comments is read by an editor that knows neither tag. */
const byEditor = filtered('p', 'strong', 'em', 'a');

/** An iframe of another origin that the builder makes. */
const inIframe = (markup: string, allow: string): Pick<SiteOptions, 'html' | 'files'> => ({
  html: `${head}<body><main>Welcome</main><iframe title="Code" src="{elsewhere}/code.html" ${allow}></iframe></body>`,
  files: { '/code.html': `${head}<body>${markup.replaceAll('{elsewhere}', '')}</body>` },
});

describe('what site builders are given', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const onPage = async (options: SiteOptions, test: (page: Page) => Promise<void>): Promise<void> => {
    const headers = { 'Access-Control-Allow-Origin': '*' };
    const site = await startSite('speech', { isElsewhere: true, headers, ...options });
    try {
      // A policy would block the recorder, too.
      const page = await visit(browser, site.url, { hasTag: false, record: options.policy === undefined });
      await test(page);
      await page.close();
    } finally {
      await site.close();
    }
  };

  const call = async (page: Page): Promise<void> => {
    await page.waitForSelector('synthflow-call:defined');
    await clickCall(page);
    await waitForStatus(page, 'active');
    await page.waitForFunction(() => document.querySelector('synthflow-call')!.stats.audioMessages > 5);
    await clickCall(page);
    await waitForStatus(page, 'ended');
    assert.deepEqual(consoleOf.get(page), []);
  };

  const callable: [string, number, (markup: string) => string][] = [
    ['shopify', 0, asItIs],
    ['shopify', 1, asItIs],
    ['webflow', 0, asItIs],
    ['webflow', 1, asItIs],
    ['wix', 0, byScript],
    ['squarespace', 0, asItIs],
    ['squarespace', 1, asItIs],
    ['framer', 0, asItIs],
    ['ghost', 0, asItIs],
    ['ghost', 1, asItIs],
    ['classic-script', 1, byTagManager],
  ];
  for (const [name, n, rule] of callable) {
    it(`${name}, paste ${n + 1}: a call, with script and tokens from another origin`, () =>
      onPage(
        {
          html: rule(
            paste(name, n)
              .replaceAll('https://www.example.com/assets/', '{elsewhere}/dist/')
              .replaceAll("'/api/", "'{elsewhere}/api/")
              .replaceAll("'support'", "'agent'"),
          ),
        },
        call,
      ));
  }

  for (const [name, n] of [
    ['drupal', 1],
    ['joomla', 0],
  ] as const) {
    it(`${name}, paste ${n + 1}: a call, with all of one origin`, () =>
      onPage({ isElsewhere: false, html: asItIs(paste(name, n)) }, call));
  }

  for (const [name, n, home] of [
    ['webflow', 0, 'worker'],
    ['webflow', 1, 'worker'],
    ['drupal', 1, 'drupal'],
    ['joomla', 0, 'joomla'],
  ] as const) {
    it(`${name}, paste ${n + 1}: a call under the policies that ${home}.md names, and nothing that they block`, async () => {
      const [, policy, permissions] = /^ *Content-Security-Policy: (.*)\n *Permissions-Policy: (.*)$/m.exec(
        pageOf(home),
      )!;
      const isElsewhere = home === 'worker';
      await onPage(
        {
          isElsewhere,
          html: asItIs(paste(name, n)),
          headers: { 'Permissions-Policy': permissions!, 'Access-Control-Allow-Origin': '*' },
          policy: `default-src 'none'; img-src data:; ${policy!.replaceAll(worker, 'http://127.0.0.1:*').replace('wss://widget.synthflow.ai', '{socket}')}`,
        },
        async (page) => {
          await call(page);
          assert.deepEqual(await page.evaluate(() => window.witness.violations), []);
        },
      );
    });
  }

  it('drupal, paste 1: the theme’s library, which needs no tag of its own', () =>
    onPage(
      {
        isElsewhere: false,
        html: asItIs(`${paste('drupal', 0)}<script src="/dist/synthflow-call.js" type="module"></script>`),
      },
      call,
    ));

  for (const [what, html] of [
    ['Drupal’s Basic HTML drops both tags', basicHtml(paste('drupal', 1))],
    ['Joomla’s filter drops the script', withoutScripts(paste('joomla'))],
    ['Ghost’s Markdown card makes text of the tag', byMarkdownCard(paste('ghost', 1))],
    ['Ghost’s API drops both tags', byEditor(paste('ghost', 1))],
    ['a tag manager does not run modules', byTagManager(paste('webflow', 1))],
  ] as const) {
    it(`${what}, as the docs say`, () =>
      onPage({ isElsewhere: false, html }, async (page) => {
        assert.equal(await page.evaluate(() => document.readyState), 'complete');
        assert.equal(await page.$('synthflow-call:defined'), null);
      }));
  }

  it('an iframe that does not let the microphone in fails by name', () =>
    onPage({ isElsewhere: false, ...inIframe(paste('wix'), '') }, async (page) => {
      const frame = await (await page.waitForSelector('iframe'))!.contentFrame();
      await frame.waitForSelector('synthflow-call:defined');
      await clickCall(frame);
      await waitForStatus(frame, 'failed');
      assert.equal(await frame.$eval('synthflow-call', ({ error }) => error?.code), 'microphone-blocked-by-policy');
    }));

  it('iframe: with `allow` as the docs have it, a call', () => {
    const allow = /allow="[^"]+"/.exec(paste('iframe'))![0];
    return onPage({ isElsewhere: false, ...inIframe(paste('wix'), allow) }, async (page) => {
      const frame = await (await page.waitForSelector('iframe'))!.contentFrame();
      await frame.waitForSelector('synthflow-call:defined');
      await clickCall(frame);
      await waitForStatus(frame, 'active');
    });
  });
});
