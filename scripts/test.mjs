// `npm test`: installs what is missing and runs every test: single parts and the element in Chromium and Firefox, whole calls in
// every browser that there is or can be installed. `npm test -- --browser firefox` runs all of them in Firefox; Chromium's are
// those in Node as well. `npm run test:webkit` runs the single parts and the element in WebKit. The last line is
// `N passed, N failed`, and how many were skipped or tried again and how often a browser crashed, where that was.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { browserNames, ensureBrowser } from './browsers.mjs';
import { ensureFonts } from './fonts.mjs';
import { ensurePackages, root } from './setup.mjs';

const options = { browser: { type: 'string' }, parts: { type: 'boolean' } };
const { browser: chosen, parts: isPartsAlone } = parseArgs({ options }).values;
const browsers = chosenBrowsers();
ensurePackages();
ensureFonts();
if (!isPartsAlone) {
  const { buildAll } = await import('./build.mjs');
  await buildAll(['script', 'classic', 'npm', 'node']);
}

/** How often a file in which the browser crashes is run. Nothing else is run again: least of all a test that has failed. */
const mostTries = 5;

const counts = { passed: 0, failed: 0, skipped: 0, again: 0, crashes: 0 };
/** What each part took, in ms, and what came of it. */
const times = [];

const others = browsers.filter((name) => name !== 'chromium');
const nodeFolders = others.length === 0 || browsers.length > 1 ? ['dsp', 'peers', 'server', 'simulator'] : [];
// WebKit's parts have a command of their own: `npm test` has no time left for them.
const partBrowsers = browsers.filter((name) => chosen || name !== 'webkit');
// Two lanes, because most of what a browser does in a test is to wait; then, alone, what listens to Chromium's loudspeaker.
if (isPartsAlone) {
  await inTurn(partBrowsers.map(partTests));
} else {
  await Promise.all([
    inTurn([...partBrowsers.slice(0, 1).map(partTests), ...others.map(callTests)]),
    inTurn([...nodeFolders.map((folder) => nodeTests(folder)), ...partBrowsers.slice(1).map(partTests)]),
  ]);
  if (browsers.includes('chromium')) await inTurn([nodeTests('e2e', '--test-concurrency=1'), callTests('chromium')]);
}

console.log(`\nIn ${browsers.join(', ')}:`);
for (const { title, ms, ...told } of times) {
  console.log(`  ${(ms / 1000).toFixed(0).padStart(4)} s  ${title}: ${inWords(told)}`);
}
console.log(`\n${inWords(counts)}`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);

function inWords({ passed, failed, skipped, again, crashes }) {
  const more = [
    skipped && `${skipped} skipped`,
    again && `${again} tried again`,
    crashes && `${crashes} browser crashes`,
  ];
  return [`${passed} passed`, `${failed} failed`, ...more].filter(Boolean).join(', ');
}

async function inTurn(parts) {
  for (const part of parts) await part();
}

/** The browser that was asked for, else each that is there or can be installed; says which not. In CI each has to be. */
function chosenBrowsers() {
  if (chosen !== undefined && !browserNames.includes(chosen)) {
    console.error(`--browser is ${chosen}; it may be ${browserNames.join(', ')}.`);
    process.exit(1);
  }
  const found = (chosen ? [chosen] : browserNames).filter((name) => {
    try {
      return ensureBrowser(name);
    } catch (error) {
      console.error(error.message);
      if (chosen || process.env.CI) process.exit(1);
      return false;
    }
  });
  if (found.length === 0) process.exit(1);
  return found;
}

/** Runs a command of ours, shows what it prints once it is done, and answers its exit code and its output. */
function show(title, args, env = {}) {
  const sinceMs = performance.now();
  console.log(`${title} …`);
  return new Promise((resolve) => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(process.execPath, args, { cwd: root, stdio, env: { ...process.env, ...env } });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('close', (code) => {
      times.push({ title, ms: performance.now() - sinceMs });
      console.log(`\n${title}\n${output}`);
      resolve({ code, output });
    });
  });
}

/** Counts what came of a part; without an exit code of 0 it has failed at least once. */
function add(title, code, told) {
  const failed = code === 0 ? told.failed : Math.max(1, told.failed);
  const part = Object.assign(
    times.find((time) => time.title === title),
    { skipped: 0, again: 0, crashes: 0 },
    told,
    { failed },
  );
  for (const name of Object.keys(counts)) counts[name] += part[name];
}

/** The Node tests of a folder; one file at a time where they share a browser or a loudspeaker. */
function nodeTests(folder, ...flags) {
  return runNodeTests(`test/${folder}`, folder, flags);
}

/** Whole calls in a browser. */
function callTests(browser) {
  return runNodeTests(`test/browsers in ${browser}`, 'browsers', ['--test-concurrency=1'], { TEST_BROWSER: browser });
}

function runNodeTests(title, folder, flags, env) {
  return async () => {
    const files = readdirSync(`${root}test/${folder}`)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `test/${folder}/${name}`);
    // A file's tests together, on a busy machine; single tests have limits of their own.
    const args = ['--import', 'tsx', '--test', '--test-reporter=spec', '--test-timeout=1200000', ...flags, ...files];
    const { code, output } = await show(title, args, env);
    const count = (name) => Number(new RegExp(`^ℹ ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
    add(title, code, {
      passed: count('pass'),
      failed: count('fail') + count('cancelled'),
      skipped: count('skipped') + count('todo'),
      again: output.match(/^Tried again: /gm)?.length ?? 0,
    });
  };
}

/** The tests of single parts and of the element, in a page of a browser. */
function partTests(browser) {
  return () => runPartTests(browser, `parts and element in ${browser}`);
}

/** Runs all files, or those named; then those once more, alone, in which the browser crashed before they told of their tests. */
async function runPartTests(browser, title, files = [], triesLeft = mostTries) {
  const report = `${root}coverage/wtr-${browser}.json`;
  rmSync(report, { force: true });
  const runner = 'node_modules/@web/test-runner/dist/bin.js';
  const chosenFiles = files.length > 0 ? ['--files', ...files] : [];
  const { code } = await show(title, [runner, ...chosenFiles], { TEST_BROWSER: browser });
  const { passed, failed, skipped, crashes, untold } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { passed: 0, failed: 1, skipped: 0, crashes: 0, untold: [] };
  const isAgain = untold.length > 0 && triesLeft > 1;
  for (const file of untold) {
    console.log(
      `${browser} has crashed in ${file}${isAgain ? ', which is run again in a fresh one' : ' in each try'}.`,
    );
  }
  const lost = isAgain ? 0 : untold.length;
  // Chromium can all that the tests ask for: what it skips has failed.
  const lacking = browser === 'chromium' ? skipped : 0;
  const told = { passed, failed: failed + lost + lacking, skipped: skipped - lacking, crashes };
  add(title, isAgain ? 0 : code, told);
  if (isAgain) await runPartTests(browser, `${title}, again: ${untold.join(' ')}`, untold, triesLeft - 1);
}
