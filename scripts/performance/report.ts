import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

/** A line of a table: what, how much, and the limit it is held to, where it has one. */
export type Row = readonly [figure: string, value: string, limit: string];

/** Where figures come from, beside them in every file. */
export interface Circumstances {
  readonly day: string;
  readonly node: string;
  readonly cores: number;
  /** Processes that wanted to run, on average over the minute before the start. */
  readonly loadAverage: number;
  /** Whether the measurement ran before everything else on the machine. */
  readonly realtime: boolean;
}

export const circumstances = (realtime: boolean): Circumstances => ({
  day: new Date().toISOString().slice(0, 10),
  node: process.version,
  cores: os.availableParallelism(),
  loadAverage: Number(os.loadavg()[0]!.toFixed(1)),
  realtime,
});

export function printTable(rows: readonly Row[]): void {
  console.table(Object.fromEntries(rows.map(([figure, value, limit]) => [figure, { value, limit }])));
}

/** Writes figures to docs/performance/{name}.json and charts to docs/performance/{chart}.svg. */
export async function writeFigures(
  name: string,
  figures: object,
  charts: Readonly<Record<string, string>>,
): Promise<void> {
  mkdirSync(`${docs}performance`, { recursive: true });
  await writeFormatted(`${docs}performance/${name}.json`, JSON.stringify(figures));
  for (const [chart, svg] of Object.entries(charts)) writeFileSync(`${docs}performance/${chart}.svg`, svg);
}

/** Puts a table between the marks of that name in docs/performance.md. */
export async function writeTable(name: string, heads: readonly string[], rows: readonly (readonly string[])[]) {
  const page = `${docs}performance.md`;
  const table = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const marked = new RegExp(`(<!-- ${name}: made by \`[^\`]+\` -->\\n)[\\s\\S]*?(<!-- end -->)`);
  await writeFormatted(
    page,
    readFileSync(page, 'utf8').replace(marked, (_, head, end) => `${head}\n${table}\n\n${end}`),
  );
}

async function writeFormatted(file: string, text: string): Promise<void> {
  const options = await prettier.resolveConfig(file);
  writeFileSync(file, await prettier.format(text, { ...options, filepath: file }));
}

/** The same with every number to a hundredth, for files that people read too. */
export function rounded<T>(value: T): T {
  const round = (inner: unknown): unknown => {
    if (typeof inner === 'number') return Number(inner.toFixed(2));
    if (Array.isArray(inner)) return inner.map(round);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, round(one)]));
  };
  return round(value) as T;
}
