import { expect, html } from '@open-wc/testing';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { watchConsole } from '../support/browser-fakes.js';
import { button, lead, part, place, until } from '../support/calls.js';
import { remove, replace } from '../support/replace.js';

const link = (element: SynthflowCall) => part(element, 'fallback') as HTMLAnchorElement | null;
const today = ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'][new Date().getUTCDay()]!;
const always = 'Mo-Su 00:00-24:00 UTC';
/** Six days from now. */
const closed = `${['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'][(new Date().getUTCDay() + 4) % 7]} 11:00-12:00 UTC`;

describe('the fallback', () => {
  it('is reached from the first click on, before the microphone is allowed', async () => {
    const { element, agent } = await place(
      html`<synthflow-call variant="icon" fallback-href="tel:+15551234"></synthflow-call>`,
    );
    expect(link(element)).to.equal(null);
    await lead(element, agent, 'requesting-microphone');
    expect(link(element)!.href).to.equal('tel:+15551234');
    expect(link(element)!.innerText).to.equal('Contact us another way');
    expect(link(element)!.checkVisibility()).to.equal(true);
  });

  /** Whether the link can be seen and hit, with its name and 24 px at least, beside a button that still can. */
  function expectBoth(element: SynthflowCall): void {
    const root = element.shadowRoot!;
    expect(link(element)!.ariaLabel ?? link(element)!.innerText).to.equal('Contact us another way');
    expect(link(element)!.getAttribute('href')).to.equal('tel:1');
    for (const control of [link(element)!, button(element)]) {
      const { left, top, width, height } = control.getBoundingClientRect();
      expect(Math.min(width, height)).to.be.at.least(24);
      expect(root.elementFromPoint(left + width / 2, top + height / 2)!.closest('a, button')).to.equal(control);
    }
  }

  it('is on the pill wherever nothing else shows it, which is as large as ever', async () => {
    const { element: plain } = await place();
    const { width, height } = plain.getBoundingClientRect();
    const { element, agent } = await place(html`<synthflow-call fallback-href="tel:1"></synthflow-call>`);
    expectBoth(element);
    element.consent = 'I agree.';
    void element.start();
    await element.updateComplete;
    expectBoth(element);
    element.consent = undefined as never;
    await element.stop();
    await lead(element, agent, 'ended');
    expectBoth(element);
    await lead(element, agent, 'failed');
    expect(link(element)!.closest('.panel')).not.to.equal(null);
    part(element, 'panel')!.querySelector<HTMLElement>('[aria-label=Close]')!.click();
    await element.updateComplete;
    expectBoth(element);
    expect(element.getBoundingClientRect()).to.include({ width, height });
  });

  it('leaves the focus to the button when the call ends', async () => {
    const { element, agent } = await place(html`<synthflow-call fallback-href="tel:1"></synthflow-call>`);
    await lead(element, agent, 'active');
    part(element, 'mute')!.focus();
    void element.stop();
    await until(element, 'ended');
    expect(part(element, 'fallback') !== null).to.equal(true);
    expect(element.shadowRoot!.activeElement === button(element)).to.equal(true);
  });

  it('is offered when the call has failed', async () => {
    const { element, agent } = await place(
      html`<synthflow-call fallback-href="/contact" fallback-label="Write to us"></synthflow-call>`,
    );
    await lead(element, agent, 'failed');
    expect(link(element)!.href).to.equal(`${location.origin}/contact`);
    expect(link(element)!.innerText).to.equal('Write to us');
  });

  it('is always on the card', async () => {
    const { element, agent } = await place(
      html`<synthflow-call variant="card" fallback-href="mailto:a@example.com"></synthflow-call>`,
    );
    expect(link(element)!.checkVisibility()).to.equal(true);
    await lead(element, agent, 'active');
    expect(link(element)!.checkVisibility()).to.equal(true);
  });

  for (const href of [
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'data:text/html,x',
    'blob:x',
    'vbscript:x',
    '//',
  ]) {
    it(`is no ${href}`, async () => {
      const { element, agent } = await place(html`<synthflow-call fallback-href=${href}></synthflow-call>`);
      await lead(element, agent, 'failed');
      expect(element.shadowRoot!.querySelector('a')).to.equal(null);
    });
  }

  it('is known where the browser has no URL.canParse (Chrome before 120)', async () => {
    replace(URL, 'canParse', undefined as never);
    const { element } = await place(html`<synthflow-call variant="card" fallback-href="tel:1"></synthflow-call>`);
    expect(link(element)!.href).to.equal('tel:1');
  });

  /** A browser without popovers: below the baseline. */
  function takePopovers(): void {
    const { matches } = Element.prototype;
    for (const name of ['popover', 'togglePopover', 'showPopover', 'hidePopover']) remove(HTMLElement.prototype, name);
    replace(Element.prototype, 'matches', function (this: Element, selector: string) {
      if (selector.includes(':popover-open')) throw new DOMException('', 'SyntaxError');
      return matches.call(this, selector);
    });
  }

  it('is none where the browser is too old and the page has named none: the call says so', async () => {
    takePopovers();
    watchConsole();
    const { element, agent } = await place();
    button(element).click();
    await until(element, 'failed');
    expect(element.error!.code).to.equal('unsupported-browser');
    expect(element.shadowRoot!.querySelector('[role=status]')!.textContent).to.contain(element.error!.visitorMessage);
    expect(agent.sockets.all).to.be.empty;
  });

  for (const [lack, make] of [
    ['no popover', takePopovers],
    ['no AudioWorklet', () => replace(globalThis, 'AudioWorkletNode', undefined as never)],
    ['an insecure page', () => replace(globalThis, 'isSecureContext', false as never)],
  ] as const) {
    it(`stands in the button's place where there is ${lack}`, async () => {
      make();
      if (lack === 'no AudioWorklet') delete (globalThis as { AudioWorkletNode?: unknown }).AudioWorkletNode;
      const { element } = await place(html`<synthflow-call fallback-href="tel:1"></synthflow-call>`);
      expect(button(element)).to.equal(link(element));
      expect(button(element).innerText.trim()).to.equal('Contact us another way');
    });
  }
});

