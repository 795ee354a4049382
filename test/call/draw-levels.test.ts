import { expect } from '@open-wc/testing';
import { drawLevels } from '../../src/call/draw-levels.js';
import { barOf } from '../support/levels.js';

describe('drawLevels', () => {
  /** Two canvases, and what draws on them. */
  function place() {
    const canvases = [new OffscreenCanvas(1, 1), new OffscreenCanvas(1, 1)];
    const draw = (levelsDbfs: number[], given: (OffscreenCanvas | undefined)[] = []) =>
      drawLevels(
        levelsDbfs.map((levelDbfs, side) => ({
          levelDbfs,
          canvas: given[side],
          colour: ['red', 'rgb(0 0 255)'][side]!,
        })),
      );
    return { canvases, draw, heights: () => canvases.map((canvas) => barOf(canvas).height.toFixed(2)) };
  }

  it('draws both sides in their colours', () => {
    const { canvases, draw, heights } = place();
    draw([-12, -100], canvases);
    expect(heights()).to.deep.equal(['1.00', '0.15']);
    const colours = canvases.map((canvas) => barOf(canvas).colour);
    expect(colours).to.deep.equal(['rgb(255, 0, 0)', 'rgb(0, 0, 255)']);
  });

  it('draws on the same canvases until there are others', () => {
    const [first, second] = [place(), place()];
    first.draw([-12, -100], first.canvases);
    first.draw([-100, -33.5]);
    expect(first.heights()).to.deep.equal(['0.15', '0.58']);
    first.draw([-100, -12], second.canvases);
    first.draw([-12, -12]);
    expect(first.heights()).to.deep.equal(['0.15', '0.58']);
    expect(second.heights()).to.deep.equal(['1.00', '1.00']);
  });

  it('draws three bars, the middle one the highest', () => {
    const { canvases, draw } = place();
    draw([-12, -12], canvases);
    const [canvas] = canvases;
    const { data } = canvas!.getContext('2d')!.getImageData(0, 0, canvas!.width, canvas!.height);
    const heights = Array.from({ length: canvas!.width }, (_, x) => {
      let rows = 0;
      for (let y = 0; y < canvas!.height; y++) if (data[4 * (y * canvas!.width + x) + 3]! > 127) rows++;
      return rows;
    });
    const middles = [8, 20, 32, 44, 56].map((x) => heights[x]);
    expect(middles).to.deep.equal([72, 0, 104, 0, 72]);
  });

  it('stays between nothing and all, whatever the level', () => {
    const { canvases, draw, heights } = place();
    draw([0, -Infinity], canvases);
    expect(heights()).to.deep.equal(['1.00', '0.15']);
  });

  it('never throws, and draws one side where the other cannot be drawn', () => {
    const { canvases, draw, heights } = place();
    // It has another context already, so that it has none for us.
    const taken = new OffscreenCanvas(1, 1);
    taken.getContext('bitmaprenderer');
    draw([-12, -12], [taken, canvases[1]!]);
    draw([-12, -12]);
    expect(heights()[1]).to.equal('1.00');
  });
});
