import { SynthflowCall } from './element/index.js';

/** Registers the tag. A page may load the script twice: the copy that is first has it, and two versions are named on the console. */
export function register(): void {
  // A server has no registry.
  const registry = globalThis.customElements as CustomElementRegistry | undefined;
  const first = registry?.get('synthflow-call') as Partial<typeof SynthflowCall> | undefined;
  if (!first) {
    registry?.define('synthflow-call', SynthflowCall);
  } else if (first.version !== SynthflowCall.version) {
    console.warn(
      `<synthflow-call> is on this page in two versions: ${first.version} is used, ${SynthflowCall.version} is not.`,
    );
  }
}
