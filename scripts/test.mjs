// `npm test`: installs what is missing and runs every test. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { ensureChromium } from './chromium.mjs';
import { ensurePackages, root } from './setup.mjs';

ensurePackages();
try {
  process.env.CHROME_PATH = ensureChromium();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const { buildAll } = await import('./build.mjs');
await buildAll(['script', 'classic', 'npm', 'node']);

const counts = { passed: 0, failed: 0, skipped: 0 };
const add = (passed, failed, skipped) => {
  counts.passed += passed;
  counts.failed += failed;
  counts.skipped += skipped;
};

/** Runs a command, shows what it prints, and answers its exit code and its output. */
const show = (command, args) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('close', (code) => resolve({ code, output }));
  });

/** Runs the Node tests of some folders, one file at a time where they share a browser or a loudspeaker. */
async function runNodeTests(folders, ...flags) {
  const files = folders.flatMap((folder) =>
    readdirSync(`${root}test/${folder}`)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `test/${folder}/${name}`),
  );
  const { code, output } = await show(process.execPath, [
    '--import',
    'tsx',
    '--test',
    '--test-reporter=spec',
    ...flags,
    ...files,
  ]);
  const count = (name) => Number(new RegExp(`^ℹ ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const failed = count('fail') + count('cancelled');
  add(count('pass'), code === 0 ? failed : Math.max(1, failed), count('skipped') + count('todo'));
}

/** Runs the browser tests. */
async function runBrowserTests() {
  const report = `${root}coverage/wtr.json`;
  rmSync(report, { force: true });
  const { code } = await show(process.execPath, ['node_modules/@web/test-runner/dist/bin.js']);
  const { passed, failed, skipped } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { passed: 0, failed: 1, skipped: 0 };
  add(passed, code === 0 ? failed : Math.max(1, failed), skipped);
}

await runNodeTests(['dsp', 'peers', 'server', 'simulator']);
await runBrowserTests();
await runNodeTests(['e2e'], '--test-concurrency=1');

const { passed, failed, skipped } = counts;
console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
