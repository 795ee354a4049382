import { mediaFormat, MediaWire } from './media.js';
import { pcmFormat, PcmWire } from './pcm.js';
import type { Wire, WireChoice, WireFormat, WireSinks } from './wire.js';

/** The rates of a wire; undefined where we do not speak it. What comes from an endpoint is only a claim. */
export function wireFormat(choice: WireChoice): WireFormat | undefined {
  if (choice.protocol === 'media') return mediaFormat(choice);
  return choice.protocol === 'pcm' ? pcmFormat : undefined;
}

/** Makes the wire that was chosen, which must have a {@link wireFormat}. */
export function createWire(choice: WireChoice, sinks: WireSinks): Wire {
  return choice.protocol === 'media' ? new MediaWire(choice, sinks) : new PcmWire(sinks);
}
