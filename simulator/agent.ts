import { type Clock, wallClock } from './clock.js';
import { chatter, malformedTexts } from './hostile-messages.js';
import { Listener } from './listener.js';
import { Pacer, planMessages } from './pacing.js';
import { type Random, seededRandom } from './random.js';
import { CallMeter, type CallReport, type EndedBy } from './report.js';
import type { Scenario } from './scenario.js';
import { loop, RateConverter, sine } from './sounds.js';
import { readMessage } from './text-message.js';
import type { Wire } from './wire.js';

/** The agent's end of a websocket: one of `ws`, or what stands for it. */
export interface AgentSocket {
  readonly OPEN: number;
  readonly readyState: number;
  readonly bufferedAmount: number;
  on(type: 'message', listener: (content: Uint8Array, isBinary: boolean) => void): unknown;
  on(type: 'close', listener: (closeCode: number) => void): unknown;
  on(type: 'error', listener: () => void): unknown;
  send(content: Uint8Array | string): void;
  close(closeCode?: number): void;
  terminate(): void;
}

/** What an {@link Agent} needs beside its socket. */
export interface AgentOptions {
  scenario: Scenario;
  wire: Wire;
  /** {@link greetingRate}. */
  greeting: Int16Array;
  /** Whether the report holds what was heard. */
  record: boolean;
  /** Whether audio came before the wire let it: it is reported, and was not heard. */
  isHeardEarly?: boolean;
  /** Called once, when the socket has closed. */
  onEnd: (report: CallReport) => void;
  clock?: Clock;
}

/** Rate of the greeting, in Hz. */
export const greetingRate = 16_000;

// What the visitor's machine still plays when the last message has left: not to be taken for the visitor.
const deafMs = 300;
// A client that sends nothing while muted would leave an utterance open for ever.
const sentNothingMs = 1000;
const closeAnswerMs = 1000;
const maxUnsentBytes = 1024 * 1024;

/** The agent's side of one call: says, hears and measures by its scenario, from the open socket to its end. */
export class Agent {
  readonly #socket: AgentSocket;
  readonly #scenario: Scenario;
  readonly #wire: Wire;
  readonly #greeting: Int16Array;
  readonly #onEnd: (report: CallReport) => void;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #meter: CallMeter;
  readonly #pacer: Pacer;
  readonly #listener: Listener;
  readonly #cancels = new Set<() => void>();
  #cancelSentNothing: (() => void) | undefined;
  #echo: RateConverter | undefined;
  #started = false;
  #begun = false;
  #listening = false;
  #endedBy: EndedBy | undefined;

