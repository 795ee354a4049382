export * from './events.js';
export { SynthflowCall } from './synthflow-call.js';
