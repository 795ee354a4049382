// `node scripts/release.mjs`: looks whether dist/ is a release, and prints the tag with its version and hash, to paste.
// CDN=https://… names another one.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { root } from './setup.mjs';

const read = (file) => readFileSync(`${root}${file}`, 'utf8');
const { version } = JSON.parse(read('package.json'));
const cdn = process.env.CDN ?? 'https://cdn.jsdelivr.net/npm';

const faults = [
  ['dist/synthflow-call.js', version],
  ['dist/synthflow-call.iife.js', version],
  ['dist/synthflow-call.diagnose.js', version],
  ['CHANGELOG.md', `## ${version}`],
]
  .filter(([file, text]) => !read(file).includes(text))
  .map(([file, text]) => `${file} does not say ${text}.`);
// Of the tag that a workflow runs for.
const { GITHUB_REF_TYPE, GITHUB_REF_NAME } = process.env;
if (GITHUB_REF_TYPE === 'tag' && GITHUB_REF_NAME !== `v${version}`) {
  faults.push(`The tag ${GITHUB_REF_NAME} is not v${version}.`);
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}

const hash = (file) =>
  `sha384-${createHash('sha384')
    .update(readFileSync(`${root}dist/${file}`))
    .digest('base64')}`;
const source = (file) => `src="${cdn}/synthflow-call@${version}/dist/${file}"
  integrity="${hash(file)}"
  crossorigin`;
console.log(`The module, and the tag:

\`\`\`html
<script
  type="module"
  ${source('synthflow-call.js')}
></script>
<synthflow-call token-endpoint="/api/synthflow/token"></synthflow-call>
\`\`\`

The classic script, which makes the tag itself:

\`\`\`html
<script
  ${source('synthflow-call.iife.js')}
  data-token-endpoint="/api/synthflow/token"
  data-position="bottom-right"
  async
></script>
\`\`\`

The hash is the script's alone. What it loads beside it (worklet, worker, languages) comes from the same folder of the same version, unhashed: where that
matters, serve the files yourself.`);
