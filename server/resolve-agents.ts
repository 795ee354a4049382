/** An agent behind Synthflow's widget websocket. */
export interface PcmAgentOptions {
  protocol?: 'pcm' | undefined;
  /** A UUID, or the older form of 13 digits, an x and 15 to 20 digits. */
  id: string;
}

/**
 * An agent behind Synthflow's WebSocket media. Each session is a call that Synthflow bills: between these two numbers,
 * although no telephone rings.
 */
export interface MediaAgentOptions {
  protocol: 'media';
  /** The agent's id: a UUID. */
  modelId: string;
  /** As +15551234567. */
  fromPhoneNumber: string;
  /** As +15551234567. */
  toPhoneNumber: string;
  /** Who Synthflow says is calling. At most 128 characters. */
  leadName?: string | undefined;
  /** `draft`, or the UUID of a version. Default: the live one. */
  agentVersion?: string | undefined;
  /** Default `l16`: 16 kHz. */
  codec?: MediaCodec | undefined;
  /** Default `payload`, with `opus` `rtp` and nothing else. */
  framing?: MediaFraming | undefined;
  /** Connect first and create the call on the open socket. Default: the call first, then its socket. */
  bind?: boolean | undefined;
  /** Where the account lives. Default: neither. It has no effect beside `apiBaseUrl`. */
  region?: 'us' | 'eu' | undefined;
}

export type MediaCodec = (typeof codecs)[number];
export type MediaFraming = (typeof framings)[number];

/** An agent of the endpoint: its id alone, for the widget websocket, or what its wire needs. */
export type AgentOptions = string | PcmAgentOptions | MediaAgentOptions;

/** A checked agent, by its wire. */
export type Agent = PcmAgent | MediaAgent;

interface PcmAgent {
  readonly protocol: 'pcm';
  readonly alias: string;
  readonly id: string;
}

export interface MediaAgent {
  readonly protocol: 'media';
  readonly alias: string;
  readonly id: string;
  readonly codec: MediaCodec;
  readonly framing: MediaFraming;
  readonly bind: boolean;
  /** Without a slash at its end. */
  readonly apiBaseUrl: string;
  /** What Synthflow is told of every call, in its own words. */
  readonly callFields: Readonly<Record<string, string>>;
}

const codecs = ['l16', 'pcmu', 'pcma', 'opus'] as const;
const framings = ['payload', 'rtp'] as const;
const apiBaseUrls = {
  us: 'https://api.us.synthflow.ai/v2',
  eu: 'https://api.eu.synthflow.ai/v2',
} as const;
export const defaultApiBaseUrl = 'https://api.synthflow.ai/v2';
const leadNameLimit = 128;

const uuid = '[\\da-f]{8}-[\\da-f]{4}-[\\da-f]{4}-[\\da-f]{4}-[\\da-f]{12}';
const uuidPattern = new RegExp(`^${uuid}$`, 'i');
const agentIdPattern = new RegExp(`^(?:${uuid}|\\d{13}x\\d{15,20})$`, 'i');
const phoneNumberPattern = /^\+?\d{3,15}$/;

const pcmFields = ['protocol', 'id'];
const mediaFields = [
  'protocol',
  'modelId',
  'fromPhoneNumber',
  'toPhoneNumber',
  'leadName',
  'agentVersion',
  'codec',
  'framing',
  'bind',
  'region',
];

/**
 * Checks the agents of an endpoint.
 * @param apiBaseUrl - Where calls of `media` agents are created, whatever their region. Default: by region.
 * @throws TypeError - one sentence on what to change. It quotes no value and no name: any might be the key by mistake.
 */
export function resolveAgents(agents: unknown, apiBaseUrl: string | undefined): Agent[] {
  const list = typeof agents === 'object' && agents !== null ? Object.entries(agents) : [];
  if (list.length === 0) throw new TypeError('No agents are given: name at least one that visitors may call.');
  return list.map(([alias, options]: [string, unknown], index) => {
    const who = `Agent ${index + 1}`;
    if (alias === '') throw new TypeError(`${who} has an empty alias.`);
    if (typeof options !== 'object' || options === null) return resolvePcm(who, alias, { id: options });
    const fields = options as Record<string, unknown>;
    switch (fields['protocol']) {
      case undefined:
      case 'pcm':
        return resolvePcm(who, alias, fields);
      case 'media':
        return resolveMedia(who, alias, fields, apiBaseUrl);
      default:
        throw new TypeError(`${who} has a protocol that is neither pcm nor media.`);
    }
  });
}

