import { expect, html, oneEvent } from '@open-wc/testing';
import type { CallStatus } from '../../src/call/machine.js';
import '../../src/index.js';
import { CallEndEvent, CallErrorEvent, CallMessageEvent, CallStatusEvent } from '../../src/element/events.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { button, lead, part, place, record, statuses, until } from '../support/calls.js';
import { FakeDevices } from '../support/fake-devices.js';
import { onTestEnd, remove, replace } from '../support/replace.js';

const everyEvent = [
  'synthflow-before-start',
  'synthflow-status',
  'synthflow-start',
  'synthflow-message',
  'synthflow-error',
  'synthflow-end',
];

const steps = (events: Event[]) =>
  events.map((event) => (event instanceof CallStatusEvent ? `${event.previous} → ${event.status}` : event.type));

/** What a screen reader calls the button. */
function nameOf(element: SynthflowCall): string {
  const control = button(element);
  if (control.ariaLabel) return control.ariaLabel;
  const words = (node: Node): string => {
    if (node instanceof HTMLSlotElement && node.assignedNodes().length > 0) {
      return node.assignedNodes().map(words).join('');
    }
    return node.nodeType === Node.TEXT_NODE ? node.textContent! : [...node.childNodes].map(words).join('');
  };
  return words(control).trim();
}

/** The text of what is visible in a box. */
function seenIn(box: Element): string {
  const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  let seen = '';
  while (texts.nextNode()) {
    const { parentElement, nodeValue } = texts.currentNode;
    if (getComputedStyle(parentElement!).visibility === 'visible') seen += nodeValue!.trim();
  }
  return seen;
}

