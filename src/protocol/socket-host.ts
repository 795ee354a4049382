import { Uplink } from './uplink.js';
import { hangUp } from './hang-up.js';
import { wireFormat } from './wire-format.js';
import { createWire } from './wires.js';
import type { Wire, WireChoice } from './wire.js';

/** What a socket host is told, by message, when the sound goes on elsewhere: where. */
export interface LinkCommand {
  /** Chunks come in here (ArrayBuffers, transferred), and their buffers go back for the next ones, some at a time. */
  readonly uplink: MessagePort;
  /** The agent's PCM16 goes out here (ArrayBuffers, transferred). */
  readonly downlink: MessagePort;
}

/** What a socket host is to open. */
export interface SocketCommand extends WireChoice, LinkCommand {
  readonly url: string;
}

/** What it is told, by message, when the call is there that a `bind` was reported for. */
export interface BindCommand {
  readonly sid: string;
}

/** Figures of one socket. */
export interface SocketStats {
  /** Chunks sent, and given up because the network was too slow. Told each second: the last one of a call may be missing. */
  readonly chunksSent: number;
  readonly chunksDropped: number;
  /** Binary messages received; text messages that were not JSON, and what was too long. */
  readonly audioMessages: number;
  readonly malformedMessages: number;
}

/** What a socket host tells. `closed` is the last. */
export type SocketReport =
  | { readonly type: 'opened' }
  | { readonly type: 'client-ready' }
  | { readonly type: 'agent-ready' }
  /** The socket waits to be bound to a call for this server. Once. */
  | { readonly type: 'bind'; readonly serverName: string }
  | { readonly type: 'message'; readonly data: unknown }
  | { readonly type: 'stats'; readonly stats: SocketStats }
  /** The wire cannot be spoken here. */
  | { readonly type: 'failed'; readonly code: 'unsupported-browser' }
  | { readonly type: 'closed'; readonly closeCode: number; readonly hungUp: boolean };

/**
 * A longer message is counted as malformed and goes no further, in bytes or characters: it is more sound than the player
 * holds (120 s), and to read it would hold up what is said.
 */
const longestMessage = 2 ** 22;
/** Chunks after which a line that takes nothing is a lost one: 10 s. */
const mostStuckChunks = 500;
/** Chunks between two `stats` reports: a second of sound. */
const statsEvery = 50;
/** Buffers go back so many at a time: each message wakes the audio thread. */
const giveBackAt = 4;

/**
 * Opens one websocket on behalf of whoever holds the other end of `port`: what it tells are messages, and audio goes through
 * its own ports, so it may live on the main thread or in a Worker.
 * @returns What ends it at once; where its call's `sid` was not sent yet it is sent first, so that this call ends too. No
 *   message, since a page that is being left may deliver none.
 */
export function hostSocket(port: MessagePort, command: SocketCommand): (sid?: string) => SocketEnd {
  const socket = new HostedSocket(command, (report) => port.postMessage(report));
  port.onmessage = ({ data }: MessageEvent<BindCommand | LinkCommand>) => {
    if ('sid' in data) socket.bind(data.sid);
    else socket.link(data);
  };
  return (sid) => {
    port.close();
    return { stats: socket.stats, closed: socket.close(sid) };
  };
}

/** A socket that is ended. */
export interface SocketEnd {
  /** Its last figures. */
  readonly stats: SocketStats;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
}

class HostedSocket {
  #socket: WebSocket | undefined;
  #wire: Wire;
  #uplink: Uplink | undefined;
  #capture!: MessagePort;
  #playback!: MessagePort;
  #report: (report: SocketReport) => void;
  /** Whether there is a call already that only its own socket can end. */
  #isCreated: boolean;
  #chunks = 0;
  #spent: ArrayBuffer[] = [];
  #lastBuffered = 0;
  #stuckChunks = 0;
  #isClientReady = false;
  #isAgentReady = false;
  #isBindTold = false;
  #isBound = false;
  #audioMessages = 0;
  #malformedMessages = 0;