function resolvePcm(who: string, alias: string, fields: Record<string, unknown>): PcmAgent {
  const { id } = fields;
  refuseUnknown(who, 'pcm', fields, pcmFields);
  if (typeof id !== 'string' || !agentIdPattern.test(id)) {
    throw new TypeError(
      `${who} has no valid id: it is a UUID, or 13 digits, an x and 15 to 20 digits (see the agent's page in Synthflow).`,
    );
  }
  return { protocol: 'pcm', alias, id };
}

function resolveMedia(
  who: string,
  alias: string,
  fields: Record<string, unknown>,
  apiBaseUrl: string | undefined,
): MediaAgent {
  const { modelId, fromPhoneNumber, toPhoneNumber, leadName, agentVersion, bind = false, region } = fields;
  refuseUnknown(who, 'media', fields, mediaFields);
  if (!isTextOf(uuidPattern, modelId)) {
    throw new TypeError(`${who} has no valid modelId: it is a UUID (see the agent's page in Synthflow).`);
  }
  if (!isTextOf(phoneNumberPattern, fromPhoneNumber)) {
    throw new TypeError(`${who} has no valid fromPhoneNumber: write it as +15551234567.`);
  }
  if (!isTextOf(phoneNumberPattern, toPhoneNumber)) {
    throw new TypeError(`${who} has no valid toPhoneNumber: write it as +15551234567.`);
  }
  if (leadName !== undefined && !isTextOf(/^\P{Cc}+$/u, leadName, leadNameLimit)) {
    throw new TypeError(`${who} has a leadName that is not one line of at most ${leadNameLimit} characters.`);
  }
  if (agentVersion !== undefined && agentVersion !== 'draft' && !isTextOf(uuidPattern, agentVersion)) {
    throw new TypeError(`${who} has an agentVersion that is neither draft nor a UUID: leave it out for the live one.`);
  }
  if (typeof bind !== 'boolean') throw new TypeError(`${who} has a bind that is neither true nor false.`);
  if (region !== undefined && region !== 'us' && region !== 'eu') {
    throw new TypeError(`${who} has a region that is neither us nor eu: leave it out for neither.`);
  }
  const codec = oneOf(codecs, fields['codec'] ?? 'l16', `${who} has an unknown codec: use l16, pcmu, pcma or opus.`);
  const framing = oneOf(
    framings,
    fields['framing'] ?? (codec === 'opus' ? 'rtp' : 'payload'),
    `${who} has an unknown framing: use payload or rtp.`,
  );
  if (codec === 'opus' && framing !== 'rtp') {
    throw new TypeError(`${who} asks for opus in payload framing: opus goes in rtp only.`);
  }
  return {
    protocol: 'media',
    alias,
    id: modelId,
    codec,
    framing,
    bind,
    apiBaseUrl: apiBaseUrl ?? (region === undefined ? defaultApiBaseUrl : apiBaseUrls[region]),
    callFields: {
      modelId,
      fromPhoneNumber,
      toPhoneNumber,
      ...(leadName === undefined ? {} : { leadName }),
      ...(agentVersion === undefined ? {} : { agentVersion }),
      // Said even where it is Synthflow's default: the answer tells the widget the same.
      wsMediaCodec: codec,
      wsMediaFraming: framing,
    },
  };
}

/** A misspelt field would quietly be its default: another codec, or the live version instead of the draft. */
function refuseUnknown(who: string, protocol: string, fields: object, known: readonly string[]): void {
  if (Object.keys(fields).every((name) => known.includes(name))) return;
  throw new TypeError(`${who} has a field that ${protocol} agents do not have: theirs are ${known.join(', ')}.`);
}

function isTextOf(pattern: RegExp, value: unknown, limit = 64): value is string {
  return typeof value === 'string' && value.length <= limit && pattern.test(value);
}

function oneOf<T extends string>(values: readonly T[], value: unknown, sentence: string): T {
  const found = values.find((one) => one === value);
  if (found === undefined) throw new TypeError(sentence);
  return found;
}
