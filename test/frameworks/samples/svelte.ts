import type { SvelteHTMLElements } from 'svelte/elements';
import type { SynthflowCall } from 'synthflow-call/svelte';

/** What markup may say: `svelte-check` looks at the same. */
type Props = SvelteHTMLElements['synthflow-call'];

export const props: Props = {
  class: 'support',
  'token-endpoint': '/api/synthflow/token',
  assistantId: 'support',
  position: 'bottom-right',
  'max-duration': 600,
  reconnect: true,
  'onsynthflow-end': ({ reason, duration }) => console.log(reason.length, duration.toFixed()),
};
export const start = (element: SynthflowCall): Promise<boolean> => element.start();

// @ts-expect-error There is no such place.
export const wrongPlace: Props = { position: 'bottom' };
// @ts-expect-error Nor such an attribute.
export const wrongName: Props = { endpoint: '/token' };
// @ts-expect-error An end has no such field.
export const wrongField: Props = { 'onsynthflow-end': ({ why }) => console.log(why) };
