import { expect, fixture, html } from '@open-wc/testing';
import '../../src/index.js';
import { languages } from '../../src/element/language.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { lead, place, statuses } from '../support/calls.js';

/** Words of the element that are cut off, or reach out of it. */
function cutWords(element: SynthflowCall): string[] {
  const box = element.shadowRoot!.querySelector('.call')!;
  const bounds = box.getBoundingClientRect();
  return [...box.querySelectorAll<HTMLElement>('.status, .label, .timer, .main')]
    .filter((part) => {
      const { left, right, top, bottom } = part.getBoundingClientRect();
      const isOut = left < bounds.left || right > bounds.right || top < bounds.top || bottom > bounds.bottom;
      const isHigher = part.matches('.status, .label') && part.scrollHeight > part.clientHeight + 1;
      return isOut || isHigher || part.scrollWidth > part.clientWidth + 1;
    })
    .map((part) => `${part.className}: ${part.innerText.trim().split('\n')[0]}`);
}

async function speak(element: SynthflowCall, lang: string): Promise<void> {
  element.lang = lang;
  const box = element.shadowRoot!.querySelector<HTMLElement>('.call')!;
  while (box.lang !== lang || element.shadowRoot!.querySelector('.label:empty')) {
    await new Promise(requestAnimationFrame);
  }
  await element.updateComplete;
}

const pen = document.createElement('canvas').getContext('2d')!;

/** Whether a font here has the letters: those that none has are boxes of one width, which say nothing of the words. */
function isWritten(words: HTMLElement): boolean {
  pen.font = `16px ${getComputedStyle(words).fontFamily}`;
  const widthOf = (letter: string) => pen.measureText(letter).width;
  return words.innerText.match(/\p{L}/gu)!.some((letter) => widthOf(letter) !== widthOf('\uE0FF'));
}

describe('words are whole in every language', () => {
  const written = ['en'];

  before(async () => {
    const element = await fixture<SynthflowCall>(html`<synthflow-call></synthflow-call>`);
    const unwritten: string[] = [];
    for (const lang of languages.split(' ')) {
      await speak(element, lang);
      (isWritten(element.shadowRoot!.querySelector('.label')!) ? written : unwritten).push(lang);
    }
    if (unwritten.length > 0)
      console.warn(`Not looked at, for no font here has their letters: ${unwritten.join(', ')}.`);
    expect(written).to.include.members(['de', 'pl', 'el', 'uk']);
  });

  for (const variant of ['pill', 'card'] as const) {
    for (const status of statuses) {
      it(`${variant}, ${status}: in every size`, async function () {
        this.timeout(60_000);
        const { element, agent } = await place(
          html`<synthflow-call variant=${variant} fallback-href="tel:1"></synthflow-call>`,
        );
        await lead(element, agent, status);
        const cut: string[] = [];
        for (const lang of written) {
          await speak(element, lang);
          for (const size of ['small', 'medium', 'large'] as const) {
            element.size = size;
            await element.updateComplete;
            cut.push(...cutWords(element).map((words) => `${lang}, ${size}, ${words}`));
          }
        }
        expect(element.status).to.equal(status);
        expect(cut.join('\n')).to.equal('');
        await element.stop();
      });
    }
  }
});
