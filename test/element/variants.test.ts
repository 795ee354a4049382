import { expect, fixture, html } from '@open-wc/testing';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { button, lead, part, place, statuses, until } from '../support/calls.js';
import { FakeDevices } from '../support/fake-devices.js';

const box = (element: SynthflowCall) => element.shadowRoot!.querySelector<HTMLElement>('.call')!;
const isCard = (element: SynthflowCall) => box(element).matches('.card:popover-open');
const escape = () => new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true });
const named = (element: SynthflowCall, name: string) =>
  element.shadowRoot!.querySelector<HTMLButtonElement>(`[aria-label='${name}']`);

const sizes = { small: 44, medium: 56, large: 68 } as const;

describe('variants', () => {
  for (const [size, height] of Object.entries(sizes)) {
    for (const [variant, width, factor] of [
      ['pill', 4.75, 1],
      ['icon', 1, 1],
      ['card', 5.75, 4],
    ] as const) {
      it(`${variant}, ${size}: one size in every status`, async () => {
        const { element, agent } = await place(
          html`<synthflow-call variant=${variant} size=${size as 'small'} consent=""></synthflow-call>`,
        );
        const expected = [height * width, height * factor];
        const measure = () => [element.offsetWidth, element.offsetHeight];
        expect(measure()).to.deep.equal(expected);
        await lead(element, agent, 'active');
        expect(measure()).to.deep.equal(expected);
        await element.stop();
        await until(element, 'ended');
        expect(measure()).to.deep.equal(expected);
        await lead(element, agent, 'failed');
        expect(measure()).to.deep.equal(expected);
      });
    }
  }

  it('the card has picture, headings and disclosure', async () => {
    const avatar = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';
    const { element } = await place(
      html`<synthflow-call variant="card" heading="Acme" subheading="At once" avatar=${avatar}></synthflow-call>`,
    );
    expect(part(element, 'heading')!.textContent).to.equal('Acme');
    expect(box(element).innerText).to.contain('At once').and.to.contain('AI agent');
    expect(part(element, 'avatar')!.querySelector('img')!.src).to.equal(avatar);
    expect(box(element).role).to.equal('group');
    expect(box(element).ariaLabel).to.equal('Acme');
  });

  it('the card keeps its disclosure when the agent speaks', async () => {
    const { element, agent } = await place(html`<synthflow-call variant="card"></synthflow-call>`);
    await lead(element, agent, 'active');
    expect(part(element, 'panel')!.matches(':popover-open')).to.equal(false);
    expect(part(element, 'disclosure')!.checkVisibility()).to.equal(true);
  });

  it('the menu sets volume, microphone and loudspeaker', async () => {
    new FakeDevices('built-in', 'desk').plug('speaker', 'audiooutput');
    const { element, agent } = await place(html`<synthflow-call variant="card"></synthflow-call>`);
    await lead(element, agent, 'active');
    named(element, 'Sound settings')!.click();
    while (!part(element, 'panel')!.matches(':popover-open')) await new Promise(requestAnimationFrame);
    const panel = part(element, 'panel')!;
    const range = panel.querySelector('input')!;
    range.value = '0.25';
    range.dispatchEvent(new Event('input'));
    expect(element.volume).to.equal(0.25);
    const { microphones } = await element.devices();
    const select = panel.querySelector('select')!;
    expect([...select.options].map(({ value }) => value)).to.deep.equal(microphones.map(({ id }) => id));
    select.value = microphones.at(-1)!.id;
    select.dispatchEvent(new Event('change'));
    expect(element.microphoneId).to.equal(microphones.at(-1)!.id);
    expect(named(element, 'Sound settings')!.ariaExpanded).to.equal('true');
    document.body.dispatchEvent(escape());
    await element.updateComplete;
    expect(panel.matches(':popover-open')).to.equal(false);
    expect(element.status).to.equal('active');
  });

  it('the menu stays open after a double click on what opens it', async () => {
    const { element, agent } = await place(html`<synthflow-call variant="card"></synthflow-call>`);
    await lead(element, agent, 'active');
    const settings = part(element, 'settings')!;
    settings.dispatchEvent(new MouseEvent('click', { detail: 1, bubbles: true }));
    while (!part(element, 'panel')!.querySelector('input')) await new Promise(requestAnimationFrame);
    settings.dispatchEvent(new MouseEvent('click', { detail: 2, bubbles: true }));
    await element.updateComplete;
    expect(part(element, 'panel')!.matches(':popover-open')).to.equal(true);
    expect(settings.ariaExpanded).to.equal('true');
    settings.dispatchEvent(new MouseEvent('click', { detail: 1, bubbles: true }));
    await element.updateComplete;
    expect(part(element, 'panel')!.matches(':popover-open')).to.equal(false);
  });

  for (const [way, close] of Object.entries({
    'its button': (element: SynthflowCall) => named(element, 'Close')!.click(),
    Escape: () => void document.body.dispatchEvent(escape()),
  })) {
    it(`the menu gives the focus back to what opened it, closed by ${way}`, async () => {
      const { element, agent } = await place(html`<synthflow-call variant="card"></synthflow-call>`);
      await lead(element, agent, 'active');
      part(element, 'settings')!.click();
      while (!part(element, 'panel')!.querySelector('input')) await new Promise(requestAnimationFrame);
      part(element, 'panel')!.querySelector('input')!.focus();
      close(element);
      await element.updateComplete;
      expect(part(element, 'panel')!.matches(':popover-open')).to.equal(false);
      expect(element.shadowRoot!.activeElement).to.equal(part(element, 'settings'));
    });
  }

  for (const template of [
    html`<synthflow-call variant="icon"></synthflow-call>`,
    html`<synthflow-call position="bottom-right"></synthflow-call>`,
    html`<synthflow-call position="top-left" variant="icon"></synthflow-call>`,
  ]) {
    it(`opens into the card in the top layer, and goes back: ${template.strings.join('')}`, async () => {
      const { element, agent } = await place(template);
      expect(isCard(element)).to.equal(false);
      button(element).focus();
      await lead(element, agent, 'active');
      expect(isCard(element)).to.equal(true);
      expect(element.shadowRoot!.activeElement).to.equal(button(element));
      document.body.dispatchEvent(escape());
      await element.updateComplete;
      expect(isCard(element), 'Escape closes it').to.equal(false);
      expect(element.status, 'and ends no call').to.equal('active');
      expect(element.shadowRoot!.activeElement).to.equal(button(element));
      named(element, 'Show call')!.click();
      await element.updateComplete;
      expect(isCard(element)).to.equal(true);
      named(element, 'Close')!.click();
      await element.updateComplete;
      expect(isCard(element)).to.equal(false);
      expect(element.status).to.equal('active');
    });
  }

  it('a floating card opens before the call: the click in it starts', async () => {
    const { element } = await place(html`<synthflow-call variant="card" position="bottom-left"></synthflow-call>`);
    button(element).click();
    await element.updateComplete;
    expect(isCard(element)).to.equal(true);
    expect(element.status).to.equal('idle');
    button(element).click();
    await until(element, 'active');
    expect(isCard(element)).to.equal(true);
  });

  for (const position of ['bottom-right', 'bottom-left', 'top-right', 'top-left'] as const) {
    it(`${position} floats in that corner, and its card stays in the window`, async () => {
      const { element, agent } = await place(html`<synthflow-call position=${position}></synthflow-call>`);
      const at = element.getBoundingClientRect();
      const width = document.documentElement.clientWidth;
      expect(position.startsWith('top') ? at.top : innerHeight - at.bottom).to.equal(20);
      expect(position.endsWith('left') ? at.left : width - at.right).to.equal(20);
      await lead(element, agent, 'active');
      const card = box(element).getBoundingClientRect();
      expect(card.left).to.be.at.least(8);
      expect(card.top).to.be.at.least(8);
      expect(card.right).to.be.at.most(innerWidth - 8);
      expect(card.bottom).to.be.at.most(innerHeight - 8);
    });
  }

  it('takes no place in the page where it floats', async () => {
    const around = await fixture(html`<div><synthflow-call position="bottom-right"></synthflow-call></div>`);
    expect((around as HTMLElement).offsetHeight).to.equal(0);
  });

  it('has corners of any length, and of nothing that is none', async () => {
    const { element } = await place(html`<synthflow-call radius="4px"></synthflow-call>`);
    expect(getComputedStyle(button(element)).borderTopLeftRadius).to.equal('4px');
    element.radius = '4px; background: red';
    await element.updateComplete;
    expect(getComputedStyle(button(element)).borderTopLeftRadius).to.equal('999px');
  });

  it('is not printed', async () => {
    const { element } = await place();
    const sheets = element.shadowRoot!.adoptedStyleSheets.flatMap(({ cssRules }) => [...cssRules]);
    const print = sheets.find(
      (rule) => rule instanceof CSSMediaRule && rule.media.mediaText === 'print',
    ) as CSSMediaRule;
    expect(print.cssRules[0]!.cssText).to.equal(':host { display: none !important; }');
  });

  for (const status of statuses) {
    it(`has a name without words: ${status}`, async () => {
      const { element, agent } = await place(html`<synthflow-call variant="icon" label="Ask us"></synthflow-call>`);
      if (status === 'idle') expect(button(element).ariaLabel).to.equal('Ask us');
      await lead(element, agent, status);
      expect(button(element).textContent!.trim() || button(element).ariaLabel).not.to.equal('');
    });
  }
});

