import type { GlobalComponents } from 'vue';
import type { SynthflowCall } from 'synthflow-call/vue';

/** What a template may say: `vue-tsc` looks at the same. */
type Props = InstanceType<GlobalComponents['synthflow-call']>['$props'];

export const props: Props = {
  class: 'support',
  'token-endpoint': '/api/synthflow/token',
  assistantId: 'support',
  position: 'bottom-right',
  maxDuration: 600,
  reconnect: true,
  onSynthflowEnd: ({ reason, duration }) => console.log(reason.length, duration.toFixed()),
  tokenProvider: async ({ assistantId }) => `wss://example.com/${assistantId}`,
};
export const start = (element: SynthflowCall): Promise<boolean> => element.start();

// @ts-expect-error There is no such place.
export const wrongPlace: Props = { position: 'bottom' };
// @ts-expect-error Nor such an attribute.
export const wrongName: Props = { endpoint: '/token' };
// @ts-expect-error An end has no such field.
export const wrongField: Props = { onSynthflowEnd: ({ why }) => console.log(why) };
