/** What the queue needs to know. */
export interface UplinkOptions {
  /** Bytes that may wait inside the socket: what it holds cannot be taken back, so it gets little. */
  readonly limitBytes: number;
  /** Bytes that wait there now. */
  bufferedBytes(): number;
  /** Sends a chunk, of which copies are made; `index` counts all that were pushed, from 0. */
  send(chunk: ArrayBuffer, index: number): void;
  /** Takes back each buffer once it was sent or dropped. */
  release(chunk: ArrayBuffer): void;
}

interface QueuedChunk {
  readonly chunk: ArrayBuffer;
  readonly index: number;
  readonly isSilent: boolean;
}

const chunkMs = 20;
/** Above this backlog chunks without speech are dropped. */
const silenceLimitMs = 500;
/** Above this backlog the oldest chunks are dropped: with what a full socket holds (180 ms) nothing waits for more than 1.5 s. */
const backlogLimitMs = 1320;
/** A chunk whose RMS is below this holds no speech: −45 dBFS. */
const silenceRms = 10 ** (-45 / 20) * 32_768;

/**
 * Holds the microphone's chunks until the socket takes them, and is the only place that ever drops any: late speech
 * is worth less than speech that arrives. Driven by its own pushes (one each 20 ms), so it needs no timer.
 */
export class Uplink {
  #options: UplinkOptions;
  #queue: QueuedChunk[] = [];
  #pushed = 0;
  /** Chunks handed to the socket. */
  sent = 0;
  /** Chunks given up because the network was slower than speech. */
  dropped = 0;

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  /** Queues one chunk of PCM16 and sends what the socket takes. */
  push(chunk: ArrayBuffer): void {
    const { limitBytes, bufferedBytes, send, release } = this.#options;
    this.#queue.push({ chunk, index: this.#pushed++, isSilent: isSilent(chunk) });
    while (this.#queue.length > 0 && bufferedBytes() < limitBytes) {
      const { chunk, index } = this.#queue.shift()!;
      send(chunk, index);
      this.sent += 1;
      release(chunk);
    }
    if (this.#backlogMs > silenceLimitMs) this.#drop(this.#queue.findIndex(({ isSilent }) => isSilent));
    if (this.#backlogMs > backlogLimitMs) this.#drop(0);
  }

  get #backlogMs(): number {
    return this.#queue.length * chunkMs;
  }

  #drop(index: number): void {
    if (index < 0) return;
    for (const { chunk } of this.#queue.splice(index, 1)) this.#options.release(chunk);
    this.dropped += 1;
  }
}

function isSilent(chunk: ArrayBuffer): boolean {
  const samples = new Int16Array(chunk);
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy < silenceRms * silenceRms * samples.length;
}
