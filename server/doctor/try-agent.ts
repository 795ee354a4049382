import type { OpusFigures } from '../../simulator/media/opus-coder.js';
import { fetchMediaSession, type MediaAnswer } from '../fetch-media-session.js';
import { fetchSession } from '../fetch-session.js';
import { Refusal } from '../refusal.js';
import type { Agent, MediaAgent } from '../resolve-agents.js';
import type { TokenSettings } from '../token-settings.js';
import { adviceForRefusal, adviceForSocket } from './advice.js';
import { recordFetch, type Step } from './recording-fetch.js';
import { type Secrets, shorten } from './redact.js';
import { type Hear, SocketTrial, type TrialLimits } from './socket-trial.js';
import { createTone } from './tone.js';

/** What came of one agent. */
export interface Trial {
  /** Lines of the report; not yet redacted. */
  lines: string[];
  /** One sentence on what to change; undefined where the agent answered. */
  advice: string | undefined;
}

type Settings = Pick<TokenSettings, 'apiKey' | 'widgetBaseUrl'>;

/** An end of the trial before its time; the message is the advice. */
class Failure extends Error {}

const never = new AbortController().signal;

/** Why an agent cannot be called from here, in one sentence; undefined where it can. */
export async function whyNotToTry(agent: Agent): Promise<string | undefined> {
  if (agent.protocol === 'pcm') return undefined;
  const [{ createCoder }, { OpusMissingError }] = await Promise.all([
    import('../../simulator/media/coder.js'),
    import('../../simulator/media/opus-coder.js'),
  ]);
  try {
    await createCoder(agent.codec, agent.framing);
    return undefined;
  } catch (error) {
    if (!(error instanceof OpusMissingError)) throw error;
    return 'No call was made, as Opus needs the package libopus-wasm: npm install libopus-wasm, or try this agent with "codec": "l16".';
  }
}

/** Calls an agent for a few seconds and tells what came. A `media` agent's call is billed. */
export async function tryAgent(
  settings: Settings,
  agent: Agent,
  secrets: Secrets,
  limits: TrialLimits,
): Promise<Trial> {
  const lines: string[] = [];
  try {
    if (agent.protocol === 'pcm') await tryPcm(settings, agent.id, secrets, limits, lines);
    else await tryMedia(settings, agent, secrets, limits, lines);
    return { lines, advice: limits.signal.aborted ? 'It was interrupted: run it again to its end.' : undefined };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { lines, advice: error.message };
  }
}

async function tryPcm(
  settings: Settings,
  agentId: string,
  secrets: Secrets,
  limits: TrialLimits,
  lines: string[],
): Promise<void> {
  const sampleRate = 48_000;
  const url = await ask(agentId, secrets, lines, 'pcm', (fetch) =>
    fetchSession({ ...settings, fetch }, agentId, never),
  );
  const trial = await open(url, limits, lines, ({ length }) => length / (2 * 16_000));
  trial.write({ type: 'status_client_ready' });
  const tone = createTone(sampleRate);
  trial.speak(() => {
    const samples = tone();
    const view = new DataView(new ArrayBuffer(2 * samples.length));
    samples.forEach((sample, i) => view.setInt16(2 * i, sample, true));
    return new Uint8Array(view.buffer);
  });
  await trial.listen();
  lines.push(`sent     status_client_ready, ${trial.whatWasSent} (440 Hz, PCM16, 48 kHz)`);
  await finish(trial, lines);
  if (!trial.meter.has('status_agent_ready') && trial.meter.binaryCount === 0 && !limits.signal.aborted) {
    throw new Failure(
      'The websocket opened and the agent never said status_agent_ready nor a word: check in Synthflow that the agent is live, then try it as protocol media.',
    );
  }
}

