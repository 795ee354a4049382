import { expect, html, oneEvent } from '@open-wc/testing';
import { emulateMedia } from '@web/test-runner-commands';
import '../../src/index.js';
import { skipWithout } from '../support/abilities.js';
import { lead, place, untilState } from '../support/calls.js';
import { levelsShown } from '../support/levels.js';

describe('a visitor who wants less motion', () => {
  before(async function () {
    await emulateMedia({ reducedMotion: 'reduce' }).catch(() => skipWithout(this, 'way to be told so in its life'));
    expect(matchMedia('(prefers-reduced-motion: reduce)').matches).to.equal(true);
  });
  after(() => emulateMedia({ reducedMotion: 'no-preference' }).catch(() => {}));

  it('sees levels that stand still while the agent speaks', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    agent.speak(1);
    await untilState(element, 'agent-speaking');
    while (levelsShown(element)[0] === 0) await new Promise(requestAnimationFrame);
    expect(levelsShown(element)).to.deep.equal([1, 1]);
    agent.speak(1);
    await oneEvent(element, 'synthflow-stats');
    expect(levelsShown(element)).to.deep.equal([1, 1]);
  });

  for (const status of ['connecting', 'waiting', 'reconnecting'] as const) {
    for (const variant of ['pill', 'card', 'icon'] as const) {
      it(`sees nothing turn or glow: ${variant}, ${status}`, async () => {
        const { element, agent } = await place(html`<synthflow-call variant=${variant}></synthflow-call>`);
        await lead(element, agent, status);
        // An icon's card is closed: the icon would glow.
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
        await element.updateComplete;
        expect(element.shadowRoot!.getAnimations()).to.be.empty;
      });
    }
  }
});
