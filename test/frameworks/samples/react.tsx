import type { ReactElement } from 'react';
import type { SynthflowCall } from 'synthflow-call/react';

/** React 19 and 18. */
export const Call = (): ReactElement => (
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
