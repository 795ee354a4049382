import { existsSync } from 'node:fs';
import { installPackages } from './debian.mjs';

/** Flags for a test's Chromium: no sandbox (it may run as root), no talk with anybody. */
export const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of a Chromium: CHROME_PATH, else one of the usual places, else undefined. */
export const findChromium = () => process.env.CHROME_PATH || places.find((place) => existsSync(place));

/** Path of a Chromium; installs Debian's where none is found and that is possible. Throws a sentence where it is not. */
export function ensureChromium() {
  const found = findChromium();
  if (found && existsSync(found)) return found;
  if (found) throw new Error(`CHROME_PATH is ${found}, and there is no such file.`);
  if (installPackages('chromium')) return findChromium();
  throw new Error(
    'The tests need Chromium or Chrome. Install one (Debian: sudo apt-get install chromium) or set CHROME_PATH to its executable.',
  );
}