/** Resolves when the button says what is wanted: what reads the hours is a file of its own. */
async function untilSaid(element: SynthflowCall, words: string): Promise<void> {
  while (button(element).innerText.trim() !== words) await new Promise(requestAnimationFrame);
}

describe('opening hours', () => {
  it('change nothing while they last', async () => {
    const { element } = await place(html`<synthflow-call hours=${always} fallback-href="tel:1"></synthflow-call>`);
    while (button(element).disabled) await new Promise(requestAnimationFrame);
    expect(button(element).innerText.trim()).to.equal('Start a call');
    expect(today).to.have.lengthOf(2);
  });

  it('let no call begin before they are read', async () => {
    const { element } = await place(
      html`<synthflow-call hours=${always} assets-url="data:text/javascript,await new Promise(() => {});"></synthflow-call>`,
    );
    expect(button(element).disabled).to.equal(true);
    expect(button(element).innerText.trim()).to.equal('Start a call');
    expect(await element.start()).to.equal(false);
    expect(element.status).to.equal('idle');
  });

  it('offer the fallback else', async () => {
    const { element } = await place(html`<synthflow-call hours=${closed} fallback-href="tel:1"></synthflow-call>`);
    await untilSaid(element, 'Contact us another way');
    expect(button(element).getAttribute('href')).to.equal('tel:1');
    expect(await element.start()).to.equal(false);
    expect(element.status).to.equal('idle');
  });

  it('say nothing of an AI where the card offers a number, at which a person may be', async () => {
    const { element } = await place(
      html`<synthflow-call variant="card" hours=${closed} fallback-href="tel:1"></synthflow-call>`,
    );
    await untilSaid(element, 'Contact us another way');
    expect(part(element, 'disclosure')!.textContent).to.equal('');
    element.hours = always;
    await element.updateComplete;
    expect(part(element, 'disclosure')!.textContent).to.contain('AI');
  });

  it('say so where there is none', async () => {
    const { element } = await place(html`<synthflow-call hours=${closed}></synthflow-call>`);
    await untilSaid(element, 'Closed now');
    expect(button(element).disabled).to.equal(true);
  });

  it('that cannot be read close nothing, and the site’s developer is told once', async () => {
    const said = watchConsole();
    const untilTold = async (times: number) => {
      while (said.length < times) await new Promise(requestAnimationFrame);
    };
    const { element } = await place(html`<synthflow-call hours="whenever"></synthflow-call>`);
    await untilTold(1);
    expect(button(element).disabled).to.equal(false);
    document.body.append(element);
    element.label = 'Call';
    await element.updateComplete;
    const warning = { method: 'warn', words: ['<synthflow-call> hours cannot be read.'] };
    expect(said).to.deep.equal([warning]);
    element.hours = always;
    await element.updateComplete;
    element.hours = 'Mo-Fr 9-5';
    await untilTold(2);
    expect(said).to.deep.equal([warning, warning]);
    element.remove();
  });

  it('that are not read yet, or whose file is not there, close nothing: the site’s developer is told', async () => {
    const said = watchConsole();
    const { element, agent } = await place(
      html`<synthflow-call
        hours=${closed}
        fallback-href="tel:1"
        assets-url="data:text/javascript,throw 0;"
      ></synthflow-call>`,
    );
    expect(button(element).innerText.trim()).to.equal('Start a call');
    while (!said.length) await new Promise(requestAnimationFrame);
    expect(button(element).innerText.trim()).to.equal('Start a call');
    expect(said[0]!.words.join()).to.contain('synthflow-call.hours.js');
    element.assetsUrl = undefined as never;
    await lead(element, agent, 'active');
  });

  it('that end in a call do not end it', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    element.hours = closed;
    element.fallbackHref = 'tel:1';
    await element.updateComplete;
    expect(element.status).to.equal('active');
    button(element).click();
    await element.updateComplete;
    expect(element.status).to.equal('ended');
    await untilSaid(element, 'Contact us another way');
    expect(button(element).getAttribute('href')).to.equal('tel:1');
  });
});
