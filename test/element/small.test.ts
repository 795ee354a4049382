import { expect, html } from '@open-wc/testing';
import { setViewport } from '@web/test-runner-commands';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { skipWithout } from '../support/abilities.js';
import { lead, part, place, until } from '../support/calls.js';
import { replace } from '../support/replace.js';

const box = (element: SynthflowCall) => element.shadowRoot!.querySelector<HTMLElement>('.call')!;

/** What of a box is cut off by the window, or by itself without a way to scroll there. */
function cutOff(opened: HTMLElement, bottom = innerHeight): string[] {
  const { left, top, right, bottom: end } = opened.getBoundingClientRect();
  const isInside = left >= 0 && top >= 0 && right <= innerWidth && end <= bottom;
  const canScroll = /auto|scroll/.test(getComputedStyle(opened).overflowY);
  return [
    ...(isInside ? [] : [`${left} ${top} ${right} ${end}`]),
    ...(opened.scrollWidth > opened.clientWidth ? ['wider than itself'] : []),
    ...(opened.scrollHeight > opened.clientHeight && !canScroll ? ['higher than itself'] : []),
  ];
}

/** Whether a control can be brought to where it is seen and hit. */
function canReach(element: SynthflowCall, control: HTMLElement): boolean {
  control.scrollIntoView({ block: 'nearest' });
  const { left, top, width, height } = control.getBoundingClientRect();
  return (
    element.shadowRoot!.elementFromPoint(left + width / 2, top + height / 2)?.closest('button, input, select') ===
    control
  );
}

/** Gives the page's window a size; skips the test where the browser's own is never so small, which Chromium's is. */
async function resize(test: Mocha.Context, size: { width: number; height: number }): Promise<void> {
  await setViewport(size);
  const isResized = () => innerWidth === size.width && innerHeight === size.height;
  // The page hears of it a little later.
  for (let frames = 0; frames < 60 && !isResized(); frames += 1) await new Promise(requestAnimationFrame);
  if (!isResized()) skipWithout(test, `window of ${size.width} × ${size.height} px`);
}

/** Long words in everything. */
const long =
  'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz is spoken about with an AI agent. '.repeat(3);

describe('on a small screen', () => {
  after(() => setViewport({ width: 800, height: 600 }));

  for (const [name, width, height] of [
    ['a phone of 320 px', 320, 568],
    ['the same, turned', 568, 320],
    ['a window of 1280 × 1024 px at a zoom of 400 %', 320, 256],
  ] as const) {
    for (const size of ['small', 'medium', 'large'] as const) {
      it(`${name}: the open card, ${size}, and its menu are whole, or scroll`, async function () {
        await resize(this, { width, height });
        const { element, agent } = await place(
          html`<synthflow-call position="bottom-right" size=${size} heading=${long} disclosure=${long}></synthflow-call>`,
        );
        await lead(element, agent, 'active');
        expect(cutOff(box(element)), 'card').to.be.empty;
        for (const control of box(element).querySelectorAll('button')) {
          expect(canReach(element, control), control.outerHTML).to.equal(true);
        }
        part(element, 'settings')!.click();
        const panel = part(element, 'panel')!;
        while (!panel.querySelector('input')) await new Promise(requestAnimationFrame);
        expect(cutOff(panel), 'menu').to.be.empty;
        for (const control of panel.querySelectorAll<HTMLElement>('button, input, select')) {
          expect(canReach(element, control), control.outerHTML).to.equal(true);
        }
      });
    }

    it(`${name}: the card in the page, and what it asks, are whole, or scroll`, async function () {
      await resize(this, { width, height });
      const { element } = await place(html`<synthflow-call variant="card" consent=${long}></synthflow-call>`);
      expect(document.documentElement.scrollWidth).to.be.at.most(width);
      void element.start();
      await element.updateComplete;
      const panel = part(element, 'panel')!;
      expect(cutOff(panel)).to.be.empty;
      for (const control of panel.querySelectorAll('button')) {
        expect(canReach(element, control), control.outerHTML).to.equal(true);
      }
    });
  }

  it('the card stays above an on-screen keyboard, scrolls there, and has its size again after it', async function () {
    await resize(this, { width: 320, height: 568 });
    const { element } = await place(html`<synthflow-call position="bottom-right"></synthflow-call>`);
    void element.start();
    await until(element, 'active');
    const before = box(element).getBoundingClientRect();
    replace(visualViewport!, 'height', 200);
    visualViewport!.dispatchEvent(new Event('resize'));
    expect(cutOff(box(element), 200)).to.be.empty;
    expect(box(element).offsetHeight).to.equal(184);
    replace(visualViewport!, 'height', 568);
    visualViewport!.dispatchEvent(new Event('resize'));
    expect(box(element).getBoundingClientRect()).to.deep.equal(before);
  });

  it('the card is where a keyboard has pushed the page to', async function () {
    await resize(this, { width: 320, height: 568 });
    const { element } = await place(html`<synthflow-call position="top-left"></synthflow-call>`);
    void element.start();
    await until(element, 'active');
    replace(visualViewport!, 'height', 300);
    replace(visualViewport!, 'offsetTop', 200);
    visualViewport!.dispatchEvent(new Event('scroll'));
    const { top, bottom } = box(element).getBoundingClientRect();
    expect(top).to.be.at.least(208);
    expect(bottom).to.be.at.most(492);
  });

  it('the card stays where it is while the visitor pinches the page larger', async function () {
    await resize(this, { width: 320, height: 568 });
    const { element } = await place(html`<synthflow-call position="bottom-right"></synthflow-call>`);
    void element.start();
    await until(element, 'active');
    const before = box(element).getBoundingClientRect();
    replace(visualViewport!, 'scale', 2);
    replace(visualViewport!, 'width', 160);
    replace(visualViewport!, 'height', 284);
    replace(visualViewport!, 'offsetTop', 100);
    visualViewport!.dispatchEvent(new Event('resize'));
    expect(box(element).getBoundingClientRect()).to.deep.equal(before);
  });

  for (const variant of ['pill', 'icon', 'card']) {
    it(`a failure's sentence makes neither the page nor the card scroll sideways (${variant})`, async function () {
      await resize(this, { width: 320, height: 568 });
      const { element, agent } = await place(html`<synthflow-call variant=${variant}></synthflow-call>`);
      await lead(element, agent, 'failed');
      await element.updateComplete;
      const { scrollWidth, clientWidth } = box(element);
      expect(scrollWidth).to.be.at.most(clientWidth);
      expect(document.documentElement.scrollWidth).to.be.at.most(320);
    });
  }
});
