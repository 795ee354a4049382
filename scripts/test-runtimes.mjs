// `npm run test:runtimes`: the token endpoint's contract on every runtime and framework, by its example for it.
import { build } from 'esbuild';
import { readdirSync, readFileSync } from 'node:fs';
import { ensurePackages, root, run } from './setup.mjs';

ensurePackages();
run('npm', 'install', '--prefix', 'test/runtimes', '--no-audit', '--no-fund', '--loglevel=error');
run('npx', 'tsc', '-p', 'test/runtimes');
const { buildAll } = await import('./build.mjs');
await buildAll(['node']);

// As whoever deploys them does; what a framework needs of itself stays where it is installed.
const examples = ['node', 'express', 'fastify', 'hono', 'bun', 'deno', 'vercel', 'netlify', 'lambda'];
const entries = [
  ...examples.map((name) => ({ in: `examples/${name}.js`, out: name })),
  { in: 'examples/next/app/api/synthflow/token/route.ts', out: 'next' },
];
// An example that is a package of its own does not find the project by its name.
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const names = ['server', 'server/altcha', 'server/cloudflare', 'server/environment', 'server/node'];
const shared = {
  absWorkingDir: root,
  alias: Object.fromEntries(names.map((name) => [`synthflow-call/${name}`, `${root}${exports[`./${name}`].default}`])),
  outdir: 'coverage/runtimes',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  logLevel: 'warning',
};
await build({
  ...shared,
  entryPoints: entries,
  platform: 'node',
  target: 'es2022',
  nodePaths: [`${root}test/runtimes/node_modules`],
  // Express and Fastify are CommonJS, which asks for Node's own modules by `require`.
  banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
});
// Nothing of Node's is there.
await build({
  ...shared,
  entryPoints: [{ in: 'examples/workers/worker.js', out: 'worker' }],
  platform: 'neutral',
});
const files = readdirSync(`${root}test/runtimes`).filter((name) => name.endsWith('.test.ts'));
run(
  process.execPath,
  '--import',
  'tsx',
  '--test',
  '--test-reporter=spec',
  '--test-timeout=1200000',
  ...files.map((name) => `test/runtimes/${name}`),
);
