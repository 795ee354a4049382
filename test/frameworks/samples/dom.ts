import { createCall } from 'synthflow-call/client';
import type { SynthflowCall } from 'synthflow-call';

/** No framework; and Angular, whose `ElementRef<SynthflowCall>` is this. */
export const element: SynthflowCall = document.createElement('synthflow-call');
element.position = 'bottom-right';
element.addEventListener('synthflow-end', ({ reason, duration }) => console.log(reason.length, duration.toFixed()));

export const call = createCall({ tokenEndpoint: '/api/synthflow/token', maxDuration: 600 });
call.addEventListener('synthflow-facts', ({ facts }) => console.log(facts.has('agent-speaking')));

// @ts-expect-error There is no such place.
element.position = 'bottom';
// @ts-expect-error Nor such a setting: a call without a face is nowhere.
createCall({ position: 'bottom-right' });
// @ts-expect-error An end has no such field.
call.addEventListener('synthflow-end', ({ why }) => console.log(why));
