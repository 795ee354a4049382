import { expect, fixture, html } from '@open-wc/testing';
import '../../src/index.js';
import { ReadyAgent } from '../support/ready-agent.js';
import { textOn } from '../../src/element/accent.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { lead, place, until } from '../support/calls.js';

/** WCAG 2.2 contrast of two colours of the form #rrggbb or #rgb. */
function contrast(one: string, other: string): number {
  const [a, b] = [one, other].map((color) => {
    const digits =
      color.length === 4 ? [...color.slice(1)].map((digit) => digit + digit) : color.slice(1).match(/../g)!;
    const [red, green, blue] = digits.map((pair) => {
      const value = Number.parseInt(pair, 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  }) as [number, number];
  return Math.max(a, b) / Math.min(a, b);
}

/** Resolves when no colour changes any more. */
const settled = (element: SynthflowCall) =>
  Promise.allSettled(
    element
      .shadowRoot!.getAnimations()
      .filter((animation) => animation instanceof CSSTransition)
      .map(({ finished }) => finished),
  );

/** #rgb as #rrggbb. */
const long = (color: string) => color.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');

const hex = (...levels: number[]) => `#${levels.map((level) => level.toString(16).padStart(2, '0')).join('')}`;

describe('what everybody can use', () => {
  for (const theme of ['light', 'dark']) {
    it(`is accessible while muted, without timer and with a yellow accent in ${theme}`, async () => {
      const { element, agent } = await place(
        html`<synthflow-call theme=${theme} accent="#ffd400" muted no-timer></synthflow-call>`,
      );
      await expect(element).to.be.accessible();
      await lead(element, agent, 'waiting');
      agent.beReady();
      await until(element, 'active');
      await settled(element);
      await expect(element).to.be.accessible();
    });
  }

  it('writes readable text on any accent', () => {
    const steps = Array.from({ length: 18 }, (_, index) => index * 15);
    const unreadable: string[] = [];
    for (const red of steps) {
      for (const green of steps) {
        for (const blue of steps) {
          const accent = hex(red, green, blue);
          if (contrast(accent, textOn(accent)!) < 4.5) unreadable.push(accent);
        }
      }
    }
    expect(unreadable.length, `such as ${unreadable.slice(0, 5).join()}`).to.equal(0);
  });

  it('keeps it readable under the pointer: what is lit gets lighter below black, darker below white', async () => {
    const element = await fixture<SynthflowCall>(html`<synthflow-call accent="#e11d48"></synthflow-call>`);
    const hover = () => getComputedStyle(element.shadowRoot!.querySelector('.call')!).getPropertyValue('--_hover');
    expect(hover()).to.equal('');
    element.accent = '#7a7a7a';
    expect(textOn(element.accent)).to.equal('#000');
    await element.updateComplete;
    expect(Number(hover())).to.be.greaterThan(1);
  });

  it('chooses the better readable of its two texts', () => {
    for (const bright of ['#ffd400', 'rgb(255 212 0)', 'yellow']) expect(textOn(bright)).to.equal(textOn('white'));
    for (const dim of ['#4f46e5', 'hsl(243 75% 59%)', 'navy']) expect(textOn(dim)).to.equal(textOn('black'));
    expect(textOn('white')).not.to.equal(textOn('black'));
    for (const none of ['no colour', 'var(--none, red)', 'red, red']) expect(textOn(none)).to.equal(undefined);
  });

  it('takes no colour that lets the page shine through', () => {
    for (const color of ['transparent', 'rgb(0 0 0 / 50%)', '#ffffff80']) expect(textOn(color)).to.equal(undefined);
  });

  for (const theme of ['light', 'dark']) {
    it(`draws levels that can be seen: 3:1 in ${theme}`, async () => {
      const element = await fixture<SynthflowCall>(
        html`<synthflow-call theme=${theme} accent=${theme === 'dark' ? 'navy' : '#ffd400'}></synthflow-call>`,
      );
      const agent = new ReadyAgent();
      element.tokenProvider = async () => agent.url;
      await element.start();
      await element.updateComplete;
      const rgb = (color: string) => hex(...color.match(/\d+/g)!.slice(0, 3).map(Number));
      const surface = rgb(getComputedStyle(element.shadowRoot!.querySelector('.call')!).backgroundColor);
      for (const bar of element.shadowRoot!.querySelectorAll('.side i')) {
        expect(contrast(surface, rgb(getComputedStyle(bar).backgroundColor))).to.be.at.least(3);
      }
      await element.stop();
    });
  }

  it('reads colours in every notation', () => {
    expect(textOn('oklch(0.9 0.18 95)')).to.equal(textOn('white'));
    expect(textOn('color(display-p3 1 0.9 0.2)')).to.equal(textOn('white'));
    expect(textOn('color(srgb 1 0.9 0.2)')).to.equal(textOn('white'));
  });

  it('writes that text on the button', async () => {
    const element = await fixture<SynthflowCall>(html`<synthflow-call accent="#ffd400"></synthflow-call>`);
    const { color } = getComputedStyle(element.shadowRoot!.querySelector('[part=button]')!);
    const levels = color.match(/\d+/g)!.slice(0, 3).map(Number);
    expect(hex(...levels)).to.equal(long(textOn('#ffd400')!));
  });
});
