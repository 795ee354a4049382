import { expect, fixture, html } from '@open-wc/testing';
import { CallEndEvent, SynthflowCall } from '../../src/index.js';
import { watchConsole } from '../support/browser-fakes.js';
import { button, lead, part, place, record, until } from '../support/calls.js';
import { onTestEnd, replace } from '../support/replace.js';
import { watchVolume } from '../support/volumes.js';

const reasons = (events: Event[]) => events.map((event) => (event as CallEndEvent).reason);

/** An iframe in the page, of the same origin. */
async function framed(): Promise<{ frame: HTMLIFrameElement; view: Window & typeof globalThis }> {
  const frame = await fixture<HTMLIFrameElement>(html`<iframe></iframe>`);
  const view = frame.contentWindow as Window & typeof globalThis;
  // Else it would be in quirks mode, where text has other sizes.
  view.document.write('<!doctype html><body></body>');
  view.document.close();
  return { frame, view };
}

describe('an element that is adopted into another document', () => {
  for (const how of ['adoptNode', 'append alone'] as const) {
    it(`keeps its call, its looks and its panel (${how})`, async () => {
      const { element, agent } = await place(html`<synthflow-call accent="rebeccapurple">Talk</synthflow-call>`);
      const { view } = await framed();
      const events = record(element, 'synthflow-end');
      await lead(element, agent, 'active');
      const { length } = agent.received.all;
      const { width } = element.getBoundingClientRect();
      if (how === 'adoptNode') view.document.adoptNode(element);
      view.document.body.append(element);
      await agent.received.count(length + 20);
      expect(element.status).to.equal('active');
      expect(events).to.be.empty;
      expect(element.getBoundingClientRect().width).to.equal(width);
      expect(view.getComputedStyle(part(element, 'indicator')!).display).not.to.equal('inline');
      expect(part(element, 'panel')!.matches(':popover-open')).to.equal(true);
      await element.stop();
      document.body.append(element);
      expect(element.getBoundingClientRect().width).to.equal(width);
      expect(await element.start()).to.equal(true);
      element.remove();
    });
  }

  it('places its panel in that window', async () => {
    const { element, agent } = await place();
    const { frame, view } = await framed();
    frame.style.cssText = 'width: 400px; height: 300px; margin-left: 300px';
    view.document.body.append(element);
    await lead(element, agent, 'requesting-microphone');
    const panel = part(element, 'panel')!;
    expect(panel.matches(':popover-open')).to.equal(true);
    expect(panel.getBoundingClientRect().right).to.be.at.most(view.innerWidth);
    expect(panel.getBoundingClientRect().bottom).to.be.at.most(view.innerHeight);
    view.dispatchEvent(new view.KeyboardEvent('keydown', { key: 'Escape' }));
    await element.updateComplete;
    expect(panel.matches(':popover-open')).to.equal(false);
  });

  it('heeds that document and no other', async () => {
    const { element, agent } = await place();
    const { frame, view } = await framed();
    view.document.body.append(element);
    const other = view.document.createElement('div');
    view.document.body.append(other);
    const events = record(element, 'synthflow-end');
    await lead(element, agent, 'active');
    dispatchEvent(new PageTransitionEvent('pagehide'));
    expect(element.status).to.equal('active');
    view.dispatchEvent(new view.PageTransitionEvent('pagehide'));
    expect(reasons(events)).to.deep.equal(['page']);
    // Its own label is of that document’s classes.
    element.append(view.document.createTextNode('Ask us'));
    await element.start();
    await element.stop();
    expect(element.textContent).to.equal('Ask us');
    // Gone with its window.
    await element.start();
    expect(element.status).to.equal('active');
    frame.remove();
    expect(element.status).to.equal('ended');
    expect(reasons(events)).to.deep.equal(['page', 'visitor', 'page']);
    expect(await element.start()).to.equal(false);
    expect(element.status).to.equal('ended');
  });

  it('knows its own label there', async () => {
    const { view } = await framed();
    const element = document.createElement('synthflow-call');
    view.document.body.append(element);
    element.append(view.document.createTextNode('Ask us'));
    await element.updateComplete;
    await new Promise(requestAnimationFrame);
    await element.updateComplete;
    expect(part(element, 'button')!.textContent!.trim()).to.equal('');
  });

  it('may be in a document without a window meanwhile', async () => {
    const { element } = await place();
    const inert = document.implementation.createHTMLDocument();
    inert.body.append(element);
    expect(await element.start()).to.equal(false);
    document.body.append(element);
    expect(getComputedStyle(button(element)).borderRadius).not.to.equal('0px');
    expect(await element.start()).to.equal(true);
    element.remove();
  });
});

