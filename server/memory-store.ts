import type { Limit, LimitStore } from './limits.js';

/** The uses of one subject under one limit. */
export interface Uses {
  readonly count: number;
  /** When the last of them ends, in ms since 1970. */
  readonly endsMs: number;
  /** When each of them ends, the earliest first, where each ends by itself. */
  readonly leasesMs?: readonly number[];
}

/**
 * Counts one more use on top of those before it, where the limit allows it.
 * @returns The uses from now on, and 0 or the seconds to wait, as {@link LimitStore.take} answers.
 */
export function countUse(
  { max, windowS, isLease }: Limit,
  before: Uses | undefined,
  nowMs: number,
): { uses: Uses; waitS: number } {
  const endsMs = nowMs + windowS * 1000;
  if (isLease) {
    const open = (before?.leasesMs ?? []).filter((leaseMs) => leaseMs > nowMs);
    const waitS = open.length < max ? 0 : (open[0]! - nowMs) / 1000;
    const leasesMs = waitS > 0 ? open : [...open, endsMs];
    return { uses: { count: leasesMs.length, endsMs: leasesMs.at(-1) ?? endsMs, leasesMs }, waitS };
  }
  if (!before || before.endsMs <= nowMs) return { uses: { count: 1, endsMs }, waitS: 0 };
  if (before.count >= max) return { uses: before, waitS: (before.endsMs - nowMs) / 1000 };
  return { uses: { count: before.count + 1, endsMs: before.endsMs }, waitS: 0 };
}

/** Under one limit. Beyond it the subject whose uses end first is forgotten: a flood of addresses must not fill memory. */
const subjectLimit = 20_000;

/**
 * A store in the memory of this process: each process has its own counts, and a new one begins at zero.
 * @param now - The time in ms since 1970, for tests.
 */
export function createMemoryStore(now: () => number = Date.now): LimitStore {
  const usesByLimit = new Map<string, Map<string, Uses>>();
  return {
    take(limit, subject) {
      const nowMs = now();
      let subjects = usesByLimit.get(limit.name);
      if (!subjects) usesByLimit.set(limit.name, (subjects = new Map<string, Uses>()));
      const before = subjects.get(subject);
      const { uses, waitS } = countUse(limit, before, nowMs);
      if (uses.endsMs !== before?.endsMs) {
        // Behind the others: so the Map is in the order in which uses end, and what has ended is at its front.
        subjects.delete(subject);
        for (const [oldest, { endsMs }] of subjects) {
          if (endsMs > nowMs && subjects.size < subjectLimit) break;
          subjects.delete(oldest);
        }
      }
      subjects.set(subject, uses);
      return waitS;
    },
  };
}