  constructor(command: SocketCommand, report: (report: SocketReport) => void) {
    this.#wire = createWire(command, {
      // Some codecs take their time; a socket that closes meanwhile would complain on the console.
      send: (message) => {
        if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
      },
      play: (samples) => {
        if (samples.byteLength > 0) this.#playback.postMessage(samples, [samples]);
      },
      fail: (code) => report({ type: 'failed', code }),
    });
    this.#report = report;
    this.#isCreated = command.protocol === 'media' && !command.bind;
    this.link(command);
    try {
      const socket = new WebSocket(command.url);
      socket.binaryType = 'arraybuffer';
      const { chunkSamples, chunkBytes } = wireFormat(command)!;
      this.#uplink = new Uplink({
        chunkBytes,
        bufferedBytes: () => socket.bufferedAmount,
        send: (chunk, index) => this.#wire.encode(chunk, index * chunkSamples),
        release: (chunk) => this.#giveBack(chunk),
      });
      socket.onopen = () => {
        report({ type: 'opened' });
        this.#tellReadiness();
      };
      socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => this.#takeMessage(data);
      // Where connect-src forbids it, Chromium tells of an error and never of a close.
      socket.onerror = () => void this.#end(1006);
      socket.onclose = ({ code }) => void this.#end(code);
      this.#socket = socket;
    } catch {
      // A page's policy may throw here (CSP in old WebKit, mixed content). The error would name the URL: it is not kept.
      void this.#end(1006);
    }
  }

  /** Takes chunks from here from now on, and plays there. */
  link({ uplink, downlink }: LinkCommand): void {
    this.#capture?.close();
    this.#playback?.close();
    this.#capture = uplink;
    this.#playback = downlink;
    uplink.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#takeChunk(data);
  }

  bind(sid: string): void {
    if (this.#isBound || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#isBound = true;
    this.#socket.send(JSON.stringify({ type: 'bind', sid }));
  }

  async close(sid?: string): Promise<void> {
    const socket = this.#socket;
    if (sid) this.bind(sid);
    this.#letGo();
    void this.#wire.end();
    if (socket) await hangUp(socket, this.#isCreated);
  }

  #takeChunk(chunk: ArrayBuffer): void {
    this.#chunks += 1;
    this.#tellReadiness();
    // What was said before the agent could listen is not sent late: the line is live from its first chunk on.
    if (!this.#isClientReady || this.#socket?.readyState !== WebSocket.OPEN) return this.#giveBack(chunk);
    // Before it is sent: just after, what waits is this chunk.
    this.#watchLine(this.#socket);
    this.#uplink?.push(chunk);
    if (this.#chunks % statsEvery === 0) this.#reportStats();
  }

  /** A line may be dead and nobody tells: what waits is not sent any more, and never less. */
  #watchLine({ bufferedAmount }: WebSocket): void {
    this.#stuckChunks = bufferedAmount > 0 && bufferedAmount >= this.#lastBuffered ? this.#stuckChunks + 1 : 0;
    this.#lastBuffered = bufferedAmount;
    if (this.#stuckChunks === mostStuckChunks) void this.#end(1006);
  }

  #giveBack(chunk: ArrayBuffer): void {
    this.#spent.push(chunk);
    if (this.#spent.length < giveBackAt) return;
    const spent = this.#spent.splice(0);
    this.#capture.postMessage(spent, spent);
  }

  #tellReadiness(): void {
    const { clientReady, isAgentReady, serverName } = this.#wire;
    if (serverName !== undefined && !this.#isBindTold) {
      this.#isBindTold = true;
      this.#report({ type: 'bind', serverName });
    }
    // The first chunk comes from the audio thread, so playback can start as well.
    const isReady = this.#socket?.readyState === WebSocket.OPEN && this.#chunks > 0 && (clientReady || isAgentReady);
    if (isReady && !this.#isClientReady) {
      this.#isClientReady = true;
      if (clientReady) this.#socket!.send(clientReady);
      this.#report({ type: 'client-ready' });
    }
    if (this.#isClientReady && isAgentReady && !this.#isAgentReady) {
      this.#isAgentReady = true;
      this.#report({ type: 'agent-ready' });
    }
  }

  #takeMessage(message: ArrayBuffer | string): void {
    if ((typeof message === 'string' ? message.length : message.byteLength) > longestMessage) {
      this.#malformedMessages += 1;
    } else if (typeof message === 'string') {
      this.#takeText(message);
    } else {
      this.#audioMessages += 1;
      this.#wire.decode(message);
    }
    this.#tellReadiness();
  }

  #takeText(message: string): void {
    const text = this.#wire.read(message);
    if (text.type === 'status') return;
    if (text.type === 'malformed') this.#malformedMessages += 1;
    try {
      this.#report({ type: 'message', data: text.data });
    } catch {
      // JSON so deep that it cannot be cloned.
      this.#report({ type: 'message', data: message });
    }
  }

  get stats(): SocketStats {
    return {
      chunksSent: this.#uplink?.sent ?? 0,
      chunksDropped: this.#uplink?.dropped ?? 0,
      audioMessages: this.#audioMessages,
      malformedMessages: this.#malformedMessages,
    };
  }

  #reportStats(): void {
    this.#report({ type: 'stats', stats: this.stats });
  }

  async #end(closeCode: number): Promise<void> {
    const socket = this.#socket;
    if (socket) socket.onerror = socket.onclose = null;
    this.#reportStats();
    await this.#wire.end();
    this.#letGo();
    this.#report({ type: 'closed', closeCode, hungUp: this.#wire.hungUp(closeCode) });
  }

  #letGo(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#capture.close();
    this.#playback.close();
    if (socket) socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
  }
}
