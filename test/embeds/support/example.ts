import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import sirv from 'sirv';
import { serve } from '../../../server/serve.js';
import { createTokenHandler } from '../../../server/token-handler.js';
import { createSimulator, type Simulator } from '../../../simulator/simulator.js';
import { strings as german } from '../../../src/element/locales/de.js';
import { launch } from '../../e2e/support/launch.js';
import { clickCall, consoleOf, visit, waitForStatus } from '../../e2e/support/site.js';
import { freePort } from '../../support/free-port.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** A Node that all frameworks take, where it could be installed. */
const nodeFolder = `${root}test/embeds/node_modules/node22/bin`;
const environment = {
  ...process.env,
  PATH: `${existsSync(nodeFolder) ? `${nodeFolder}:` : ''}${process.env['PATH']}`,
  ASTRO_TELEMETRY_DISABLED: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  NG_CLI_ANALYTICS: 'false',
  NUXT_TELEMETRY_DISABLED: '1',
};
/** Where the examples' pages and proxies look for `synthflow-call serve`. */
const usualTokenPort = 8787;
const apiKey = 'test-key';

export interface ExampleOptions {
  /** Its folder in examples/. */
  readonly name: string;
  /** Whether its server renders the page, tag and all. */
  readonly isServerRendered?: boolean;
  /** The folder that is built for any web server; without it `npm start` serves what is built. */
  readonly built?: string;
  /** Whether there is `npm run dev`. Default true. */
  readonly hasDev?: boolean;
  /** A build by a bundler that is not the framework's default, as arguments of `npm run build`: it is clicked through, too. */
  readonly otherBuild?: string;
  /** Whether `npm run token` is the token endpoint, and not a route of its own. */
  readonly hasTokenServer?: boolean;
}

/** A copy of an example with the packed package installed, as a person would have it. */
class Copy {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'example-'));
  readonly tokenPort: number;
  readonly #children: ChildProcess[] = [];

  constructor(name: string, tokenPort: number) {
    this.tokenPort = tokenPort;
    // The test runner, where this takes too long: what was started would go on.
    process.once('SIGTERM', () => void this.remove().finally(() => process.exit(1)));
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', this.folder], { cwd: root });
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
    const source = `${root}examples/${name}`;
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: source, encoding: 'utf8' });
    for (const file of files.trim().split('\n')) cpSync(path.join(source, file), path.join(this.folder, file));
    for (const file of ['vite.config.ts', 'proxy.conf.json', 'public/index.html']) this.#setPort(file);
    this.run('install', '--no-audit', '--no-fund', '--prefer-offline', `./synthflow-call-${version}.tgz`);
  }

  /** Runs npm to its end. */
  run(...args: string[]): void {
    const { status, stdout, stderr } = spawnSync('npm', ['--loglevel=error', ...args], {
      cwd: this.folder,
      env: environment,
      encoding: 'utf8',
    });
    assert.equal(status, 0, `npm ${args.join(' ')} failed: ${stdout}${stderr}`);
  }

  /** Starts a script that goes on, and waits until the URL answers. */
  async start(script: string, url: string, variables: Record<string, string>): Promise<void> {
    const { port, hostname } = new URL(url);
    const child = spawn('npm', ['run', script, '--', '--port', port], {
      cwd: this.folder,
      env: { ...environment, PORT: port, HOST: hostname, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: npm does not hand on a signal to all that it has started.
      detached: true,
    });
    this.#children.push(child);
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    while (child.exitCode === null) {
      const isUp = await fetch(url).then(
        ({ status }) => status < 500,
        () => false,
      );
      if (isUp) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`npm run ${script} ended: ${output}`);
  }

  /** Ends what was started. */
  async stop(): Promise<void> {
    for (const child of this.#children.splice(0)) {
      const exit = once(child, 'exit');
      if (child.exitCode === null) {
        process.kill(-child.pid!, 'SIGKILL');
        await exit;
      }
    }
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, maxRetries: 3 });
  }

  #setPort(name: string): void {
    const file = path.join(this.folder, name);
    if (!existsSync(file)) return;
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replaceAll(`localhost:${usualTokenPort}`, `localhost:${this.tokenPort}`),
    );
  }
}

