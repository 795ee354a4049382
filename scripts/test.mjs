// `npm test`: installs what is missing and runs every test: single parts and the element in Chromium and Firefox, whole calls in
// every browser that there is or can be installed. `npm test -- --browser webkit` runs all of them in WebKit;
// Chromium's are those in Node as well. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { browserNames, ensureBrowser } from './browsers.mjs';
import { ensurePackages, root } from './setup.mjs';

const { browser: chosen } = parseArgs({ options: { browser: { type: 'string' } } }).values;
const browsers = chosenBrowsers();
ensurePackages();
const { buildAll } = await import('./build.mjs');
await buildAll(['script', 'classic', 'npm', 'node']);

const counts = { passed: 0, failed: 0, skipped: 0 };
/** What each part took, in ms, and what came of it. */
const times = [];

const others = browsers.filter((name) => name !== 'chromium');
const nodeFolders = others.length === 0 || browsers.length > 1 ? ['dsp', 'peers', 'server', 'simulator'] : [];
// WebKitGTK 2.50 crashes now and then in its audio thread, in mid-test: its parts run only where `--browser` names it.
const partBrowsers = browsers.filter((name) => chosen || name !== 'webkit');
// Two lanes, because most of what a browser does in a test is to wait; then, alone, what listens to Chromium's loudspeaker.
await Promise.all([
  inTurn([...partBrowsers.slice(0, 1).map(partTests), ...others.map(callTests)]),
  inTurn([...nodeFolders.map((folder) => nodeTests(folder)), ...partBrowsers.slice(1).map(partTests)]),
]);
if (browsers.includes('chromium')) await inTurn([nodeTests('e2e', '--test-concurrency=1'), callTests('chromium')]);

console.log(`\nIn ${browsers.join(', ')}:`);
for (const { title, ms, passed, failed, skipped } of times) {
  console.log(`  ${(ms / 1000).toFixed(0).padStart(4)} s  ${title}: ${inWords(passed, failed, skipped)}`);
}
const { passed, failed, skipped } = counts;
console.log(`\n${inWords(passed, failed, skipped)}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function inWords(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
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

function add(title, code, passed, failures, skipped) {
  const failed = code === 0 ? failures : Math.max(1, failures);
  counts.passed += passed;
  counts.failed += failed;
  counts.skipped += skipped;
  Object.assign(
    times.find((part) => part.title === title),
    { passed, failed, skipped },
  );
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
    add(title, code, count('pass'), count('fail') + count('cancelled'), count('skipped') + count('todo'));
  };
}

/** The tests of single parts and of the element, in a page of a browser. */
function partTests(browser) {
  return async () => {
    const report = `${root}coverage/wtr-${browser}.json`;
    rmSync(report, { force: true });
    const runner = 'node_modules/@web/test-runner/dist/bin.js';
    const title = `parts and element in ${browser}`;
    const { code } = await show(title, [runner], { TEST_BROWSER: browser });
    const { passed, failed, skipped } = existsSync(report)
      ? JSON.parse(readFileSync(report, 'utf8'))
      : { passed: 0, failed: 1, skipped: 0 };
    // Chromium can all that the tests ask for: what it skips has failed.
    if (browser === 'chromium') add(title, code, passed, failed + skipped, 0);
    else add(title, code, passed, failed, skipped);
  };
}
