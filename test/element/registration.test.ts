import { expect } from '@open-wc/testing';
import { replace } from '../support/replace.js';

// A file of its own: a page registers a tag once.
describe('importing the class', () => {
  it('registers nothing', async () => {
    const defined: string[] = [];
    const { define } = customElements;
    replace(customElements, 'define', function (name: string, ...rest: [CustomElementConstructor]) {
      defined.push(name);
      return define.call(customElements, name, ...rest);
    });
    const { SynthflowCall } = await import('../../src/element/index.js');
    expect(SynthflowCall.prototype).to.be.instanceOf(HTMLElement);
    expect(defined).to.be.empty;
    expect(customElements.get('synthflow-call')).to.equal(undefined);
    await import('../../src/index.js');
    expect(defined).to.deep.equal(['synthflow-call']);
    expect(customElements.get('synthflow-call')).to.equal(SynthflowCall);
  });
});