/** Installs an example, builds it, and clicks through it: as it is built, and while it is developed. */
export function tryExample(options: ExampleOptions): void {
  const { name, built, otherBuild, hasDev = true, hasTokenServer = false, isServerRendered = false } = options;
  describe(`examples/${name}`, () => {
    let browser: Browser;
    let simulator: Simulator;
    let copy: Copy;
    before(async () => {
      simulator = await createSimulator({ apiKey });
      copy = new Copy(name, await freePort());
      copy.run('run', 'build');
    });
    after(async () => {
      await copy.remove();
      await simulator.close();
    });

    /** What the token endpoint is told, wherever it runs. */
    const variables = (origins: string) => ({
      SYNTHFLOW_API_KEY: apiKey,
      SYNTHFLOW_AGENTS: `support=${simulator.agents['speech']}`,
      SYNTHFLOW_WIDGET_URL: simulator.url,
      ALLOWED_ORIGINS: origins,
    });

    /** Starts a script of the example's, and its token endpoint where that is another one. */
    const startScript = async (script: string): Promise<string> => {
      const url = `http://localhost:${await freePort()}/`;
      const settings = variables(script === 'start' && hasTokenServer ? new URL(url).origin : 'same-origin');
      if (hasTokenServer) await copy.start('token', `http://localhost:${copy.tokenPort}/healthz`, settings);
      await copy.start(script, url, settings);
      return url;
    };

    /** The browser is there for the visit alone: builds need all of a small machine. */
    const visitWith = async (url: string, test: (page: Page) => Promise<void>): Promise<void> => {
      browser = await launch();
      try {
        await test(await visit(browser, url, { record: false }));
      } finally {
        await browser.close();
      }
    };

    it('makes a call as it is built', { timeout: 120_000 }, async () => {
      if (built === undefined) {
        const url = await startScript('start');
        if (isServerRendered) await assertRendered(url);
        await visitWith(url, (page) => assertWorks(page, simulator)).finally(() => copy.stop());
      } else {
        const site = await serve({
          handler: createTokenHandler({
            apiKey,
            agents: { support: simulator.agents['speech']! },
            allowedOrigins: 'same-origin',
            widgetBaseUrl: simulator.url,
          }),
          fallback: sirv(path.join(copy.folder, built)),
          port: 0,
          host: '127.0.0.1',
        });
        await visitWith(site.url, (page) => assertWorks(page, simulator)).finally(() => site.close());
      }
    });

    if (otherBuild !== undefined) {
      it(`makes a call as ${otherBuild} builds it`, { timeout: 240_000 }, async () => {
        copy.run('run', 'build', '--', otherBuild);
        const url = await startScript('start');
        if (isServerRendered) await assertRendered(url);
        await visitWith(url, (page) => assertWorks(page, simulator)).finally(() => copy.stop());
      });
    }

    if (hasDev) {
      it('makes a call while it is developed', { timeout: 240_000 }, async () => {
        const url = await startScript('dev');
        if (isServerRendered) await assertRendered(url);
        // The first visit finds packages that are still to be bundled, and loads the page again.
        await visitWith(url, waitForLabel);
        await visitWith(url, (page) => assertWorks(page, simulator)).finally(() => copy.stop());
      });
    }
  });
}

/** The server's HTML has the tag with its attributes, and nothing that only a script can set. */
async function assertRendered(url: string): Promise<void> {
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  const [tag] = /<synthflow-call[^>]*>/.exec(await answer.text()) ?? [];
  assert.match(String(tag), /token-endpoint="\/api\/synthflow\/token"/);
  assert.doesNotMatch(String(tag), /object Object|function/);
}

/** The framework has set the property `labels`. */
const waitForLabel = async (page: Page): Promise<void> => {
  await waitForWords(page, 'Talk to support');
};

/** Words that the element shows. */
const waitForWords = (page: Page, words: string) =>
  page
    .waitForFunction(
      (wanted) => document.querySelector('synthflow-call')!.shadowRoot!.textContent.includes(wanted),
      {},
      words,
    )
    .catch(async (error: unknown) => {
      const text = await page.evaluate(() => document.querySelector('synthflow-call')?.shadowRoot?.textContent);
      const said = text?.replaceAll(/\s+/g, ' ');
      throw new Error(`${words} is not in: ${said}; console: ${consoleOf.get(page)?.join(' | ')}`, { cause: error });
    });

const waitForNews = (page: Page, news: RegExp) =>
  page.waitForFunction(
    (wanted) => new RegExp(wanted).test(document.querySelector('output')!.textContent),
    {},
    news.source,
  );

/** Talks, in English and German, hangs up, talks again, and has the framework take the element away in mid-call. */
async function assertWorks(page: Page, simulator: Simulator): Promise<void> {
  await waitForLabel(page);
  await clickCall(page);
  await waitForStatus(page, 'active');
  await waitForNews(page, /^You are talking$/);
  // The bundler has kept the Worker's file: one has the socket, one draws the levels.
  await page.waitForFunction(() => window.witness.open().workers === 2);
  await page.evaluate(() => (document.documentElement.lang = 'de'));
  await waitForWords(page, german.status.active);
  await clickCall(page);
  await waitForNews(page, /^Ended by visitor after \d+ s$/);
  assert.equal((await simulator.nextReport()).endedBy, 'visitor');

  await clickCall(page);
  await waitForStatus(page, 'active');
  // By keyboard: the panel, which lies over the page, may be over the button.
  await page.focus('p > button');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => !document.querySelector('synthflow-call'));
  await simulator.nextReport();
  const isOver = () => {
    const { contexts, tracks, workers } = window.witness.open();
    return contexts + tracks + workers === 0;
  };
  await page.waitForFunction(isOver);

  // Lit says so in every page that is developed.
  const said = /^((log|info|debug): |warn: Lit is in dev mode\.)/;
  const complaints = consoleOf.get(page)!.filter((line) => !said.test(line));
  assert.deepEqual(complaints, []);
}
