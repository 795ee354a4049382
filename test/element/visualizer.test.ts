import { expect } from '@open-wc/testing';
import { Visualizer } from '../../src/element/visualizer.js';

describe('Visualizer', () => {
  const bars = () => [document.createElement('span'), document.createElement('span')];
  const heights = (both: HTMLElement[]) =>
    both.map(({ style }) => Number(/^scaleY\((.*)\)$/.exec(style.transform)?.[1]));

  it('draws both sides once for two levels each, the louder of the two', () => {
    const [visualizer, both] = [new Visualizer(), bars()];
    visualizer.show([-12, -100], both);
    expect(heights(both)).to.deep.equal([NaN, NaN]);
    visualizer.show([-100, -100], both);
    expect(heights(both)).to.deep.equal([1, 0.16]);
    visualizer.show([-100, -33.5], both);
    visualizer.show([-100, -100], both);
    expect(heights(both)).to.deep.equal([0.16, 0.58]);
  });

  it('stays between nothing and all, whatever the level', () => {
    const [visualizer, both] = [new Visualizer(), bars()];
    for (let i = 0; i < 2; i++) visualizer.show([0, -Infinity], both);
    expect(heights(both)).to.deep.equal([1, 0.16]);
  });

  it('changes no style while nothing changes', async () => {
    const [visualizer, both] = [new Visualizer(), bars()];
    let changes = 0;
    const observer = new MutationObserver((records) => (changes += records.length));
    for (const bar of both) observer.observe(bar, { attributes: true });
    for (let i = 0; i < 20; i++) visualizer.show([-100, -100], both);
    await Promise.resolve();
    expect(changes).to.equal(2);
  });

  it('does without bars', () => {
    const visualizer = new Visualizer();
    for (let i = 0; i < 2; i++) visualizer.show([-12, -12], []);
  });
});
