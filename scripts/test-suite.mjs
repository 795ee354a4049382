// `npm run test:failures`: every failure of a call, and every kind of Content-Security-Policy, in Chromium.
// `npm run test:embeds`: each framework's example, installed, built and clicked through.
// `npm run test:docs`: the samples of the docs, and their site.
// `npm run test:wires`: calls over WebSocket media.
// `npm run test:wordpress`: the plugin on real WordPresses, which are fetched.
// `npm run test:looks`: every look of the element, in every browser.
// `npm run test:firefox`: those of the suites in Chromium that tell most of Firefox, in Firefox.
// `npm run test:lifecycle`: what a page, a browser, an agent and time may do to a call: the long forms of what `npm test`
// tries in short. `TEST_BROWSER=firefox` before one of them runs it in Firefox. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { browserNames, ensureBrowser } from './browsers.mjs';
import { ensurePackages, root, run } from './setup.mjs';

ensurePackages();
const folder = process.argv[2];
/** Of the tests that Chromium runs those that tell most of Firefox, in some six minutes. */
const inFirefox = [
  'e2e/classic',
  'e2e/reconnect',
  'failures/challenge',
  'failures/csp',
  'failures/diagnose',
  'failures/failures',
  'failures/integrity',
  'lifecycle/hidden',
  'lifecycle/leaving',
  'lifecycle/places',
];
const browsers = { looks: browserNames, firefox: ['firefox'] }[folder] ?? [process.env.TEST_BROWSER ?? 'chromium'];
try {
  process.env.CHROME_PATH = ensureBrowser('chromium');
  for (const name of browsers) ensureBrowser(name);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// The examples ask for a newer Node than ours, some of them; the plugin for an older PHP.
if (existsSync(`${root}test/${folder}/package.json`)) {
  run('npm', 'install', '--prefix', `test/${folder}`, '--no-audit', '--no-fund', '--loglevel=error');
}
if (folder === 'embeds') {
  // The examples install all of the package.
  run('npm', 'run', 'build');
} else {
  const { buildAll } = await import('./build.mjs');
  await buildAll(['script', 'classic']);
}

const files =
  folder === 'firefox'
    ? inFirefox.map((name) => `test/${name}.test.ts`)
    : readdirSync(`${root}test/${folder}`)
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => `test/${folder}/${name}`);
// A file's tests together, on a busy machine; single tests have limits of their own.
const limit = '--test-timeout=1200000';
const flags = ['--import', 'tsx', '--test', '--test-reporter=spec', '--test-concurrency=1', limit];
let [passed, failed, skipped, again] = [0, 0, 0, 0];
for (const browser of browsers) await runTests(browser);
const more = [skipped && `${skipped} skipped`, again && `${again} tried again`];
console.log(`\n${[`${passed} passed`, `${failed} failed`, ...more].filter(Boolean).join(', ')}`);
process.exit(failed === 0 ? 0 : 1);

async function runTests(browser) {
  const env = { ...process.env, TEST_BROWSER: browser };
  const child = spawn(process.execPath, [...flags, ...files], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const [code] = await once(child, 'close');
  const count = (name) => Number(new RegExp(`^ℹ ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const [well, failures] = [count('pass'), count('fail') + count('cancelled')];
  passed += well;
  skipped += count('skipped');
  again += output.match(/^Tried again: /gm)?.length ?? 0;
  failed += code === 0 && well > 0 ? failures : Math.max(1, failures);
}
