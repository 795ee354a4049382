import { expect, fixture, html } from '@open-wc/testing';
import '../../src/index.js';
import { fileOf, languages } from '../../src/element/language.js';
import { en, type Strings } from '../../src/element/locales/en.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { button, lead, part, place } from '../support/calls.js';
import { onTestEnd } from '../support/replace.js';

const label = (element: SynthflowCall) => button(element).innerText.trim();
const box = (element: SynthflowCall) => element.shadowRoot!.querySelector<HTMLElement>('.call')!;

async function says(element: SynthflowCall, words: string): Promise<void> {
  while (label(element) !== words) await new Promise(requestAnimationFrame);
}

describe('the language', () => {
  /** Where letters of a part are, the last two and the first, in px. */
  function letters(words: HTMLElement) {
    const text = document.createTreeWalker(words, NodeFilter.SHOW_TEXT).nextNode() as Text;
    const at = (index: number) => {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + 1);
      return range.getBoundingClientRect();
    };
    return { first: at(0), last: at(text.length - 2), stop: at(text.length - 1) };
  }

  it('has its own direction on a page of the other: a full stop comes last, and the words are where they would be', async () => {
    const { element, agent } = await place(
      html`<div dir="rtl"><synthflow-call lang="en" variant="card" heading="Hello."></synthflow-call></div>`,
    ).then(({ element: page, agent }) => ({ element: page.querySelector<SynthflowCall>('synthflow-call')!, agent }));
    element.tokenProvider = async () => agent.url;
    await lead(element, agent, 'failed');
    for (const words of [part(element, 'heading')!, part(element, 'error')!]) {
      const { last, stop } = letters(words);
      expect(stop.left, words.innerText).to.be.at.least(last.right - 1);
    }
    const { right } = part(element, 'heading')!.getBoundingClientRect();
    expect(letters(part(element, 'heading')!).stop.right).to.be.within(right - 2, right + 1);
  });

  it('has it too where the page’s is left to right', async () => {
    const { element } = await place(html`<synthflow-call variant="card" heading="שלום עולם."></synthflow-call>`);
    const { first, last, stop } = letters(part(element, 'heading')!);
    expect(stop.right).to.be.at.most(last.left + 1);
    expect(first.left).to.be.above(last.left);
    const { left } = part(element, 'heading')!.getBoundingClientRect();
    expect(stop.left).to.be.within(left - 1, left + 2);
  });

  for (const [lang, file] of [
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE', 'de'],
    ['pt', 'pt'],
    ['pt-BR', 'pt'],
    ['pt-PT', 'pt-pt'],
    ['zh', 'zh'],
    ['zh-CN', 'zh'],
    ['zh-TW', 'zh-hant'],
    ['zh-HK', 'zh-hant'],
    ['zh-Hant', 'zh-hant'],
    ['no', 'nb'],
    ['nn-NO', 'nb'],
    ['iw', 'he'],
    ['en', undefined],
    ['en-GB', undefined],
    ['tlh', undefined],
    ['', undefined],
    ['no language', undefined],
    ['../../evil', undefined],
  ] as const) {
    it(`${lang} is ${file}`, () => expect(fileOf(lang)).to.equal(file));
  }

  it('is the element’s own', async () => {
    const { element } = await place(html`<synthflow-call lang="de"></synthflow-call>`);
    await says(element, 'Anruf starten');
    expect(box(element).lang).to.equal('de');
  });

  it('is that of what is around it, also outside a shadow root', async () => {
    const around = await fixture(html`<div lang="fr"><p></p></div>`);
    const root = around.querySelector('p')!.attachShadow({ mode: 'open' });
    const element = document.createElement('synthflow-call');
    root.append(element);
    await says(element, 'Démarrer un appel');
  });

  it('changes with the attribute, and with the page', async () => {
    const { element } = await place(html`<synthflow-call lang="de"></synthflow-call>`);
    await says(element, 'Anruf starten');
    element.lang = 'es';
    await says(element, 'Iniciar llamada');
    element.removeAttribute('lang');
    await says(element, 'Start a call');
    const { lang } = document.documentElement;
    onTestEnd(() => (document.documentElement.lang = lang));
    document.documentElement.lang = 'it';
    await says(element, 'Avvia chiamata');
  });

  it('changes with whatever is around it, also outside of a shadow root', async () => {
    const around = await fixture<HTMLElement>(html`<div lang="fr"><section><p></p></section></div>`);
    const element = document.createElement('synthflow-call');
    around.querySelector('p')!.attachShadow({ mode: 'open' }).append(element);
    await says(element, 'Démarrer un appel');
    around.lang = 'de';
    await says(element, 'Anruf starten');
    around.querySelector('section')!.lang = 'es';
    await says(element, 'Iniciar llamada');
    around.querySelector('section')!.removeAttribute('lang');
    await says(element, 'Anruf starten');
    // Elsewhere, what was around it does not matter any more.
    const other = await fixture<HTMLElement>(html`<div lang="it"></div>`);
    other.append(element);
    await says(element, 'Avvia chiamata');
    around.lang = 'fr';
    other.lang = 'nl';
    const dutch = 'Gesprek starten';
    await says(element, dutch);
    expect(box(element).lang).to.equal('nl');
  });

  it('is that of an iframe’s page, also outside of a shadow root there', async () => {
    const frame = document.body.appendChild(document.createElement('iframe'));
    onTestEnd(() => frame.remove());
    const page = frame.contentDocument!;
    const host = page.body.appendChild(page.createElement('div'));
    host.lang = 'it';
    const element = document.createElement('synthflow-call');
    host.attachShadow({ mode: 'open' }).append(element);
    await says(element, 'Avvia chiamata');
    host.removeAttribute('lang');
    page.documentElement.lang = 'fr';
    await says(element, 'Démarrer un appel');
  });

  it('is English where its file cannot be loaded', async () => {
    const { element } = await place(html`<synthflow-call lang="de" assets-url="/nowhere"></synthflow-call>`);
    await says(element, 'Start a call');
    expect(box(element).lang).to.equal('en');
  });

  it('shows no word until it is there', async () => {
    const element = document.createElement('synthflow-call');
    element.lang = 'nl';
    const seen: string[] = [];
    document.body.append(element);
    onTestEnd(() => element.remove());
    await element.updateComplete;
    seen.push(label(element));
    while (label(element) === '') await new Promise(requestAnimationFrame);
    seen.push(label(element));
    expect(seen[0]).to.equal('');
    expect(seen[1]).not.to.equal('Start a call');
  });

  it('of the right-to-left goes from right to left, also in a page that does not', async () => {
    const { element } = await place(html`<synthflow-call lang="he"></synthflow-call>`);
    while (box(element).dir !== 'rtl') await new Promise(requestAnimationFrame);
    expect(getComputedStyle(box(element)).direction).to.equal('rtl');
    expect(getComputedStyle(part(element, 'panel')!).direction).to.equal('rtl');
  });

  it('has the words of the site where there are some', async () => {
    const { element, agent } = await place();
    element.labels = { start: 'Ring us', status: { active: 'On air' }, errors: { 'token-request-failed': 'Oh no.' } };
    await element.updateComplete;
    expect(label(element)).to.equal('Ring us');
    await lead(element, agent, 'failed');
    expect(element.error!.visitorMessage).to.equal('Oh no.');
  });
});

describe('the files of the languages', () => {
  /** Every key with its kind, in order. */
  const shape = (strings: object): string =>
    Object.entries(strings)
      .map(([key, value]) => (typeof value === 'string' ? key : `${key}{${shape(value as object)}}`))
      .filter((key) => key !== 'dir')
      .sort()
      .join();

  for (const name of languages.split(' ')) {
    it(`${name}: has every word, and none in English`, async () => {
      const { strings: words } = (await import(
        new URL(`../../src/element/locales/${name}.js`, import.meta.url).href
      )) as { strings: Strings };
      expect(shape(words)).to.equal(shape(en));
      const texts = (strings: object): string[] =>
        Object.values(strings).flatMap((value) => (typeof value === 'string' ? [value] : texts(value as object)));
      const english = new Set(texts(en).filter((text) => text.includes(' ')));
      expect(texts(words).filter((text) => english.has(text))).to.be.empty;
      expect(texts(words).filter((text) => text === '')).to.have.lengthOf(1);
      expect(words.dir).to.equal(name === 'ar' || name === 'he' ? 'rtl' : undefined);
    });
  }
});
