import { expect, html } from '@open-wc/testing';
import type { CallEventMap, SynthflowCall } from '../../src/index.js';
import '../../src/index.js';
import { watchConsole } from '../support/browser-fakes.js';
import { button, place, until } from '../support/calls.js';
import { onTestEnd, replace } from '../support/replace.js';

interface Pushed {
  readonly event: string;
  readonly synthflow: Record<string, unknown>;
}

/** The next event of this name, by a click on the button. */
function click<Name extends keyof CallEventMap>(element: SynthflowCall, name: Name): Promise<CallEventMap[Name]> {
  setTimeout(() => button(element).click());
  return new Promise((resolve) => element.addEventListener(name, resolve, { once: true }));
}

const page = window as { dataLayer?: Pushed[] };

/** What the page's tag manager has got. */
function pushed(): Pushed[] {
  onTestEnd(() => delete page.dataLayer);
  return (page.dataLayer = []);
}

const inDataLayer = html`<synthflow-call
  analytics="datalayer"
  assistant-id="sales"
  client-reference="order 7"
></synthflow-call>`;

describe('what a site learns of its calls', () => {
  it('is its own name for the call, in the events of start and end, as it was at the start', async () => {
    const { element } = await place(html`<synthflow-call client-reference="order 7"></synthflow-call>`);
    expect((await click(element, 'synthflow-start')).clientReference).to.equal('order 7');
    element.clientReference = 'order 8';
    expect((await click(element, 'synthflow-end')).clientReference).to.equal('order 7');
  });

  it('is nothing in the data layer, and nothing in storage, unless it wants that', async () => {
    const layer = pushed();
    const { element } = await place();
    button(element).click();
    await until(element, 'active');
    button(element).click();
    await until(element, 'ended');
    expect(layer).to.be.empty;
    expect(localStorage.length + sessionStorage.length).to.equal(0);
    expect(document.cookie).to.equal('');
  });

  it('is the start and the end with their figures, where it does', async () => {
    const layer = pushed();
    const { element } = await place(inDataLayer);
    button(element).click();
    await until(element, 'active');
    button(element).click();
    await until(element, 'ended');
    expect(layer.map(({ event }) => event)).to.deep.equal(['synthflow-start', 'synthflow-end']);
    const [start, end] = layer.map(({ synthflow }) => synthflow);
    const { stats } = element;
    expect(start).to.deep.include({ assistantId: 'sales', clientReference: 'order 7' });
    expect(start!.stats).to.have.property('readyMs', stats.readyMs);
    expect(end).to.deep.equal({
      assistantId: 'sales',
      clientReference: 'order 7',
      reason: 'visitor',
      duration: element.duration,
      code: null,
      closeCode: null,
      stats,
    });
    expect(localStorage.length + sessionStorage.length).to.equal(0);
  });

  it('is the start before the end, where the page hangs up as the call starts', async () => {
    const layer = pushed();
    const { element } = await place(inDataLayer);
    element.addEventListener('synthflow-start', () => void element.stop());
    await click(element, 'synthflow-end');
    expect(layer.map(({ event }) => event)).to.deep.equal(['synthflow-start', 'synthflow-end']);
  });

  it('is the failure too, and makes a data layer where there is none', async () => {
    watchConsole();
    onTestEnd(() => delete page.dataLayer);
    const { element } = await place(inDataLayer);
    element.tokenProvider = () => Promise.reject(new Error('no'));
    expect((await click(element, 'synthflow-error')).clientReference).to.equal('order 7');
    await until(element, 'failed');
    const layer = page.dataLayer!;
    expect(layer.map(({ event }) => event)).to.deep.equal(['synthflow-error', 'synthflow-end']);
    expect(layer[0]!.synthflow).to.deep.include({ error: element.error, clientReference: 'order 7' });
    expect(layer[1]!.synthflow).to.include({ code: 'token-request-failed', duration: 0 });
  });

  it('is told to who listens, whatever the data layer is', async () => {
    const said: unknown[] = [];
    replace(globalThis, 'reportError', (error: unknown) => said.push(error));
    Object.assign(page, { dataLayer: {} });
    onTestEnd(() => delete page.dataLayer);
    const { element } = await place(inDataLayer);
    await click(element, 'synthflow-start');
    await click(element, 'synthflow-end');
    expect(said).to.have.lengthOf(2);
  });
});
