import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UsageError } from '../environment.js';

/** Whoever started the command and can be asked. */
export interface Terminal {
  /** @param isSecret - Nothing of the answer is shown. */
  ask(question: string, isSecret?: boolean): Promise<string>;
}

/** The terminal of this process; undefined where nobody sits there. Questions go to stderr: stdout is the report's. */
export function openTerminal(): Terminal | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return {
    async ask(question, isSecret = false) {
      // readline puts the terminal into raw mode, which ends the terminal's own echo; ours goes nowhere.
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      const output = isSecret ? nowhere : process.stderr;
      const lines = createInterface({ input: process.stdin, output, terminal: true });
      if (isSecret) process.stderr.write(question);
      const closed = new AbortController();
      lines.once('close', () => closed.abort());
      try {
        return (await lines.question(isSecret ? '' : question, { signal: closed.signal })).trim();
      } catch {
        throw new UsageError('Nothing was entered.');
      } finally {
        lines.close();
        if (isSecret) process.stderr.write('\n');
      }
    },
  };
}
