/** How loud one side of a call is, to be drawn. */
export interface Level {
  /** What it is drawn on from now on: transferred, whatever its size. */
  readonly canvas?: OffscreenCanvas | undefined;
  readonly levelDbfs: number;
  readonly colour: string;
}

/** Pixels of a side's canvas: four for each of the page's 16 × 26, which is sharp on every screen. */
const [width, height] = [64, 104];
/** Of its three bars, in pixels. */
const barWidth = 16;
const barStep = 24;
const barHeights = [0.7 * height, height, 0.7 * height];

/** In dBFS: the quietest level that is seen, and the range up to the loudest. */
const floorDbfs = -55;
const rangeDb = 43;
/** Share of their height that bars have where nothing is heard. */
const least = 0.16;

/** What each side is drawn on. */
const contexts: (OffscreenCanvasRenderingContext2D | null)[] = [];

/** Draws how loud both sides are, the visitor's first. Never throws. */
export function drawLevels(levels: readonly Level[]): void {
  for (const [side, { canvas, levelDbfs, colour }] of levels.entries()) {
    try {
      if (canvas) {
        Object.assign(canvas, { width, height });
        contexts[side] = canvas.getContext('2d');
      }
      const context = contexts[side]!;
      const share = least + (1 - least) * Math.max(0, Math.min(1, (levelDbfs - floorDbfs) / rangeDb));
      context.clearRect(0, 0, width, height);
      context.fillStyle = colour;
      context.beginPath();
      for (const [bar, full] of barHeights.entries()) {
        const [x, y] = [bar * barStep, (height - full * share) / 2];
        context.roundRect(x, y, barWidth, full * share, barWidth / 2);
      }
      context.fill();
    } catch {
      // A browser that draws nothing here. The call goes on without.
    }
  }
}
