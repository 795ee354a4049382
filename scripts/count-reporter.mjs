import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * For the browser tests: writes `{ passed, failed, skipped, crashes, untold }` to a file, and tells which tests were skipped.
 * A page that broke counts as a failure.
 * @param crashes - Ids of the sessions in which the browser has crashed, as its launcher knows. Those that had told of their
 *   tests before count as any other; the files of those that had not are `untold`, and none of their tests is counted.
 */
export const countReporter = (file, crashes = new Set()) => ({
  onTestRunFinished({ sessions }) {
    const counts = { passed: 0, failed: 0, skipped: 0, crashes: crashes.size, untold: [] };
    const walk = (suite, titles = []) => {
      for (const { name, skipped, passed } of suite?.tests ?? []) {
        counts[skipped ? 'skipped' : passed ? 'passed' : 'failed'] += 1;
        if (skipped) console.log(`Skipped: ${[...titles, name].join(' › ')}`);
      }
      for (const inner of suite?.suites ?? []) walk(inner, [...titles, inner.name]);
    };
    for (const { id, testFile, testResults, errors } of sessions) {
      if (!testResults && crashes.has(id)) {
        counts.untold.push(path.relative(process.cwd(), testFile));
        continue;
      }
      walk(testResults);
      if (!testResults || errors?.length) counts.failed += 1;
    }
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(counts));
  },
});
