import { execFileSync } from 'node:child_process';

/**
 * Asks Linux to run a process, and all that it starts, before everything else: a machine that is shared would else be
 * measured together with its load. Answers whether it does; it takes root.
 * @param priority - Among those of ours, the higher goes first.
 * @param isInherited - Whether what it starts from now on goes before everything else as well.
 */
export function goRealtime(pid = process.pid, priority = 1, isInherited = true): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const flags = ['--all-tasks', '--rr', ...(isInherited ? [] : ['--reset-on-fork'])];
    execFileSync('chrt', [...flags, '--pid', String(priority), String(pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