describe('the call in the page', () => {
  for (const status of statuses) {
    it(`can be ${status}, and says so to scripts and styles`, async () => {
      const { element, agent } = await place();
      await lead(element, agent, status);
      expect(element.status).to.equal(status);
      expect(statuses.filter((name) => element.matches(`:state(${name})`))).to.deep.equal([status]);
    });
  }

  it('leaves no state behind where the browser forgets a set that nobody holds (WebKit, when it collects garbage)', async () => {
    const { get } = Object.getOwnPropertyDescriptor(ElementInternals.prototype, 'states')!;
    Object.defineProperty(ElementInternals.prototype, 'states', {
      configurable: true,
      get(this: ElementInternals) {
        const states = get!.call(this) as CustomStateSet;
        const known = new Set<string>();
        return {
          has: (name: string) => known.has(name),
          add(name: string) {
            states.add(name);
            known.add(name);
          },
          delete(name: string) {
            states.delete(name);
            known.delete(name);
          },
        };
      },
    });
    onTestEnd(() => Object.defineProperty(ElementInternals.prototype, 'states', { configurable: true, get: get! }));
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    expect(statuses.filter((name) => element.matches(`:state(${name})`))).to.deep.equal(['active']);
  });

  it('calls where the browser knows no states (Firefox 125, Safari 17)', async () => {
    remove(ElementInternals.prototype, 'states');
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    button(element).click();
    await until(element, 'ended');
  });

  it('tells a whole call in order, through shadow roots, up to the document', async () => {
    const { element, agent } = await place();
    const host = document.createElement('div');
    element.replaceWith(host);
    host.attachShadow({ mode: 'open' }).append(element);
    const events = record(document, ...everyEvent);
    button(element).click();
    await until(element, 'active');
    await agent.received.count(30);
    agent.say('{"type":"transcript","text":"Hello"}');
    agent.say('not JSON');
    while (events.filter((event) => event instanceof CallMessageEvent).length < 2) {
      await oneEvent(element, 'synthflow-message');
    }
    button(element).click();
    await until(element, 'ended');
    expect(steps(events)).to.deep.equal([
      'synthflow-before-start',
      'idle → requesting-microphone',
      'requesting-microphone → connecting',
      'connecting → waiting',
      'waiting → active',
      'synthflow-start',
      'synthflow-message',
      'synthflow-message',
      'active → ended',
      'synthflow-end',
    ]);
    expect(events.every(({ bubbles, composed }) => bubbles && composed)).to.equal(true);
    expect(events.filter((event) => event instanceof CallMessageEvent).map(({ data }) => data)).to.deep.equal([
      { type: 'transcript', text: 'Hello' },
      'not JSON',
    ]);
    const end = events.at(-1) as CallEndEvent;
    expect({ ...end }).to.include({ reason: 'visitor', code: null, closeCode: null });
    expect(end.duration).to.be.within(0.001, 30).and.to.equal(element.duration);
    expect(end.stats).to.equal(element.stats);
    expect(end.stats.chunksSent).to.be.at.least(1);
    host.remove();
  });

  it('tells a failure in order', async () => {
    const { element, agent } = await place();
    const events = record(element, ...everyEvent);
    await lead(element, agent, 'failed');
    expect(steps(events)).to.deep.equal([
      'synthflow-before-start',
      'idle → requesting-microphone',
      'requesting-microphone → connecting',
      'connecting → failed',
      'synthflow-error',
      'synthflow-end',
    ]);
    const [error, end] = events.slice(-2) as [CallErrorEvent, CallEndEvent];
    expect(error.error).to.equal(element.error);
    expect({ ...end }).to.include({ reason: 'error', code: 'token-request-failed', closeCode: null, duration: 0 });
  });

  it('says that the agent hung up, with its close code', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    const events = record(element, 'synthflow-end');
    agent.close(1001);
    await until(element, 'ended');
    expect(events.length).to.equal(1);
    expect({ ...events[0] }).to.include({ reason: 'agent', code: null, closeCode: 1001 });
  });

  it('says what a call was started for once it is cancelled while connecting', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'connecting');
    const events = record(element, 'synthflow-end', 'synthflow-start');
    button(element).click();
    await until(element, 'ended');
    expect(events.length).to.equal(1);
    expect({ ...events[0] }).to.include({ reason: 'visitor', duration: 0 });
  });

  const parts: Record<CallStatus, string[]> = {
    idle: ['button', 'icon', 'status', 'panel'],
    'requesting-microphone': ['button', 'icon', 'status', 'panel', 'indicator', 'disclosure'],
    connecting: ['button', 'icon', 'status', 'panel', 'indicator', 'disclosure'],
    waiting: ['button', 'icon', 'status', 'panel', 'indicator', 'disclosure'],
    active: ['button', 'icon', 'status', 'panel', 'indicator', 'disclosure', 'visualizer', 'timer', 'mute'],
    reconnecting: ['button', 'icon', 'status', 'panel', 'indicator', 'disclosure', 'mute'],
    ended: ['button', 'icon', 'status', 'panel', 'indicator', 'timer'],
    failed: ['button', 'status', 'panel', 'indicator', 'error'],
  };
  for (const status of statuses) {
    it(`offers its parts to the page’s styles while ${status}`, async () => {
      const { element, agent } = await place();
      await lead(element, agent, status);
      const found = [...element.shadowRoot!.querySelectorAll('[part]')].flatMap((node) => [...node.part]);
      expect(found).to.have.members(parts[status]);
    });
  }

  const names: Record<CallStatus, string> = {
    idle: 'Start a call',
    'requesting-microphone': 'Cancel',
    connecting: 'Cancel',
    waiting: 'Cancel',
    active: 'Hang up',
    reconnecting: 'Hang up',
    ended: 'Call again',
    failed: 'Try again',
  };
  for (const status of statuses) {
    it(`calls its button “${names[status]}” while ${status}`, async () => {
      const { element, agent } = await place();
      await lead(element, agent, status);
      expect(nameOf(element)).to.equal(names[status]);
    });
  }

  it('keeps the focus on the button through a whole call', async () => {
    const { element, agent } = await place(html`<synthflow-call reconnect></synthflow-call>`);
    const first = button(element);
    first.focus();
    agent.isReady = false;
    const seen = new Set<CallStatus>();
    element.addEventListener('synthflow-status', ({ status }) => seen.add(status));
    first.click();
    await until(element, 'waiting');
    agent.beReady();
    await until(element, 'active');
    agent.close(1006);
    await until(element, 'reconnecting');
    await until(element, 'active');
    first.click();
    await until(element, 'ended');
    element.tokenProvider = () => Promise.reject(new Error('no'));
    await lead(element, agent, 'failed');
    expect([...seen]).to.have.members(statuses.slice(1));
    expect(button(element)).to.equal(first);
    expect(element.shadowRoot!.activeElement).to.equal(first);
  });

  it('announces every status once, and nothing else', async () => {
    const { element, agent } = await place();
    const region = part(element, 'status')!;
    expect(region.role ?? region.getAttribute('role')).to.equal('status');
    const said: string[] = [];
    const text = () => region.textContent!.trim();
    new MutationObserver(() => said.push(text())).observe(region, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    // A visitor who is heard while muted would be told of it.
    const devices = new FakeDevices('desk');
    void devices.streams.count(1).then(([stream]) => stream!.silence());
    await lead(element, agent, 'active');
    element.mute();
    agent.speak(0.3);
    while (part(element, 'timer')!.ariaLabel === '0:00') await new Promise(requestAnimationFrame);
    await element.updateComplete;
    button(element).click();
    await until(element, 'ended');
    await lead(element, agent, 'failed');
    expect(part(element, 'status')).to.equal(region);
    expect(said).to.deep.equal([
      'Allow microphone…',
      'Connecting…',
      'Waiting for agent…',
      'Connected',
      'Call ended',
      'Allow microphone…',
      'Connecting…',
      `Call failed. ${element.error!.visitorMessage}`,
    ]);
  });

  it('says nothing aloud before the first call', async () => {
    const { element } = await place();
    expect(part(element, 'status')!.textContent!.trim()).to.equal('');
  });

  it('shows how long the call lasts, and tells its figures once a second', async function () {
    // The page may be held up for a second.
    this.retries(2);
    const { element, agent } = await place();
    const told: unknown[] = [];
    element.addEventListener('synthflow-stats', ({ stats }) => told.push(stats === element.stats));
    await lead(element, agent, 'active');
    const timer = part(element, 'timer')!;
    expect([timer.ariaLabel, seenIn(timer)]).to.deep.equal(['0:00', '0:00']);
    while (timer.ariaLabel === '0:00') await new Promise(requestAnimationFrame);
    expect([timer.ariaLabel, seenIn(timer)]).to.deep.equal(['0:01', '0:01']);
    while (told.length === 0) await new Promise(requestAnimationFrame);
    expect(told).to.deep.equal([true]);
    expect(element.duration).to.be.within(1, 1.9);
    button(element).click();
    await until(element, 'ended');
    const { duration } = element;
    expect([timer.ariaLabel, seenIn(part(element, 'timer')!)]).to.deep.equal(['0:01', '0:01']);
    expect(element.duration).to.equal(duration);
  });

  it('changes no text of the duration but every ten seconds: that would be laid out anew', async () => {
    let nowMs = performance.now();
    replace(performance, 'now', () => nowMs);
    const { element, agent } = await place(html`<synthflow-call lang="ar"></synthflow-call>`);
    await lead(element, agent, 'active');
    const timer = part(element, 'timer')!;
    const changes: MutationRecord[] = [];
    new MutationObserver((records) => changes.push(...records)).observe(timer, {
      characterData: true,
      childList: true,
      subtree: true,
    });
    const shown: string[] = [];
    for (const [second, changed] of [
      [1, 0],
      [9, 0],
      [10, 1],
      [19, 1],
      [725, 2],
    ] as const) {
      nowMs += second * 1000 - element.duration * 1000;
      await oneEvent(element, 'synthflow-stats');
      expect(changes, `after ${second} s`).to.have.lengthOf(changed);
      expect(seenIn(timer)).to.equal(timer.ariaLabel);
      shown.push(timer.ariaLabel!);
    }
    const digits = Array.from({ length: 10 }, (_, digit) => digit.toLocaleString('ar'));
    const inArabic = (text: string) => text.replace(/\d/g, (digit) => digits[Number(digit)]!);
    expect(shown).to.deep.equal(['0:01', '0:09', '0:10', '0:19', '12:05'].map(inArabic));
  });

  for (const style of ['', 'inline-size: 100px', '--synthflow-size: 40px']) {
    for (const status of statuses) {
      it(`takes the same room while ${status} as before the call${style && ` with ${style}`}`, async () => {
        const { element, agent } = await place(
          html`<synthflow-call style=${style} label="A label that is far too long for any pill"></synthflow-call>`,
        );
        const boxes = () => [element, element.parentElement!].map((box) => box.getBoundingClientRect().toJSON());
        const before = boxes();
        await lead(element, agent, status);
        expect(boxes()).to.deep.equal(before);
        expect(element.offsetWidth).to.be.above(30);
      });
    }
  }

  for (const [style, status] of ['', '--synthflow-size: 36px', 'inline-size: 180px'].flatMap((style) =>
    statuses.map((status) => [style, status] as const),
  )) {
    it(`shows its whole button while ${status}${style && ` with ${style}`}`, async () => {
      const { element, agent } = await place(html`<synthflow-call style=${style}></synthflow-call>`);
      await lead(element, agent, status);
      const outer = element.getBoundingClientRect();
      for (const name of ['button', 'mute', 'indicator']) {
        const inner = part(element, name)?.getBoundingClientRect();
        if (!inner) continue;
        expect(inner.left, name).to.be.at.least(outer.left);
        expect(inner.right, name).to.be.at.most(outer.right);
        expect(inner.top, name).to.be.at.least(outer.top);
        expect(inner.bottom, name).to.be.at.most(outer.bottom);
        expect(inner.width, name).to.be.above(0);
      }
      expect(button(element).getBoundingClientRect().height).to.be.at.least(24);
    });
  }
});
