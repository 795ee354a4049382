import { existsSync } from 'node:fs';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { browserFlags, ensureBrowser } from '../browsers.mjs';
import { installPackages } from '../debian.mjs';
import type { Pulse } from './pulse.js';

/** A browser that the rig can measure. */
export interface RigBrowser {
  readonly name: 'Chromium' | 'Firefox';
  /** Starts it on the rig's sound card. */
  launch(pulse: Pulse): Promise<Browser>;
}

// Signals are ours: the browser ends with everything else.
const shared = { headless: true, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false } as const;

const chromium: RigBrowser = {
  name: 'Chromium',
  launch: ({ env }) =>
    puppeteer.launch({
      ...shared,
      executablePath: ensureBrowser('chromium'),
      args: [...browserFlags, '--use-fake-ui-for-media-stream'],
      ignoreDefaultArgs: ['--mute-audio'],
      env,
    }),
};

const firefox: RigBrowser = {
  name: 'Firefox',
  launch: ({ env }) =>
    puppeteer.launch({
      ...shared,
      browser: 'firefox',
      executablePath: findFirefox()!,
      // The microphone is granted and real; nothing is asked of the network.
      extraPrefsFirefox: {
        'media.navigator.streams.fake': false,
        'media.navigator.permission.disabled': true,
        'datareporting.policy.dataSubmissionEnabled': false,
        'toolkit.telemetry.enabled': false,
        'app.update.enabled': false,
        'browser.safebrowsing.malware.enabled': false,
        'browser.safebrowsing.phishing.enabled': false,
        'network.captive-portal-service.enabled': false,
        'network.connectivity-service.enabled': false,
        'extensions.getAddons.cache.enabled': false,
      },
      env,
    }),
};

const findFirefox = (): string | undefined =>
  [process.env.FIREFOX_PATH ?? '', '/usr/bin/firefox-esr', '/usr/bin/firefox'].find((file) => existsSync(file));

/** Chromium, and Firefox where it is or can be installed. */
export function rigBrowsers(): RigBrowser[] {
  ensureBrowser('chromium');
  if (findFirefox() || installPackages('firefox-esr')) return [chromium, firefox];
  console.log('No Firefox is measured: there is none (Debian: sudo apt-get install firefox-esr), or set FIREFOX_PATH.');
  return [chromium];
}

/** Opens a page and waits for the tag. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => customElements.get('synthflow-call'));
  return page;
}
