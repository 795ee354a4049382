// `npm run build`: everything that is published, into dist/.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { root, run } from './setup.mjs';

/** Builds the given modes of vite.config.ts into an empty dist/. */
export async function buildAll(modes) {
  rmSync(`${root}dist`, { recursive: true, force: true });
  for (const mode of modes) await build({ root, mode, logLevel: 'warn' });
  if (modes.includes('npm')) run(process.execPath, 'scripts/framework-types.mjs');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildAll(['script', 'classic', 'npm', 'node']);
  run('npx', 'tsc', '-p', 'tsconfig.types.json');
}
