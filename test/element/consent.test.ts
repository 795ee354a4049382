import { expect, html } from '@open-wc/testing';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { button, part, place, record, until } from '../support/calls.js';
import { onTestEnd, replace } from '../support/replace.js';

const panelIsOpen = (element: SynthflowCall) => part(element, 'panel')!.matches(':popover-open');
const kept = () => Object.keys(localStorage).filter((key) => key.startsWith('synthflow'));

/** A text that nobody has accepted before. */
const newText = () => {
  onTestEnd(() => kept().forEach((key) => localStorage.removeItem(key)));
  return `I agree to ${crypto.randomUUID()}.`;
};

describe('consent', () => {
  it('is asked for before anything else, and its click starts the call', async () => {
    const text = newText();
    const { element } = await place(html`<synthflow-call consent=${text}></synthflow-call>`);
    const events = record(element, 'synthflow-before-start', 'synthflow-status');
    button(element).click();
    await element.updateComplete;
    expect(panelIsOpen(element)).to.equal(true);
    expect(part(element, 'consent')!.innerText).to.equal(text);
    expect([element.status, events.length, kept().length]).to.deep.equal(['idle', 0, 0]);
    expect(element.shadowRoot!.activeElement).to.equal(part(element, 'accept'));
    part(element, 'accept')!.click();
    expect(element.status, 'inside the click').to.equal('requesting-microphone');
    await until(element, 'active');
    expect(kept()).to.deep.equal([`synthflow-call consent: ${text}`]);
    expect(Date.parse(localStorage.getItem(kept()[0]!)!)).to.be.above(0);
  });

  it('is asked for once', async () => {
    const text = newText();
    const { element } = await place(html`<synthflow-call consent=${text}></synthflow-call>`);
    const started = element.start();
    await element.updateComplete;
    part(element, 'accept')!.click();
    expect(await started).to.equal(true);
    await element.stop();
    const { element: other } = await place(html`<synthflow-call consent=${text}></synthflow-call>`);
    expect(await other.start()).to.equal(true);
  });

  it('to other words is none to these', async () => {
    const [text, other] = [newText(), newText()];
    localStorage.setItem(`synthflow-call consent: ${text}`, 'x');
    const { element } = await place(html`<synthflow-call consent=${other}></synthflow-call>`);
    button(element).click();
    await element.updateComplete;
    expect(element.status).to.equal('idle');
  });

  for (const [way, leave] of [
    ['by its button', (element: SynthflowCall) => part(element, 'panel')!.querySelectorAll('button')[1]!.click()],
    ['by Escape', () => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))],
  ] as const) {
    it(`that is refused ${way} keeps nothing, and can be asked for again`, async () => {
      const text = newText();
      const { element } = await place(html`<synthflow-call consent=${text}></synthflow-call>`);
      const started = element.start();
      await element.updateComplete;
      leave(element);
      expect(await started).to.equal(false);
      await element.updateComplete;
      expect([panelIsOpen(element), element.status, kept().length]).to.deep.equal([false, 'idle', 0]);
      button(element).click();
      await element.updateComplete;
      expect(panelIsOpen(element)).to.equal(true);
    });
  }

  it('that is waited for ends with its element, which comes back without a question', async () => {
    const { element } = await place(html`<synthflow-call variant="icon" consent=${newText()}></synthflow-call>`);
    const around = element.parentElement!;
    const started = element.start();
    await element.updateComplete;
    element.remove();
    expect(await started).to.equal(false);
    around.append(element);
    await element.updateComplete;
    expect(panelIsOpen(element)).to.equal(false);
  });

  it('may be rich text of the page', async () => {
    const text = newText();
    const { element } = await place(
      html`<synthflow-call><p slot="consent">${text} <a href="/privacy">Privacy</a></p></synthflow-call>`,
    );
    button(element).click();
    await element.updateComplete;
    expect(element.querySelector('a')!.checkVisibility()).to.equal(true);
    part(element, 'accept')!.click();
    await until(element, 'active');
    expect(kept()).to.deep.equal([`synthflow-call consent: ${text} Privacy`]);
  });

  it('is good for this visit where nothing may be kept', async () => {
    const text = newText();
    for (const name of ['getItem', 'setItem'] as const) {
      replace(Storage.prototype, name, () => {
        throw new DOMException('no', 'SecurityError');
      });
    }
    const { element } = await place(html`<synthflow-call consent=${text}></synthflow-call>`);
    button(element).click();
    await element.updateComplete;
    part(element, 'accept')!.click();
    await until(element, 'active');
    await element.stop();
    expect(await element.start()).to.equal(true);
  });

  it('is text, never markup', async () => {
    newText();
    const { element } = await place(html`<synthflow-call consent="<img src=x onerror=alert(1)>"></synthflow-call>`);
    button(element).click();
    await element.updateComplete;
    expect(part(element, 'consent')!.innerText).to.equal('<img src=x onerror=alert(1)>');
  });
});
