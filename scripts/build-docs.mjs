// `npm run build:docs`: the docs' site, in coverage/docs, with the playground in it. DOCS_BASE is the folder it will be in,
// such as `/synthflow-call/`.
import { cpSync } from 'node:fs';
import { root, run } from './setup.mjs';

run('npm', 'install', '--prefix', 'docs', '--no-save', '--no-audit', '--no-fund', '--loglevel=error');
run('npx', '--prefix', 'docs', 'vitepress', 'build', 'docs');
run('npm', 'run', 'build:playground');
cpSync(`${root}dist-playground`, `${root}coverage/docs/playground`, { recursive: true });
