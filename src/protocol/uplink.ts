/** What the queue needs of a socket. */
export interface UplinkSocket {
  readonly bufferedAmount: number;
  send(chunk: ArrayBuffer): void;
}

/** Bytes that may wait inside the socket: what it holds cannot be taken back, so it gets little. */
const socketLimitBytes = 16_000;
/** Above this backlog chunks without speech are dropped. */
const silenceLimitMs = 500;
/** Above this backlog the oldest chunks are dropped. */
const backlogLimitMs = 1500;
/** A chunk whose RMS is below this holds no speech: −45 dBFS. */
const silenceRms = 10 ** (-45 / 20) * 32_768;

/**
 * Holds the microphone's chunks until the socket takes them, and is the only place that ever drops any: late speech
 * is worth less than speech that arrives. Driven by its own pushes (one each 20 ms), so it needs no timer.
 */
export class Uplink {
  #socket: UplinkSocket;
  #chunkMs: number;
  #release: (chunk: ArrayBuffer) => void;
  #queue: { readonly chunk: ArrayBuffer; readonly isSilent: boolean }[] = [];
  /** Chunks handed to the socket. */
  sent = 0;
  /** Chunks given up because the network was slower than speech. */
  dropped = 0;

  /**
   * @param chunkMs - Length of one chunk in ms of sound.
   * @param release - Takes back each buffer once it was sent (send copies) or dropped.
   */
  constructor(socket: UplinkSocket, chunkMs: number, release: (chunk: ArrayBuffer) => void) {
    this.#socket = socket;
    this.#chunkMs = chunkMs;
    this.#release = release;
  }

  /** Queues one chunk and sends what the socket takes. */
  push(chunk: ArrayBuffer): void {
    this.#queue.push({ chunk, isSilent: isSilent(chunk) });
    while (this.#queue.length > 0 && this.#socket.bufferedAmount < socketLimitBytes) {
      const next = this.#queue.shift()!.chunk;
      this.#socket.send(next);
      this.sent += 1;
      this.#release(next);
    }
    if (this.#backlogMs > silenceLimitMs) this.#drop(this.#queue.findIndex(({ isSilent }) => isSilent));
    if (this.#backlogMs > backlogLimitMs) this.#drop(0);
  }

  get #backlogMs(): number {
    return this.#queue.length * this.#chunkMs;
  }

  #drop(index: number): void {
    if (index < 0) return;
    for (const { chunk } of this.#queue.splice(index, 1)) this.#release(chunk);
    this.dropped += 1;
  }
}

function isSilent(chunk: ArrayBuffer): boolean {
  const samples = new Int16Array(chunk);
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy < silenceRms * silenceRms * samples.length;
}
