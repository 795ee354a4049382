import { expect, fixture, html } from '@open-wc/testing';
import '../../src/index.js';
import { ReadyAgent } from '../support/ready-agent.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { lead, place, until } from '../support/calls.js';
import { barOf, canvasesOf } from '../support/levels.js';
import { replace } from '../support/replace.js';

const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;

/** Red, green, blue and opacity of a CSS colour, 0 to 255. */
function levelsOf(color: string): [red: number, green: number, blue: number, opacity: number] {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data] as ReturnType<typeof levelsOf>;
}

/** WCAG 2.2 contrast of two CSS colours. */
function contrast(one: string, other: string): number {
  const [a, b] = [one, other].map((color) => {
    const [red, green, blue] = levelsOf(color).map((level) => {
      const value = level / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    }) as ReturnType<typeof levelsOf>;
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  }) as [number, number];
  return Math.max(a, b) / Math.min(a, b);
}

const main = (element: SynthflowCall) => element.shadowRoot!.querySelector<HTMLElement>('.main')!;

/** Fill and text of the button with an accent. */
async function looksOf(element: SynthflowCall, accent: string): Promise<{ fill: string; text: string }> {
  element.accent = accent;
  await element.updateComplete;
  const { backgroundColor: fill, color: text } = getComputedStyle(main(element));
  return { fill, text };
}

/** Resolves when no colour changes any more. */
const settled = (element: SynthflowCall) =>
  Promise.allSettled(
    element
      .shadowRoot!.getAnimations()
      .filter((animation) => animation instanceof CSSTransition)
      .map(({ finished }) => finished),
  );

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

  it('writes readable text on any accent', async function () {
    this.timeout(60_000);
    const element = await fixture<SynthflowCall>(html`<synthflow-call></synthflow-call>`);
    const steps = Array.from({ length: 13 }, (_, index) => index * 21);
    // Around the luminance where black and white are as good as each other.
    const near = Array.from({ length: 40 }, (_, index) => [100 + index, 100 + index, 100 + index]);
    const grid = steps.flatMap((red) => steps.flatMap((green) => steps.map((blue) => [red, green, blue])));
    const unreadable: string[] = [];
    for (const levels of [...near, ...grid]) {
      const { fill, text } = await looksOf(element, hex(...levels));
      expect(levelsOf(fill)).to.deep.equal([...levels, 255]);
      if (contrast(fill, text) < 4.5) unreadable.push(hex(...levels));
    }
    expect(unreadable.length, `such as ${unreadable.slice(0, 5).join()}`).to.equal(0);
  });

  for (const theme of ['light', 'dark']) {
    it(`does so on colours that follow the theme or let the page shine through, in ${theme}`, async () => {
      const element = await fixture<SynthflowCall>(html`<synthflow-call theme=${theme}></synthflow-call>`);
      const system = ['Canvas', 'CanvasText', 'Highlight', 'ButtonFace', 'LinkText', 'GrayText'];
      const young = ['light-dark(#fff, #000)', 'AccentColor'].filter((color) => CSS.supports('color', color));
      const clear = ['transparent', '#ffffff80', 'rgb(255 255 0 / 10%)', 'rgb(0 0 0 / 50%)'];
      for (const accent of ['currentColor', ...system, ...young, ...clear]) {
        const { fill, text } = await looksOf(element, accent);
        expect(levelsOf(fill)[3], accent).to.equal(255);
        expect(contrast(fill, text), `${accent}: ${text} on ${fill}`).to.be.at.least(4.5);
      }
    });
  }

  it('does so on the page’s `--synthflow-accent`, but for text of the page’s own', async () => {
    const element = await fixture<SynthflowCall>(
      html`<synthflow-call style="--synthflow-accent: #ffd400"></synthflow-call>`,
    );
    const text = () => levelsOf(getComputedStyle(main(element)).color).slice(0, 3);
    expect(text()).to.deep.equal([0, 0, 0]);
    element.style.setProperty('--synthflow-accent-text', '#112233');
    expect(text()).to.deep.equal([0x11, 0x22, 0x33]);
  });

  it('takes no fill that white is not readable on where a browser cannot choose (Chrome before 119)', async () => {
    const { supports } = CSS;
    const ofValue = supports as (name: string, value: string) => boolean;
    const older: typeof ofValue = (name, value) => !value.includes('from') && ofValue.call(CSS, name, value);
    replace(CSS, 'supports', older as never);
    const element = await fixture<SynthflowCall>(html`<synthflow-call></synthflow-call>`);
    for (const accent of ['white', 'yellow', '#4f46e5', '#ffffff80']) {
      const { fill } = await looksOf(element, accent);
      // Whatever shines through is at most white.
      const [red, green, blue, opacity] = levelsOf(fill);
      const onWhite = [red, green, blue].map((level) => Math.round((level * opacity) / 255 + 255 - opacity));
      expect(contrast(hex(...onWhite), 'white'), `${accent}: ${fill}`).to.be.at.least(4.5);
    }
  });

  it('keeps it readable under the pointer: what is lit gets lighter below black, darker below white', async () => {
    const element = await fixture<SynthflowCall>(html`<synthflow-call></synthflow-call>`);
    for (const [accent, light] of [
      ['#e11d48', 0],
      ['#7a7a7a', 255],
    ] as const) {
      await looksOf(element, accent);
      main(element).style.backgroundColor = 'var(--_hover)';
      const [red, green, blue, opacity] = levelsOf(getComputedStyle(main(element)).backgroundColor);
      // Of 255, rounded.
      for (const level of [red, green, blue]) expect(level).to.be.within(light - 1, light + 1);
      expect(opacity).to.be.within(20, 30);
      main(element).style.backgroundColor = '';
    }
  });

  it('takes every notation, and nothing that is no colour by itself', async () => {
    const element = await fixture<SynthflowCall>(html`<synthflow-call></synthflow-call>`);
    const plain = (await looksOf(element, '')).fill;
    const yellow = ['#ffd400', 'rgb(255 212 0)', 'yellow', 'oklch(0.9 0.18 95)', 'color(display-p3 1 0.9 0.2)'];
    for (const accent of yellow) expect(levelsOf((await looksOf(element, accent)).text)[0], accent).to.equal(0);
    for (const accent of ['navy', 'hsl(243 75% 59%)', 'color(srgb 0.1 0.1 0.2)']) {
      expect(levelsOf((await looksOf(element, accent)).text)[0], accent).to.equal(255);
    }
    for (const none of ['no colour', 'var(--none, red)', 'red, red', 'red red', 'red 20%', 'inherit', 'initial']) {
      expect((await looksOf(element, none)).fill, none).to.equal(plain);
    }
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
      const surface = getComputedStyle(element.shadowRoot!.querySelector('.call')!).backgroundColor;
      const canvases = canvasesOf(element);
      expect(canvases.length).to.equal(2);
      for (const canvas of canvases) {
        while (barOf(canvas).height === 0) await new Promise(requestAnimationFrame);
        expect(contrast(surface, barOf(canvas).colour)).to.be.at.least(3);
      }
      await element.stop();
    });
  }
});
