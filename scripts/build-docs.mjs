// `npm run build:docs`: the docs' site, in coverage/docs. DOCS_BASE is the folder it will be in, such as `/synthflow-call/`.
import { run } from './setup.mjs';

run('npm', 'install', '--prefix', 'docs', '--no-save', '--no-audit', '--no-fund', '--loglevel=error');
run('npx', '--prefix', 'docs', 'vitepress', 'build', 'docs');