  constructor(socket: AgentSocket, options: AgentOptions) {
    const { scenario, wire, greeting, record, isHeardEarly = false, onEnd, clock = wallClock } = options;
    this.#socket = socket;
    this.#scenario = scenario;
    this.#wire = wire;
    this.#greeting = greeting;
    this.#onEnd = onEnd;
    this.#clock = clock;
    this.#pacer = new Pacer((content) => this.#send(content), clock);
    this.#random = seededRandom(scenario.seed);
    this.#listener = new Listener(wire.format.heardRate);
    this.#meter = new CallMeter(scenario.name, clock.now(), record, wire);
    if (isHeardEarly) this.#meter.heardEarly();

    // No `binaryType` is set, so every message comes as a Buffer.
    socket.on('message', (content, isBinary) => {
      if (isBinary) this.#hear(content);
      else this.#read(new TextDecoder().decode(content));
    });
    socket.on('close', (closeCode) => this.#end(closeCode));
    // A message too large or malformed: ws has closed the socket already, `close` follows.
    socket.on('error', () => (this.#endedBy ??= 'agent'));

    if (scenario.chatty) this.#send(chatter[0]!);
    if (scenario.garbage) for (const text of malformedTexts.slice(0, 5)) this.#send(text);
    if (scenario.closeAtOnce) this.hangUp(scenario.closeCode);
    else if (wire.start !== 'client-ready') this.#start();
  }

  /**
   * Ends the call from the agent's side. Idempotent.
   * @param closeCode - 1005 closes without a code; 1006 drops the connection without a close message.
   */
  hangUp(closeCode = 1000): void {
    if (this.#endedBy) return;
    this.#endedBy = closeCode === 1006 ? 'drop' : 'agent';
    this.#quiet();
    if (closeCode === 1006) return this.#socket.terminate();
    if (closeCode === 1005) this.#socket.close();
    else this.#socket.close(closeCode);
    this.#after(closeAnswerMs, () => this.#socket.terminate());
  }

  #read(text: string): void {
    const isClientReady = readMessage(text)['type'] === 'status_client_ready';
    this.#meter.pushText(isClientReady);
    if (isClientReady) this.#start();
  }

  #start(): void {
    if (this.#started || this.#endedBy) return;
    this.#started = true;
    const { early, ready, readyMs } = this.#scenario;
    // Where the open socket is all there is to wait for, audio flows at once, and what the agent writes follows.
    const isOpenEnough = this.#wire.start === 'open' && ready;
    if (isOpenEnough) this.#meter.agentReady();
    if (early || isOpenEnough) this.#begin();
    this.#after(readyMs, () => this.#ready());
  }

  #ready(): void {
    const { ready, hangUpAfterMs, dropAfterMs, closeCode } = this.#scenario;
    if (hangUpAfterMs > 0) this.#after(hangUpAfterMs, () => this.hangUp(closeCode));
    if (dropAfterMs > 0) this.#after(dropAfterMs, () => this.hangUp(1006));
    if (!ready) return;
    if (this.#wire.readyText !== undefined) this.#send(this.#wire.readyText);
    this.#meter.agentReady();
    this.#begin();
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    const { voice, seconds, greeting } = this.#scenario;
    const { heardRate, spokenRate } = this.#wire.format;
    switch (voice) {
      case 'talk':
        if (greeting) this.#say(this.#greetingAt(spokenRate), () => this.#listen(deafMs));
        else this.#listen(0);
        break;
      case 'echo':
        this.#echo = new RateConverter(heardRate, spokenRate);
        break;
      case 'tone':
        this.#say(sine(1000, -12, seconds, spokenRate));
        break;
      case 'speech':
        this.#say(loop(this.#greetingAt(spokenRate), seconds, spokenRate));
        break;
      case 'silence':
        break;
    }
  }

  #say(samples: Int16Array, done: () => void = () => {}): void {
    this.#listening = false;
    const plan = planMessages(samples, this.#wire, this.#scenario, this.#random);
    const spokenMs = (samples.length / this.#wire.format.spokenRate) * 1000;
    this.#pacer.play(this.#wire.frame(plan, this.#clock.now()), spokenMs, done);
  }

  #greetingAt(sampleRate: number): Int16Array {
    return new RateConverter(greetingRate, sampleRate).push(this.#greeting);
  }

  #listen(ignoreMs: number): void {
    this.#listener.reset(ignoreMs);
    this.#listening = true;
  }

  #hear(bytes: Uint8Array): void {
    const samples = this.#wire.decode(bytes);
    this.#meter.pushAudio(bytes.length, samples, this.#clock.now());

    // Who sends and never reads gets no more echo, or it would pile up here.
    if (this.#echo && this.#socket.bufferedAmount < maxUnsentBytes) {
      const echo = this.#echo.push(samples);
      if (echo.length > 0) {
        for (const message of this.#wire.frameNow(echo, this.#clock.now())) this.#send(message);
      }
    }
    if (this.#listening) {
      this.#cancelSentNothing?.();
      this.#repeat(this.#listener.push(samples));
      if (this.#listener.speaking) {
        this.#cancelSentNothing = this.#after(sentNothingMs, () => this.#repeat(this.#listener.finish()));
      }
    }
  }

  #repeat(utterance: Int16Array | undefined): void {
    if (!utterance) return;
    const { heardRate, spokenRate } = this.#wire.format;
    this.#say(new RateConverter(heardRate, spokenRate).push(utterance), () => this.#listen(deafMs));
  }

  #send(content: Uint8Array | string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(content);
    if (typeof content !== 'string') this.#meter.agentSent(content.length);
  }

  #after(delayMs: number, callback: () => void): () => void {
    const stop = this.#clock.after(delayMs, () => {
      this.#cancels.delete(cancel);
      callback();
    });
    const cancel = (): void => {
      this.#cancels.delete(cancel);
      stop();
    };
    this.#cancels.add(cancel);
    return cancel;
  }

  #quiet(): void {
    this.#pacer.stop();
    this.#listening = false;
    this.#echo = undefined;
    for (const cancel of this.#cancels) cancel();
  }

  #end(closeCode: number): void {
    this.#quiet();
    this.#onEnd(
      this.#meter.finish(closeCode, this.#endedBy ?? (closeCode === 1006 ? 'drop' : 'visitor'), this.#clock.now()),
    );
  }
}
