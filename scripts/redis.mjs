import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const places = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'];

const findRedis = () => process.env.REDIS_SERVER_PATH || places.find((place) => existsSync(place));

/** Path of a redis-server; installs Debian's where none is found and that is possible. Throws a sentence where it is not. */
export function ensureRedis() {
  const found = findRedis();
  if (found) return found;
  const isDebian = existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  if (isDebian && process.getuid?.() === 0) {
    console.log('No redis-server found: installing Debian’s with apt-get.');
    const options = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    const wait = ['-o', 'DPkg::Lock::Timeout=300'];
    spawnSync('apt-get', [...wait, 'update'], options);
    execFileSync('apt-get', [...wait, 'install', '-y', '--no-install-recommends', 'redis-server'], options);
    const installed = findRedis();
    if (installed) return installed;
  }
  throw new Error('Install redis-server (Debian: sudo apt-get install redis-server) or set REDIS_SERVER_PATH.');
}
