import { esbuildPlugin } from '@web/dev-server-esbuild';
import { chromeLauncher } from '@web/test-runner-chrome';
import { defaultReporter } from '@web/test-runner';
import { fileURLToPath } from 'node:url';
import { browserFlags, findChromium } from './scripts/chromium.mjs';
import { countReporter } from './scripts/count-reporter.mjs';
import { filesForTests } from './scripts/file-plugin.mjs';

const rootDir = fileURLToPath(new URL('.', import.meta.url));

export default {
  rootDir,
  files: ['test/{audio,call,client,element,protocol}/**/*.test.ts'],
  nodeResolve: { exportConditions: ['production', 'default'] },
  // One page at a time: a hidden page has no focus, and the fake microphone is one.
  concurrency: 1,
  plugins: [filesForTests(), esbuildPlugin({ ts: true, target: 'es2022', tsconfig: `${rootDir}tsconfig.json` })],
  reporters: [
    defaultReporter({ reportTestResults: true, reportTestProgress: false }),
    countReporter(`${rootDir}coverage/wtr.json`),
  ],
  browsers: [
    chromeLauncher({
      launchOptions: {
        executablePath: findChromium(),
        headless: true,
        args: [
          ...browserFlags,
          '--autoplay-policy=no-user-gesture-required',
          '--use-fake-ui-for-media-stream',
          '--use-fake-device-for-media-stream',
        ],
      },
    }),
  ],
  coverage: true,
  coverageConfig: {
    include: ['src/**/*.ts'],
    // Code in the audio thread is out of its reach; src/dsp is covered by the Node tests.
    exclude: ['src/dsp/**', 'src/audio/worklets/**'],
    reporters: ['text-summary', 'lcovonly'],
    threshold: { statements: 90, branches: 90, functions: 90, lines: 90 },
  },
  testFramework: { config: { timeout: 10_000 } },
};
