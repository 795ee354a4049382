import { expect } from '@open-wc/testing';
import { drawLevels, type Side } from '../../src/call/draw-levels.js';
import type { Levels } from '../../src/audio/worklets/messages.js';
import { nextTask } from '../support/inbox.js';
import { barOf } from '../support/levels.js';

describe('drawLevels', () => {
  const colours = ['red', 'rgb(0 0 255)'];
  /** Two canvases, in the call's colours. */
  function place(more: Side = {}) {
    const canvases = colours.map(() => new OffscreenCanvas(1, 1));
    drawLevels(canvases.map((canvas, side) => ({ canvas, colour: colours[side]!, ...more })));
    return { canvases, heights: () => canvases.map((canvas) => barOf(canvas).height.toFixed(2)) };
  }
  const tell = (...levelsDbfs: number[]) => drawLevels(levelsDbfs.map((levelDbfs) => ({ levelDbfs })));

  it('draws both sides at rest, and then their levels, in their colours', () => {
    const { canvases, heights } = place();
    expect(heights()).to.deep.equal(['0.15', '0.15']);
    tell(-12, -100);
    expect(heights()).to.deep.equal(['1.00', '0.15']);
    tell(-100, -33.5);
    expect(heights()).to.deep.equal(['0.15', '0.58']);
    expect(canvases.map((canvas) => barOf(canvas).colour)).to.deep.equal(['rgb(255, 0, 0)', 'rgb(0, 0, 255)']);
  });

  it('takes another colour at once, and keeps the level', () => {
    const { canvases, heights } = place();
    tell(-12, -100);
    drawLevels([{ colour: 'rgb(0, 9, 0)' }, { canvas: undefined }]);
    expect(canvases.map((canvas) => barOf(canvas).colour)).to.deep.equal(['rgb(0, 9, 0)', 'rgb(0, 0, 255)']);
    expect(heights()).to.deep.equal(['1.00', '0.15']);
  });

  it('draws on the same canvases until there are others', () => {
    const first = place();
    tell(-100, -33.5);
    const second = place();
    tell(-12, -12);
    expect(first.heights()).to.deep.equal(['0.15', '0.58']);
    expect(second.heights()).to.deep.equal(['1.00', '1.00']);
  });

  it('draws three bars, the middle one the highest', () => {
    const [canvas] = place().canvases;
    tell(-12, -12);
    const { width, height } = canvas!;
    const { data } = canvas!.getContext('2d')!.getImageData(0, 0, width, height);
    const rows = (x: number) =>
      Array.from({ length: height }, (_, y) => data[4 * (y * width + x) + 3]!).filter((alpha) => alpha > 127).length;
    expect([8, 20, 32, 44, 56].map(rows).map((count) => Math.round(count / 2) * 2)).to.deep.equal([72, 0, 104, 0, 72]);
  });

  it('takes levels from the port that it was given', async () => {
    const { heights } = place();
    const { port1, port2 } = new MessageChannel();
    drawLevels([], port2);
    const levels: Levels = [-12, -33.5];
    port1.postMessage(levels);
    while (heights()[0] === '0.15') await nextTask();
    expect(heights()).to.deep.equal(['1.00', '0.58']);
    port1.close();
  });

  it('stays between nothing and all, whatever the level', () => {
    const { heights } = place();
    tell(0, -Infinity);
    expect(heights()).to.deep.equal(['1.00', '0.15']);
  });

  it('stands still at full height where the visitor wants that', () => {
    const { heights } = place({ isStill: true });
    tell(-30, -100);
    expect(heights()).to.deep.equal(['1.00', '1.00']);
  });

  it('never throws, and draws one side where the other cannot be drawn', () => {
    // It has another context already, so that it has none for us.
    const taken = new OffscreenCanvas(1, 1);
    taken.getContext('bitmaprenderer');
    const canvas = new OffscreenCanvas(1, 1);
    drawLevels([
      { canvas: taken, colour: 'red' },
      { canvas, colour: 'red' },
    ]);
    tell(-12, -12);
    expect(barOf(canvas).height).to.equal(1);
  });
});
