/** How an attempt went, and which directives of the page's Content-Security-Policy stood in its way. */
export interface Attempt<T> {
  /** What came of it; undefined where it failed, or took too long. */
  readonly value: T | undefined;
  readonly isLate: boolean;
  readonly directives: readonly string[];
}

/** How long the browser may take to tell of a violation, in ms: it does so in a task of its own. */
const reportDelayMs = 50;

/**
 * Tries something and listens to what the policy blocks meanwhile. Never rejects. One at a time: a violation does not say
 * whose it is.
 * @param wanted - The directives that could block it; the page's others are not ours.
 */
export async function watchPolicy<T>(limitMs: number, wanted: RegExp, attempt: () => Promise<T>): Promise<Attempt<T>> {
  const directives = new Set<string>();
  const listen = ({ disposition, effectiveDirective }: SecurityPolicyViolationEvent) => {
    if (disposition === 'enforce' && wanted.test(effectiveDirective)) directives.add(effectiveDirective);
  };
  document.addEventListener('securitypolicyviolation', listen);
  const outcome = await within(limitMs, attempt);
  if (!outcome.value) await new Promise((resolve) => setTimeout(resolve, reportDelayMs));
  document.removeEventListener('securitypolicyviolation', listen);
  return { ...outcome, directives: [...directives] };
}

/** What comes of an attempt within a time. Never rejects. */
export async function within<T>(
  limitMs: number,
  attempt: () => Promise<T>,
): Promise<{ readonly value: T | undefined; readonly isLate: boolean }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  try {
    const limit = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        isLate = true;
        resolve(undefined);
      }, limitMs);
    });
    return { value: await Promise.race([attempt(), limit]), isLate };
  } catch {
    return { value: undefined, isLate };
  } finally {
    clearTimeout(timer);
  }
}
