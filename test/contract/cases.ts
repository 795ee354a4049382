import type { Sent } from './send.js';
import { page } from './upstream.js';

/** A request and what must come of it, whatever the endpoint is written in. */
export interface Case extends Sent {
  name: string;
  status: number;
  code?: string;
  /** The body is exactly this; `{upstream}` is where the fake Synthflow listens, `{version}` the endpoint's version. */
  json?: unknown;
  /** Exactly these; `null` for none. */
  answerHeaders?: Record<string, string | null>;
  retryAfter?: number;
  /** The platform itself may answer, as it knows what methods there are. */
  mayBePlatform?: boolean;
}

const ofAgent = (assistant_id: string, more = {}): string => JSON.stringify({ assistant_id, ...more });
const failing = (alias: string, status: number, code: string, retryAfter?: number): Case => ({
  name: `Synthflow: ${alias}`,
  body: ofAgent(alias),
  status,
  code,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});
const refused = (who: string, headers: NonNullable<Sent['headers']> = {}): Case => ({
  name: `refused: ${who}`,
  headers,
  status: 403,
  code: 'origin-not-allowed',
  answerHeaders: { 'access-control-allow-origin': null },
});
const malformed = (what: string, body: string | Buffer, status = 400, code = 'bad-request'): Case => ({
  name: `malformed: ${what}`,
  body,
  status,
  code,
});
const get = (query: string, headers: NonNullable<Sent['headers']>, status: number, code?: string): Case => ({
  name: `GET ${query} ${JSON.stringify(headers)}`,
  method: 'GET',
  query,
  headers,
  status,
  ...(code === undefined ? {} : { code }),
});

const pcm = { sessionURL: 'ws://{upstream}/start?token=t', protocol: 'pcm' };
const media = {
  sessionURL: 'ws://{upstream}/media',
  protocol: 'media',
  codec: 'l16',
  framing: 'payload',
  callId: 'call-1',
};
const bind = { sessionURL: 'ws://{upstream}/ws', protocol: 'media', codec: 'l16', framing: 'payload', bind: true };
const cors = {
  'access-control-allow-origin': page,
  'access-control-expose-headers': 'Retry-After',
  'access-control-allow-credentials': null,
};

