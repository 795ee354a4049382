// `npm run test:failures`: every failure of a call, and every kind of Content-Security-Policy, in Chromium.
import { readdirSync } from 'node:fs';
import { ensureChromium } from './chromium.mjs';
import { ensurePackages, root, run } from './setup.mjs';

ensurePackages();
try {
  process.env.CHROME_PATH = ensureChromium();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const { buildAll } = await import('./build.mjs');
await buildAll(['script']);

const files = readdirSync(`${root}test/failures`).filter((name) => name.endsWith('.test.ts'));
run(
  process.execPath,
  '--import',
  'tsx',
  '--test',
  '--test-reporter=spec',
  // They share the machine's two cores.
  '--test-concurrency=1',
  ...files.map((name) => `test/failures/${name}`),
);