describe('a visitor who leaves in mid-call', () => {
  const leave = () => !dispatchEvent(new Event('beforeunload', { cancelable: true }));

  it('is asked, from the agent’s first word to the end and not a moment longer', async () => {
    const listening = new Set<unknown>();
    const { addEventListener, removeEventListener } = window;
    replace(window, 'addEventListener', (type: string, ...rest: [EventListener]) => {
      if (type === 'beforeunload') listening.add(rest[0]);
      addEventListener.call(window, type, ...rest);
    });
    replace(window, 'removeEventListener', (type: string, ...rest: [EventListener]) => {
      if (type === 'beforeunload') listening.delete(rest[0]);
      removeEventListener.call(window, type, ...rest);
    });
    const { element, agent } = await place();
    expect(leave()).to.equal(false);
    await lead(element, agent, 'waiting');
    expect(listening.size).to.equal(0);
    expect(leave()).to.equal(false);
    void agent.beReady();
    await until(element, 'active');
    expect(listening.size).to.equal(1);
    expect(leave()).to.equal(true);
    document.body.append(element);
    expect(leave()).to.equal(true);
    await element.stop();
    expect(listening.size).to.equal(0);
    expect(leave()).to.equal(false);
    await element.start();
    expect(leave()).to.equal(true);
    element.remove();
    await until(element, 'ended');
    expect(listening.size).to.equal(0);
  });

  it('is not asked where the page wants none of it, also from mid-call on', async () => {
    const { element, agent } = await place(html`<synthflow-call no-leave-warning></synthflow-call>`);
    await lead(element, agent, 'active');
    expect(leave()).to.equal(false);
    element.noLeaveWarning = false;
    expect(leave()).to.equal(true);
    element.setAttribute('no-leave-warning', '');
    expect(leave()).to.equal(false);
  });

  it('ends the call also where the browser freezes the page', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    const events = record(element, 'synthflow-end');
    document.dispatchEvent(new Event('freeze'));
    expect(reasons(events)).to.deep.equal(['page']);
    document.dispatchEvent(new Event('resume'));
    expect(await element.start()).to.equal(true);
  });
});

describe('an attribute that changes in mid-call', () => {
  it('takes effect at once where it is about looks, sound or the next click', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    const volumes = watchVolume();
    for (const name of ['no-timer', 'no-mute', 'no-visualizer', 'disabled', 'muted']) element.setAttribute(name, '');
    element.setAttribute('volume', '0.25');
    element.setAttribute('accent', 'rebeccapurple');
    await element.updateComplete;
    expect(part(element, 'timer')).to.equal(null);
    expect(part(element, 'mute')).to.equal(null);
    expect(part(element, 'visualizer')).to.equal(null);
    expect(volumes.at(-1)).to.equal(0.25);
    expect(element.matches(':state(muted)')).to.equal(true);
    // A call that runs can still be ended by its button.
    expect(button(element).disabled).to.equal(false);
    button(element).click();
    await until(element, 'ended');
    expect(button(element).disabled).to.equal(true);
    expect(await element.start()).to.equal(false);
  });

  it('waits for the next call where it is about how one is made', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    const changes: Record<string, string> = {
      'max-duration': '0.001',
      'idle-timeout': '0.001',
      'barge-in': 'clear',
      'assistant-id': 'another',
      'token-endpoint': '/another',
      'token-method': 'get',
      'token-credentials': 'omit',
      'session-url': 'wss://agent.example/another',
      'assets-url': '/another',
      'worklet-url': '/another.js',
      protocol: 'media',
      'no-worker': '',
      'no-echo-cancellation': '',
      'no-noise-suppression': '',
      'no-auto-gain-control': '',
    };
    for (const [name, value] of Object.entries(changes)) element.setAttribute(name, value);
    element.tokenProvider = () => Promise.reject(new Error('not now'));
    const { length } = agent.received.all;
    await agent.received.count(length + 20);
    expect(element.status).to.equal('active');
    expect(agent.sockets.all.length).to.equal(1);
    expect(element.getAttribute('session-url')).to.equal('wss://agent.example/another');
    await element.stop();
    for (const name of ['session-url', 'protocol', 'idle-timeout', 'worklet-url', 'assets-url']) {
      element.removeAttribute(name);
    }
    element.tokenProvider = async () => agent.url;
    const events = record(element, 'synthflow-end');
    void element.start();
    await until(element, 'active');
    await until(element, 'ended');
    expect(reasons(events)).to.deep.equal(['max-duration']);
  });
});

