/**
 * Keeps the screen on, where the browser can: a phone that locks itself takes the sound from the page.
 * @returns What lets it go out again.
 */
export function keepAwake(): () => void {
  const locks: (Promise<WakeLockSentinel | undefined> | undefined)[] = [];
  const { wakeLock } = navigator as Partial<Navigator>;
  const ask = () => {
    // The browser has let go of it when the page was hidden. It refuses in iframes without `screen-wake-lock`.
    if (!document.hidden) locks.push(wakeLock?.request('screen').catch(() => undefined));
  };
  document.addEventListener('visibilitychange', ask);
  ask();
  return () => {
    document.removeEventListener('visibilitychange', ask);
    for (const lock of locks) void lock?.then((held) => held?.release());
  };
}
