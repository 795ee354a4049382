import { existsSync, readdirSync } from 'node:fs';
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

/** Preferences for a test's Firefox: the microphone is granted, sound starts without a gesture, no talk with anybody. */
export const firefoxPreferences = {
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'app.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
};

const isThere = (file) => Boolean(file) && existsSync(file);

/** Where WebKitGTK's own small browser lies, for this machine's kind of processor. */
const miniBrowsers = () =>
  (existsSync('/usr/lib') ? readdirSync('/usr/lib') : [])
    .filter((folder) => folder.endsWith('-linux-gnu'))
    .flatMap((folder) => ['4.1', '4.0'].map((version) => `/usr/lib/${folder}/webkit2gtk-${version}/MiniBrowser`));

/** What each browser needs: its usual places, the variable that names another one, other programs, Debian's packages. */
const browsers = {
  chromium: {
    title: 'Chromium',
    variable: 'CHROME_PATH',
    places: () => [
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome-stable',
      '/usr/bin/google-chrome',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
    ],
    programs: [],
    packages: ['chromium'],
  },
  firefox: {
    title: 'Firefox',
    variable: 'FIREFOX_PATH',
    places: () => ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
    // Without a sound server its AudioContext stays suspended.
    programs: ['pulseaudio', 'pactl'],
    packages: ['firefox-esr', 'pulseaudio', 'pulseaudio-utils'],
  },
  webkit: {
    title: 'WebKitGTK',
    variable: 'WEBKIT_PATH',
    places: miniBrowsers,
    programs: ['WebKitWebDriver', 'Xvfb', 'setpriv'],
    packages: [
      'webkit2gtk-driver',
      'xvfb',
      'gstreamer1.0-plugins-base',
      'gstreamer1.0-plugins-good',
      'gstreamer1.0-plugins-bad',
      'gstreamer1.0-pulseaudio',
    ],
  },
};

/** All that the tests know, the first one first. */
export const browserNames = Object.keys(browsers);

/** Path of a browser's executable where all that the tests need of it is there: its variable's, else a usual place. */
export function findBrowser(name) {
  const { variable, places, programs } = browsers[name];
  const named = process.env[variable];
  if (named && !existsSync(named)) throw new Error(`${variable} is ${named}, and there is no such file.`);
  const folders = (process.env.PATH ?? '').split(':');
  const hasAll = programs.every((program) => folders.some((folder) => isThere(`${folder}/${program}`)));
  return hasAll ? named || places().find(isThere) : undefined;
}

/** The same; installs Debian's where it is not found and that is possible. Throws a sentence where it is not. */
export function ensureBrowser(name) {
  const found = findBrowser(name);
  if (found) return found;
  const { title, variable, packages } = browsers[name];
  const installed = installPackages(...packages) && findBrowser(name);
  if (installed) return installed;
  throw new Error(
    `The tests in ${title} need it. Install it (Debian: sudo apt-get install ${packages.join(' ')}) or set ${variable} to its executable.`,
  );
}
