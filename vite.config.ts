import { readFileSync } from 'node:fs';
import { defineConfig, type UserConfig } from 'vite';
import { minifyScript } from './scripts/minify-script.mjs';
import { bundleWorklet, worklet } from './scripts/worklet-plugin.mjs';

const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const workletEntry = new URL('src/audio/worklets/synthflow-call.worklet.ts', import.meta.url).pathname;

const shared = { emptyOutDir: false, copyPublicDir: false, target: 'es2022', reportCompressedSize: false } as const;

/** What is built, by `vite build --mode`: the script for pages, the modules for bundlers, what runs in Node. */
const builds: Record<string, UserConfig> = {
  script: {
    plugins: [
      worklet(),
      minifyScript(),
      {
        name: 'worklet-file',
        async generateBundle() {
          const source = await bundleWorklet(workletEntry);
          this.emitFile({ type: 'asset', fileName: 'synthflow-call.worklet.js', source });
          const license = readFileSync(new URL('node_modules/lit/LICENSE', import.meta.url), 'utf8');
          const notice = `synthflow-call.js contains Lit (https://lit.dev):\n\n${license}`;
          this.emitFile({ type: 'asset', fileName: 'third-party-licenses.txt', source: notice });
        },
      },
    ],
    build: {
      ...shared,
      lib: { entry: 'src/index.ts', formats: ['es'], fileName: () => 'synthflow-call.js' },
      rolldownOptions: { output: { minify: true } },
    },
  },
  npm: {
    plugins: [worklet({ folder: '../', isInline: true })],
    build: {
      ...shared,
      outDir: 'dist/npm',
      minify: false,
      lib: { entry: { index: 'src/index.ts', element: 'src/element/index.ts' }, formats: ['es'] },
      rolldownOptions: { external: /^lit(\/|$)/ },
    },
  },
  node: {
    build: {
      ...shared,
      minify: false,
      ssr: true,
      target: 'node20',
      lib: {
        entry: {
          server: 'server/index.ts',
          'server-node': 'server/adapters/node.ts',
          'server-environment': 'server/environment.ts',
          'server-altcha': 'server/altcha.ts',
          'server-redis': 'server/stores/redis.ts',
          'server-cloudflare': 'server/stores/cloudflare.ts',
          cli: 'server/cli.ts',
        },
        formats: ['es'],
      },
      rolldownOptions: {
        external: [/^node:/, /^altcha-lib\//, ...Object.keys({ ...dependencies, ...peerDependencies })],
      },
    },
  },
};

export default defineConfig(({ mode }) => builds[mode] ?? {});
