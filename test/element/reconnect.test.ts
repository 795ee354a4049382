import { expect, html, oneEvent } from '@open-wc/testing';
import '../../src/index.js';
import { watchContexts, watchMicrophone } from '../support/browser-fakes.js';
import { button, lead, part, place, record, until, untilState } from '../support/calls.js';
import { Deferred } from '../support/deferred.js';

/** A call that has lost its connection, and whose next session is there when the test says so. */
async function lose() {
  const contexts = watchContexts();
  const { requests, streams } = watchMicrophone();
  const { element, agent } = await place(html`<synthflow-call reconnect disclosure="none"></synthflow-call>`);
  const next = new Deferred<string>();
  let sessions = 0;
  element.tokenProvider = () => (sessions++ ? next.promise : Promise.resolve(agent.url));
  const events = record(element, 'synthflow-start', 'synthflow-end', 'synthflow-error');
  await lead(element, agent, 'active');
  const box = element.getBoundingClientRect();
  agent.close(1006);
  await until(element, 'reconnecting');
  return { element, agent, contexts, requests, streams, next, events, box, sessions: () => sessions };
}

describe('a call whose connection is lost', () => {
  it('says so, hangs up and mutes as before, and takes the same room', async () => {
    const { element, box } = await lose();
    expect(part(element, 'status')!.textContent!.trim()).to.equal('Reconnecting…');
    expect(part(element, 'status')!.checkVisibility()).to.equal(true);
    expect(button(element).ariaLabel).to.equal('Hang up');
    expect(element.matches(':state(poor-connection)')).to.equal(true);
    expect(part(element, 'panel')!.textContent).to.contain('The connection is poor.');
    expect(part(element, 'panel')!.matches(':popover-open')).to.equal(true);
    expect(element.getBoundingClientRect()).to.deep.equal(box);
    part(element, 'mute')!.click();
    expect(element.muted).to.equal(true);
    await expect(element).to.be.accessible();
  });

  it('goes on with the same microphone and sound, and one call was started', async () => {
    const { element, agent, contexts, requests, streams, next, events, sessions } = await lose();
    next.resolve(agent.url);
    await until(element, 'active');
    const sent = agent.received.all.length;
    await agent.received.count(sent + 10);
    agent.speak(3);
    await untilState(element, 'agent-speaking');
    expect([contexts.length, requests.length, sessions(), agent.sockets.all.length]).to.deep.equal([1, 1, 2, 2]);
    expect(streams[0]!.getTracks()[0]!.readyState).to.equal('live');
    expect(part(element, 'status')!.textContent!.trim(), 'said, not shown').to.contain(
      'Connected. The connection is poor.',
    );
    await element.stop();
    expect(events.map(({ type }) => type)).to.deep.equal(['synthflow-start', 'synthflow-end']);
    expect(element.stats.reconnects).to.equal(1);
    expect(element.matches(':state(poor-connection)')).to.equal(false);
    expect(contexts[0]!.state).to.equal('closed');
    expect(streams[0]!.getTracks()[0]!.readyState).to.equal('ended');
  });

  for (const [how, end] of [
    ['by its button', ({ element }) => button(element).click()],
    ['as it is removed', ({ element }) => element.remove()],
    ['as the visitor leaves', () => dispatchEvent(new Event('pagehide'))],
  ] satisfies [string, (call: Awaited<ReturnType<typeof lose>>) => void][]) {
    it(`ends ${how}, and asks for nothing more`, async () => {
      const call = await lose();
      const { element, agent, contexts, streams, next, events } = call;
      const ended = oneEvent(element, 'synthflow-end');
      end(call);
      await ended;
      expect(element.status).to.equal('ended');
      next.resolve(agent.url);
      await element.stop();
      expect(events.map(({ type }) => type)).to.deep.equal(['synthflow-start', 'synthflow-end']);
      expect(agent.sockets.all.length).to.equal(1);
      expect(contexts[0]!.state).to.equal('closed');
      expect(streams[0]!.getTracks()[0]!.readyState).to.equal('ended');
    });
  }
});