async function tryMedia(
  settings: Settings,
  agent: MediaAgent,
  secrets: Secrets,
  limits: TrialLimits,
  lines: string[],
): Promise<void> {
  const { codec: name, framing } = agent;
  // Loaded at need, as the simulator is: the token endpoint has no use for codecs.
  const [{ createCoder }, { readRtpPacket, writeRtpPacket }] = await Promise.all([
    import('../../simulator/media/coder.js'),
    import('../../simulator/media/rtp-packet.js'),
  ]);
  const coder = await createCoder(name, framing);
  const onCall = (callId: string): void => {
    secrets.add(callId);
    lines.push(`call     ${shorten(callId)}`);
  };
  /** One request; it goes to its end whoever interrupts: only its answer lets us hang up the call. */
  const request = <T>(serverName?: string): Promise<T> =>
    ask(
      agent.id,
      secrets,
      lines,
      'media',
      (fetch) =>
        fetchMediaSession({ ...settings, fetch }, agent, { serverName, clientSignal: never, onCall }) as Promise<T>,
    );

  const payloadTypes = new Map<string, number>();
  const hear = (bytes: Uint8Array): number => {
    let payload: Uint8Array | undefined = bytes;
    if (framing === 'rtp') {
      const packet = readRtpPacket(bytes);
      const type = packet ? String(packet.payloadType) : 'not RTP';
      payloadTypes.set(type, (payloadTypes.get(type) ?? 0) + 1);
      payload = packet?.payload;
    }
    return payload ? coder.decode(payload).length / coder.sampleRate : 0;
  };
  const trial = await open((await request<MediaAnswer>()).sessionURL, limits, lines, hear);
  if (agent.bind) await bind(trial, limits, lines, request);
  const tone = createTone(coder.sampleRate);
  const ssrc = Math.floor(Math.random() * 2 ** 32);
  let sequence = 0;
  let timestamp = 0;
  trial.speak(() => {
    const samples = tone();
    // 20 ms are one payload in every codec.
    const [payload] = coder.encode(samples) as [Uint8Array];
    if (framing === 'payload') return payload;
    const { payloadType } = coder;
    const packet = writeRtpPacket({ marker: sequence === 0, payloadType, sequence, timestamp, ssrc, payload });
    sequence = (sequence + 1) % 2 ** 16;
    timestamp = (timestamp + samples.length) % 2 ** 32;
    return packet;
  });
  await trial.listen();
  lines.push(`sent     ${trial.whatWasSent} (440 Hz, ${name} as ${framing}, ${coder.sampleRate / 1000} kHz)`);
  if (payloadTypes.size > 0) {
    lines.push(`rtp      payload types: ${[...payloadTypes].map(([type, count]) => `${type} ×${count}`).join(', ')}`);
  }
  if (coder.opusFigures && trial.meter.binaryCount > 0) lines.push(`opus     ${describeOpus(coder.opusFigures)}`);
  await finish(trial, lines);
  if (!trial.meter.has('call_info') && trial.meter.binaryCount === 0 && !limits.signal.aborted) {
    throw new Failure(
      'The websocket opened and the agent sent neither call_info nor audio: check in Synthflow that the agent is live and takes WebSocket media, and look for the call there.',
    );
  }
}

function describeOpus({ durationsMs, stereo, undecodable }: OpusFigures): string {
  const parts = Object.entries(durationsMs).map(([ms, count]) => `${ms} ms ×${count}`);
  if (stereo > 0) parts.push(`stereo ×${stereo}`);
  if (undecodable > 0) parts.push(`not Opus ×${undecodable}`);
  return parts.join(', ') || 'none';
}

/** Connect-then-bind: learns the server's name, creates the call for it, and waits for `call_info`. */
async function bind(
  trial: SocketTrial,
  limits: TrialLimits,
  lines: string[],
  request: <T>(serverName: string) => Promise<T>,
): Promise<void> {
  let serverName: unknown;
  await trial.listen((message) => {
    if (message['type'] === 'server_info') serverName = message['server-name'];
    return message['type'] === 'server_info';
  });
  if (limits.signal.aborted) return;
  try {
    // As the token endpoint takes it from a page.
    if (typeof serverName !== 'string' || !/^[\w.:-]{1,128}$/.test(serverName)) {
      throw new Failure('The base URL opened and told no usable server-name: set "bind": false for this agent.');
    }
    const { sid } = await request<{ sid: string }>(serverName);
    trial.write({ type: 'bind', sid });
    // An agent may speak first: its audio is counted, and the call goes on.
    await trial.listen((message) => message['type'] === 'call_info' || trial.meter.binaryCount > 0);
    lines.push('sent     bind');
  } catch (error) {
    await finish(trial, lines).catch(() => undefined);
    throw error;
  }
}

/** Asks Synthflow, and writes down each request whatever comes of it. */
async function ask<T>(
  agentId: string,
  secrets: Secrets,
  lines: string[],
  protocol: Agent['protocol'],
  send: (fetch: TokenSettings['fetch']) => Promise<T>,
): Promise<T> {
  const steps: Step[] = [];
  try {
    return await send(recordFetch(agentId, steps, secrets));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Failure(adviceForRefusal(error, steps.at(-1), protocol));
  } finally {
    lines.push(
      ...steps.map(({ request, status, errorCode, ms, fields }) => {
        const outcome = status ?? errorCode ?? 'no answer';
        return `http     ${request}: ${outcome} after ${ms} ms${fields.length ? `; ${fields.join(', ')}` : ''}`;
      }),
    );
  }
}

async function open(url: string, limits: TrialLimits, lines: string[], hear: Hear): Promise<SocketTrial> {
  const { protocol, host } = new URL(url);
  const startMs = performance.now();
  const trial = await SocketTrial.open(url, limits, hear);
  const tookMs = Math.round(performance.now() - startMs);
  const outcome = 'refusal' in trial ? `not opened (${trial.refusal})` : 'open';
  lines.push(`socket   ${protocol}//${host}: ${outcome} after ${tookMs} ms`);
  if ('refusal' in trial) throw new Failure(adviceForSocket(trial.refusal));
  return trial;
}

async function finish(trial: SocketTrial, lines: string[]): Promise<void> {
  const { closeCode, isOurs } = await trial.hangUp();
  lines.push(...trial.meter.describe());
  lines.push(
    `close    ${closeCode}, ${isOurs ? 'doctor' : 'the agent'}${closeCode === 1006 ? ' (no close message came)' : ''}`,
  );
  if (!isOurs && ![1000, 1001, 1005].includes(closeCode)) {
    throw new Failure(
      `The connection ended with ${closeCode} while doctor listened: run it again, and send the report if it stays.`,
    );
  }
}
