import { chromeLauncher } from '@web/test-runner-chrome';
import type { BrowserLauncher } from '@web/test-runner';
import puppeteer, { type Browser, type BrowserContext, type KeyInput, type Page } from 'puppeteer-core';
import { type BrowserName, browserFlags, ensureBrowser, firefoxPreferences } from './browsers.mjs';
import { Pulse } from './rig/pulse.js';
import { WebKit } from './webkit.js';

/** The test runner's way to a browser, with a microphone that is granted and makes a sound. */
export const launchers: Readonly<Record<BrowserName, () => BrowserLauncher>> = {
  chromium: () =>
    chromeLauncher({
      launchOptions: {
        executablePath: ensureBrowser('chromium'),
        headless: true,
        args: [
          ...browserFlags,
          '--autoplay-policy=no-user-gesture-required',
          '--use-fake-ui-for-media-stream',
          '--use-fake-device-for-media-stream',
        ],
      },
    }),
  firefox: () => new FirefoxLauncher(),
  webkit: () => new WebKitLauncher(),
};

/** What the tests' commands ask of a page, for those who have Puppeteer's names for keys. */
interface CommandedPage {
  readonly keyboard: Readonly<Record<'down' | 'up' | 'press', (key: string) => Promise<void>>>;
  setViewport(size: { readonly width: number; readonly height: number }): Promise<void>;
}

/** Leads from one test file to the next, each in a page of its own: none is left as another has made it. */
abstract class PageLauncher implements BrowserLauncher {
  abstract readonly name: string;
  /** The runner's commands look for the page's `keyboard` by this. */
  readonly type = 'puppeteer';
  readonly concurrency = 1;
  /** In which files the browser has crashed, by the runner's ids of their sessions. */
  readonly crashes = new Set<string>();
  #session = '';
  #isOpen = false;

  abstract open(url: string): Promise<void>;
  abstract close(): Promise<void>;
  abstract stop(): Promise<void>;
  abstract getPage(): CommandedPage;
  abstract getBrowserUrl(): Promise<string>;

  async startSession(id: string, url: string): Promise<void> {
    this.#session = id;
    this.#isOpen = true;
    await this.open(url);
  }

  isActive(id: string): boolean {
    return this.#isOpen && id === this.#session;
  }

  async stopSession() {
    this.#isOpen = false;
    await this.close();
    return {};
  }

  async startDebugSession(): Promise<void> {
    throw new Error('Only Chromium can be watched.');
  }

  protected noteCrash(): void {
    this.crashes.add(this.#session);
  }
}

/** Firefox with a sound card of its own, and a microphone that gives a tone of 1 kHz. */
class FirefoxLauncher extends PageLauncher {
  readonly name = 'Firefox';
  #pulse: Pulse | undefined;
  #browser: Browser | undefined;
  #context: BrowserContext | undefined;
  #page: Page | undefined;

  async open(url: string): Promise<void> {
    this.#pulse ??= await Pulse.start(48_000);
    this.#browser ??= await puppeteer.launch({
      browser: 'firefox',
      executablePath: ensureBrowser('firefox'),
      headless: true,
      extraPrefsFirefox: {
        ...firefoxPreferences,
        'media.navigator.streams.fake': true,
      },
      env: this.#pulse.env,
    });
    // A container of its own: a socket that a test has left connecting would hold up the next page's.
    this.#context = await this.#browser.createBrowserContext();
    this.#page = await this.#context.newPage();
    await this.#page.setViewport({ height: 600, width: 800 });
    await this.#page.goto(url);
  }

  async close(): Promise<void> {
    await this.#context!.close();
  }

  async getBrowserUrl(): Promise<string> {
    return this.#page!.url();
  }

  getPage(): CommandedPage {
    const page = this.#page!;
    // Over WebDriver BiDi Puppeteer knows the characters alone.
    const named = (key: string) => (key === 'Space' ? ' ' : key) as KeyInput;
    return {
      keyboard: {
        down: (key) => page.keyboard.down(named(key)),
        up: (key) => page.keyboard.up(named(key)),
        press: (key) => page.keyboard.press(named(key)),
      },
      setViewport: (size) => page.setViewport(size),
    };
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#pulse?.close();
  }
}

/**
 * WebKit, and a microphone that beeps. WebKitGTK 2.50 crashes now and then (webkit.org/b/268541): what its audio thread has
 * begun for a context goes on while that is closed, and then asks for a loudspeaker which is gone.
 */
class WebKitLauncher extends PageLauncher {
  readonly name = 'WebKit';
  #webkit: WebKit | undefined;

  async open(url: string): Promise<void> {
    this.#webkit ??= await WebKit.launch({ isAutoplayAllowed: true });
    await this.#goto(url);
  }

  async close(): Promise<void> {
    await this.#goto('about:blank');
  }

  /** A browser that refuses has crashed, one that does not answer may be busy: in either case there is another one. */
  async #goto(url: string): Promise<void> {
    const webkit = this.#webkit!;
    await webkit.goto(url).catch(async (error: Error) => {
      if (error.name !== 'TimeoutError') this.noteCrash();
      await webkit.restart();
      await webkit.goto(url);
    });
  }

  /** The runner asks when a page is gone in mid-test, fails the file with the answer, and would itself break off if this failed. */
  getBrowserUrl(): Promise<string> {
    return this.#webkit!.url().catch(() => {
      this.noteCrash();
      return 'nowhere: WebKit has crashed';
    });
  }

  getPage(): CommandedPage {
    const webkit = this.#webkit!;
    const [down, up] = (['keyDown', 'keyUp'] as const).map((type) => (key: string) => webkit.key(type, key));
    return {
      keyboard: { down: down!, up: up!, press: (key) => down!(key).then(() => up!(key)) },
      setViewport: ({ width, height }) => webkit.setViewport(width, height),
    };
  }

  async stop(): Promise<void> {
    await this.#webkit?.close();
  }
}
