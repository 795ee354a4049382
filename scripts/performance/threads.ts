import { readdirSync, readFileSync } from 'node:fs';

/** A thread of a process or of those below it; Linux only. Names are cut off after 15 characters. */
interface Thread {
  readonly id: number;
  readonly name: string;
  /** CPU time so far, in ms. */
  readonly spentMs: number;
}

/** All threads of a process and of those that it started, whose name matches. None where the system does not tell. */
export function threadsBelow(pid: number, name: RegExp): Thread[] {
  return processesBelow(pid).flatMap((process) =>
    list(`/proc/${process}/task`).flatMap((task) => {
      const comm = read(`/proc/${process}/task/${task}/comm`).trim();
      const spentNs = Number(read(`/proc/${process}/task/${task}/schedstat`).split(' ')[0]);
      return name.test(comm) ? [{ id: Number(task), name: comm, spentMs: spentNs / 1e6 }] : [];
    }),
  );
}

function processesBelow(pid: number): number[] {
  const children = list(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processesBelow)];
}

// Threads and processes come and go while they are read.
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
