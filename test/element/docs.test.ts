import { expect, fixture } from '@open-wc/testing';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { button, part } from '../support/calls.js';
import { replace } from '../support/replace.js';

/** The samples of docs/visitors.md in a language, in order. */
async function samples(language: string): Promise<string[]> {
  const text = await (await fetch('/docs/visitors.md')).text();
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code!);
}

/** The page of a sample, and its element. */
async function show(sample: string): Promise<SynthflowCall> {
  const { documentElement, body } = new DOMParser().parseFromString(sample, 'text/html');
  const page = document.createElement('div');
  page.lang = documentElement.lang;
  page.innerHTML = body.innerHTML;
  await fixture(page);
  return page.querySelector('synthflow-call')!;
}

const run = (code: string) => (0, eval)(code) as unknown;

describe('what docs/visitors.md shows', () => {
  it('speaks the page’s language', async () => {
    const element = await show((await samples('html'))[0]!);
    while (!button(element).innerText.trim()) await new Promise(requestAnimationFrame);
    const { strings } = (await import('../../src/element/locales/pt.js')) as { strings: { start: string } };
    expect(button(element).innerText.trim()).to.equal(strings.start);
  });

  it('has the site’s own words', async () => {
    const element = await show('<synthflow-call></synthflow-call>');
    run((await samples('js'))[0]!);
    await element.updateComplete;
    expect(button(element).innerText.trim()).to.equal('Ask the workshop');
  });

  it('asks for consent, in plain words and with a link, and asks again when it was withdrawn', async () => {
    const [, plain, rich] = await samples('html');
    for (const [sample, words] of [
      [plain!, 'I agree that this call is recorded.'],
      [rich!, 'I agree to the privacy notice.'],
    ] as const) {
      const element = await show(sample);
      element.tokenProvider = () => new Promise(() => {});
      button(element).click();
      await element.updateComplete;
      const [slotted] = part(element, 'consent')!.querySelector('slot')!.assignedNodes({ flatten: true });
      expect(slotted!.textContent!.trim()).to.equal(words);
      part(element, 'accept')!.click();
      expect(localStorage.getItem(`synthflow-call consent: ${words}`)).not.to.equal(null);
      await element.stop();
    }
    run((await samples('js'))[1]!);
    expect(Object.keys(localStorage).filter((key) => key.includes('consent'))).to.be.empty;
  });

  it('offers another way, outside its hours in the button’s place', async () => {
    const sample = (await samples('html'))[3]!;
    const at = (time: string) => {
      const now = new Date(time).getTime();
      replace(
        globalThis,
        'Date',
        class extends Date {
          constructor(...args: ConstructorParameters<typeof Date> | []) {
            super(...((args.length ? args : [now]) as [number]));
          }
        },
      );
    };
    // A Saturday; Berlin is an hour ahead of UTC.
    at('2026-01-10T09:30:00Z');
    const open = await show(sample);
    while ((button(open) as HTMLButtonElement).disabled) await new Promise(requestAnimationFrame);
    expect(button(open).localName).to.equal('button');
    at('2026-01-10T12:30:00Z');
    const closed = await show(sample);
    while (button(closed).localName !== 'a') await new Promise(requestAnimationFrame);
    expect(button(closed).getAttribute('href')).to.equal('tel:+15550100');
    expect(button(closed).textContent!.trim()).to.equal('Call +1 555 0100');
  });
});
