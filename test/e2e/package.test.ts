import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'puppeteer-core';
import { build } from 'vite';
import { ownNames } from '../../scripts/minify-script.mjs';
import { launch } from './support/launch.js';
import { clickCall, onSite, startSite, waitForStatus } from './support/site.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');
const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme)![1]!;

describe('the package', () => {
  it('shortens no name that the files beside the script use', () => {
    const files = readdirSync(`${root}dist`).filter((name) => /^synthflow-call\.\w.*\.js$/.test(name));
    assert.ok(files.length >= 7);
    const shortened = files
      .filter((name) => name !== 'synthflow-call.iife.js')
      .flatMap((name) => [...readFileSync(`${root}dist/${name}`, 'utf8').matchAll(/[.{,]([A-Za-z_$][\w$]*)/g)])
      .filter(([, name]) => ownNames.test(name!));
    assert.deepEqual(shortened, []);
  });

  it('holds what its exports name, and nothing of the tests', () => {
    const [{ files }] = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' }),
    );
    const paths: string[] = files.map(({ path }: { path: string }) => path);
    for (const path of [
      'dist/synthflow-call.js',
      'dist/synthflow-call.iife.js',
      'dist/synthflow-call.worklet.js',
      'dist/synthflow-call.host.js',
      'dist/synthflow-call.diagnose.js',
      'dist/synthflow-call.challenge.js',
      'dist/synthflow-call.hours.js',
      'dist/synthflow-call.worker.js',
      'dist/third-party-licenses.txt',
      'dist/npm/index.js',
      'dist/npm/element.js',
      'dist/npm/client.js',
      'dist/frameworks/react.d.ts',
      'dist/web-types.json',
      'dist/vscode.html-custom-data.json',
      'dist/server.js',
      'dist/cli.js',
      'custom-elements.json',
      'docs/troubleshooting.md',
      'simulator/greeting.wav',
      'index.html',
      'LICENSE',
    ]) {
      assert.equal(paths.includes(path), true, `${path} is missing`);
    }
    assert.deepEqual(
      paths.filter((path) => /^(test|src|scripts)\//.test(path)),
      [],
    );
    // No path of the machine that built it.
    for (const path of paths.filter((name) => /^dist\/.*\.js$/.test(name))) {
      assert.equal(readFileSync(`${root}${path}`, 'utf8').includes(root), false, path);
    }
  });

  it('can be imported where there is no page, and registers nothing there', () => {
    const script = `
      const { SynthflowCall } = await import('synthflow-call');
      const element = await import('synthflow-call/element');
      const { createCall } = await import('synthflow-call/client');
      const { createTokenHandler } = await import('synthflow-call/server');
      const { status, muted } = new SynthflowCall();
      console.log(typeof SynthflowCall, element.SynthflowCall === SynthflowCall, typeof createTokenHandler);
      console.log(status, muted, SynthflowCall.version);
      console.log(createCall({ muted: true }).muted);`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
    });
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
    assert.equal(printed.trim(), `function true function\nidle false ${version}\ntrue`);
  });

  it('is bundled with its worklet, its worker and its languages as files of the site', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'bundled-'));
    writeFileSync(path.join(folder, 'main.js'), `import ${JSON.stringify(`${root}dist/npm/index.js`)};`);
    try {
      const rollup = { input: path.join(folder, 'main.js') };
      await build({ root: folder, configFile: false, logLevel: 'error', build: { rolldownOptions: rollup } });
      const files = readdirSync(path.join(folder, 'dist/assets'));
      const script = readFileSync(
        path.join(
          folder,
          'dist/assets',
          files.find((name) => name.startsWith('main'))!,
        ),
        'utf8',
      );
      for (const beside of ['synthflow-call\\.worklet', 'synthflow-call\\.worker', 'de', 'zh-hant']) {
        const file = files.find((name) => new RegExp(`^${beside}-.*\\.js$`).test(name));
        assert.notEqual(file, undefined, files.join());
        assert.equal(script.includes(file!), true);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('tells editors of every attribute', () => {
    const read = (file: string) => JSON.parse(readFileSync(`${root}${file}`, 'utf8'));
    const { modules } = read('custom-elements.json') as {
      modules: { declarations: { tagName?: string; attributes: { name: string }[] }[] }[];
    };
    const names = ({ attributes }: { attributes: { name: string }[] }) => attributes.map(({ name }) => name);
    const wanted = names(modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName)!);
    const { contributions, version } = read('dist/web-types.json');
    assert.deepEqual(names(contributions.html.elements[0]), wanted);
    assert.equal(version, read('package.json').version);
    assert.deepEqual(names(read('dist/vscode.html-custom-data.json').tags[0]), wanted);
  });

  it('is released with the hash of what it is, pinned, and not under another version', () => {
    const release = (env: object) =>
      execFileSync(process.execPath, ['scripts/release.mjs'], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, ...env },
        stdio: 'pipe',
      });
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
    const printed = release({ CDN: 'https://cdn.example', GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: `v${version}` });
    for (const name of ['synthflow-call.js', 'synthflow-call.iife.js']) {
      const hash = createHash('sha384')
        .update(readFileSync(`${root}dist/${name}`))
        .digest('base64');
      const tag = `src="https://cdn.example/synthflow-call@${version}/dist/${name}"\n  integrity="sha384-${hash}"\n  crossorigin\n`;
      assert.ok(printed.includes(tag), printed);
    }
    assert.throws(() => release({ GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v99.0.0' }), /The tag v99\.0\.0 is not/);
  });

  it('runs its demo: a page, a token endpoint and an agent, until Ctrl-C', { timeout: 30_000 }, async () => {
    const demo = spawn(process.execPath, ['dist/cli.js', 'demo', '--port', '0'], { cwd: root });
    const [line] = (await once(demo.stdout.setEncoding('utf8'), 'data')) as [string];
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(line)![0];
    const page = await (await fetch(url)).text();
    assert.match(page, /<synthflow-call /);
    for (const [, path] of page.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      assert.equal((await fetch(new URL(path!, url))).status, 200, path);
    }
    const answer = await fetch(new URL('api/synthflow/token', url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
      body: '{"assistant_id":"talk"}',
    });
    assert.match(((await answer.json()) as { sessionURL: string }).sessionURL, /^ws:\/\/localhost:/);
    demo.kill('SIGINT');
    assert.deepEqual(await once(demo, 'exit'), [0, null]);
  });
});

describe('the README', () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  it('has a tag that makes a call when it is pasted', () => {
    const html = `<!doctype html><link rel="icon" href="data:," />${block('html').replace('/assets/', '/dist/')}`;
    return onSite(browser, startSite('speech', { html }), async (page) => {
      await clickCall(page);
      await waitForStatus(page, 'active');
    });
  });

  it('has a token endpoint that answers', () => {
    const file = `${root}dist/readme-example.mjs`;
    writeFileSync(
      file,
      `${block('js')}
      const answer = await handler(new Request('https://site.example/api/synthflow/token', { method: 'POST' }));
      console.log(answer.status, (await answer.json()).error.code);`,
    );
    try {
      const env = { ...process.env, SYNTHFLOW_API_KEY: 'key', SYNTHFLOW_AGENT_ID: crypto.randomUUID() };
      const printed = execFileSync(process.execPath, [file], { cwd: root, env, encoding: 'utf8' });
      // It has started, and refuses whoever is not the site.
      assert.equal(printed.trim(), '403 origin-not-allowed');
    } finally {
      rmSync(file);
    }
  });
});
