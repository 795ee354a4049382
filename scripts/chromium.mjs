import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

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
  // Ubuntu's package of that name is a stub that wants snap.
  const isDebian = existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  const isRootOnDebian = isDebian && process.getuid?.() === 0;
  if (isRootOnDebian) {
    console.log('No Chromium found: installing Debian’s with apt-get.');
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    const wait = ['-o', 'DPkg::Lock::Timeout=300'];
    spawnSync('apt-get', [...wait, 'update'], options);
    execFileSync('apt-get', [...wait, 'install', '-y', '--no-install-recommends', 'chromium'], options);
    return findChromium();
  }
  throw new Error(
    'The tests need Chromium or Chrome. Install one (Debian: sudo apt-get install chromium) or set CHROME_PATH to its executable.',
  );
}
