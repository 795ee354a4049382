import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page } from 'puppeteer-core';
import type { BrowserName } from '../../../scripts/browsers.mjs';
import type { Pulse } from '../../../scripts/rig/pulse.js';
import { WebKit } from '../../../scripts/webkit.js';
import { browserName, type BrowserOptions, launch, launchFirefox } from '../../e2e/support/launch.js';
import { pageWith, retry, type SiteOptions, startSite, type Site } from '../../e2e/support/site.js';
import { sine } from '../../e2e/support/sound.js';
import { FirefoxPrompt } from './firefox-prompt.js';

/** A page, and as little of it as all three browsers can do. */
export interface BrowserPage extends Pick<Page, 'evaluate'> {
  /** Clicks a part of the element, as a visitor does. */
  click(part: string): Promise<void>;
  /** What is to be seen, as a PNG. */
  screenshot(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A real browser with a visitor in front of it. */
export interface TestBrowser {
  /** What the visitor says, as the agent may hear it: the pitch of a tone, in Hz. */
  readonly pitches: readonly number[];
  /** Opens the site's page, with {@link startWatchedSite} in it. */
  open(url: string): Promise<BrowserPage>;
  /** Says a tone for so many seconds, where the visitor does not speak all the time. */
  say(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** The only one whose devices and prompt a test can get at. */
export interface TestFirefox extends TestBrowser {
  readonly pulse: Pulse;
  readonly prompt: FirefoxPrompt;
}

export interface VisitorOptions extends Pick<
  BrowserOptions,
  'permission' | 'hasMicrophone' | 'isAutoplayAllowed' | 'isMotionReduced'
> {
  /** Rate of the sound card in Hz, where the browser has one. Default 48000. */
  readonly deviceRate?: number;
  /** Width of the window in CSS pixels. Default 800. */
  readonly width?: number;
}

/**
 * Tests a page of its own of a site; in WebKitGTK up to three times while that fails: its audio thread crashes now and then, and
 * takes the page along. What is wrong with us is wrong every time.
 */
export const inPage = (
  browser: TestBrowser,
  startSite: () => Promise<Site>,
  test: (page: BrowserPage, site: Site) => Promise<void>,
): Promise<void> => {
  const tryOnce = async (): Promise<void> => {
    const site = await startSite();
    try {
      const page = await browser.open(site.url);
      await test(page, site).finally(() => page.close());
    } finally {
      await site.close();
    }
  };
  return browserName === 'webkit' ? retry(tryOnce) : tryOnce();
};

/** Opens a site in a browser of its own, hands page, site and browser to the test, and lets them go. */
export async function inBrowser<B extends TestBrowser>(
  starting: Promise<Site>,
  open: () => Promise<B>,
  test: (page: BrowserPage, site: Site, browser: B) => Promise<void>,
): Promise<void> {
  const site = await starting;
  try {
    const browser = await open();
    try {
      await test(await browser.open(site.url), site, browser);
    } finally {
      await browser.close();
    }
  } finally {
    await site.close();
  }
}

/** Of the window, in CSS pixels. */
const [defaultWidth, height] = [800, 640];
const toneHz = 1000;

const openers: Readonly<Record<BrowserName, (options: VisitorOptions) => Promise<TestBrowser>>> = {
  firefox: openFirefox,

  chromium: async ({ width, ...options }) => {
    const browser = await launch({ ...options, says: sine(toneHz, 44_100, 30) });
    return {
      pitches: [toneHz],
      open: (url) => openPage(browser, url, width),
      say: async () => {},
      close: () => browser.close(),
    };
  },

  webkit: async ({ width = defaultWidth, ...options }) => {
    const webkit = await WebKit.launch(options);
    return {
      // Its made-up microphone hums, and beeps high and low in turn.
      pitches: [1500, 500, 150],
      open: async (url) => {
        const page: BrowserPage = {
          evaluate: ((pageFunction: string, ...args: unknown[]) =>
            webkit.evaluate(pageFunction, ...args)) as Page['evaluate'],
          click: (part) =>
            webkit.click(`document.querySelector('synthflow-call').shadowRoot.querySelector('[part~=${part}]')`),
          screenshot: () => webkit.screenshot(),
          close: () => webkit.restart(),
        };
        try {
          // Before each page: it is another window.
          await webkit.resize(width, height);
          await webkit.goto(url);
          await isThere(page, url, width);
        } catch (error) {
          await webkit.restart();
          throw error;
        }
        return page;
      },
      say: async () => {},
      close: () => webkit.close(),
    };
  },
};

/** Starts Firefox on a sound card of its own. */
export async function openFirefox({
  deviceRate = 48_000,
  width,
  ...options
}: VisitorOptions = {}): Promise<TestFirefox> {
  const { browser, pulse } = await launchFirefox(options, deviceRate, true);
  return {
    pulse,
    prompt: new FirefoxPrompt(browser),
    pitches: [toneHz],
    open: (url) => openPage(browser, url, width),
    say: (seconds) => pulse.say(sine(toneHz, deviceRate, seconds)),
    close: () => browser.close(),
  };
}

/** Starts the browser that this run is for. */
export const openBrowser = (options: VisitorOptions = {}): Promise<TestBrowser> => openers[browserName](options);

async function openPage(browser: Browser, url: string, width = defaultWidth): Promise<BrowserPage> {
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  await page.goto(url);
  const visited: BrowserPage = {
    evaluate: page.evaluate.bind(page) as Page['evaluate'],
    click: (part) => page.locator(`synthflow-call >>> [part~=${part}]`).setWaitForStableBoundingBox(false).click(),
    screenshot: () => page.screenshot(),
    close: () => page.close(),
  };
  await isThere(visited, url, width);
  return visited;
}

/** Waits for the page and its window, which WebKit's may be later than. */
const isThere = (page: BrowserPage, url: string, width: number): Promise<void> =>
  until(
    page,
    (wanted, wide) =>
      location.href.startsWith(wanted) && innerWidth === wide && customElements.get('synthflow-call') !== undefined,
    url,
    width,
  );

/**
 * Waits until a function of the page answers true.
 * @throws Error after 20 s, with what the call says of itself.
 */
export async function until<A extends unknown[]>(
  page: BrowserPage,
  isTrue: (...args: A) => boolean,
  ...args: A
): Promise<void> {
  const ask = page.evaluate as (pageFunction: unknown, ...args: unknown[]) => Promise<unknown>;
  // A page that is on its way answers nothing.
  const answer = () => ask(isTrue, ...args).catch(() => false);
  for (const endMs = Date.now() + 20_000; !(await answer()); await wait(50)) {
    if (Date.now() < endMs) continue;
    const now = await page.evaluate(() => {
      const { status, error } = document.querySelector('synthflow-call')!;
      return `${status} ${error?.code ?? ''} ${error?.message ?? ''} ${window.witness.lines.join(' | ')}`;
    });
    throw new Error(`${String(isTrue)} is not true for ${String(args)}; the call is ${now}`);
  }
}

export const untilStatus = (page: BrowserPage, status: string): Promise<void> =>
  until(page, (wanted) => document.querySelector('synthflow-call')!.status === wanted, status);

/** The browsers have different ways to look at a page, or none: so the page looks at itself. */
const witness = `${readFileSync(new URL('../../e2e/support/witness.js', import.meta.url), 'utf8')}
window.witnessRecorder = '/recorder.worklet.js';
window.witness.lines = [];
for (const method of ['debug', 'log', 'info', 'warn', 'error']) {
  const real = console[method];
  console[method] = (...words) => {
    window.witness.lines.push(method + ': ' + words.join(' '));
    real.apply(console, words);
  };
}`;

/** A site whose page keeps `window.witness` of what it does. */
export const startWatchedSite = (
  scenario: Parameters<typeof startSite>[0],
  body: string,
  options: SiteOptions = {},
  first = '',
): Promise<Site> => {
  const html = pageWith(body).replace('<head>', '<head><script src="/witness.js"></script>');
  return startSite(scenario, { ...options, html, files: { '/witness.js': `${first}\n${witness}` } });
};
