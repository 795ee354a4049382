import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Installs packages of Debian. Answers false, and does nothing, where this is no Debian or we are not root. */
export function installPackages(...names) {
  // Ubuntu's packages of browsers are stubs that want snap.
  const isDebian = existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  if (!isDebian || process.getuid?.() !== 0) return false;
  console.log(`Installing Debian’s ${names.join(', ')} with apt-get.`);
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  const patience = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=5'];
  spawnSync('apt-get', [...patience, 'update'], options);
  execFileSync('apt-get', [...patience, 'install', '-y', '--no-install-recommends', ...names], options);
  return true;
}
