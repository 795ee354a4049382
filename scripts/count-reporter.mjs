import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** For the browser tests: writes `{ passed, failed, skipped }` to a file. A page that broke counts as a failure. */
export const countReporter = (file) => ({
  onTestRunFinished({ sessions }) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const walk = (suite) => {
      for (const test of suite?.tests ?? []) counts[test.skipped ? 'skipped' : test.passed ? 'passed' : 'failed'] += 1;
      for (const inner of suite?.suites ?? []) walk(inner);
    };
    for (const { testResults, errors } of sessions) {
      walk(testResults);
      if (!testResults || errors?.length) counts.failed += 1;
    }
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(counts));
  },
});
