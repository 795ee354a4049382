import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type UserConfig } from 'vite';
import { leanLit } from './scripts/lean-lit.mjs';
import { minifyScript } from './scripts/minify-script.mjs';
import { bundleFile, bundleLean, files } from './scripts/file-plugin.mjs';

const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const source = (file: string) => new URL(`src/${file}`, import.meta.url).pathname;

/** Every language but English, which is in the script: name and text of its file. */
const locales = (): Promise<[name: string, text: string][]> =>
  Promise.all(
    readdirSync(source('element/locales'))
      .filter((name) => name !== 'en.ts')
      .map(async (name) => [name.replace('.ts', '.js'), await bundleFile(source(`element/locales/${name}`), 'esm')]),
  );

/** Files beside the script that the script imports at need, by the module they are made of. */
const atNeed = /(^|\/)(host|challenge|diagnose|hours)\.js$/;
const besideScript = (id: string) => id.replace(/.*\//, './synthflow-call.');

/**
 * A classic script has no `import.meta.url`, and one from another origin imports relative to nothing: both become relative
 * to the URL of its own tag.
 */
const classicUrls = {
  name: 'classic-urls',
  transform(code: string, id: string) {
    const classic = code
      .replaceAll('import.meta.url', 'ownUrl')
      .replaceAll(
        /import\(\s*(?:\/\*.*?\*\/\s*)?(["'`])(\.\/.*?)\1\s*\)/g,
        (_, quote, file) =>
          `import(/* @vite-ignore */ new URL(${quote}${atNeed.test(file) ? besideScript(file) : file}${quote}, ownUrl).href)`,
      );
    if (classic === code || id.includes('node_modules')) return undefined;
    const from = JSON.stringify(source('classic/own-script.ts'));
    return { code: `import { ownUrl } from ${from};\n${classic}`, map: null };
  },
};

const shared = { emptyOutDir: false, copyPublicDir: false, target: 'es2022', reportCompressedSize: false } as const;

/** What is built, by `vite build --mode`: the script for pages, the modules for bundlers, what runs in Node. */
const builds: Record<string, UserConfig> = {
  script: {
    plugins: [
      files(),
      leanLit(),
      minifyScript(),
      {
        name: 'files-beside-the-script',
        enforce: 'pre',
        // A file that shared code with the script would import it, and by another URL than the page's, as a second copy.
        resolveId: (id) => (atNeed.test(id) ? { id: besideScript(id), external: true } : undefined),
        async generateBundle() {
          const emit = (fileName: string, source: string) => this.emitFile({ type: 'asset', fileName, source });
          emit('synthflow-call.worklet.js', await bundleLean(source('audio/worklets/synthflow-call.worklet.ts')));
          emit('synthflow-call.worker.js', await bundleLean(source('call/synthflow-call.worker.ts')));
          emit('synthflow-call.host.js', await bundleLean(source('call/host.ts'), 'esm'));
          for (const [name, text] of await locales()) emit(`locales/${name}`, text);
          emit('synthflow-call.diagnose.js', await bundleLean(source('call/diagnose.ts'), 'esm'));
          emit('synthflow-call.challenge.js', await bundleLean(source('call/challenge.ts'), 'esm'));
          emit('synthflow-call.hours.js', await bundleLean(source('call/hours.ts'), 'esm'));
          const license = (file: string) => readFileSync(new URL(`node_modules/${file}`, import.meta.url), 'utf8');
          const notices = [
            `synthflow-call.js and synthflow-call.iife.js contain Lit (https://lit.dev):\n\n${license('lit/LICENSE')}`,
            `synthflow-call.challenge.js contains altcha-lib (https://altcha.org):\n\n${license('altcha-lib/LICENSE.txt')}`,
          ];
          emit('third-party-licenses.txt', notices.join('\n'));
        },
      },
    ],
    build: {
      ...shared,
      lib: { entry: 'src/index.ts', formats: ['es'], fileName: () => 'synthflow-call.js' },
      rolldownOptions: { output: { minify: true } },
    },
  },
  classic: {
    plugins: [files(), leanLit(), classicUrls, minifyScript()],
    build: {
      ...shared,
      lib: { entry: 'src/classic/index.ts', formats: ['iife'], name: '_', fileName: () => 'synthflow-call.iife.js' },
      rolldownOptions: { output: { minify: true } },
    },
  },
  npm: {
    plugins: [
      files({ folder: '../', isInline: true }),
      {
        name: 'locales',
        enforce: 'pre',
        resolveId: (id, importer) =>
          importer?.endsWith('/load-beside.ts') && id.startsWith('./locales/') ? { id, external: true } : undefined,
        // Each file by its name: that is what every bundler understands.
        async load(id) {
          if (!id.endsWith('/load-beside.ts')) return undefined;
          const names = (await locales()).map(([name]) => name);
          const loaders = names.map((name) => `'${name.replace('.js', '')}': () => import('./locales/${name}'),`);
          return `const loaders = {\n${loaders.join('\n')}\n};\nexport const loadBeside = (file) => loaders[file]();`;
        },
        async generateBundle() {
          for (const [name, source] of await locales()) {
            this.emitFile({ type: 'asset', fileName: `locales/${name}`, source });
          }
        },
      },
    ],
    build: {
      ...shared,
      outDir: 'dist/npm',
      minify: false,
      lib: {
        entry: { index: 'src/index.ts', element: 'src/element/index.ts', client: 'src/client/index.ts' },
        formats: ['es'],
      },
      rolldownOptions: { external: /^lit(\/|$)/ },
    },
  },
  // `npm run build:playground`, after the script's build: a page that needs no server.
  playground: {
    plugins: [
      {
        name: 'page-without-a-server',
        generateBundle() {
          const copy = (file: string, fileName = file, change = (text: Buffer): string | Buffer => text) =>
            this.emitFile({ type: 'asset', fileName, source: change(readFileSync(new URL(file, import.meta.url))) });
          for (const name of readdirSync(new URL('dist', import.meta.url))) {
            if (/^synthflow-call.*\.js$|\.txt$/.test(name)) copy(`dist/${name}`);
          }
          for (const name of readdirSync(new URL('dist/locales', import.meta.url))) copy(`dist/locales/${name}`);
          copy('simulator/greeting.wav', 'greeting.wav');
          copy('custom-elements.json');
          copy('index.html', 'index.html', (page) =>
            page
              .toString()
              // Scenarios that only the simulator's server has.
              .replace(/<optgroup.*?<\/optgroup>/s, '')
              .replace('a simulation on this machine', 'built into this page, and no word leaves it')
              .replace('<script', '<script type="module" src="./built-in-agent.js"></script>\n    <script'),
          );
        },
      },
    ],
    build: {
      ...shared,
      outDir: 'dist-playground',
      emptyOutDir: true,
      copyPublicDir: true,
      lib: { entry: 'simulator/in-page.ts', formats: ['es'], fileName: () => 'built-in-agent.js' },
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
