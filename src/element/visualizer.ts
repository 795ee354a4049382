/** Every drawing costs the page a frame of its main thread, and a transition one for each that it lasts: ten a second, and none. */
const levelsADrawing = 2;

/** In dBFS: the quietest level that is seen, and the range up to the loudest. */
const floorDbfs = -55;
const rangeDb = 43;
/** Height of the bars where nothing is heard. */
const least = 0.16;

/** Draws how loud both sides are. */
export class Visualizer {
  #loudest: readonly number[] = [];
  #count = 0;

  /**
   * Takes the levels of all sides (10 times a second for each of the two) and now and then draws the loudest of them.
   * @param levelsDbfs - One for each of `bars`.
   */
  show(levelsDbfs: readonly number[], bars: ArrayLike<HTMLElement>): void {
    this.#loudest = levelsDbfs.map((level, side) => Math.max(level, this.#loudest[side] ?? level));
    if (++this.#count % levelsADrawing) return;
    this.#loudest.forEach((level, side) => {
      const share = Math.max(0, Math.min(1, (level - floorDbfs) / rangeDb));
      const transform = `scaleY(${(least + (1 - least) * share).toFixed(2)})`;
      const style = bars[side]?.style;
      // The browser would take even the same value for a change.
      if (style && style.transform !== transform) style.transform = transform;
    });
    this.#loudest = [];
  }
}
