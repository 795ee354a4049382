import { MediaWire } from './media.js';
import { PcmWire } from './pcm.js';
import type { Wire, WireChoice, WireSinks } from './wire.js';

/** Makes the wire that was chosen, which must have a format. */
export function createWire(choice: WireChoice, sinks: WireSinks): Wire {
  return choice.protocol === 'media' ? new MediaWire(choice, sinks) : new PcmWire(sinks);
}
