import { Pcm16Stream } from './pcm16-stream.js';
import type { Wire, WireFormat } from './wire.js';

/** The widget websocket's. */
export const pcmFormat: WireFormat = {
  protocol: 'pcm',
  codec: 'pcm16',
  framing: 'payload',
  heardRate: 48_000,
  spokenRate: 16_000,
  sampleBytes: 2,
};

/** The widget websocket, for one call. */
export function createPcmWire(): Wire {
  const incoming = new Pcm16Stream();
  return {
    format: pcmFormat,
    start: 'client-ready',
    readyText: '{"type":"status_agent_ready"}',
    encode: (samples) => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
    frame: (plan) => [...plan],
    frameNow: (bytes) => [bytes],
    decode: (message) => incoming.push(message),
  };
}