export const cases: readonly Case[] = [
  {
    name: 'a session, from a page of another site',
    body: ofAgent('support'),
    status: 200,
    json: pcm,
    answerHeaders: cors,
  },
  { name: 'by id', body: ofAgent('00000000-0000-4000-8000-000000000001'), status: 200, json: pcm },
  { name: 'with fields nobody knows', body: ofAgent('support', { foo: [1], challenge: {} }), status: 200, json: pcm },
  { name: 'with a reference', body: ofAgent('support', { client_reference: 'é'.repeat(128) }), status: 200, json: pcm },
  {
    name: 'with a charset',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: ofAgent('sales'),
    status: 200,
  },
  {
    name: 'of a page of the same origin',
    headers: { origin: null, 'sec-fetch-site': 'same-origin' },
    body: ofAgent('sales'),
    status: 200,
    answerHeaders: { 'access-control-allow-origin': null },
  },
  {
    name: 'of a listed page in an old browser',
    headers: { 'sec-fetch-site': null },
    body: ofAgent('sales'),
    status: 200,
  },
  {
    name: 'of a listed page of the same site',
    headers: { 'sec-fetch-site': 'same-site' },
    body: ofAgent('sales'),
    status: 200,
  },
  get('assistant_id=support', {}, 200),
  get('assistant_id=support&client_reference=a%20b&x=y', {}, 200),
  get('assistant_id=support', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, 400, 'bad-request'),
  get('assistant_id=support', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, 400, 'bad-request'),
  get('assistant_id=support', { 'sec-fetch-mode': null, 'sec-fetch-dest': null }, 400, 'bad-request'),
  get('assistant_id=nobody', {}, 403, 'agent-not-allowed'),
  get('', {}, 400, 'agent-required'),
  { ...get('assistant_id=media', {}, 405, 'method-not-allowed'), answerHeaders: { allow: 'POST, OPTIONS' } },

  { name: 'media, single node', body: ofAgent('media'), status: 200, json: media },
  { name: 'media, to bind', body: ofAgent('bind'), status: 200, json: bind },
  {
    name: 'media, bound',
    body: ofAgent('bind', { server_name: 'node-1:8080' }),
    status: 200,
    json: { sid: 'sid-1', callId: 'call-2' },
  },
  malformed('a server_name for an agent without', ofAgent('support', { server_name: 'n' })),
  malformed('a server_name with a slash', ofAgent('bind', { server_name: '../n' })),

  refused('an unlisted page', { origin: 'https://evil.example' }),
  refused('an unlisted page of the same site', { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' }),
  refused('a sandboxed frame', { origin: 'null' }),
  refused('nobody', { origin: null, 'sec-fetch-site': null }),
  refused('a typed address', { origin: null, 'sec-fetch-site': 'none' }),
  refused('no origin', { origin: null }),
  refused('the listed host over http', { origin: 'http://www.example.com' }),
  refused('another port', { origin: `${page}:8443` }),
  refused('a longer host', { origin: `${page}.evil.example` }),
  refused('capitals', { origin: page.toUpperCase() }),

  malformed('no agent', '{}', 400, 'agent-required'),
  malformed('an unknown agent', ofAgent('nobody'), 403, 'agent-not-allowed'),
  malformed('an agent of Object', ofAgent('__proto__'), 403, 'agent-not-allowed'),
  malformed('a path for an agent', ofAgent('../../v2/calls'), 403, 'agent-not-allowed'),
  malformed('a number for an agent', '{"assistant_id":5}'),
  malformed('a long reference', ofAgent('support', { client_reference: 'x'.repeat(129) })),
  malformed('half of an object', '{'),
  malformed('a list', '[]'),
  malformed('null', 'null'),
  malformed('an empty body', ''),
  malformed('no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
  malformed('2049 bytes', `{"x":"${'a'.repeat(2041)}"}`, 413, 'too-large'),
  malformed('100 kB', `{"x":"${'a'.repeat(100_000)}"}`, 413, 'too-large'),
  {
    ...malformed('a form', 'a=b', 415, 'unsupported-media-type'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  },
  { ...malformed('plain text', '{}', 415, 'unsupported-media-type'), headers: { 'content-type': 'text/plain' } },
  { ...malformed('no type', '{}', 415, 'unsupported-media-type'), headers: { 'content-type': null } },
  ...['PUT', 'PATCH', 'DELETE'].map((method) => ({
    name: method,
    method,
    headers: { 'content-length': '0' },
    status: 405,
    code: 'method-not-allowed',
    answerHeaders: { allow: 'GET, POST, OPTIONS' },
    mayBePlatform: true,
  })),

  {
    name: 'a preflight',
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    status: 204,
    answerHeaders: {
      ...cors,
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': 'Content-Type',
      'access-control-max-age': '600',
    },
  },
  {
    ...refused('the preflight of an unlisted page', {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
    }),
    method: 'OPTIONS',
  },
  {
    name: 'the dry check',
    method: 'OPTIONS',
    status: 200,
    json: { ok: true, version: '{version}' },
    answerHeaders: cors,
  },
  { ...refused('the dry check of an unlisted page', { origin: 'https://evil.example' }), method: 'OPTIONS' },

  failing('key', 502, 'upstream-rejected-key'),
  failing('forbidden', 502, 'upstream-rejected-key'),
  failing('missing', 502, 'upstream-error'),
  failing('broken', 502, 'upstream-error'),
  failing('many', 429, 'rate-limited', 9),
  failing('manyOdd', 429, 'rate-limited'),
  failing('busy', 503, 'busy', 7),
  failing('moved', 502, 'upstream-error'),
  failing('cut', 502, 'upstream-error'),
  failing('torn', 502, 'upstream-error'),
  failing('garbage', 502, 'upstream-error'),
  failing('list', 502, 'upstream-error'),
  failing('nothing', 502, 'upstream-error'),
  failing('big', 502, 'upstream-error'),
  failing('elsewhere', 502, 'upstream-error'),
  failing('plain', 502, 'upstream-error'),
  failing('loud', 502, 'upstream-error'),
  failing('mediaBroken', 502, 'upstream-error'),
  failing('mediaOff', 502, 'upstream-not-enabled'),
  failing('mediaBusy', 503, 'busy', 7),
  failing('mediaCut', 502, 'upstream-error'),
  { name: 'Synthflow: well at the second attempt', body: ofAgent('flaky'), status: 200, json: pcm },
];

/** These take eight seconds each: run them at the same time. */
export const slowCases: readonly Case[] = [
  failing('slow', 504, 'upstream-timeout'),
  failing('drip', 504, 'upstream-timeout'),
];
