import type { JSX } from 'preact';
import type { SynthflowCall } from 'synthflow-call/preact';

/** Preact. */
export const Call = (): JSX.Element => (
  <synthflow-call
    class="support"
    token-endpoint="/api/synthflow/token"
    assistant-id="support"
    position="bottom-right"
    max-duration={600}
    reconnect
    ref={(element: SynthflowCall | null) => void element?.start()}
    onsynthflow-end={({ reason, duration }) => console.log(reason.length, duration.toFixed())}
  >
    <span slot="fallback">Call us</span>
  </synthflow-call>
);

// @ts-expect-error There is no such place.
export const wrongPlace = <synthflow-call position="bottom" />;
// @ts-expect-error Nor such an attribute.
export const wrongName = <synthflow-call endpoint="/token" />;
// @ts-expect-error An end has no such field.
export const wrongField = <synthflow-call onsynthflow-end={({ why }) => console.log(why)} />;
