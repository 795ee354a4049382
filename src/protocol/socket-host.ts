import { PcmWire, pcmFormat } from './pcm.js';
import { Uplink } from './uplink.js';
import type { Wire, WireFormat, WireName } from './wire.js';

/** What a socket host is told, once: to open this. */
export interface SocketCommand {
  readonly url: string;
  readonly protocol: WireName;
  /** Chunks come in here (ArrayBuffers, transferred) and their buffers go back for the next ones. */
  readonly uplink: MessagePort;
  /** The agent's PCM16 goes out here (ArrayBuffers, transferred). */
  readonly downlink: MessagePort;
}

/** Figures of one socket. */
export interface SocketStats {
  /** Chunks sent, and given up because the network was too slow. */
  readonly chunksSent: number;
  readonly chunksDropped: number;
  /** Binary messages received, and text messages that were not JSON. */
  readonly audioMessages: number;
  readonly malformedMessages: number;
}

/** What a socket host tells. `closed` is the last. */
export type SocketReport =
  | { readonly type: 'opened' }
  | { readonly type: 'client-ready' }
  | { readonly type: 'agent-ready' }
  | { readonly type: 'message'; readonly data: unknown }
  | { readonly type: 'stats'; readonly stats: SocketStats }
  | { readonly type: 'closed'; readonly closeCode: number; readonly hungUp: boolean };

/** Every wire: its format, and how to make one. */
export const wires: Record<WireName, { readonly format: WireFormat; readonly create: () => Wire }> = {
  pcm: { format: pcmFormat, create: () => new PcmWire() },
};

/** Chunks between two `stats` reports: 200 ms of sound. */
const statsEvery = 10;

/**
 * Runs one websocket on behalf of whoever holds the other end of `port`; the command and the reports are messages and
 * audio goes through its own ports, so it may live on the main thread or in a Worker.
 * @returns What ends it at once and answers the last figures. No message, since a page that is being left delivers none.
 */
export function hostSocket(port: MessagePort): () => SocketStats | undefined {
  let socket: HostedSocket | undefined;
  port.onmessage = ({ data }: MessageEvent<SocketCommand>) => {
    socket = new HostedSocket(data, (report) => port.postMessage(report));
  };
  return () => {
    port.close();
    return socket?.close();
  };
}

class HostedSocket {
  #socket: WebSocket | undefined;
  #wire: Wire;
  #uplink: Uplink | undefined;
  #capture: MessagePort;
  #playback: MessagePort;
  #report: (report: SocketReport) => void;
  #chunks = 0;
  #isClientReady = false;
  #isAgentReady = false;
  #audioMessages = 0;
  #malformedMessages = 0;

  constructor(command: SocketCommand, report: (report: SocketReport) => void) {
    const { format, create } = wires[command.protocol];
    this.#wire = create();
    this.#report = report;
    this.#capture = command.uplink;
    this.#playback = command.downlink;
    this.#capture.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#takeChunk(data);
    try {
      const socket = new WebSocket(command.url);
      socket.binaryType = 'arraybuffer';
      const chunkMs = (format.chunkSamples / format.captureRate) * 1000;
      this.#uplink = new Uplink(socket, chunkMs, (chunk) => this.#giveBack(chunk));
      socket.onopen = () => {
        report({ type: 'opened' });
        this.#sendReadyOnce();
      };
      socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => this.#takeMessage(data);
      socket.onclose = ({ code }) => this.#end(code);
      this.#socket = socket;
    } catch {
      // A page's policy may throw here (CSP in old WebKit, mixed content). The error would name the URL: it is not kept.
      this.#end(1006);
    }
  }

  close(): SocketStats {
    const socket = this.#socket;
    this.#letGo();
    socket?.close(1000);
    return this.#stats;
  }

  #takeChunk(chunk: ArrayBuffer): void {
    this.#chunks += 1;
    this.#sendReadyOnce();
    // What was said before the agent could listen is not sent late: the line is live from its first chunk on.
    if (!this.#isClientReady || this.#socket?.readyState !== WebSocket.OPEN) return this.#giveBack(chunk);
    const encoded = this.#wire.encode(chunk);
    this.#uplink!.push(encoded);
    if (encoded !== chunk) this.#giveBack(chunk);
    if (this.#chunks % statsEvery === 0) this.#reportStats();
  }

  #giveBack(chunk: ArrayBuffer): void {
    this.#capture.postMessage(chunk, [chunk]);
  }

  #sendReadyOnce(): void {
    // The first chunk comes from the audio thread, so playback can start as well.
    const isReady = this.#socket?.readyState === WebSocket.OPEN && this.#chunks > 0;
    if (!isReady || this.#isClientReady) return;
    this.#isClientReady = true;
    this.#socket!.send(this.#wire.clientReady);
    this.#report({ type: 'client-ready' });
    if (this.#isAgentReady) this.#report({ type: 'agent-ready' });
  }

  #takeMessage(message: ArrayBuffer | string): void {
    if (typeof message !== 'string') {
      this.#audioMessages += 1;
      const samples = this.#wire.decode(message);
      if (samples.byteLength > 0) this.#playback.postMessage(samples, [samples]);
      return;
    }
    const text = this.#wire.read(message);
    if (text.type === 'agent-ready') {
      if (this.#isClientReady && !this.#isAgentReady) this.#report(text);
      this.#isAgentReady = true;
      return;
    }
    if (text.type === 'malformed') this.#malformedMessages += 1;
    try {
      this.#report({ type: 'message', data: text.data });
    } catch {
      // JSON so deep that it cannot be cloned.
      this.#report({ type: 'message', data: message });
    }
  }

  get #stats(): SocketStats {
    return {
      chunksSent: this.#uplink?.sent ?? 0,
      chunksDropped: this.#uplink?.dropped ?? 0,
      audioMessages: this.#audioMessages,
      malformedMessages: this.#malformedMessages,
    };
  }

  #reportStats(): void {
    this.#report({ type: 'stats', stats: this.#stats });
  }

  #end(closeCode: number): void {
    this.#reportStats();
    this.#letGo();
    this.#report({ type: 'closed', closeCode, hungUp: this.#wire.hungUp(closeCode) });
  }

  #letGo(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#capture.close();
    this.#playback.close();
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
  }
}
