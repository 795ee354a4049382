import type { Levels } from '../audio/worklets/messages.js';

/** What changes of how one side of a call is drawn; what is left out stays as it is. */
export interface Side {
  /** What it is drawn on from now on, at rest: transferred, whatever its size. */
  readonly canvas?: OffscreenCanvas | undefined;
  readonly colour?: string;
  /** Its bars have their full height, whatever its level. */
  readonly isStill?: boolean;
  readonly levelDbfs?: number;
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

interface Drawn extends Side {
  readonly context: OffscreenCanvasRenderingContext2D;
}
const drawn: Drawn[] = [];

/**
 * Draws both sides, the visitor's first, where that makes a difference. Never throws.
 * @param source - Where their {@link Levels} come from, from now on.
 */
export function drawLevels(changes: readonly Side[], source?: MessagePort): void {
  if (source) {
    source.onmessage = ({ data }: MessageEvent<Levels>) => drawLevels(data.map((levelDbfs) => ({ levelDbfs })));
  }
  for (const [index, change] of changes.entries()) {
    try {
      const before = change.canvas ? begin(change.canvas) : drawn[index]!;
      const now = (drawn[index] = { ...before, ...change });
      if (change.canvas || now.colour !== before.colour || shareOf(now) !== shareOf(before)) draw(now);
    } catch {
      // A browser that draws nothing here. The call goes on without.
    }
  }
}

function begin(canvas: OffscreenCanvas): Drawn {
  Object.assign(canvas, { width, height });
  return { context: canvas.getContext('2d')! };
}

/** How high bars are: share of their full height, in steps of a pixel. */
function shareOf({ isStill, levelDbfs = floorDbfs }: Side): number {
  const loudness = isStill ? 1 : Math.max(0, Math.min(1, (levelDbfs - floorDbfs) / rangeDb));
  return Math.round((least + (1 - least) * loudness) * height) / height;
}

function draw(side: Drawn): void {
  const { context, colour = '' } = side;
  context.clearRect(0, 0, width, height);
  context.fillStyle = colour;
  context.beginPath();
  for (const [bar, full] of barHeights.entries()) {
    const barHeight = full * shareOf(side);
    context.roundRect(bar * barStep, (height - barHeight) / 2, barWidth, barHeight, barWidth / 2);
  }
  context.fill();
}
