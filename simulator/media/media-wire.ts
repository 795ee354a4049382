import type { PlannedMessage } from '../pacing.js';
import { seededRandom } from '../random.js';
import type { Scenario } from '../scenario.js';
import type { Framing, Wire } from '../wire.js';
import type { CodecName } from './codecs.js';
import type { Coder } from './coder.js';
import { LossyLine } from './lossy-line.js';
import { RtpMeter } from './rtp-meter.js';
import { RtpSender } from './rtp-sender.js';

/** What a media call is about. */
export interface MediaCall {
  callId: string;
  scenario: Scenario;
  codec: CodecName;
  framing: Framing;
  /** Its own: it holds the state of both streams. */
  coder: Coder;
}

/** WebSocket media, for one call that begins now. */
export function createMediaWire(call: MediaCall, start: 'open' | 'bind', nowMs: number): Wire {
  const { callId, scenario, codec, framing, coder } = call;
  const { sampleRate } = coder;
  const wire: Wire = {
    format: { protocol: 'media', codec, framing, heardRate: sampleRate, spokenRate: sampleRate },
    callId,
    start,
    readyText: scenario.callInfo ? JSON.stringify({ type: 'call_info', callId }) : undefined,
    cut: (samples, options, random) => coder.cut(samples, options, random),
    createHuge: (random) => coder.createHuge(random),
    frame: (plan) => plan,
    frameNow: (samples) => coder.encode(samples),
    decode: (message) => coder.decode(message),
  };
  if (framing === 'payload') return wire;

  // Numbers of its own, so that the same seed jitters and stalls alike with and without RTP.
  const random = seededRandom(scenario.seed + 1);
  const sender = new RtpSender(coder, scenario, random, nowMs);
  const line = new LossyLine(scenario, random);
  const meter = new RtpMeter(coder);
  return {
    ...wire,
    *frame(plan, atMs) {
      sender.talk(atMs);
      yield* packAll(plan, sender, line);
    },
    frameNow: (samples, atMs) => {
      sender.talk(atMs);
      return coder.encode(samples).flatMap((payload) => line.pass(sender.pack(payload)));
    },
    decode: (message) => {
      const payload = meter.push(message);
      return payload ? coder.decode(payload) : new Int16Array(0);
    },
    get rtpFigures() {
      return meter.figures;
    },
    get opusFigures() {
      return coder.opusFigures;
    },
  };
}

function* packAll(plan: Iterable<PlannedMessage>, sender: RtpSender, line: LossyLine): Generator<PlannedMessage> {
  let endMs = 0;
  for (const { atMs, content } of plan) {
    endMs = atMs;
    if (typeof content === 'string') yield { atMs, content };
    else for (const packet of line.pass(sender.pack(content))) yield { atMs, content: packet };
  }
  for (const packet of line.flush()) yield { atMs: endMs, content: packet };
}
