import type { Diagnosis } from './diagnosis.js';

const marks = { ok: '✓', warning: '!', failed: '✗', unknown: '?' };

/** Prints a diagnosis on the console, a line for each check. */
export function print({ version, checks }: Diagnosis): void {
  const count = (wanted: string) => checks.filter(({ status }) => status === wanted).length;
  console.group(
    `<synthflow-call> ${version}: ${count('failed')} of ${checks.length} checks failed, ${count('warning')} warnings, ${count('unknown')} unknown`,
  );
  for (const { name, status, message, advice, docs } of checks) {
    const line = `${marks[status]} ${name}: ${message}`;
    const more = [advice && `  → ${advice}`, docs && `  ${docs}`].filter(Boolean);
    console[status === 'failed' || status === 'warning' ? 'warn' : 'log']([line, ...more].join('\n'));
  }
  console.groupEnd();
}
