import { expect, fixture, html } from '@open-wc/testing';
import * as fc from 'fast-check';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { watchConsole } from '../support/browser-fakes.js';
import { button, place } from '../support/calls.js';

const seed = 11;
const words = fc.oneof(
  fc.constantFrom(
    '<img src=/was-here onerror="globalThis.isBroken=1">',
    '"><script>globalThis.isBroken=1</script>',
    '${globalThis.isBroken=1}',
    'javascript:globalThis.isBroken=1',
    'url(/was-here)',
    'red;background:url(/was-here)',
    '}*{background:url(/was-here)}',
    'color-mix(in srgb, red, url(/was-here))',
    '__proto__',
    `${'1 a'.repeat(3000)}${' '.repeat(9000)}\n!`,
    'constructor',
    'NaN',
    'Infinity',
    '-Infinity',
    '-1',
    '1e999',
    '0x10',
    '',
    ' ',
    'null',
    'undefined',
    'true',
    '{assistant_id}',
    '//was-here.invalid/',
    '\u202eright to left',
    '\u0000\ud800',
    'a'.repeat(20_000),
    'many words '.repeat(2000),
  ),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.double().map(String),
);

/** Everything that a page can write on the tag. */
const { observedAttributes } = customElements.get('synthflow-call') as unknown as { observedAttributes: string[] };
const attributes = observedAttributes.filter((name) => !['disabled', 'debug'].includes(name));

const requested = () => performance.getEntriesByType('resource').filter(({ name }) => name.includes('was-here'));

/** Resolves when a call may begin: not before the hours are read. */
async function canStart(element: SynthflowCall): Promise<void> {
  while (button(element).disabled) await new Promise(requestAnimationFrame);
}

describe('whatever a page writes into the attributes', () => {
  for (const variant of ['pill', 'card'] as const) {
    it(`is text: no markup, no request, no error, and the ${variant} stays as large as it was`, async () => {
      const element = await fixture<SynthflowCall>(html`<synthflow-call variant=${variant}></synthflow-call>`);
      const { height } = element.getBoundingClientRect();
      performance.clearResourceTimings();
      // Not what says how large it is, nor the picture, which is asked for wherever it is; the question for consent is below.
      const others = ['variant', 'position', 'size', 'avatar'];
      const names = attributes.filter((name) => !others.includes(name));
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), words, { maxKeys: 6 }), async (values) => {
          for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
          await element.updateComplete;
          expect(element.shadowRoot!.querySelector('img, script, style, iframe, b')).to.equal(null);
          for (const { protocol } of element.shadowRoot!.querySelectorAll('a')) {
            expect(protocol).to.be.oneOf(['http:', 'https:']);
          }
          expect(element.getBoundingClientRect().height).to.equal(height);
          await canStart(element);
          for (const name of Object.keys(values)) element.removeAttribute(name);
          await element.updateComplete;
        }),
        { seed, numRuns: 750 },
      );
      expect(requested()).to.be.empty;
      expect(globalThis).not.to.have.property('isBroken');
      expect(button(element).textContent!.trim()).to.equal('Start a call');
    });
  }

  it('is text in labels too, whatever they are', async () => {
    const element = await fixture<SynthflowCall>(html`<synthflow-call variant="card"></synthflow-call>`);
    const label = fc.oneof(words, fc.constantFrom(null, undefined, 7, true, {}, []));
    const labels = fc.dictionary(
      fc.constantFrom('start', 'title', 'disclosure', 'status', 'errors', '__proto__'),
      label,
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(labels, label), async (some) => {
        element.labels = some as never;
        await element.updateComplete;
        expect(element.shadowRoot!.querySelector('img, script, style, iframe, a, b')).to.equal(null);
      }),
      { seed, numRuns: 300 },
    );
    element.labels = undefined as never;
    await element.updateComplete;
    expect(button(element).textContent!.trim()).to.equal('Start a call');
    expect(globalThis).not.to.have.property('isBroken');
  });

  for (const avatar of ['javascript:globalThis.isBroken=1', 'data:text/html,<script>parent.isBroken=1</script>']) {
    it(`is a picture or nothing as an avatar: ${avatar.slice(0, 16)}`, async () => {
      const element = await fixture<SynthflowCall>(
        html`<synthflow-call variant="card" avatar=${avatar}></synthflow-call>`,
      );
      const picture = element.shadowRoot!.querySelector('img')!;
      await new Promise((resolve) => (picture.onerror = picture.onload = resolve));
      expect(globalThis).not.to.have.property('isBroken');
    });
  }

  it('a call with it becomes active or fails with a code, and ends', async () => {
    const { element } = await place();
    const said = watchConsole();
    // Not the files: the test's server would say of each that it is not there. They are below.
    // Nor consent, which the visitor would have to give.
    const others = ['consent', 'session-url', 'token-endpoint', 'assets-url', 'worklet-url'];
    const names = attributes.filter((name) => !others.includes(name));
    const values = fc.dictionary(fc.constantFrom(...names), words, { minKeys: 3, maxKeys: 12 });
    let failures = 0;
    // Few, because each has an AudioContext.
    await fc.assert(
      fc.asyncProperty(values, async (some) => {
        for (const [name, value] of Object.entries(some)) element.setAttribute(name, value);
        await canStart(element);
        const isActive = await element.start();
        if (!isActive && element.status === 'failed') failures += 1;
        expect(element.status).to.be.oneOf(isActive ? ['active', 'ended'] : ['failed', 'ended']);
        if (element.status === 'failed') expect(element.error!.code).to.equal('protocol-error');
        await element.stop();
        for (const name of Object.keys(some)) element.removeAttribute(name);
      }),
      { seed, numRuns: 15 },
    );
    // One warning a failure, and one for opening hours that cannot be read.
    expect(said.filter(({ words: [line] }) => !String(line).includes('hours')).length).to.equal(failures);
    expect(globalThis).not.to.have.property('isBroken');
  });

  for (const url of ['http://[', 'javascript:globalThis.isBroken=1', '//0.0.0.0:1']) {
    it(`a call has its files from beside the script where assets-url and worklet-url are "${url}"`, async () => {
      const { element } = await place();
      element.setAttribute('assets-url', url);
      element.setAttribute('worklet-url', url);
      expect(await element.start()).to.equal(true);
      await element.stop();
      expect(globalThis).not.to.have.property('isBroken');
    });
  }
});
