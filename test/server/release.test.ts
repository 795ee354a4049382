import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const folder = new URL('../../.github/workflows/', import.meta.url);
const workflows = readdirSync(folder).map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));

describe('the workflows', () => {
  for (const { name, text } of workflows) {
    it(`${name} runs actions by their commit alone, with their version beside it`, () => {
      const actions = [...text.matchAll(/uses: (.*)/g)].map(([, action]) => action!);
      assert.ok(actions.length > 0);
      for (const action of actions) assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it(`${name} may by default do nothing but read, and keeps no secret`, () => {
      assert.match(text, /^permissions:( \{\}|\n {2}contents: read\n\S)/m);
      assert.doesNotMatch(text, /secrets\.|pull_request_target|_TOKEN: (?!\$\{\{ github\.token \}\}$)/m);
      const checkouts = text.split('uses: actions/checkout@').length - 1;
      assert.equal(text.split('persist-credentials: false').length - 1, checkouts);
    });
  }

  it('publish with provenance, after all checks, and just what those have built', () => {
    const { text } = workflows.find(({ name }) => name === 'release.yml')!;
    const permissions = /^ {4}permissions:\n((?: {6}.*\n)+)/m.exec(text)![1]!;
    assert.deepEqual(
      [...permissions.matchAll(/([\w-]+: \w+)/g)].map(([, permission]) => permission),
      ['contents: write', 'id-token: write'],
    );
    const steps = [...text.matchAll(/- run: (.*)/g)].map(([, step]) => step!);
    const at = (part: string) => steps.findIndex((step) => step.includes(part));
    assert.ok(at('npm run check:static') >= 0);
    assert.ok(at('npm run check:static') < at('scripts/release.mjs'));
    assert.ok(at('scripts/release.mjs') < at('publish'));
    // npm refuses provenance of a package that names no repository, or another one.
    assert.ok(at('repository.url="git+$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git"') >= 0);
    assert.ok(at('repository.url') < at('publish'));
    assert.match(
      steps[at('publish')]!,
      /^npx npm@\d+\.\d+\.\d+ publish --provenance --access public --ignore-scripts$/,
    );
    assert.match(text, /^on:\n {2}push:\n {4}tags: \['v\*'\]\npermissions/m);
  });
});

describe('the lock', () => {
  it('has the hash of every package, and no place of its own to fetch one from', () => {
    const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
      packages: Record<string, { integrity?: string; resolved?: string }>;
    };
    const { '': _ours, ...others } = packages;
    for (const [name, { integrity = '', resolved }] of Object.entries(others)) {
      assert.match(integrity, /^sha512-/, name);
      assert.equal(resolved, undefined, name);
    }
  });
});
