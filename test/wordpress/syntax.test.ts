import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { Engine } from 'php-parser';
import { buildWordPress, pluginFolder } from '../../scripts/build-wordpress.mjs';
import { ensureWordPress } from '../../scripts/wordpress.mjs';

describe('the plugin’s files', () => {
  let files: string[];
  before(() => {
    ensureWordPress('6.1');
    buildWordPress();
    files = readdirSync(pluginFolder, { recursive: true, encoding: 'utf8' }).map((name) =>
      path.join(pluginFolder, name),
    );
  });
  const php = () => files.filter((file) => file.endsWith('.php'));

  it('are PHP 7.4', () => {
    const engine = new Engine({ parser: { version: '7.4', suppressErrors: false } });
    assert.ok(php().length > 15);
    for (const file of php()) engine.parseCode(readFileSync(file, 'utf8'), file);
    assert.throws(() => engine.parseCode('<?php $a?->b; match ( 1 ) { 1 => 2 };', 'newer.php'));
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