describe('a page that is faster than the script', () => {
  it('sets properties first and starts as soon as the tag is defined', async () => {
    const { agent } = await place();
    const early = document.createElement('later-call') as SynthflowCall;
    document.body.append(early);
    onTestEnd(() => early.remove());
    const asked: unknown[] = [];
    early.assistantId = 'support';
    early.noLeaveWarning = true;
    early.muted = true;
    early.tokenProvider = async ({ assistantId }) => {
      asked.push(assistantId);
      return agent.url;
    };
    const defined = customElements.whenDefined('later-call').then(() => early.start());
    customElements.define('later-call', class extends SynthflowCall {});
    expect(await defined).to.equal(true);
    expect(asked).to.deep.equal(['support']);
    expect(early.muted).to.equal(true);
    expect(Object.hasOwn(early, 'tokenProvider')).to.equal(false);
    await agent.received.count(20);
    expect(agent.chunks.every((chunk) => new Int16Array(chunk).every((sample) => sample === 0))).to.equal(true);
    // What is set later takes effect as ever: nothing shadows the accessors.
    early.muted = false;
    await early.updateComplete;
    expect(early.hasAttribute('muted')).to.equal(false);
  });

  it('may give URL objects', async () => {
    const { element } = await place();
    const requested: string[] = [];
    replace(globalThis, 'fetch', async (url: URL) => {
      requested.push(`${url}`);
      return new Response('{}');
    });
    const said = watchConsole();
    delete element.tokenProvider;
    Object.assign(element, {
      tokenProvider: undefined,
      tokenEndpoint: new URL('/token', location.href),
      assetsUrl: new URL('http://127.0.0.1:9/'),
    });
    await element.start();
    expect(element.error!.code).to.equal('token-response-invalid');
    expect(requested).to.deep.equal([new URL('/token', location.href).href]);
    expect(said.length).to.equal(1);
  });
});

describe('two versions of the script on one page', () => {
  it('are told of once, by the one that comes too late', async () => {
    const said = watchConsole();
    const load = (name: string) => import(new URL(`../../src/index.ts?${name}`, import.meta.url).href);
    await load('same');
    expect(said).to.be.empty;
    const { version } = SynthflowCall;
    replace(SynthflowCall, 'version', '9.9.9');
    // That copy shares the class with this page’s, so its version is what it was before.
    const get = customElements.get.bind(customElements);
    class Older {
      static version = version;
    }
    replace(customElements, 'get', (name: string) => (name === 'synthflow-call' ? Older : get(name)));
    await load('other');
    expect(said.map(({ method }) => method)).to.deep.equal(['warn']);
    expect(said[0]!.words.join()).to.contain(version).and.contain('9.9.9');
  });
});

describe('an element deep inside other components', () => {
  it('is heard from outside, shows its panel and keeps its focus', async () => {
    const outer = await fixture<HTMLElement>(html`<div></div>`);
    const middle = document.createElement('div');
    outer.attachShadow({ mode: 'closed' }).append(middle);
    // What components do that would hide an ordinary box.
    middle.style.cssText = 'overflow: hidden; transform: translate(0); width: 300px; height: 60px';
    const { element, agent } = await place();
    middle.attachShadow({ mode: 'open' }).append(element);
    const events = record(
      document,
      'synthflow-before-start',
      'synthflow-status',
      'synthflow-start',
      'synthflow-message',
      'synthflow-mute',
      'synthflow-end',
    );
    const targets = new Set<EventTarget | null>();
    for (const type of new Set(['synthflow-status', 'synthflow-end'])) {
      outer.addEventListener(type, ({ target }) => targets.add(target));
    }
    await lead(element, agent, 'active');
    const panel = part(element, 'panel')!;
    expect(panel.matches(':popover-open')).to.equal(true);
    expect(panel.getBoundingClientRect().height).to.be.greaterThan(20);
    agent.say('"hello"');
    await new Promise((resolve) => element.addEventListener('synthflow-message', resolve));
    element.mute();
    await element.updateComplete;
    await element.stop();
    expect(new Set(events.map(({ type }) => type)).size).to.equal(6);
    expect([...targets]).to.deep.equal([outer]);
  });
});
