// `npm start`: installs what is missing, builds, and starts page, token endpoint and simulated agent. Flags go to
// `synthflow-call demo` (`npm start -- --port 9000`).
import { ensurePackages } from './setup.mjs';

ensurePackages();
const { buildAll } = await import('./build.mjs');
await buildAll(['script', 'node']);
process.argv.splice(1, process.argv.length, 'synthflow-call', 'demo', ...process.argv.slice(2));
await import('../dist/cli.js');
