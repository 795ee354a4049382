import { SynthflowCall } from './element/index.js';

export * from './element/index.js';

// A page may load the script twice, and a server has no registry.
if (globalThis.customElements && !customElements.get('synthflow-call')) {
  customElements.define('synthflow-call', SynthflowCall);
}
