import { esbuildPlugin } from '@web/dev-server-esbuild';
import { defaultReporter } from '@web/test-runner';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { countReporter } from './scripts/count-reporter.mjs';
import { filesForTests } from './scripts/file-plugin.mjs';

const { launchers } = await tsImport('./scripts/launchers.ts', import.meta.url);
const { freePort } = await tsImport('./test/support/free-port.ts', import.meta.url);

/** `TEST_BROWSER=firefox npx wtr`; Chromium where none is named. */
const browser = process.env.TEST_BROWSER ?? 'chromium';
const launcher = launchers[browser]();
const rootDir = fileURLToPath(new URL('.', import.meta.url));

export default {
  rootDir,
  // Two browsers at once: the runner's own search may give both the same.
  port: await freePort(),
  files: ['test/{audio,call,client,element,protocol}/**/*.test.ts'],
  nodeResolve: { exportConditions: ['production', 'default'] },
  // One page at a time: a hidden page has no focus, and the fake microphone is one.
  concurrency: 1,
  plugins: [filesForTests(), esbuildPlugin({ ts: true, target: 'es2022', tsconfig: `${rootDir}tsconfig.json` })],
  reporters: [
    defaultReporter({ reportTestResults: true, reportTestProgress: false }),
    countReporter(`${rootDir}coverage/wtr-${browser}.json`, launcher.crashes),
  ],
  browsers: [launcher],
  // Only Chromium counts what was run.
  coverage: browser === 'chromium',
  coverageConfig: {
    include: ['src/**/*.ts'],
    // Code in the audio thread is out of its reach; src/dsp is covered by the Node tests.
    exclude: ['src/dsp/**', 'src/audio/worklets/**'],
    reporters: ['text-summary', 'lcovonly'],
    threshold: { statements: 90, branches: 90, functions: 90, lines: 90 },
  },
  // On a busy machine.
  browserStartTimeout: 120_000,
  testsStartTimeout: 120_000,
  // A file's; the longest takes 40 s where nothing else runs.
  testsFinishTimeout: 300_000,
  testFramework: { config: { timeout: 60_000 } },
};
