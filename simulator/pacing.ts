import type { Clock } from './clock.js';
import { chatter, malformedTexts } from './hostile-messages.js';
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
export type PlanWire = Pick<Wire, 'cut' | 'createHuge'>;

/**
 * Cuts speech into messages and says when each leaves, by the scenario's knobs, one at a time: what takes long to encode is
 * encoded when it is due.
 * The messages have no framing yet. They stay in order, as on TCP: one that is held up holds up those behind it.
 */
export function* planMessages(
  samples: Int16Array,
  wire: PlanWire,
  scenario: Scenario,
  random: Random,
): Generator<PlannedMessage> {
  const texts = [...(scenario.chatty ? chatter : []), ...(scenario.garbage ? malformedTexts : [])];
  let lastMs = 0;
  let count = 0;
  let textCount = 0;

  for (const { startMs, bytes } of wire.cut(samples, scenario, random)) {
    let atMs = scenario.pacing === 'burst' ? 0 : startMs;
    // A message cannot leave before it is made, so "15 ms early" is "not late at all".
    if (scenario.jitterMs > 0) atMs += random() * 2 * scenario.jitterMs;
    if (scenario.stallShare > 0 && random() < scenario.stallShare) {
      atMs += scenario.stallMinMs + random() * (scenario.stallMaxMs - scenario.stallMinMs);
    }
    lastMs = Math.max(lastMs, atMs);
    yield { atMs: lastMs, content: bytes };
    if (texts.length > 0 && count++ % messagesPerText === 0) {
      yield { atMs: lastMs, content: texts[textCount++ % texts.length]! };
    }
  }

  // Last, or the 65 s of it would stand before the speech.
  if (scenario.garbage) yield { atMs: lastMs, content: wire.createHuge(random) };
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
   * @param plan - Asked for each message when the one before has left.
   * @param spokenMs - How long the audio lasts: a burst is sent in no time, but the visitor still hears it.
   * @param done - Called when everything is sent and `spokenMs` are over; not after {@link stop}.
   */
  play(plan: Iterable<PlannedMessage>, spokenMs: number, done: () => void): void {
    this.stop();
    const playing = (this.#playing = {});
    const startMs = this.#clock.now();
    const messages = plan[Symbol.iterator]();
    let next = messages.next();
    const step = (): void => {
      const playedMs = this.#clock.now() - startMs;
      while (!next.done && next.value.atMs <= playedMs) {
        this.#send(next.value.content);
        if (this.#playing !== playing) return;
        next = messages.next();
      }
      if (next.done && playedMs >= spokenMs) {
        this.stop();
        done();
      } else {
        this.#cancel = this.#clock.after((next.done ? spokenMs : next.value.atMs) - playedMs, step);
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
