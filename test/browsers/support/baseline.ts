import { readFileSync } from 'node:fs';
import bcd from '@mdn/browser-compat-data/forLegacyNode';
import type { BrowserName, CompatStatement, Identifier } from '@mdn/browser-compat-data/types';

const { browserslist } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  browserslist: readonly string[];
};

/** The oldest version of each browser that we promise to run in, as package.json has them: `chrome >= 114`. */
const baseline = browserslist.map((line): [BrowserName, number] => {
  const [name, , version] = line.split(' ') as [string, string, string];
  return [name.replace('ios_saf', 'safari_ios') as BrowserName, Number(version)];
});

const isThere = ({ support }: CompatStatement): boolean =>
  baseline.every(([browser, version]) =>
    [support[browser] ?? []].flat().some(({ version_added: since, version_removed: end, flags, prefix }) => {
      const number = (text: unknown) => Number.parseFloat(String(text).replace('≤', ''));
      return number(since) <= version && !(number(end) <= version) && !flags && !prefix;
    }),
  );

/** What is younger than the baseline: an interface or object, and a member of it where that alone is. */
function* younger(tree: Identifier): Generator<[owner: string, member?: string]> {
  for (const [owner, whole] of entries(tree)) {
    if (whole.__compat && !isThere(whole.__compat)) {
      yield [owner];
      continue;
    }
    for (const [member, part] of entries(whole)) if (part.__compat && !isThere(part.__compat)) yield [owner, member];
  }
}

const entries = (tree: Identifier) =>
  Object.entries(tree).filter(([name]) => name !== '__compat') as [name: string, Identifier][];

const list = [...younger(bcd.api), ...younger(bcd.javascript.builtins!)];

/** A script that takes from a page what the oldest browsers of the baseline lack, as MDN's data know it. */
export const takeYoungerThings = `(() => {
  for (const [owner, member] of ${JSON.stringify(list)}) {
    const interfaces = owner === 'Window' ? [window, Window.prototype] : [window[owner], window[owner]?.prototype];
    if (member === undefined) delete window[owner];
    else if (member.endsWith('_static')) delete interfaces[0]?.[member.replace('_static', '')];
    else for (const place of interfaces) if (place && Object.hasOwn(place, member)) delete place[member];
  }
})();`;

/** The baseline in words, as the README has it. */
export const baselineWords = (() => {
  const of = (wanted: string) => baseline.find(([name]) => name === wanted)![1];
  const [chrome, edge] = [of('chrome'), of('edge')];
  const chromium = chrome === edge ? `Chrome and Edge ${chrome}` : `Chrome ${chrome}, Edge ${edge}`;
  return `${chromium}, Firefox ${of('firefox')}, Safari ${of('safari')} or newer`;
})();

/** How many things that are. */
export const youngerThings = list.length;
