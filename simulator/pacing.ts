import type { Clock } from './clock.js';
import { chatter, hugeNoise, malformedTexts } from './hostile-messages.js';
import type { Random } from './random.js';
import type { Scenario } from './scenario.js';
import type { Wire } from './wire.js';

/** One websocket message and when it leaves. */
export interface PlannedMessage {
  /** In ms after the first. */
  atMs: number;
  /** Audio bytes or a text message. */
  content: Uint8Array | string;
}

const messagesPerText = 10;

/** What {@link planMessages} must know of a wire. */
export type PlanWire = Pick<Wire, 'format' | 'encode'>;

/**
 * Cuts speech into messages and says when each leaves, by the scenario's knobs.
 * The audio bytes, put together, are exactly the samples, as the wire's codec has them; they have no framing yet. Messages stay in order, as on TCP: one that is held up holds up
 * those behind it.
 */
export function planMessages(
  samples: Int16Array,
  { format, encode }: PlanWire,
  scenario: Scenario,
  random: Random,
): PlannedMessage[] {
  const bytes = encode(samples);
  const bytesPerMs = (format.spokenRate * format.sampleBytes) / 1000;
  // Only RTP's packets must hold whole samples.
  const unit = format.framing === 'rtp' ? format.sampleBytes : 1;
  const messageLength = Math.max(1, Math.round((scenario.messageMs * format.spokenRate) / 1000)) * format.sampleBytes;
  const texts = [...(scenario.chatty ? chatter : []), ...(scenario.garbage ? malformedTexts : [])];
  const plan: PlannedMessage[] = [];
  let lastMs = 0;
  let textCount = 0;

  for (let at = 0, count = 0; at < bytes.length; count++) {
    const length = scenario.odd ? Math.floor(oddLength(count, random) / unit) * unit : messageLength;
    let atMs = scenario.pacing === 'burst' ? 0 : at / bytesPerMs;
    // A message cannot leave before it is made, so "15 ms early" is "not late at all".
    if (scenario.jitterMs > 0) atMs += random() * 2 * scenario.jitterMs;
    if (scenario.stallShare > 0 && random() < scenario.stallShare) {
      atMs += scenario.stallMinMs + random() * (scenario.stallMaxMs - scenario.stallMinMs);
    }
    lastMs = Math.max(lastMs, atMs);
    plan.push({ atMs: lastMs, content: bytes.subarray(at, at + length) });
    if (texts.length > 0 && count % messagesPerText === 0) {
      plan.push({ atMs: lastMs, content: texts[textCount++ % texts.length]! });
    }
    at += length;
  }

  // Last, or the 65 s of it would stand before the speech.
  if (scenario.garbage) plan.push({ atMs: lastMs, content: encode(hugeNoise(random)) });
  return plan;
}

function oddLength(count: number, random: Random): number {
  if (count < 2) return count;
  const kind = random();
  if (kind < 0.05) return 0;
  if (kind < 0.1) return 1;
  return 1 + Math.floor(random() * 1280);
}

/**
 * Sends planned messages at their times.
 * Times are counted from the start, not from the message before: a late timer sends all that is due, and nothing drifts.
 */
export class Pacer {
  readonly #send: (content: Uint8Array | string) => void;
  readonly #clock: Clock;
  #playing: object | undefined;
  #cancel: (() => void) | undefined;

  constructor(send: (content: Uint8Array | string) => void, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** Whether a plan is being played. */
  get busy(): boolean {
    return this.#playing !== undefined;
  }

  /**
   * Starts a plan; one that is being played is given up.
   * @param spokenMs - How long the audio lasts: a burst is sent in no time, but the visitor still hears it.
   * @param done - Called when everything is sent and `spokenMs` are over; not after {@link stop}.
   */
  play(plan: readonly PlannedMessage[], spokenMs: number, done: () => void): void {
    this.stop();
    const playing = (this.#playing = {});
    const startMs = this.#clock.now();
    let next = 0;
    const step = (): void => {
      const playedMs = this.#clock.now() - startMs;
      while (next < plan.length && plan[next]!.atMs <= playedMs) {
        this.#send(plan[next++]!.content);
        if (this.#playing !== playing) return;
      }
      if (next === plan.length && playedMs >= spokenMs) {
        this.stop();
        done();
      } else {
        const dueMs = next < plan.length ? plan[next]!.atMs : spokenMs;
        this.#cancel = this.#clock.after(dueMs - playedMs, step);
      }
    };
    step();
  }

  /** Sends nothing more of the plan. Idempotent. */
  stop(): void {
    this.#playing = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
