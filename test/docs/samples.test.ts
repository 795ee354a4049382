// Every sample of the docs: what it is written in has a checker, and the checker finds nothing wrong. What samples do is
// tested where it is told: README and embedding pages in test/e2e and test/embeds, the server's examples in test/runtimes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { transformSync, type Loader } from 'esbuild';

import { Engine } from 'php-parser';
import { format } from 'prettier';
import type { Browser, Page } from 'puppeteer-core';
import { launch } from '../e2e/support/launch.js';

const root = new URL('../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');

interface Sample {
  file: string;
  line: number;
  language: string;
  code: string;
}

const files = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
const samples = files
  .filter((file) => existsSync(new URL(file, root)))
  .flatMap((file): Sample[] => {
    // What `npm run docs` takes from the examples is built by `npm run test:embeds`.
    const text = read(file).replace(/^<!-- examples\/[\s\S]*?^<!-- end -->$/gm, (made) => made.replace(/.+/g, ''));
    return [...text.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm)].map(({ index, 1: language, 2: code }) => ({
      file,
      line: text.slice(0, index).split('\n').length,
      language: language!,
      code: code!,
    }));
  });

const manifest = JSON.parse(read('custom-elements.json')) as {
  modules: { declarations: { tagName?: string; attributes?: { name: string }[] }[] }[];
};
const element = manifest.modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName)!;
const attributes = new Set(element.attributes!.map(({ name }) => name));
const entries = new Set(
  Object.keys((JSON.parse(read('package.json')) as { exports: object }).exports).map((name) =>
    name.replace('.', 'synthflow-call'),
  ),
);

/** Code that parses, and asks this package for what it has. */
function checkScript(code: string, loader: Loader): void {
  const { warnings } = transformSync(code, { loader, jsx: 'preserve', logLevel: 'silent', format: 'esm' });
  assert.deepEqual(warnings, []);
  for (const [, name] of code.matchAll(/from '(synthflow-call[^']*)'|import '(synthflow-call[^']*)'/g)) {
    if (name) assert.ok(entries.has(name) || name.startsWith('synthflow-call/dist/'), `${name} is exported`);
  }
}

const global = /^(id|class|slot|style|title|hidden|ref|key|data-.+|on.+|v-.+|[:@#*([{].*)$/;

/** Markup whose tags have attributes that there are, and whose scripts parse. */
async function checkMarkup(page: Page, code: string): Promise<void> {
  const found = await page.evaluate((html) => {
    const parsed = new DOMParser().parseFromString(`<template>${html}</template>`, 'text/html');
    const all = [...parsed.querySelector('template')!.content.querySelectorAll('*')];
    const scripts = all.filter((one) => one.localName === 'script');
    return {
      tags: all.filter((one) => one.localName === 'synthflow-call').map((one) => one.getAttributeNames()),
      // The classic script takes every attribute as `data-…`.
      classic: scripts
        .filter((one) => one.getAttribute('src')?.endsWith('.iife.js'))
        .map((one) => one.getAttributeNames().filter((name) => name.startsWith('data-'))),
      scripts: scripts.map((one) => one.textContent),
    };
  }, code);
  for (const name of found.tags.flat()) assert.ok(attributes.has(name) || global.test(name), `attribute ${name}`);
  for (const name of found.classic.flat()) {
    assert.ok(attributes.has(name.slice(5)) || /^data-(id|triggers)$/.test(name), `attribute ${name}`);
  }
  for (const script of found.scripts) checkScript(script, 'js');
}

const checkers: Record<string, (code: string, page: Page) => void | Promise<void>> = {
  js: (code) => checkScript(code, 'js'),
  jsx: (code) => checkScript(code, 'jsx'),
  ts: (code) => checkScript(code, 'ts'),
  tsx: (code) => checkScript(code, 'tsx'),
  html: (code, page) => checkMarkup(page, code),
  liquid: (code, page) => checkMarkup(page, code),
  php: (code) => void new Engine({ parser: { version: '7.4' } }).parseCode(`<?php ${code}`, 'sample.php'),
  json: (code) => void JSON.parse(code),
  css: (code) => assert.deepEqual(transformSync(code, { loader: 'css', logLevel: 'silent' }).warnings, []),
  yaml: async (code) => void (await format(code, { parser: 'yaml' })),
  sh: (code) => void execFileSync('bash', ['-n'], { input: code.replace(/<[\w ]+>/g, 'value') }),
};

describe('the samples of the docs', () => {
  let browser: Browser;
  let page: Page;
  before(async () => {
    browser = await launch();
    page = await browser.newPage();
  });
  after(() => browser.close());

  it('are there', () => assert.ok(samples.length > 20, `${samples.length} samples`));

  for (const { file, line, language, code } of samples) {
    it(`${file}:${line} (${language})`, async () => {
      const check = checkers[language];
      assert.ok(check, `nothing checks ${language}`);
      await check(code, page);
    });
  }
});
