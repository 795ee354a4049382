import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Engine } from 'php-parser';
import { buildWordPress, pluginFolder } from '../../scripts/build-wordpress.mjs';
import { ensureWordPress } from '../../scripts/wordpress.mjs';
import { endPhp74, php74 } from './support/php74.mjs';

/** Of the syntax tree. */
type Node = Readonly<Record<string, unknown>>;

function* nodesOf(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if ('kind' in value) yield value as Node;
  for (const one of Object.values(value)) yield* nodesOf(one);
}

/** A name's last part; '' where it is an expression. */
const textOfName = (name: unknown): string => {
  if (typeof name === 'string') return name;
  const text = (name as Node | null)?.['name'];
  return typeof text === 'string' && (name as Node)['kind'] !== 'variable' ? text.split('\\').at(-1)! : '';
};

describe('the plugin’s files', () => {
  let files: string[];
  before(() => {
    ensureWordPress('6.1');
    buildWordPress();
    files = readdirSync(pluginFolder, { recursive: true, encoding: 'utf8' }).map((name) =>
      path.join(pluginFolder, name),
    );
  });
  after(endPhp74);
  const php = () => files.filter((file) => file.endsWith('.php'));

  // Each is compiled, and ends at its first line, as WordPress is not there.
  it('are read by PHP 7.4', async () => {
    assert.match(await php74('<?php echo PHP_VERSION;'), /^7\.4\./);
    assert.ok(php().length > 15);
    for (const file of php()) assert.equal(await php74(readFileSync(file, 'utf8')), '', file);
    for (const newer of ['$a?->b;', 'match ( 1 ) { 1 => 2 };', 'function f( int|string $a ) {}', 'f( a: 1 );']) {
      await assert.rejects(php74(`<?php exit; ${newer}`), /syntax error/, newer);
    }
  });

  it('name no function and no class that PHP 7.4 and WordPress 6.1 do not have', async () => {
    const declared = new Set<string>();
    const used = new Set<string>();
    for (const file of php()) {
      for (const node of nodesOf(new Engine({}).parseCode(readFileSync(file, 'utf8'), file))) {
        const { kind, what, name } = node;
        if (kind === 'function' || kind === 'class') declared.add(textOfName(name));
        else if (kind === 'call' || kind === 'new' || kind === 'staticlookup') used.add(textOfName(what));
        else if (kind === 'catch') for (const one of what as Node[]) used.add(textOfName(one));
      }
    }
    const wordpress = ensureWordPress('6.1');
    for (const folder of ['wp-includes', 'wp-admin/includes']) {
      for (const name of readdirSync(path.join(wordpress, folder), { recursive: true, encoding: 'utf8' })) {
        if (!name.endsWith('.php')) continue;
        const source = readFileSync(path.join(wordpress, folder, name), 'utf8');
        for (const [, one] of source.matchAll(/^\s*(?:function|(?:final |abstract )?class) &?(\w+)/gm)) {
          declared.add(one!);
        }
      }
    }
    const unknown = [...used].filter(
      (name) => name && !declared.has(name) && !['self', 'static', 'parent'].includes(name),
    );
    assert.ok(used.size > 100 && unknown.length > 30, `${used.size} names, ${unknown.length} of them PHP’s`);
    const missing =
      await php74(`<?php echo json_encode( array_values( array_filter( json_decode( '${JSON.stringify(unknown)}' ), function ( $name ) {
      return ! function_exists( $name ) && ! class_exists( $name ) && ! interface_exists( $name );
    } ) ) );`);
    // Of WordPress 6.5, and asked for before it is called.
    assert.deepEqual(JSON.parse(missing), ['wp_enqueue_script_module']);
  });

  it('are what PHP itself can read, and do nothing when they are opened by their URL', () => {
    for (const file of php()) {
      execFileSync('php', ['-l', file]);
      assert.equal(String(execFileSync('php', ['-d', 'display_errors=1', file])), '', file);
    }
  });

  it('hold no word that translators cannot have: the text domain is said each time', () => {
    for (const file of php()) {
      const calls = readFileSync(file, 'utf8').match(/\b(?:esc_(?:html|attr)_)?_?_?(?:__|_e)\( '.*$/gm) ?? [];
      for (const call of calls) assert.match(call, /'synthflow-call' \)/, `${file}: ${call}`);
    }
  });

  it('are of the package’s version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const main = readFileSync(`${pluginFolder}/synthflow-call.php`, 'utf8');
    assert.ok(
      main.includes(` * Version:           ${version}\n`) && main.includes(`const VERSION     = '${version}';`),
    );
    assert.match(readFileSync(`${pluginFolder}/readme.txt`, 'utf8'), new RegExp(`^Stable tag: ${version}$`, 'm'));
  });
});
