import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildWordPress, pluginFolder } from '../../../scripts/build-wordpress.mjs';
import { ensureWordPress } from '../../../scripts/wordpress.mjs';
import { freePort } from '../../support/free-port.js';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The releases that the plugin is tried on. */
export const releases = ['6.1', '6.5'] as const;
export type Release = (typeof releases)[number];

/** What of a log is ours, and should not be there. The older release itself warns much on a newer PHP. */
export const trouble =
  /PHP (?:Warning|Notice|Deprecated|Fatal)[^\n]*(?:plugins\/synthflow-call|SynthflowCall)|WordPress database error[^\n]*synthflow_call/;

export const administrator = { name: 'admin', password: 'admin-pass' };

/** A WordPress that runs here, with a database of its own and without any plugin. */
export interface WordPress {
  readonly release: Release;
  readonly url: string;
  /** Its files. */
  readonly folder: string;
  /** Runs PHP in it, and answers what that returns. */
  php<T = unknown>(code: string): T;
  /** All that WordPress, PHP and the plugin have written to their logs. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * Starts a WordPress, installed and with permalinks.
 * @param constants - Of its wp-config.php.
 */
export async function startWordPress(
  release: Release,
  constants: Readonly<Record<string, string>> = {},
): Promise<WordPress> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wordpress-'));
  // The web server's children are not root.
  chmodSync(folder, 0o777);
  const site = `${folder}/site`;
  cpSync(ensureWordPress(release), site, { recursive: true, dereference: true });
  // Debian's has no theme at all.
  cpSync(`${here}classic-theme`, `${site}/wp-content/themes/classic`, { recursive: true });
  mkdirSync(`${site}/wp-content/uploads`, { recursive: true });
  const database = await startDatabase(folder);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  writeFileSync(`${site}/wp-config.php`, configuration({ socket: `${folder}/db.sock`, url, folder, constants }));
  const run = (code: string, ...flags: string[]): string =>
    execFileSync('php', [`${here}run.php`, site, ...flags], { input: code, encoding: 'utf8' });
  const php = <T>(code: string): T => {
    const text = run(code);
    // Of a fatal error, or on the way, it may say something else.
    if (!/^(?:[[{"\d-]|null|true|false)/.test(text)) throw new Error(`PHP said: ${text}`);
    return JSON.parse(text) as T;
  };
  run(
    `wp_install( 'A site', '${administrator.name}', 'admin@example.com', false, '', '${administrator.password}' );`,
    '--installing',
  );
  php(`
    switch_theme( '${release === '6.1' ? 'classic' : 'twentytwentyfour'}' );
    global $wp_rewrite;
    $wp_rewrite->set_permalink_structure( '/%postname%/' );
    flush_rewrite_rules();
  `);
  const server = startServer({ folder, site, port });
  await answers(url);
  const logs = [`${folder}/debug.log`, `${folder}/apache.log`];
  return {
    release,
    url,
    folder: site,
    php,
    log: () => logs.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join(''),
    async stop() {
      await Promise.all([end(server), end(database)]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Builds the plugin, puts it into a WordPress and activates it. */
export function installPlugin({ folder, php }: WordPress): void {
  buildWordPress();
  cpSync(pluginFolder, `${folder}/wp-content/plugins/synthflow-call`, { recursive: true });
  php(
    `$problem = activate_plugin( 'synthflow-call/synthflow-call.php' ); if ( $problem ) { throw new Exception( $problem->get_error_message() ); }`,
  );
}

/** A value as PHP. */
export const phpOf = (value: unknown): string =>
  `json_decode( base64_decode( '${Buffer.from(JSON.stringify(value)).toString('base64')}' ), true )`;

async function startDatabase(folder: string): Promise<ChildProcess> {
  const data = `${folder}/db`;
  const install = ['--no-defaults', '--user=root', `--datadir=${data}`, '--auth-root-authentication-method=normal'];
  execFileSync('mariadb-install-db', [...install, '--skip-test-db'], { stdio: 'ignore' });
  const [socket, ready] = [`${folder}/db.sock`, `${folder}/init.sql`];
  writeFileSync(
    ready,
    "CREATE DATABASE wp;\nCREATE USER wp@localhost IDENTIFIED BY 'wp';\nGRANT ALL ON wp.* TO wp@localhost;\n",
  );
  const flags = ['--no-defaults', '--user=root', `--datadir=${data}`, `--socket=${socket}`, `--init-file=${ready}`];
  const small = ['--skip-networking', '--skip-log-bin', '--innodb-buffer-pool-size=64M', '--max-connections=64'];
  // What is lost with the machine's power does not matter here.
  const fast = ['--innodb-flush-log-at-trx-commit=0', '--innodb-flush-method=nosync'];
  const command = existsSync('/usr/sbin/mariadbd') ? '/usr/sbin/mariadbd' : 'mariadbd';
  const server = spawn(command, [...flags, ...small, ...fast, `--pid-file=${folder}/db.pid`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (part) => {
      output += String(part);
      if (output.includes('ready for connections')) resolve();
    });
    server.on('close', () => reject(new Error(`mariadbd ended: ${output}`)));
  });
  return server;
}

/**
 * Apache, which has a process for each connection: PHP's own server hands two that come at the same moment to one worker.
 */
function startServer({ folder, site, port }: { folder: string; site: string; port: number }): ChildProcess {
  const modules = '/usr/lib/apache2/modules';
  const php = readdirSync(modules).find((name) => /^libphp.*\.so$/.test(name));
  if (!php) throw new Error('Apache has no PHP: apt-get install libapache2-mod-php.');
  const load = ['mpm_prefork', 'authz_core', 'dir', 'mime'].map(
    (name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`,
  );
  const lines = [
    ...load,
    `LoadModule php_module ${modules}/${php}`,
    `ServerRoot ${folder}`,
    'ServerName localhost',
    `Listen 127.0.0.1:${port}`,
    `PidFile ${folder}/apache.pid`,
    `Mutex file:${folder}`,
    `ErrorLog ${folder}/apache.log`,
    'LogLevel error',
    'User www-data',
    'Group www-data',
    'StartServers 14',
    'MinSpareServers 14',
    'MaxSpareServers 16',
    'MaxRequestWorkers 16',
    'TypesConfig /etc/mime.types',
    'php_admin_flag display_errors off',
    'php_admin_flag log_errors on',
    `DocumentRoot ${site}`,
    `<Directory ${site}>`,
    'Require all granted',
    'DirectoryIndex index.php',
    'FallbackResource /index.php',
    '</Directory>',
    '<FilesMatch "\\.php$">',
    'SetHandler application/x-httpd-php',
    '</FilesMatch>',
  ];
  writeFileSync(`${folder}/apache.conf`, `${lines.join('\n')}\n`);
  // At its end it ends the whole group of processes that it is in.
  return spawn('/usr/sbin/apache2', ['-DFOREGROUND', '-f', `${folder}/apache.conf`], {
    stdio: 'ignore',
    detached: true,
  });
}

interface Configuration {
  socket: string;
  url: string;
  folder: string;
  constants: Readonly<Record<string, string>>;
}

function configuration({ socket, url, folder, constants }: Configuration): string {
  const salts = [
    'AUTH_KEY',
    'SECURE_AUTH_KEY',
    'LOGGED_IN_KEY',
    'NONCE_KEY',
    'AUTH_SALT',
    'SECURE_AUTH_SALT',
    'LOGGED_IN_SALT',
    'NONCE_SALT',
  ];
  const all = {
    ...{
      DB_NAME: 'wp',
      DB_USER: 'wp',
      DB_PASSWORD: 'wp',
      DB_HOST: `localhost:${socket}`,
      DB_CHARSET: 'utf8mb4',
      DB_COLLATE: '',
    },
    ...Object.fromEntries(salts.map((name) => [name, `salt of ${name}`])),
    ...{ WP_HOME: url, WP_SITEURL: url, WP_DEBUG: true, WP_DEBUG_DISPLAY: false, WP_DEBUG_LOG: `${folder}/debug.log` },
    // It talks to nobody but this machine.
    ...{ WP_HTTP_BLOCK_EXTERNAL: true, WP_ACCESSIBLE_HOSTS: '127.0.0.1,localhost', AUTOMATIC_UPDATER_DISABLED: true },
    DISABLE_WP_CRON: true,
    ...constants,
  };
  const lines = Object.entries(all).map(([name, value]) => `define( '${name}', ${phpOf(value)} );`);
  return `<?php\n${lines.join('\n')}\n$table_prefix = 'wp_';\nif ( ! defined( 'ABSPATH' ) ) { define( 'ABSPATH', __DIR__ . '/' ); }\nrequire_once ABSPATH . 'wp-settings.php';\n`;
}

async function answers(url: string): Promise<void> {
  for (let triesLeft = 600; ; triesLeft -= 1) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    if (triesLeft === 0) throw new Error(`WordPress does not answer: ${response?.status ?? 'no connection'}`);
    await delay(100);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}
