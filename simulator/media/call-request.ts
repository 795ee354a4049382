import { Refusal } from '../http.js';
import type { Framing } from '../wire.js';
import { type CodecName, codecs } from './codecs.js';

/** What the body of a POST that creates a call asks for. */
export interface CallRequest {
  modelId: string;
  codec: CodecName;
  framing: Framing;
  /** Empty where the call's own URL is to be opened. */
  serverName: string;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads the body of `POST /v2/calls/outbound-test-ws-media`; fields that nobody documented are let pass.
 * @throws Refusal 400 that says which field is wrong.
 */
export function readCallRequest(text: string): CallRequest {
  const body = parseObject(text);
  /** A field's text; without a fallback it must be there. */
  const read = (field: string, pattern: RegExp, fallback?: string): string => {
    const value = body[field] ?? fallback;
    if (value === undefined) throw new Refusal(400, `${field} is required`);
    if (typeof value !== 'string' || !(pattern.test(value) || value === fallback)) {
      throw new Refusal(400, `${field} is not valid`);
    }
    return value;
  };

  const modelId = read('modelId', uuid);
  read('fromPhoneNumber', /\S/);
  read('toPhoneNumber', /\S/);
  read('leadName', /^/, '');
  read('agentVersion', new RegExp(`^draft$|${uuid.source}`, 'i'), '');
  const codec = readCodec(read('wsMediaCodec', /^/, 'opus'));
  const framing = readFraming(read('wsMediaFraming', /^/, 'rtp'), codec);
  const serverName = read('wsMediaServerName', /^\S{1,255}$/, '');
  return { modelId, codec, framing, serverName };
}

/**
 * A codec by its name.
 * @throws Refusal 400 for what is no codec.
 */
export function readCodec(name: string): CodecName {
  if (name !== 'opus' && !Object.hasOwn(codecs, name)) {
    throw new Refusal(400, `wsMediaCodec is one of opus, ${Object.keys(codecs).join(', ')}`);
  }
  return name as CodecName;
}

/**
 * A framing by its name.
 * @throws Refusal 400 for what is none, and for Opus without RTP, which Synthflow warns against.
 */
export function readFraming(name: string, codec: CodecName): Framing {
  if (name !== 'rtp' && name !== 'payload') throw new Refusal(400, 'wsMediaFraming is one of rtp, payload');
  if (codec === 'opus' && name === 'payload') throw new Refusal(400, 'wsMediaCodec opus needs wsMediaFraming rtp');
  return name;
}

function parseObject(text: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'The body is not JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refusal(400, 'The body is not a JSON object');
  }
  return body as Record<string, unknown>;
}
