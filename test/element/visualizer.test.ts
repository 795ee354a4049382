import { expect } from '@open-wc/testing';
import { showLevels } from '../../src/element/visualizer.js';

describe('showLevels', () => {
  const bars = () => [document.createElement('span'), document.createElement('span')];
  const heights = (both: HTMLElement[]) =>
    both.map(({ style }) => Number(/^scaleY\((.*)\)$/.exec(style.transform)?.[1]));

  it('draws both sides', () => {
    const both = bars();
    showLevels([-12, -100], both);
    expect(heights(both)).to.deep.equal([1, 0.16]);
    showLevels([-100, -33.5], both);
    expect(heights(both)).to.deep.equal([0.16, 0.58]);
  });

  it('stays between nothing and all, whatever the level', () => {
    const both = bars();
    showLevels([0, -Infinity], both);
    expect(heights(both)).to.deep.equal([1, 0.16]);
  });

  it('changes no style while nothing changes that could be seen', async () => {
    const both = bars();
    let changes = 0;
    const observer = new MutationObserver((records) => (changes += records.length));
    for (const bar of both) observer.observe(bar, { attributes: true });
    for (let i = 0; i < 20; i++) showLevels([-34 + i / 20, -100], both);
    await Promise.resolve();
    expect(changes).to.equal(2);
  });

  it('does without bars', () => {
    showLevels([-12, -12], []);
  });
});
