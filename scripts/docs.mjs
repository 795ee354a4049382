// `npm run docs`: custom-elements.json from the source's JSDoc, and from that the tables between the marks in README.md
// docs/api.md and docs/styling.md; the one in docs/stats.md from the comments of the interfaces; in docs/embedding the
// files of the examples.
// With --check nothing is written, and a difference fails.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as prettier from 'prettier';
import ts from 'typescript';
import { root } from './setup.mjs';

const isCheck = process.argv.includes('--check');
const folder = mkdtempSync(path.join(tmpdir(), 'manifest-'));
execFileSync('npx', ['cem', 'analyze', '--quiet', '--outdir', path.relative(root, folder)], {
  cwd: root,
  stdio: 'inherit',
});
const manifest = JSON.parse(readFileSync(path.join(folder, 'custom-elements.json'), 'utf8'));
rmSync(folder, { recursive: true });

const element = manifest.modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName);
const cell = (text = '') => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (heads, rows) =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');

const shownDefault = (value) => (value && value !== 'false' ? ` Default \`${value.replaceAll("'", '')}\`.` : '');

/** The members of an interface with their comment, which may be one for several. */
function members(file, name) {
  const source = ts.createSourceFile(file, readFileSync(`${root}${file}`, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = source.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === name);
  const rows = [];
  for (const member of found.members) {
    const [comment] = ts.getJSDocCommentsAndTags(member);
    if (comment) rows.push([[], ts.getTextOfJSDocComment(comment.comment)]);
    rows.at(-1)[0].push(`\`${member.name.text}\``);
  }
  return rows.map(([names, description]) => [names.join(', '), description]);
}

const tables = {
  attributes: table(
    ['Attribute', 'Meaning'],
    element.attributes.map(({ name, description, default: value }) => [
      `\`${name}\``,
      description + shownDefault(value),
    ]),
  ),
  members: table(
    ['Property or method', 'Meaning'],
    element.members
      .filter(({ kind, attribute, static: isStatic }) => !isStatic && (kind === 'method' || !attribute))
      .map(({ kind, name, description }) => [`\`${name}${kind === 'method' ? '()' : ''}\``, description]),
  ),
  events: table(
    ['Event', 'When, and its fields'],
    element.events.map(({ name, description }) => [`\`${name}\``, description]),
  ),
  states: table(
    ['State', 'Meaning'],
    element.cssStates.map(({ name, description }) => [`\`:state(${name})\``, description]),
  ),
  parts: table(
    ['Part', 'What it is'],
    element.cssParts.map(({ name, description }) => [`\`::part(${name})\``, description]),
  ),
  properties: table(
    ['Custom property', 'What it sets'],
    element.cssProperties.map(({ name, default: value, description }) => [
      `\`${name}\``,
      description + shownDefault(value),
    ]),
  ),
  slots: table(
    ['Slot', 'What goes there'],
    element.slots.map(({ name, description }) => [name ? `\`slot="${name}"\`` : 'default', description]),
  ),
};

const type = ({ type }) => (type?.text ? `\`${type.text.replace(/( \| (null|undefined))+$/, '')}\`` : '');
const plainDefault = (value) => (value ? `\`${value}\`` : '');
const fields = element.members.filter((one) => one.kind === 'field' && !one.static);
tables.reference = table(
  ['Attribute', 'Type', 'Default', 'Meaning'],
  element.attributes.map((one) => [`\`${one.name}\``, type(one), plainDefault(one.default), one.description]),
);
tables['properties-only'] = table(
  ['Property', 'Type', 'Meaning'],
  fields
    .filter(({ attribute }) => !attribute)
    .map((one) => [`\`${one.name}\`${one.readonly ? ' (read only)' : ''}`, type(one), one.description]),
);
tables.methods = table(
  ['Method', 'Answers', 'Meaning'],
  element.members
    .filter(({ kind, static: isStatic }) => kind === 'method' && !isStatic)
    .map(({ name, parameters = [], return: answer, description }) => [
      `\`${name}(${parameters.map((one) => `${one.name}${one.optional ? '?' : ''}: ${one.type.text}`).join(', ')})\``,
      answer ? type(answer) : '',
      description,
    ]),
);
const eventClass = ({ type }) =>
  manifest.modules.flatMap(({ declarations }) => declarations).find(({ name }) => name === type.text);
tables.fields = table(
  ['Event', 'Class', 'Fields', 'When'],
  element.events.map((event) => [
    `\`${event.name}\``,
    type(event),
    (eventClass(event)?.members ?? [])
      .filter(({ kind, static: isStatic }) => kind === 'field' && !isStatic)
      .map((one) => `\`${one.name}: ${one.type?.text}\``)
      .join(', '),
    event.description,
  ]),
);

tables.stats = table(
  ['Figure', 'What it is'],
  [...members('src/call/call-report.ts', 'CallStats'), ...members('src/protocol/socket-host.ts', 'SocketStats')],
);

/** A file of the examples, as a code block. */
const codeOf = (name) =>
  `\`\`\`${path.extname(name).slice(1)}\n${readFileSync(`${root}${name}`, 'utf8').trimEnd()}\n\`\`\``;

const marked = /(<!-- (\S+): made by `npm run docs` -->\n)[\s\S]*?(<!-- end -->)/g;
async function filled(name) {
  const file = `${root}${name}`;
  const text = readFileSync(file, 'utf8').replace(
    marked,
    (_, head, what, end) => `${head}\n${tables[what] ?? codeOf(what)}\n\n${end}`,
  );
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
}

const wanted = { 'custom-elements.json': `${JSON.stringify(manifest, null, 2)}\n` };
const embedding = readdirSync(`${root}docs/embedding`).map((name) => `docs/embedding/${name}`);
for (const name of ['README.md', 'docs/api.md', 'docs/stats.md', 'docs/styling.md', ...embedding])
  wanted[name] = await filled(name);
for (const [name, text] of Object.entries(wanted)) {
  if (!isCheck) writeFileSync(`${root}${name}`, text);
  else if (readFileSync(`${root}${name}`, 'utf8') !== text) {
    console.error(`${name} differs from the source: run \`npm run docs\`.`);
    process.exitCode = 1;
  }
}
