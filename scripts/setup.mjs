import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const stamp = `${root}node_modules/.installed-lock`;

/** Runs a command in the project's folder and ends this process with its code where it fails. */
export function run(command, ...args) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: isWindows });
  if (error) console.error(error.message);
  if (status !== 0) process.exit(signal === 'SIGINT' ? 130 : (status ?? 1));
}

const isWindows = process.platform === 'win32';

/** Installs the packages that package-lock.json names, where they are not there yet. */
export function ensurePackages() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node 20.19 or newer is needed; this is ${process.version}.`);
    process.exit(1);
  }
  const lock = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log('Installing packages…');
  // Not `npm ci`: it refuses a lock made where a registry lacks some other platform's optional packages.
  run('npm', 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error');
  writeFileSync(stamp, lock);
}

// `node scripts/setup.mjs` does just this, for scripts that are nothing without it.
if (process.argv[1] === fileURLToPath(import.meta.url)) ensurePackages();
