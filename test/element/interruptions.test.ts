import { expect, html } from '@open-wc/testing';
import '../../src/index.js';
import { hasContextErrors, itWhere } from '../support/abilities.js';
import { fakeMediaSession, fakeWakeLock, holdResume, watchContexts } from '../support/browser-fakes.js';
import { button, lead, part, place, untilState } from '../support/calls.js';
import { nextTask } from '../support/inbox.js';

/** A call whose sound stands still, as after a phone call on iOS, until a tap lets it go on. */
async function interrupt() {
  const contexts = watchContexts();
  const { element, agent } = await place(html`<synthflow-call disclosure="none"></synthflow-call>`);
  await lead(element, agent, 'active');
  const gate = holdResume();
  await contexts[0]!.suspend();
  await untilState(element, 'needs-tap');
  return { element, agent, contexts, gate };
}

describe('a call whose sound stands still', function () {
  // On a busy machine it does so by itself, and then goes on in one context more.
  this.retries(3);

  it('asks for a tap and goes on with it', async () => {
    const { element, agent, gate, contexts } = await interrupt();
    const resume = part(element, 'resume')!;
    expect(resume.checkVisibility()).to.equal(true);
    expect(resume.textContent).to.equal('Tap to resume');
    expect(part(element, 'status')!.textContent!.trim()).to.equal('Tap to resume');
    await expect(element).to.be.accessible();
    gate.isOpen = true;
    resume.click();
    await untilState(element, 'needs-tap', false);
    expect(part(element, 'resume')).to.equal(null);
    expect(part(element, 'panel')!.matches(':popover-open')).to.equal(false);
    const sent = agent.received.all.length;
    await agent.received.count(sent + 10);
    expect(element.status).to.equal('active');
    expect(contexts).to.have.lengthOf(1);
  });

  it('goes on with a tap anywhere in the page', async () => {
    const { element, gate } = await interrupt();
    const { asked } = gate;
    gate.isOpen = true;
    document.body.click();
    await untilState(element, 'needs-tap', false);
    const resumed = gate.asked;
    expect(resumed).to.be.above(asked);
    document.body.click();
    expect(gate.asked, 'it listens no longer').to.equal(resumed);
  });

  it('can be hung up, and asks for no tap afterwards', async () => {
    const { element, contexts } = await interrupt();
    button(element).click();
    await element.stop();
    await element.updateComplete;
    expect(element.status).to.equal('ended');
    expect(element.matches(':state(needs-tap)')).to.equal(false);
    expect(part(element, 'resume')).to.equal(null);
    expect(contexts.map(({ state }) => state)).to.deep.equal(['closed']);
  });

  itWhere(hasContextErrors, 'onerror')(
    'goes on in a new context with the same agent where its output is gone',
    async () => {
      const contexts = watchContexts();
      const { element, agent } = await place();
      await lead(element, agent, 'active');
      contexts[0]!.dispatchEvent(new Event('error'));
      while (contexts[0]!.state !== 'closed') await new Promise(requestAnimationFrame);
      const sent = agent.received.all.length;
      await agent.received.count(sent + 20);
      agent.speak(3);
      await untilState(element, 'agent-speaking');
      expect(agent.sockets.all).to.have.lengthOf(1);
      await element.stop();
      expect(contexts.map(({ state }) => state)).to.deep.equal(['closed', 'closed']);
    },
  );
});

describe('the system around a call', () => {
  it('keeps its screen on, and has keys that mute and hang up', async () => {
    const screen = fakeWakeLock();
    const session = fakeMediaSession('hangup', 'togglemicrophone');
    const { element, agent } = await place();
    await nextTask();
    expect([screen.asked, session.handlers.size]).to.deep.equal([0, 0]);
    await lead(element, agent, 'active');
    expect(screen.held).to.equal(1);
    expect(session.metadata!.title).to.equal('Call with an AI agent');
    session.handlers.get('togglemicrophone')!();
    await element.updateComplete;
    expect(element.muted).to.equal(true);
    expect(session.microphones.at(-1)).to.equal(false);
    session.handlers.get('hangup')!();
    expect(element.status).to.equal('ended');
    await nextTask();
    expect([screen.held, session.handlers.size]).to.deep.equal([0, 0]);
  });
});
