import type { WireChoice, WireFormat } from './wire.js';

/**
 * Rates of Synthflow's widget websocket: PCM16 mono, 48 kHz from us, 16 kHz from the agent.
 * Source: https://docs.synthflow.ai/about-the-websocket
 */
export const pcmFormat: WireFormat = { captureRate: 48_000, playbackRate: 16_000, chunkSamples: 960, chunkBytes: 1920 };

/** A codec's rate (Hz) and the bytes in 20 ms of it. What an endpoint names is only a claim, of any type. */
const codecs = new Map<unknown, readonly [rate: number, chunkBytes: number]>([
  ['l16', [16_000, 640]],
  ['pcmu', [8000, 160]],
  ['pcma', [8000, 160]],
  ['opus', [48_000, 80]],
]);

/** The format of WebSocket media; undefined where there is no such codec or framing. */
export function mediaFormat({ codec, framing }: WireChoice): WireFormat | undefined {
  const facts = codecs.get(codec);
  if (!facts || !(framing === 'rtp' || (framing === 'payload' && codec !== 'opus'))) return undefined;
  const [rate, chunkBytes] = facts;
  return { captureRate: rate, playbackRate: rate, chunkSamples: rate / 50, chunkBytes };
}

/** The rates of a wire; undefined where we do not speak it. What comes from an endpoint is only a claim. */
export function wireFormat(choice: WireChoice): WireFormat | undefined {
  if (choice.protocol === 'media') return mediaFormat(choice);
  return choice.protocol === 'pcm' ? pcmFormat : undefined;
}
