import { joinSamples } from './join-samples.js';
import { isHangUp, readText, type AgentText, type Wire, type WireSinks } from './wire.js';

/**
 * Synthflow's widget websocket: raw PCM16 little-endian both ways and two JSON status messages.
 * Source: https://docs.synthflow.ai/about-the-websocket
 *
 * Every machine that runs a browser is little-endian, so PCM16 passes as it is.
 */
export class PcmWire implements Wire {
  readonly clientReady = '{"type":"status_client_ready"}';
  isAgentReady = false;
  readonly encode: Wire['encode'];
  readonly decode: Wire['decode'];
  readonly hungUp = isHangUp;

  constructor({ send, play }: Pick<WireSinks, 'send' | 'play'>) {
    const join = joinSamples();
    this.encode = send;
    this.decode = (message) => play(join(message));
  }

  read(text: string): AgentText {
    const read = readText(text);
    if (read.fields['type'] !== 'status_agent_ready') return read;
    this.isAgentReady = true;
    return { type: 'status' };
  }

  end(): void {}
}
