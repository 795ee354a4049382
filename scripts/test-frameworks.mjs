// `npm run test:frameworks`: the package as it is packed, by the types of each framework, and the React hook of the docs in
// Chromium.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { ensureBrowser } from './browsers.mjs';
import { ensurePackages, root, run } from './setup.mjs';

ensurePackages();
process.env.CHROME_PATH = ensureBrowser('chromium');
run('npm', 'run', 'build');
run('npm', 'install', '--prefix', 'test/frameworks', '--no-audit', '--no-fund', '--loglevel=error');
const packed = JSON.parse(
  execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', 'coverage'], {
    cwd: root,
    encoding: 'utf8',
  }),
);
const folder = `${root}test/frameworks/node_modules/synthflow-call`;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
run('tar', '-xzf', `coverage/${packed[0].filename}`, '-C', folder, '--strip-components=1');
run('npx', 'tsc', '-p', 'test/frameworks');
const files = readdirSync(`${root}test/frameworks`).filter((name) => name.endsWith('.test.ts'));
run(
  process.execPath,
  '--import',
  'tsx',
  '--test',
  '--test-reporter=spec',
  '--test-concurrency=1',
  ...files.map((name) => `test/frameworks/${name}`),
);
