import { expect } from '@open-wc/testing';
import * as fc from 'fast-check';
import { CallError } from '../../src/call/errors.js';
import { fetchBinding, fetchSession, type TokenProvider } from '../../src/call/session.js';
import { wireFormat } from '../../src/protocol/wire-format.js';
import { replace } from '../support/replace.js';

const seed = 5;
const secret = 'secret-token';
const urls = fc.oneof(
  fc.webUrl({ withQueryParameters: true, validSchemes: ['wss', 'ws', 'https', 'http', 'javascript', 'data'] }),
  fc.constantFrom(
    `wss://agent.example/?token=${secret}`,
    'wss:agent.example',
    '//agent.example/',
    'WSS://AGENT.example',
    ' wss://agent.example/ ',
    'ws://localhost.evil.example/',
    'ws://127.0.0.1@evil.example/',
    'blob:wss://agent.example/',
    `javascript:"${secret}"`,
    'wss://',
  ),
  fc.string(),
);
const fields = ['sessionURL', 'protocol', 'codec', 'framing', 'bind', 'callId', 'sid', 'error'];
const claim = fc.oneof(
  fc.constantFrom('media', 'pcm', 'opus', 'rtp', 'l16', 'payload', '__proto__', 'constructor', true, null),
  fc.jsonValue(),
);
/** Any JSON, and what is nearly an answer. */
const answers = fc.oneof(
  { weight: 1, arbitrary: fc.jsonValue() },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.dictionary(fc.constantFrom(...fields), claim), urls)
      .map(([claims, url]) => ({ ...claims, sessionURL: url })),
  },
);

const isSafe = (url: string): boolean => /^wss:\/\/[^/]|^ws:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(url);

/** What comes of a request: a session that may be opened, or an error with a code and without a secret. */
async function expectSessionOrCode(asking: Promise<unknown>): Promise<void> {
  try {
    const session = (await asking) as { url?: string; sid?: string; callId?: unknown };
    if (session.url !== undefined) {
      expect(isSafe(session.url), session.url).to.equal(true);
      // A wire that is none is known as one.
      wireFormat(session as never);
    } else {
      expect(session.sid).to.match(/^[!-~]{1,512}$/);
    }
    expect(session.callId ?? '').to.match(/^[!-~]{0,512}$/);
  } catch (error) {
    expect(error).to.be.instanceOf(CallError);
    expect(`${String(error)} ${String((error as CallError).cause)}`).not.to.contain(secret);
  }
}

describe('whatever a token endpoint answers', () => {
  const { signal } = new AbortController();
  const ask = () =>
    Promise.all([
      expectSessionOrCode(fetchSession({ tokenEndpoint: '/token' }, signal)),
      expectSessionOrCode(fetchBinding({ tokenEndpoint: '/token' }, signal, 'server-1')),
    ]);

  it('a session that may be opened comes of it, or an error with a code', async () => {
    const body = fc.oneof(
      answers.map((answer) => JSON.stringify(answer)),
      fc.string({ unit: 'binary' }),
      fc.json().map((text) => text.slice(0, -1)),
    );
    const heads = fc.record({
      status: fc.constantFrom(200, 200, 200, 201, 400, 403, 418, 428, 429, 500, 503),
      retryAfter: fc.oneof(fc.constantFrom('', '-1', '1e9', 'NaN', '7'), fc.nat().map(String)),
    });
    await fc.assert(
      fc.asyncProperty(body, heads, async (text, { status, retryAfter }) => {
        replace(
          globalThis,
          'fetch',
          async () => new Response(text, { status, headers: { 'Retry-After': retryAfter } }),
        );
        await ask();
      }),
      { seed, numRuns: 1500 },
    );
  });

  for (const [what, pieceBytes] of [
    ['in small pieces', 1000],
    ['in large ones', 2 ** 20],
  ] as const) {
    it(`more than 64 KiB of it are not read, ${what}`, async () => {
      let [given, isCancelled] = [0, false];
      const endless = () =>
        new ReadableStream({
          pull: (stream) => {
            given += pieceBytes;
            stream.enqueue(new Uint8Array(pieceBytes).fill(32));
          },
          cancel: () => {
            isCancelled = true;
          },
        });
      replace(globalThis, 'fetch', async () => new Response(endless()));
      const error = await fetchSession({ tokenEndpoint: '/token' }, signal).catch((error: unknown) => error);
      expect((error as CallError).code).to.equal('token-response-invalid');
      expect(isCancelled).to.equal(true);
      expect(given).to.be.lessThan(2 ** 16 + 6 * pieceBytes);
    });
  }

  it('just that much is read', async () => {
    const answer = '{"sessionURL":"wss://agent.example/"}';
    replace(globalThis, 'fetch', async () => new Response(answer.padEnd(2 ** 16)));
    expect((await fetchSession({ tokenEndpoint: '/token' }, signal)).url).to.equal('wss://agent.example/');
    replace(globalThis, 'fetch', async () => new Response(answer.padEnd(2 ** 16 + 1)));
    const error = await fetchSession({ tokenEndpoint: '/token' }, signal).catch((error: unknown) => error);
    expect((error as CallError).code).to.equal('token-response-invalid');
  });

  it('or a tokenProvider gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(answers, urls, fc.anything()), fc.boolean(), async (answer, isThrown) => {
        const tokenProvider = (async () => {
          if (isThrown) throw answer;
          return answer;
        }) as TokenProvider;
        await expectSessionOrCode(fetchSession({ tokenProvider }, signal));
        await expectSessionOrCode(fetchBinding({ tokenProvider }, signal, 'server-1'));
      }),
      { seed, numRuns: 1500 },
    );
  });

  it('and whatever the page’s attributes say', async () => {
    const requested: URL[] = [];
    replace(globalThis, 'fetch', async (url: URL) => {
      requested.push(url);
      return new Response('{}');
    });
    const words = fc.oneof(
      urls,
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{assistant_id}', '/a/{assistant_id}?x'),
    );
    await fc.assert(
      fc.asyncProperty(words, words, words, words, async (tokenEndpoint, assistantId, tokenMethod, sessionUrl) => {
        const request = { tokenEndpoint, assistantId, tokenMethod: tokenMethod as 'get' };
        await expectSessionOrCode(fetchSession(request, signal));
        await expectSessionOrCode(fetchSession({ ...request, sessionUrl }, signal));
      }),
      { seed, numRuns: 300 },
    );
    expect(requested.every((url) => url instanceof URL)).to.equal(true);
  });
});
