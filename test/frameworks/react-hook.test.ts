import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'puppeteer-core';
import ts from 'typescript';
import { launch } from '../e2e/support/launch.js';
import { expectNothingOpen, onSite, startSite } from '../e2e/support/site.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const guide = readFileSync(`${folder}../../docs/embedding/client.md`, 'utf8');
/** The guide's hook, and the component that uses it. */
const hook = /```tsx\n([\s\S]*?)```/.exec(guide)![1]!.replace("'support'", "'agent'");

/** The guide's component on a page that can take it away. */
const main = `
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { CallButton } from './hook.tsx';
const root = createRoot(document.querySelector('main'));
root.render(<StrictMode><CallButton /></StrictMode>);
addEventListener('leave', () => root.unmount());`;

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: main, loader: 'tsx', resolveDir: folder },
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"development"' },
    plugins: [
      {
        name: 'hook',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /hook\.tsx$/ }, () => ({ path: 'hook.tsx', namespace: 'guide' }));
          onLoad({ filter: /./, namespace: 'guide' }, () => ({ contents: hook, loader: 'tsx', resolveDir: folder }));
        },
      },
    ],
  });
  return outputFiles[0]!.text;
}

describe('the React hook of the docs', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('compiles', () => {
    const file = `${folder}hook.tsx`;
    const options: ts.CompilerOptions = {
      noEmit: true,
      strict: true,
      jsx: ts.JsxEmit.ReactJSX,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: [],
      skipLibCheck: true,
    };
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists } = host;
    host.fileExists = (name) => name === file || fileExists(name);
    host.getSourceFile = (name, target) =>
      name === file ? ts.createSourceFile(name, hook, target) : getSourceFile(name, target);
    const found = ts.getPreEmitDiagnostics(ts.createProgram([file], options, host));
    assert.equal(ts.formatDiagnostics(found, host), '');
  });

  it('makes a call from its button, and ends it with its component', async () => {
    const script = await bundle();
    const html = `<!doctype html><link rel="icon" href="data:,"><main></main><script type="module" src="/main.js"></script>`;
    await onSite(
      browser,
      startSite('speech', { html, files: { '/main.js': script } }),
      async (page, { tokenLog }) => {
        const words = (wanted: string) =>
          page.waitForFunction((text) => document.querySelector('button')?.textContent === text, {}, wanted);
        await words('Call');
        await page.click('button');
        await words('Hang up');
        await page.click('button');
        await words('Call');
        await page.click('button');
        await words('Hang up');
        await page.evaluate(() => dispatchEvent(new Event('leave')));
        await expectNothingOpen(page);
        assert.equal(tokenLog.length, 2);
      },
      { hasTag: false },
    );
  });
});
