import type { WireChoice } from '../../src/protocol/wire.js';

/** The widget websocket. */
export const plainPcm: WireChoice = { protocol: 'pcm', codec: 'l16', framing: 'payload', bind: false };

/** WebSocket media as it is where nobody says more. */
export const plainMedia: WireChoice = { ...plainPcm, protocol: 'media' };
