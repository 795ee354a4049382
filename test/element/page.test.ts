import { expect, html } from '@open-wc/testing';
import { CallEndEvent, SynthflowCall } from '../../src/index.js';
import { watchContexts } from '../support/browser-fakes.js';
import { button, lead, part, place, record, until } from '../support/calls.js';

const reasons = (events: Event[]) => events.map((event) => (event as CallEndEvent).reason);

describe('the element in a page that changes', () => {
  it('keeps the call alive when the element is moved', async () => {
    const { element, agent } = await place();
    const events = record(element, 'synthflow-end', 'synthflow-status');
    await lead(element, agent, 'active');
    const count = events.length;
    const elsewhere = document.createElement('section');
    element.parentElement!.append(elsewhere);
    elsewhere.append(element);
    const { length } = agent.received.all;
    await agent.received.count(length + 20);
    expect(element.status).to.equal('active');
    expect(events.length).to.equal(count);
    expect(part(element, 'panel')!.matches(':popover-open')).to.equal(true);
  });

  it('still obeys the page after a move', async () => {
    const { element, agent } = await place();
    const events = record(element, 'synthflow-end');
    await lead(element, agent, 'active');
    element.parentElement!.prepend(element);
    dispatchEvent(new PageTransitionEvent('pagehide'));
    expect(reasons(events)).to.deep.equal(['page']);
  });

  it('ends the call when the element is removed', async () => {
    const contexts = watchContexts();
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    const events = record(element, 'synthflow-end');
    element.remove();
    await until(element, 'ended');
    expect(reasons(events)).to.deep.equal(['page']);
    await element.stop();
    expect(contexts[0]!.state).to.equal('closed');
    await agent.closed.count(1);
    expect(agent.closed.all).to.deep.equal([1000]);
  });

  it('ends the call when the visitor leaves the page', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    const events = record(element, 'synthflow-end');
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    expect(element.status).to.equal('ended');
    expect(reasons(events)).to.deep.equal(['page']);
  });

  it('can call again after it was removed and put back', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    const { parentElement } = element;
    element.remove();
    await until(element, 'ended');
    parentElement!.append(element);
    expect(await element.start()).to.equal(true);
  });

  it('is idle as a copy of one that talks', async () => {
    const { element, agent } = await place(html`<synthflow-call label="Talk"></synthflow-call>`);
    await lead(element, agent, 'active');
    const copy = element.cloneNode(true) as SynthflowCall;
    element.after(copy);
    await copy.updateComplete;
    expect(copy.status).to.equal('idle');
    expect(copy.matches(':state(active)')).to.equal(false);
    expect(button(copy).textContent!.trim()).to.equal('Talk');
    expect(element.status).to.equal('active');
    copy.remove();
  });
});

describe('one call a page', () => {
  const inRoot = (element: SynthflowCall, mode: ShadowRootMode) => {
    const host = document.createElement('div');
    element.replaceWith(host);
    host.attachShadow({ mode }).append(element);
  };

  for (const [where, hide] of Object.entries({
    'the page': () => {},
    'open shadow roots': (element: SynthflowCall) => inRoot(element, 'open'),
    'closed shadow roots': (element: SynthflowCall) => inRoot(element, 'closed'),
  })) {
    it(`the second start ends the first, in ${where}, also where the page keeps the event to itself`, async () => {
      const { element: first, agent } = await place();
      const { element: second } = await place(undefined, agent);
      hide(first);
      hide(second);
      const events = record(first, 'synthflow-end');
      second.addEventListener('synthflow-status', (event) => event.stopPropagation());
      await first.start();
      expect(first.status).to.equal('active');
      expect(await second.start()).to.equal(true);
      expect(first.status).to.equal('ended');
      expect(reasons(events)).to.deep.equal(['replaced']);
      expect(second.status).to.equal('active');
      await first.start();
      expect(second.status).to.equal('ended');
      first.remove();
      second.remove();
    });
  }

  it('also where the first is not connected yet', async () => {
    const { element: first, agent } = await place();
    const { element: second } = await place(undefined, agent);
    await lead(first, agent, 'connecting');
    await second.start();
    expect(first.status).to.equal('ended');
    expect(second.status).to.equal('active');
  });
});

describe('the tag and the script', () => {
  it('takes what a page has set before the script was there', async () => {
    const early = document.createElement('late-call') as SynthflowCall;
    early.label = 'Early';
    early.muted = true;
    early.setAttribute('volume', '0.5');
    document.body.append(early);
    customElements.define('late-call', class extends SynthflowCall {});
    await early.updateComplete;
    expect(button(early).textContent!.trim()).to.equal('Early');
    expect(early.matches(':state(muted)')).to.equal(true);
    expect(early.volume).to.equal(0.5);
    expect(early.status).to.equal('idle');
    early.remove();
  });

  it('may be loaded twice', async () => {
    const again = new URL('../../src/index.ts?again', import.meta.url).href;
    const module = (await import(again)) as typeof import('../../src/index.js');
    expect(module.SynthflowCall).to.be.a('function');
    expect(customElements.get('synthflow-call')).to.equal(SynthflowCall);
  });

  it('makes elements that know their tag', () => {
    expect(document.createElement('synthflow-call')).to.be.instanceOf(SynthflowCall);
  });
});
