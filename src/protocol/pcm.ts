import type { AgentText, Wire, WireFormat } from './wire.js';

/**
 * Rates of Synthflow's widget websocket: PCM16 mono, 48 kHz from us, 16 kHz from the agent.
 * Source: https://docs.synthflow.ai/about-the-websocket
 */
export const pcmFormat: WireFormat = { captureRate: 48_000, playbackRate: 16_000, chunkSamples: 960 };

/**
 * Synthflow's widget websocket: raw PCM16 little-endian both ways and two JSON status messages.
 * Source: https://docs.synthflow.ai/about-the-websocket
 *
 * Every machine that runs a browser is little-endian, so PCM16 passes as it is.
 */
export class PcmWire implements Wire {
  readonly clientReady = '{"type":"status_client_ready"}';
  #oddByte: number | undefined;

  encode(chunk: ArrayBuffer): ArrayBuffer {
    return chunk;
  }

  /** Messages may end in the middle of a sample: the odd byte is carried over to the next one. */
  decode(message: ArrayBuffer): ArrayBuffer {
    if (this.#oddByte === undefined && message.byteLength % 2 === 0) return message;
    const head = this.#oddByte === undefined ? [] : [this.#oddByte];
    const bytes = new Uint8Array(head.length + message.byteLength);
    bytes.set(head);
    bytes.set(new Uint8Array(message), head.length);
    const even = bytes.length - (bytes.length % 2);
    this.#oddByte = bytes[even];
    return bytes.buffer.slice(0, even);
  }

  read(text: string): AgentText {
    try {
      const data: unknown = JSON.parse(text);
      const isReady = (data as { type?: unknown } | null)?.type === 'status_agent_ready';
      return isReady ? { type: 'agent-ready' } : { type: 'message', data };
    } catch {
      return { type: 'malformed', data: text };
    }
  }

  // Close codes are not documented. After a working call these three are how a server ends it on purpose.
  hungUp(closeCode: number): boolean {
    return closeCode === 1000 || closeCode === 1001 || closeCode === 1005;
  }
}
