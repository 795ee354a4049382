import { existsSync } from 'node:fs';
import { installPackages } from './debian.mjs';

const places = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'];

const findRedis = () => process.env.REDIS_SERVER_PATH || places.find((place) => existsSync(place));

/** Path of a redis-server; installs Debian's where none is found and that is possible. Throws a sentence where it is not. */
export function ensureRedis() {
  const found = findRedis();
  if (found) return found;
  const installed = installPackages('redis-server') && findRedis();
  if (installed) return installed;
  throw new Error('Install redis-server (Debian: sudo apt-get install redis-server) or set REDIS_SERVER_PATH.');
}
