import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTokenHandler, type TokenHandlerOptions, type TokenLogEntry } from '../../server/index.js';
import { apiKey, endpoint, get, mediaAgent, page, post, salesId, supportId } from './support.js';

/** The key as it is, and in the ways it might be written by accident. */
const forms = [apiKey, encodeURIComponent(apiKey), btoa(apiKey), JSON.stringify(apiKey).slice(1, -1), 'Bearer'];

/** A Synthflow that says the key wherever it can. */
const loud: (() => Response | Promise<Response>)[] = [
  () => Response.json({ sessionURL: `wss://widget.synthflow.ai/start?token=${apiKey}` }),
  () => Response.json({ sessionURL: `wss://${encodeURIComponent(apiKey)}@widget.synthflow.ai/start` }),
  () => Response.json({ sessionURL: `wss://widget.synthflow.ai/${apiKey}` }),
  () =>
    Response.json(
      { sessionURL: 'wss://widget.synthflow.ai/start?token=t', key: apiKey },
      { headers: { 'x-key': apiKey } },
    ),
  () => Response.json({ wsMediaUrl: `wss://media.synthflow.ai/${apiKey}`, sid: apiKey, callId: apiKey }),
  () => Response.json({ wsMediaUrl: 'wss://media.synthflow.ai/?token=t', sid: `a${apiKey}`, callId: `a${apiKey}` }),
  () =>
    Response.json({ wsMediaUrl: `wss://${encodeURIComponent(apiKey)}@media.synthflow.ai/`, sid: '', callId: apiKey }),
  () => Response.json({ wsMediaBaseUrl: `wss://media.synthflow.ai/${apiKey}`, [apiKey]: apiKey }),
  () => Response.json({ wsMediaBaseUrl: 'wss://media.synthflow.ai/ws', sid: 'sid', key: apiKey, detail: apiKey }),
  () => Response.json({ callId: 'https://media.synthflow.ai/?token=t', sid: 'sid' }),
  () => Response.json({ callId: apiKey, detail: apiKey, error: apiKey, message: apiKey }, { status: 502 }),
  () => Response.json({ error: apiKey }),
  () => new Response(`Bearer ${apiKey}`),
  () => Promise.reject(new TypeError(`Bearer ${apiKey} is an invalid header value.`, { cause: { apiKey } })),
  () => {
    throw Object.assign(new Error(apiKey), { requestId: apiKey, code: apiKey, status: 200 });
  },
  () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error(apiKey)) })),
  ...[301, 400, 401, 403, 404, 429, 500, 503].map(
    (status) => () =>
      new Response(`Bearer ${apiKey}`, {
        status,
        statusText: apiKey,
        headers: { 'retry-after': apiKey, location: `https://example.com/${apiKey}`, 'set-cookie': apiKey },
      }),
  ),
];

const agentsOfEndpoints: TokenHandlerOptions['agents'][] = [
  { support: supportId },
  { support: supportId, sales: salesId },
  { support: mediaAgent },
  { support: { ...mediaAgent, bind: true }, sales: { ...mediaAgent, codec: 'opus' } },
];

const leak = (): never => {
  throw new Error(`redis://:${apiKey}@localhost`);
};
/** What else of the site's own has a chance to say it. */
const parts: Partial<TokenHandlerOptions>[] = [
  { limits: 'off' },
  { store: { take: leak } },
  { store: { take: async () => leak() }, limits: { concurrent: 1 } },
  { challenge: { issue: leak, verify: leak } },
  { challenge: { issue: async () => leak(), verify: async () => leak() }, limits: 'off' },
  { clientAddress: leak },
];

const requests: (() => Request)[] = [
  () => post({ assistant_id: 'support', challenge: 'answer' }),
  () => post({ server_name: 'node-1' }),
  () => post({ assistant_id: 'support', server_name: 'node-1' }),
  () => post({ assistant_id: 'sales' }),
  () => post(),
  () => post({ assistant_id: 'support', client_reference: 'r' }),
  () => post({ assistant_id: 'other' }),
  () => post('{'),
  () => post('x'.repeat(5000)),
  () => post({}, { 'content-type': 'text/plain' }),
  () => post({}, { origin: 'null' }),
  () => get('?assistant_id=sales'),
  () => get('', { 'sec-fetch-dest': 'image' }),
  () => new Request(endpoint, { method: 'OPTIONS', headers: { origin: page } }),
  () =>
    new Request(endpoint, { method: 'OPTIONS', headers: { origin: page, 'access-control-request-method': 'POST' } }),
  () => new Request(endpoint, { method: 'DELETE', headers: { origin: page } }),
];

describe('the key', () => {
  it('is in no answer, no header and no log line, whatever Synthflow says', async () => {
    const written: string[] = [];
    const write = (stream: 'stdout' | 'stderr') => {
      const original = process[stream].write.bind(process[stream]);
      process[stream].write = ((text: string, ...rest: []) => {
        written.push(String(text));
        return original(text, ...rest);
      }) as typeof process.stdout.write;
      return () => void (process[stream].write = original);
    };
    const restore = [write('stdout'), write('stderr')];
    const entries: TokenLogEntry[] = [];
    let swept = 0;
    try {
      for (const answer of loud) {
        for (const agents of agentsOfEndpoints) {
          for (const part of parts) {
            const handler = createTokenHandler({
              apiKey,
              agents,
              allowedOrigins: [page],
              fetch: async () => answer(),
              log: (entry) => void entries.push(entry),
              ...part,
            });
            for (const request of requests) {
              const response = await handler(request());
              const text = `${response.status} ${response.statusText} ${JSON.stringify([...response.headers])} ${await response.text()}`;
              for (const form of forms) assert.ok(!text.includes(form), text);
              swept += 1;
            }
          }
        }
      }
    } finally {
      for (const undo of restore) undo();
    }
    assert.equal(swept, loud.length * agentsOfEndpoints.length * parts.length * requests.length);
    assert.equal(entries.length, swept);
    const log = JSON.stringify(entries) + written.join('');
    for (const form of forms) assert.ok(!log.includes(form));
    // Nor what else a log has no business with.
    assert.ok(!/wss?:|https?:|sessionURL|token=/.test(JSON.stringify(entries)));
  });
});