describe('hostile page styles', () => {
  const hostile = `* { letter-spacing: 3px !important; box-sizing: content-box !important }
    button { all: unset !important } svg { display: none !important } div { border: 2px solid lime !important }
    p, a, i, img, input, label, select, span { display: none !important; color: lime !important; font-size: 40px !important }
    [popover] { inset: 0 !important; margin: auto !important } html { font-size: 10px; line-height: 3; text-transform: uppercase }`;

  /** How everything in the element looks. */
  const look = (element: SynthflowCall) =>
    [...element.shadowRoot!.querySelectorAll<HTMLElement>(':not([hidden])')].map((one) => {
      const style = getComputedStyle(one);
      const { letterSpacing, boxSizing, display, border, fontSize, lineHeight, textTransform, color } = style;
      const { left, top, width, height } = one.getBoundingClientRect();
      return [one.localName, one.className, letterSpacing, boxSizing, display, border, fontSize, lineHeight]
        .concat([textTransform, color, `${left} ${top} ${width} ${height}`])
        .join(', ');
    });

  async function expectSame(element: SynthflowCall): Promise<void> {
    const before = look(element);
    const style = document.createElement('style');
    style.textContent = hostile;
    document.head.append(style);
    const after = look(element);
    style.remove();
    expect(after).to.deep.equal(before);
  }

  for (const template of [
    html`<synthflow-call style="position: absolute; left: 9px; top: 9px"></synthflow-call>`,
    html`<synthflow-call variant="card" style="position: absolute; left: 9px; top: 9px"></synthflow-call>`,
    html`<synthflow-call position="bottom-right" no-timer></synthflow-call>`,
  ]) {
    it(`change nothing before the call, in it, or in its menu: ${template.strings.join('')}`, async () => {
      const { element, agent } = await place(template);
      await expectSame(element);
      element.noVisualizer = element.noTimer = true;
      await lead(element, agent, 'active');
      await expectSame(element);
      if (!part(element, 'settings')) return;
      part(element, 'settings')!.click();
      while (!part(element, 'panel')!.querySelector('input')) await new Promise(requestAnimationFrame);
      await expectSame(element);
    });
  }
});
