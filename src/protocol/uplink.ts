/** What the queue needs to know. */
export interface UplinkOptions {
  /** Bytes of a chunk on the wire. */
  readonly chunkBytes: number;
  /** Bytes that wait in the socket. */
  bufferedBytes(): number;
  /** Sends a chunk, of which copies are made, now or once it is encoded; `index` counts all that were pushed, from 0. */
  send(chunk: ArrayBuffer, index: number): void;
  /** Takes back each buffer once it was sent or dropped. */
  release(chunk: ArrayBuffer): void;
}

interface QueuedChunk {
  readonly chunk: ArrayBuffer;
  readonly index: number;
}

const chunkMs = 20;
/** Chunks that may wait inside the socket: what it holds cannot be taken back, so it gets little. */
const mostInSocket = 8;
/** With more chunks than these in the queue those without speech are dropped. */
const silenceLimit = 500 / chunkMs;
/** With more than these the oldest is, where all hold speech: with what a full socket holds (180 ms) nothing waits for more than 1.5 s. */
const backlogLimit = 1320 / chunkMs;
/** A chunk whose RMS is below this holds no speech: −45 dBFS, in steps of 16 bits. */
const silenceRms = 184;

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
    const { chunkBytes, bufferedBytes, send, release } = this.#options;
    this.#queue.push({ chunk, index: this.#pushed++ });
    // Counted, not looked at each time: what is still being encoded is not in the socket yet.
    let room = mostInSocket - bufferedBytes() / chunkBytes;
    for (let next; room-- > 0 && (next = this.#queue.shift());) {
      send(next.chunk, next.index);
      this.sent += 1;
      release(next.chunk);
    }
    if (this.#queue.length <= silenceLimit) return;
    const silent = this.#queue.findIndex(isSilent);
    if (silent < 0 && this.#queue.length <= backlogLimit) return;
    for (const { chunk } of this.#queue.splice(Math.max(0, silent), 1)) release(chunk);
    this.dropped += 1;
  }
}

function isSilent({ chunk }: QueuedChunk): boolean {
  const samples = new Int16Array(chunk);
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy < silenceRms * silenceRms * samples.length;
}
