import { once } from 'node:events';
import { WebSocket } from 'ws';
import { CallMeter } from './call-meter.js';
import { codeOf } from './recording-fetch.js';
import { pace } from './tone.js';

/** How long a {@link SocketTrial} waits. */
export interface TrialLimits {
  /** For the websocket to open. */
  openMs: number;
  /** For what the agent says. */
  listenMs: number;
  /** Hangs up as soon as it can. */
  signal: AbortSignal;
}

/** How the websocket ended. */
export interface TrialEnd {
  closeCode: number;
  isOurs: boolean;
}

/** Reads a binary message; gives how much audio it holds, in s. */
export type Hear = (bytes: Uint8Array) => number;

type Message = Readonly<Record<string, unknown>>;

const closeAnswerMs = 2000;
const maxMessageBytes = 16 * 1024 * 1024;
const maxBufferedBytes = 96_000;

/** One websocket that is tried: counts what comes, speaks a tone, hangs up. */
export class SocketTrial {
  readonly meter = new CallMeter();
  readonly #socket: WebSocket;
  readonly #limits: TrialLimits;
  readonly #closed: Promise<number>;
  /** Text messages that nobody has waited for yet. */
  readonly #unread: Message[] = [];
  #onMessage: ((message: Message) => void) | undefined;
  #endTone: () => void = () => undefined;
  #isOver = false;
  #sent = 0;
  #dropped = 0;
  #sentBytes = 0;
  readonly #sentSizes = new Set<number>();

  private constructor(socket: WebSocket, limits: TrialLimits, hear: Hear) {
    this.#socket = socket;
    this.#limits = limits;
    this.#closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        this.#isOver = true;
        this.#endTone();
        resolve(code);
      });
    });
    socket.once('open', () => this.meter.open());
    socket.on('message', (content: Buffer, isBinary: boolean) => {
      if (isBinary) {
        this.meter.addBinary(content.length, hear(content));
        this.#onMessage?.({});
      } else {
        const message = this.meter.addText(content.toString());
        if (this.#onMessage) this.#onMessage(message);
        else this.#unread.push(message);
      }
    });
  }

  /** @returns The open websocket; else why not: an HTTP status, or the system's name of the error. */
  static async open(url: string, limits: TrialLimits, hear: Hear): Promise<SocketTrial | { refusal: number | string }> {
    const socket = new WebSocket(url, {
      handshakeTimeout: limits.openMs,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
    });
    let refusal: number | string | undefined;
    socket.on('unexpected-response', (_request, response) => {
      refusal = response.statusCode;
      socket.terminate();
    });
    // Stays: an error after the opening is followed by `close`, and a late one must not end the process.
    socket.on('error', (error) => {
      refusal ??= codeOf(error) ?? (/timed out/.test(error.message) ? 'no answer' : 'an error');
    });
    // Before the opening: what comes at once with it is heard too.
    const trial = new SocketTrial(socket, limits, hear);
    await Promise.race([once(socket, 'open').catch(() => undefined), trial.#closed]);
    return socket.readyState === WebSocket.CONNECTING || refusal !== undefined
      ? { refusal: refusal ?? 'an error' }
      : trial;
  }

  /** Such as `400 messages of 640 B`; of Opus `400 messages of about 71 B`. */
  get whatWasSent(): string {
    const about = this.#sentSizes.size > 1 ? 'about ' : '';
    const size = this.#sent === 0 ? '' : ` of ${about}${Math.round(this.#sentBytes / this.#sent)} B`;
    const dropped = this.#dropped === 0 ? '' : `; ${this.#dropped} left out, as the network did not keep up`;
    return `${this.#sent} messages${size}${dropped}`;
  }

  /** Sends a text message. */
  write(message: object): void {
    if (!this.#isOver) this.#socket.send(JSON.stringify(message));
  }

  /** Sends what `next` gives every 20 ms, until the end. */
  speak(next: () => Uint8Array): void {
    if (this.#isOver) return;
    this.#endTone();
    this.#endTone = pace(() => {
      const bytes = next();
      if (this.#socket.bufferedAmount > maxBufferedBytes) {
        this.#dropped += 1;
        return;
      }
      this.#socket.send(bytes);
      this.#sent += 1;
      this.#sentBytes += bytes.length;
      this.#sentSizes.add(bytes.length);
    });
  }

  /** Listens for `listenMs`; less where the agent hangs up, `signal` says so, or `isEnough` (audio has no fields). */
  async listen(isEnough: (message: Message) => boolean = () => false): Promise<void> {
    const { listenMs, signal } = this.#limits;
    if (signal.aborted || this.#unread.splice(0).some(isEnough)) return;
    let timer: NodeJS.Timeout | undefined;
    let stop: () => void = () => undefined;
    await Promise.race([
      this.#closed,
      new Promise<void>((resolve) => {
        stop = resolve;
        timer = setTimeout(resolve, listenMs);
        signal.addEventListener('abort', stop, { once: true });
        this.#onMessage = (message) => {
          if (isEnough(message)) resolve();
        };
      }),
    ]);
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    this.#onMessage = undefined;
  }

  /** Hangs up with 1000, unless the agent has. */
  async hangUp(): Promise<TrialEnd> {
    this.#endTone();
    const isOurs = this.#socket.readyState === WebSocket.OPEN;
    if (isOurs) this.#socket.close(1000);
    const timer = setTimeout(() => this.#socket.terminate(), closeAnswerMs);
    const closeCode = await this.#closed;
    clearTimeout(timer);
    return { closeCode, isOurs };
  }
}
