import { SynthflowCall } from './element/index.js';

export * from './element/index.js';

// A server has no registry.
const registry = globalThis.customElements as CustomElementRegistry | undefined;
// A page may load the script twice: which copy is first has the tag.
const first = registry?.get('synthflow-call') as Partial<typeof SynthflowCall> | undefined;
if (!first) {
  registry?.define('synthflow-call', SynthflowCall);
} else if (first.version !== SynthflowCall.version) {
  console.warn(
    `<synthflow-call> is on this page in two versions: ${first.version} is used, ${SynthflowCall.version} is not.`,
  );
}
