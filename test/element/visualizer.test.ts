import { expect, fixture, html } from '@open-wc/testing';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { lead, place, until } from '../support/calls.js';
import { barOf, canvasesOf, levelsShown } from '../support/levels.js';

/** Height of a bar at rest, nearly. */
const isLow = (height: number): boolean => height > 0.1 && height < 0.23;

/** Resolves when the canvases show that. Another thread draws on them. */
async function shown(element: SynthflowCall, isSo: (heights: number[]) => boolean): Promise<void> {
  while (!isSo(levelsShown(element))) await new Promise(requestAnimationFrame);
}

/** Resolves when the agent's level has risen and fallen. */
async function seen(element: SynthflowCall, agent: { speak(seconds: number): void }): Promise<void> {
  agent.speak(0.5);
  await shown(element, ([, agentHeight]) => agentHeight! > 0.8);
  await shown(element, ([, agentHeight]) => isLow(agentHeight!));
}

describe('the visualizer', () => {
  it('is there at rest before anything was heard', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    // A canvas that was given away has no context any more.
    for (const canvas of canvasesOf(element)) expect(() => canvas.getContext('2d')).to.throw();
    element.mute();
    await shown(element, (heights) => heights.length === 2 && heights.every(isLow));
  });

  it('moves with both voices', async () => {
    const { element, agent } = await place(
      html`<synthflow-call no-echo-cancellation no-noise-suppression no-auto-gain-control></synthflow-call>`,
    );
    await lead(element, agent, 'active');
    agent.speak(8);
    await shown(element, (heights) => heights.every((height) => height > 0.23));
    element.mute();
    await shown(element, ([visitor]) => isLow(visitor!));
    expect(isLow(levelsShown(element)[1]!)).to.equal(false);
  });

  it('moves on the page’s own thread where there is no Worker', async () => {
    const { element, agent } = await place(html`<synthflow-call no-worker></synthflow-call>`);
    await lead(element, agent, 'active');
    await seen(element, agent);
  });

  it('has the page’s colours, also those that it changes in a call', async () => {
    const { element, agent } = await place(html`<synthflow-call theme="light"></synthflow-call>`);
    await lead(element, agent, 'active');
    const drawn = () => canvasesOf(element).map((canvas) => barOf(canvas).colour);
    const become = async (...colours: string[]) => {
      while (drawn().join() !== colours.join()) await new Promise(requestAnimationFrame);
    };
    await become('rgb(18, 128, 92)', 'rgb(28, 29, 34)');
    element.theme = 'dark';
    await become('rgb(76, 199, 154)', 'rgb(243, 244, 247)');
    element.style.setProperty('--synthflow-success', '#f00');
    element.style.setProperty('--synthflow-text', '#00f');
    await become('rgb(255, 0, 0)', 'rgb(0, 0, 255)');
  });

  it('goes on in the Worker of the next connection', async () => {
    const { element, agent } = await place(html`<synthflow-call reconnect disclosure="none"></synthflow-call>`);
    await lead(element, agent, 'active');
    const before = canvasesOf(element);
    agent.close(1006);
    await until(element, 'reconnecting');
    expect(canvasesOf(element)).to.be.empty;
    await until(element, 'active');
    expect(canvasesOf(element)).not.to.include(before[0]);
    await seen(element, agent);
  });

  it('goes on where it is hidden for a while, and in the next call', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    await seen(element, agent);
    element.noVisualizer = true;
    await element.updateComplete;
    expect(canvasesOf(element)).to.be.empty;
    element.noVisualizer = false;
    await element.updateComplete;
    await seen(element, agent);
    await element.stop();
    await lead(element, agent, 'active');
    await seen(element, agent);
  });

  it('goes on where the page moves it: in the page, and to another document', async () => {
    const { element, agent } = await place();
    const [box, frame] = [
      await fixture<HTMLElement>(html`<section></section>`),
      await fixture<HTMLIFrameElement>(html`<iframe></iframe>`),
    ];
    await lead(element, agent, 'active');
    await seen(element, agent);
    box.append(element);
    await seen(element, agent);
    frame.contentDocument!.body.append(element);
    await seen(element, agent);
    document.body.append(element);
    await seen(element, agent);
    element.remove();
  });
});
