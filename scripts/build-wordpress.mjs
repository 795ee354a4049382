// `npm run build:wordpress`: the WordPress plugin from embeds/wordpress and the built script, as a folder and as the .zip that
// WordPress' "Upload Plugin" takes: dist/wordpress/synthflow-call.zip. What can be made is made here: the list of attributes
// from custom-elements.json, the template for translators from the sources.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { installPackages } from './debian.mjs';
import { root } from './setup.mjs';

const source = `${root}embeds/wordpress`;
/** The plugin, ready to be copied into wp-content/plugins. */
export const pluginFolder = `${root}dist/wordpress/synthflow-call`;
export const pluginZip = `${root}dist/wordpress/synthflow-call.zip`;

const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/**
 * Set by the plugin itself, and by nobody who writes a post: they say where the microphone's sound goes, or where code is
 * loaded from. An author need not be trusted with either.
 */
const reserved = ['token-endpoint', 'session-url', 'assets-url', 'worklet-url'];

const php = (text) => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** PHP that lists the tag's attributes, with words that can be translated. */
function attributesPhp() {
  const { modules } = JSON.parse(readFileSync(`${root}custom-elements.json`, 'utf8'));
  const { attributes } = modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName);
  const rows = attributes
    .filter(({ name }) => !reserved.includes(name))
    .map(({ name, fieldName = name, type: { text } = { text: 'string' }, default: initial = '', description }) => {
      const type = ['boolean', 'number'].includes(text) ? text : 'string';
      const values = [...text.matchAll(/'([^']+)'/g)].map(([, value]) => php(value));
      const value = type === 'string' ? php(initial.replaceAll("'", '')) : initial;
      const label = `${name[0].toUpperCase()}${name.slice(1).replaceAll('-', ' ')}`;
      return `		${php(name)} => array(
			'property'    => ${php(fieldName)},
			'type'        => ${php(type)},
			'values'      => array( ${values.join(', ')} ),
			'default'     => ${value},
			'label'       => __( ${php(label)}, 'synthflow-call' ),
			'description' => __( ${php(description.replaceAll('`', '').replaceAll('\n', ' '))}, 'synthflow-call' ),
		),`;
    });
  return `<?php
/**
 * The tag's attributes. Made from custom-elements.json by scripts/build-wordpress.mjs.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/** By name: property of the block, type, values (any where there are none), default, and words for the editor. */
function attributes() {
	return array(
${rows.join('\n')}
	);
}
`;
}

/** Every file of a folder, by path from there. */
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();

/** The template for translators, by GNU gettext. */
function writeTemplate() {
  if (!hasXgettext() && !(installPackages('gettext') && hasXgettext())) {
    throw new Error(
      'Install GNU gettext (Debian: sudo apt-get install gettext): the template for translators is made by it.',
    );
  }
  const keywords = ['__', 'esc_html__', 'esc_attr__', 'esc_html_e', 'esc_attr_e'].map((name) => `--keyword=${name}`);
  mkdirSync(`${pluginFolder}/languages`, { recursive: true });
  const template = `${pluginFolder}/languages/synthflow-call.pot`;
  const names = filesIn(pluginFolder).filter((name) => name.endsWith('.php'));
  const flags = ['--language=PHP', '--from-code=UTF-8', '--add-comments=translators', '--package-name=synthflow-call'];
  execFileSync(
    'xgettext',
    [...flags, `--package-version=${version}`, '--keyword=', ...keywords, '--output', template, ...names],
    { cwd: pluginFolder, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  // WordPress translates what the list of plugins says of this one, too.
  const description = /^ \* Description: +(.*)$/m.exec(readFileSync(`${pluginFolder}/synthflow-call.php`, 'utf8'))[1];
  const entry = `\n#. Description of the plugin\nmsgid ${JSON.stringify(description)}\nmsgstr ""\n`;
  writeFileSync(template, readFileSync(template, 'utf8').replace('charset=CHARSET', 'charset=UTF-8') + entry);
}

function hasXgettext() {
  try {
    return execFileSync('xgettext', ['--version'], { stdio: 'pipe' }).length > 0;
  } catch {
    return false;
  }
}

/** Makes folder and .zip; dist/ must hold the built script. */
export function buildWordPress() {
  if (!existsSync(`${root}dist/synthflow-call.js`))
    throw new Error('The script is not built: run `npm run build` first.');
  rmSync(path.dirname(pluginFolder), { recursive: true, force: true });
  cpSync(source, pluginFolder, { recursive: true });
  for (const name of ['synthflow-call.php', 'readme.txt']) {
    const text = readFileSync(`${source}/${name}`, 'utf8');
    writeFileSync(`${pluginFolder}/${name}`, text.replaceAll('0.0.0', version));
  }
  writeFileSync(`${pluginFolder}/site/attributes.php`, attributesPhp());
  for (const name of readdirSync(`${root}dist`)) {
    if (/^(?:synthflow-call\..*js|locales|third-party-licenses\.txt)$/.test(name)) {
      cpSync(`${root}dist/${name}`, `${pluginFolder}/script/${name}`, { recursive: true });
    }
  }
  cpSync(`${root}LICENSE`, `${pluginFolder}/LICENSE`);
  writeTemplate();
  // The same files make the same archive, whenever that is.
  const mtime = new Date(1980, 0, 2);
  const files = filesIn(pluginFolder).map((name) => [
    `synthflow-call/${name}`,
    readFileSync(`${pluginFolder}/${name}`),
  ]);
  writeFileSync(pluginZip, zipSync(Object.fromEntries(files), { level: 9, mtime }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildWordPress();
  console.log(path.relative(process.cwd(), pluginZip));
}
