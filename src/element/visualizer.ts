/** In dBFS: the quietest level that is seen, and the range up to the loudest. */
const floorDbfs = -55;
const rangeDb = 43;
/** Height of the bars where nothing is heard. */
const least = 0.16;
/** Heights that they may have beyond it. Every drawing costs the page a frame of its main thread, so small changes are none. */
const steps = 8;

/** Draws how loud both sides are: one level in dBFS for each of `bars`. */
export function showLevels(levelsDbfs: readonly number[], bars: ArrayLike<HTMLElement>): void {
  levelsDbfs.forEach((level, side) => {
    const share = Math.round(Math.max(0, Math.min(1, (level - floorDbfs) / rangeDb)) * steps) / steps;
    const transform = `scaleY(${(least + (1 - least) * share).toFixed(2)})`;
    const style = bars[side]?.style;
    // The browser would take even the same value for a change.
    if (style && style.transform !== transform) style.transform = transform;
  });
}
