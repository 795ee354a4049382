import { seededRandom } from '../random.js';
import type { Scenario } from '../scenario.js';
import type { Framing, Wire } from '../wire.js';
import { type CodecName, codecs } from './codecs.js';
import { LossyLine } from './lossy-line.js';
import { RtpMeter } from './rtp-meter.js';
import { RtpSender } from './rtp-sender.js';

/** What a media call is about. */
export interface MediaCall {
  callId: string;
  scenario: Scenario;
  codec: CodecName;
  framing: Framing;
}

/** WebSocket media, for one call that begins now. */
export function createMediaWire(call: MediaCall, start: 'open' | 'bind', nowMs: number): Wire {
  const { callId, scenario, codec: name, framing } = call;
  const codec = codecs[name];
  const wire: Wire = {
    format: {
      protocol: 'media',
      codec: name,
      framing,
      heardRate: codec.sampleRate,
      spokenRate: codec.sampleRate,
      sampleBytes: codec.sampleBytes,
    },
    start,
    readyText: scenario.callInfo ? JSON.stringify({ type: 'call_info', callId }) : undefined,
    encode: (samples) => codec.encode(samples),
    frame: (plan) => [...plan],
    frameNow: (bytes) => [bytes],
    decode: codec.createDecoder(),
  };
  if (framing === 'payload') return wire;

  // Numbers of its own, so that the same seed jitters and stalls alike with and without RTP.
  const random = seededRandom(scenario.seed + 1);
  const sender = new RtpSender(codec, scenario, random, nowMs);
  const line = new LossyLine(scenario, random);
  const meter = new RtpMeter(codec);
  return {
    ...wire,
    frame: (plan, atMs) => {
      sender.talk(atMs);
      const framed = plan.flatMap((message) => {
        const { content } = message;
        if (typeof content === 'string') return [message];
        return line.pass(sender.pack(content)).map((packet) => ({ ...message, content: packet }));
      });
      const endMs = plan.at(-1)?.atMs ?? 0;
      return [...framed, ...line.flush().map((packet) => ({ atMs: endMs, content: packet }))];
    },
    frameNow: (bytes, atMs) => {
      sender.talk(atMs);
      return line.pass(sender.pack(bytes));
    },
    // A packet holds whole samples: what is left over of one must not shift the next.
    decode: (message) => codec.createDecoder()(meter.push(message) ?? new Uint8Array(0)),
    get rtpFigures() {
      return meter.figures;
    },
  };
}
