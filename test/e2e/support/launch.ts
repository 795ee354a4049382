import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';
import { type BrowserName, browserFlags, ensureBrowser, firefoxPreferences } from '../../../scripts/browsers.mjs';
import { Pulse } from '../../../scripts/rig/pulse.js';
import { resample, toWav } from './sound.js';

/** The one that this run is for: `TEST_BROWSER`, else Chromium. */
export const browserName = (process.env.TEST_BROWSER ?? 'chromium') as BrowserName;

export interface BrowserOptions {
  /** What the visitor says, from when the microphone is opened, again and again, at 44.1 kHz; without it the microphone beeps. */
  readonly says?: Float32Array;
  /** What the browser answers for the visitor who is asked for the microphone, or that it asks. Default `granted`. */
  readonly permission?: 'granted' | 'denied' | 'asked';
  /** Whether there is a microphone. Default true. */
  readonly hasMicrophone?: boolean;
  /** Whether sound needs no gesture. Default false. */
  readonly isAutoplayAllowed?: boolean;
  /** Whether the visitor has asked their system for less motion. Default false. */
  readonly isMotionReduced?: boolean;
  /** Whether a page that is left is kept for the way back, as it is for visitors. Default false. */
  readonly keepsPages?: boolean;
  /** Whether hidden pages are slowed down, as they are for visitors. Default false. */
  readonly slowsHiddenPages?: boolean;
  /** Whether certificates that nobody has signed are good enough. Default false. */
  readonly acceptInsecureCerts?: boolean;
  /** Names of this machine, beside `localhost`: to a browser they are as insecure as any. */
  readonly hosts?: readonly string[];
}

/** What some tests ask of a browser, and which have it as these tests drive them. */
const abilities = {
  /** WebDriver BiDi has none for Firefox's microphone. */
  'permission to change': ['chromium'],
  /** Objects in its memory that can be counted. */
  'heap to look into': ['chromium'],
  /** In Firefox all that a Worker's websocket sends and is sent goes through the page's thread. */
  'websocket beside a busy page': ['chromium'],
  /** Firefox keeps their connection for as long as it runs, whatever the page does. */
  'end to unanswered sockets': ['chromium'],
  /** WebDriver BiDi passes them on from no Firefox yet. */
  'console groups to listen to': ['chromium'],
  /** `document.featurePolicy`. */
  'word for policies': ['chromium'],
  /** Over WebDriver BiDi Puppeteer waits for a load that does not come. */
  'way back to kept pages': ['chromium'],
  'way to freeze pages': ['chromium'],
  /** Puppeteer knows only how to emulate them over the DevTools protocol. */
  'emulated media features': ['chromium'],
  'emulated telephones': ['chromium'],
  /** Firefox takes the monitors of loudspeakers for microphones, and plays nothing without loudspeakers. */
  'machine without a microphone': ['chromium'],
} as const satisfies Record<string, readonly BrowserName[]>;
export type Ability = keyof typeof abilities;

export const can = (ability: Ability): boolean => (abilities[ability] as readonly BrowserName[]).includes(browserName);

/** Options of a test that asks this of its browser: elsewhere it is counted as skipped, and says what lacks. */
export const needs = (ability: Ability): { skip?: string } =>
  can(ability) ? {} : { skip: `this browser has no ${ability}` };

/** Starts the browser that this run is for, with a visitor in front of it. Puppeteer knows no WebKit. */
export async function launch(options: BrowserOptions = {}): Promise<Browser> {
  if (browserName === 'webkit') throw new Error('These tests run in Chromium and in Firefox.');
  return browserName === 'firefox' ? (await launchFirefox(options)).browser : launchChromium(options);
}

async function launchChromium(options: BrowserOptions): Promise<Browser> {
  const { says, permission = 'granted', hasMicrophone = true, hosts = [], acceptInsecureCerts = false } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'synthflow-call-'));
  const wav = path.join(folder, 'visitor.wav');
  if (says) writeFileSync(wav, toWav(withHiss(says), 44_100));
  const browser = await puppeteer.launch({
    executablePath: ensureBrowser('chromium'),
    headless: true,
    acceptInsecureCerts,
    ignoreDefaultArgs: [
      ...(options.keepsPages ? ['--disable-back-forward-cache'] : []),
      ...(options.slowsHiddenPages
        ? [
            '--disable-background-timer-throttling',
            '--disable-backgrounding-occluded-windows',
            '--disable-renderer-backgrounding',
          ]
        : []),
    ],
    args: [
      ...browserFlags,
      `--host-resolver-rules=${[...hosts.map((host) => `MAP ${host} 127.0.0.1`), 'MAP *.synthflow.ai ~NOTFOUND'].join()}`,
      ...(hasMicrophone ? ['--use-fake-device-for-media-stream'] : []),
      // Without it, a headless browser refuses whatever a test has not granted.
      ...(permission === 'asked' ? [] : [`--use-fake-ui-for-media-stream${permission === 'denied' ? '=deny' : ''}`]),
      ...(says ? [`--use-file-for-fake-audio-capture=${wav}`] : []),
      ...(options.isAutoplayAllowed ? ['--autoplay-policy=no-user-gesture-required'] : []),
      ...(options.isMotionReduced ? ['--force-prefers-reduced-motion'] : []),
    ],
  });
  browser.on('disconnected', () => rmSync(folder, { recursive: true, force: true }));
  return browser;
}

/**
 * Starts Firefox on a sound card of its own, which goes with it.
 * @param deviceRate - Of the sound card, in Hz.
 * @param hasCardMicrophone - Whether its microphone is the card's. Default: where the visitor says something; else it gives a tone.
 */
export async function launchFirefox(
  options: BrowserOptions,
  deviceRate = 48_000,
  hasCardMicrophone = options.says !== undefined,
): Promise<{ browser: Browser; pulse: Pulse }> {
  const { says, permission = 'granted', hosts = [], acceptInsecureCerts = false } = options;
  const pulse = await Pulse.start(deviceRate);
  try {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: ensureBrowser('firefox'),
      headless: true,
      acceptInsecureCerts,
      env: pulse.env,
      // Its prompt is in its own window.
      args: permission === 'asked' ? ['--remote-allow-system-access'] : [],
      extraPrefsFirefox: {
        ...firefoxPreferences,
        // As it is shipped, sound needs a gesture.
        'media.autoplay.default': options.isAutoplayAllowed ? 0 : 1,
        'ui.prefersReducedMotion': Number(options.isMotionReduced ?? false),
        'media.navigator.streams.fake': !hasCardMicrophone,
        'media.navigator.permission.disabled': permission === 'granted',
        'permissions.default.microphone': permission === 'denied' ? 2 : 0,
        // Else the buttons of its prompt are dead for half a second.
        'security.notification_enable_delay': 0,
        // Else it looks for one where a page has none.
        'browser.chrome.site_icons': false,
        'fission.bfcacheInParent': options.keepsPages ?? false,
        'network.dns.localDomains': hosts.join(),
      },
    });
    browser.on('disconnected', () => void pulse.close());
    if (says) await pulse.sayToListeners(resample(withHiss(says), 44_100, deviceRate));
    return { browser, pulse };
  } catch (error) {
    await pulse.close();
    throw error;
  }
}

/**
 * As from a real microphone, which hisses at some -85 dBFS where nobody speaks: one that gives nothing but zeros is taken for
 * a broken one.
 */
function withHiss(samples: Float32Array): Float32Array {
  let seed = 1;
  return samples.map((sample) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return sample || Math.round(6 * (seed / 2 ** 32 - 0.5)) / 32_768;
  });
}
