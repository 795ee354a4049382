import type { SynthflowCall } from '../../src/element/synthflow-call.js';

/** What a side's canvas shows in its middle: the bar's height, as a share of the canvas, and its colour. */
export function barOf(canvas: HTMLCanvasElement | OffscreenCanvas): { height: number; colour: string } {
  const { width, height } = canvas;
  // What another thread draws on can be read only from a copy.
  const copy = new OffscreenCanvas(width, height).getContext('2d')!;
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(width / 2, 0, 1, height);
  let rows = 0;
  for (let y = 0; y < height; y++) if (data[4 * y + 3]! > 127) rows++;
  const [red, green, blue] = data.subarray(2 * height);
  return { height: rows / height, colour: `rgb(${red}, ${green}, ${blue})` };
}

/** What an element's levels are drawn on: the visitor's, the agent's. */
export const canvasesOf = (element: SynthflowCall): HTMLCanvasElement[] => [
  ...element.shadowRoot!.querySelectorAll('canvas'),
];

/** How high its levels are, from 0 to 1. */
export const levelsShown = (element: SynthflowCall): number[] =>
  canvasesOf(element).map((canvas) => barOf(canvas).height);
