import { cutBytes } from './cut-bytes.js';
import { hugeNoise } from './hostile-messages.js';
import { Pcm16Stream } from './pcm16-stream.js';
import type { Wire, WireFormat } from './wire.js';

/** The widget websocket's. */
export const pcmFormat: WireFormat = {
  protocol: 'pcm',
  codec: 'pcm16',
  framing: 'payload',
  heardRate: 48_000,
  spokenRate: 16_000,
};

const layout = { sampleRate: pcmFormat.spokenRate, sampleBytes: 2, isWhole: false };

/** The widget websocket, for one call. */
export function createPcmWire(): Wire {
  const incoming = new Pcm16Stream();
  return {
    format: pcmFormat,
    start: 'client-ready',
    readyText: '{"type":"status_agent_ready"}',
    cut: (samples, options, random) => cutBytes(toBytes(samples), layout, options, random),
    createHuge: (random) => toBytes(hugeNoise(random)),
    frame: (plan) => plan,
    frameNow: (samples) => [toBytes(samples)],
    decode: (message) => incoming.push(message),
  };
}

/** Every machine that this runs on is little-endian, as the wire is. */
function toBytes(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}
