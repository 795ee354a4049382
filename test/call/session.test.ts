import { expect } from '@open-wc/testing';
import { createChallenge, verifySolution, type Payload } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2';
import { CallError } from '../../src/call/errors.js';
import {
  fetchBinding,
  fetchSession,
  type Challenge,
  type SessionRequest,
  type TokenProvider,
} from '../../src/call/session.js';
import { Deferred } from '../support/deferred.js';

const sessionURL = 'wss://widget.example/websocket/start?token=secret-token';
const endpoint = 'https://site.example/api/token';

/** What a session is where nobody says more than its URL. */
const plain = {
  url: sessionURL,
  protocol: 'pcm',
  codec: 'l16',
  framing: 'payload',
  bind: false,
  callId: undefined,
};

interface Asked {
  readonly url: URL;
  readonly init: RequestInit;
}

describe('a session', () => {
  const originalFetch = globalThis.fetch;
  let asked: Asked[];

  /** Puts a site's endpoint in the place of the network. */
  const endpointAnswers = (answer: (asked: Asked) => Response | Promise<Response>): void => {
    globalThis.fetch = async (url, init = {}) => {
      const request = { url: new URL(String(url)), init };
      asked.push(request);
      return answer(request);
    };
  };
  const answersWith = (body: unknown, init: ResponseInit = {}): void =>
    endpointAnswers(() => new Response(typeof body === 'string' ? body : JSON.stringify(body), init));

  beforeEach(() => {
    asked = [];
    answersWith({ sessionURL });
  });
  afterEach(() => {
    globalThis.fetch = originalFetch;
  });

  const ask = (request: SessionRequest, signal = new AbortController().signal) => fetchSession(request, signal);
  const failureOf = async (request: SessionRequest): Promise<CallError> => {
    const outcome = await ask(request).then(
      (session) => session,
      (error: unknown) => error,
    );
    expect(outcome, 'it should have failed').to.be.instanceOf(CallError);
    return outcome as CallError;
  };
  /** All that a page, a log or a report could read of an error. */
  const everythingIn = (error: unknown): string => {
    if (!(error instanceof Error)) return String(error);
    const fields = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
    return [String(error), ...fields, error.cause === undefined ? '' : everythingIn(error.cause)].join('\n');
  };

  describe('asked of the token endpoint', () => {
    it('is one POST with the agent in its JSON, as strict as fetch can be', async () => {
      const { signal } = new AbortController();
      expect(await ask({ tokenEndpoint: endpoint, assistantId: 'agent 1' }, signal)).to.deep.equal(plain);
      expect(asked.length).to.equal(1);
      const { url, init } = asked[0]!;
      expect(url.href).to.equal(endpoint);
      expect(init).to.deep.equal({
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{"assistant_id":"agent 1"}',
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        signal,
      });
    });

    it('names no agent where the page names none', async () => {
      await ask({ tokenEndpoint: endpoint });
      await ask({ tokenEndpoint: endpoint, tokenMethod: 'get', assistantId: '' });
      expect(asked[0]!.init.body).to.equal('{}');
      expect(asked[1]!.url.href).to.equal(endpoint);
    });

    it('is one GET with the agent in the query, beside what is already there', async () => {
      await ask({ tokenEndpoint: `${endpoint}?lang=de`, tokenMethod: 'get', assistantId: 'a&b=c d' });
      const { url, init } = asked[0]!;
      expect([...url.searchParams]).to.deep.equal([
        ['lang', 'de'],
        ['assistant_id', 'a&b=c d'],
      ]);
      expect([init.method, init.body, init.headers]).to.deep.equal([undefined, undefined, undefined]);
      expect(init).to.include({ cache: 'no-store', redirect: 'error', credentials: 'same-origin' });
    });

    for (const tokenMethod of ['post', 'get'] as const) {
      it(`names the agent in the path where the endpoint has a place for it, and not again (${tokenMethod})`, async () => {
        await ask({ tokenEndpoint: `${endpoint}/{assistant_id}/new`, tokenMethod, assistantId: '../a?b#c/$&d' });
        const { url, init } = asked[0]!;
        expect(url.href).to.equal(`${endpoint}/..%2Fa%3Fb%23c%2F%24%26d/new`);
        expect(init.body).to.equal(tokenMethod === 'post' ? '{}' : undefined);
      });
    }

    it('leaves the place empty where the page names no agent', async () => {
      await ask({ tokenEndpoint: `${endpoint}/{assistant_id}/new` });
      expect(asked[0]!.url.href).to.equal(`${endpoint}//new`);
    });

    for (const tokenCredentials of ['omit', 'same-origin', 'include'] as const) {
      it(`sends cookies as the page says: ${tokenCredentials}`, async () => {
        await ask({ tokenEndpoint: endpoint, tokenCredentials });
        expect(asked[0]!.init.credentials).to.equal(tokenCredentials);
      });
    }

    it('resolves a relative endpoint against the page, its <base> included', async () => {
      await ask({ tokenEndpoint: '/api/token' });
      await ask({ tokenEndpoint: 'token' });
      const base = document.createElement('base');
      base.href = 'https://other.example/shop/';
      document.head.append(base);
      try {
        await ask({ tokenEndpoint: 'token' });
      } finally {
        base.remove();
      }
      expect(asked.map(({ url }) => url.href)).to.deep.equal([
        new URL('/api/token', location.href).href,
        new URL('token', location.href).href,
        'https://other.example/shop/token',
      ]);
    });

    it('ignores fields that this version does not know', async () => {
      answersWith({ sessionURL, protocol: 'pcm', news: { a: 1 }, sid: 'x', url: 'wss://other.example/' });
      expect(await ask({ tokenEndpoint: endpoint })).to.deep.equal(plain);
    });

    it('may come from an endpoint that answers no Content-Type', async () => {
      endpointAnswers(() => new Response(new Blob([JSON.stringify({ sessionURL })])));
      expect((await ask({ tokenEndpoint: endpoint })).url).to.equal(sessionURL);
    });

    it('is not asked for where the page names no endpoint', async () => {
      for (const tokenEndpoint of [undefined, '']) {
        expect((await failureOf({ tokenEndpoint, assistantId: 'a' })).code).to.equal('token-endpoint-missing');
      }
      expect(asked.length).to.equal(0);
    });
  });

  describe('refused by the token endpoint', () => {
    const refusals = [
      { status: 400, code: 'token-request-failed' },
      { status: 401, code: 'token-request-failed' },
      { status: 403, code: 'token-request-failed' },
      { status: 404, code: 'token-request-failed' },
      { status: 428, code: 'token-request-failed' },
      { status: 429, code: 'rate-limited' },
      { status: 500, code: 'token-request-failed' },
      { status: 502, code: 'token-request-failed' },
      { status: 503, code: 'rate-limited' },
    ];
    for (const { status, code } of refusals) {
      for (const body of ['', '<!doctype html><h1>No</h1>', 'null', '[]', '"no"', '{"error":null}', '{"error":"no"}']) {
        it(`with ${status} and ${body || 'nothing'} is ${code} with its status`, async () => {
          answersWith(body, { status });
          const error = await failureOf({ tokenEndpoint: endpoint });
          expect(error.code).to.equal(code);
          expect(error.httpStatus).to.equal(status);
          expect(error.message).to.include(String(status));
          expect([error.endpointCode, error.retryAfterS]).to.deep.equal([undefined, undefined]);
        });
      }
    }

    it('is a refusal even where its body holds a session URL', async () => {
      answersWith({ sessionURL }, { status: 500 });
      expect((await failureOf({ tokenEndpoint: endpoint })).code).to.equal('token-request-failed');
    });

    it('carries the endpoint’s own code, to the developer too', async () => {
      answersWith({ error: { code: 'agent-required', message: 'x', requestId: 'y' } }, { status: 400 });
      const error = await failureOf({ tokenEndpoint: endpoint });
      expect(error.endpointCode).to.equal('agent-required');
      expect(error.message).to.match(/\(agent-required\)\. Set assistant-id\.$/);
    });

    it('names the log for a code that it does not know', async () => {
      answersWith({ error: { code: 'constructor' } }, { status: 400 });
      const { message } = await failureOf({ tokenEndpoint: endpoint });
      expect(message).to.match(/It answered 400 \(constructor\)\. Mend the error in its log\.$/);
    });

    const remedies: [number, object, RegExp][] = [
      [404, {}, /It answered 404\. Set token-endpoint to its path\.$/],
      [404, { code: 'no-such-page' }, /It answered 404 \(no-such-page\)\. Set token-endpoint to its path\.$/],
      [403, { code: 'origin-not-allowed' }, /\. Add this origin to its ALLOWED_ORIGINS\.$/],
      [403, { code: 'challenge-failed' }, /\. Mend the error in its log\.$/],
      [405, {}, /It answered 405\. Set token-endpoint to its path, or token-method="get"\.$/],
      [428, {}, /It answered 428\. Mend the error in its log\.$/],
      [429, {}, /It answered 429\. Raise the limit in its log\.$/],
      [503, { code: 'busy' }, /It answered 503 \(busy\)\. Raise the limit in its log\.$/],
      [500, {}, /It answered 500\. Mend the error in its log\.$/],
    ];
    for (const [status, error, sentence] of remedies) {
      it(`with ${status} ${JSON.stringify(error)} says what to change`, async () => {
        answersWith({ error }, { status });
        expect((await failureOf({ tokenEndpoint: endpoint })).message).to.match(sentence);
      });
    }

    const hostileCodes = [
      '<img src=x onerror=alert(1)>',
      sessionURL,
      'see https://evil.example',
      'a'.repeat(65),
      '',
      'a b',
      'busy\n',
      'ünknown',
      7,
      null,
      ['busy'],
      { toString: 'busy' },
    ];
    for (const code of hostileCodes) {
      it(`does not pass on the code ${JSON.stringify(code).slice(0, 40)}`, async () => {
        answersWith({ error: { code, message: 'secret-token' } }, { status: 400 });
        const error = await failureOf({ tokenEndpoint: endpoint });
        expect(error.endpointCode).to.equal(undefined);
        expect(error.message).to.match(/It answered 400\. Mend the error in its log\.$/);
      });
    }

    const waits: [string, unknown, string | null, number | undefined][] = [
      ['the body', 30, null, 30],
      ['the header', undefined, '120', 120],
      ['the body before the header', 5, '120', 5],
      ['the body, as text', '15', null, 15],
      ['the header where the body’s word is none', 'soon', '9', 9],
      ['a zero', 0, '60', 0],
      ['whole seconds', 2.9, null, 2],
      ['an hour at most', 86_400, null, 3600],
      ['an hour at most, in the header', undefined, '999999999999999999999', 3600],
      ['an hour at most, for a number of any size', 1e21, null, 3600],
      ['nothing for a negative number', -5, null, undefined],
      ['nothing for a negative header', undefined, '-1', undefined],
      ['nothing for no number', { a: 1 }, 'NaN', undefined],
      ['nothing for null', null, '', undefined],
      ['nothing for a word with a colon', undefined, 'Soon: later', undefined],
      ['an hour at most, for a date', undefined, 'Fri, 31 Dec 9999 23:59:59 GMT', 3600],
      ['none until a date that has passed', undefined, 'Sun, 06 Nov 1994 08:49:37 GMT', 0],
      ['the body before a date', 5, 'Fri, 31 Dec 9999 23:59:59 GMT', 5],
    ];
    for (const [what, retryAfter, header, seconds] of waits) {
      for (const status of [429, 503]) {
        it(`with ${status} says how long to wait: ${what}`, async () => {
          const headers = header === null ? {} : { 'Retry-After': header };
          answersWith({ error: { code: 'busy', retryAfter } }, { status, headers });
          expect((await failureOf({ tokenEndpoint: endpoint })).retryAfterS).to.equal(seconds);
        });
      }
    }

    // https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.7: all three forms are to be read.
    for (const date of [
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
    ]) {
      it(`waits until ${date}, by the endpoint’s own clock`, async () => {
        answersWith({}, { status: 429, headers: { 'Retry-After': date, Date: 'Sun, 06 Nov 1994 08:49:00 GMT' } });
        expect((await failureOf({ tokenEndpoint: endpoint })).retryAfterS).to.equal(37);
      });
    }

    it('waits until a date by the browser’s clock where the endpoint’s may not be read', async () => {
      const date = new Date(Date.now() + 60_000).toUTCString();
      answersWith({}, { status: 503, headers: { 'Retry-After': date } });
      expect((await failureOf({ tokenEndpoint: endpoint })).retryAfterS).to.be.within(0, 60);
    });
  });

  describe('from an endpoint that cannot be reached', () => {
    it('is token-request-failed, without what fetch said', async () => {
      endpointAnswers(({ url }) => Promise.reject(new TypeError(`Failed to fetch ${url.href}?secret-token`)));
      const error = await failureOf({ tokenEndpoint: endpoint });
      expect(error.code).to.equal('token-request-failed');
      expect(error.cause).to.equal(undefined);
      expect([error.httpStatus, error.retryAfterS]).to.deep.equal([undefined, undefined]);
    });

    for (const tokenEndpoint of ['https://', 'http://[', 'https://site.example:99999/']) {
      it(`is token-request-failed for ${tokenEndpoint}, which is no URL`, async () => {
        const error = await failureOf({ tokenEndpoint });
        expect(error.code).to.equal('token-request-failed');
        expect(error.message).to.include('token-endpoint must be an https: URL');
        expect(asked.length).to.equal(0);
      });
    }

    it('is token-request-failed where the answer breaks off, as a network does', async () => {
      const body = new ReadableStream({ start: (controller) => controller.error(new TypeError('network error')) });
      endpointAnswers(() => new Response(body));
      expect((await failureOf({ tokenEndpoint: endpoint })).code).to.be.oneOf([
        'token-request-failed',
        'token-response-invalid',
      ]);
    });
  });

  describe('that is none', () => {
    const answers: Record<string, string> = {
      'an HTML page': '<!doctype html><title>Login</title>',
      'an empty body': '',
      'JSON that is cut off': '{"sessionURL":"wss://widget',
      null: 'null',
      'a number': '7',
      'a list': `["${sessionURL}"]`,
      'no sessionURL': '{"session_url":"wss://widget.example/"}',
      'a sessionURL that is null': '{"sessionURL":null}',
      'a sessionURL that is a number': '{"sessionURL":1}',
      'a sessionURL that is a list': `{"sessionURL":["${sessionURL}"]}`,
    };
    for (const [what, body] of Object.entries(answers)) {
      it(`is token-response-invalid: ${what}`, async () => {
        answersWith(body);
        expect((await failureOf({ tokenEndpoint: endpoint })).code).to.equal('token-response-invalid');
      });
    }
  });

  const rejected = [
    '',
    'token',
    '/websocket/start?token=secret-token',
    '//widget.example/start?token=secret-token',
    '?token=secret-token',
    'http://widget.example/?token=secret-token',
    'https://widget.example/?token=secret-token',
    'javascript:alert("secret-token")',
    'data:text/html,secret-token',
    'blob:https://site.example/secret-token',
    'ws://widget.example/?token=secret-token',
    'ws://localhost.evil.example/?token=secret-token',
    'ws://notlocalhost/?token=secret-token',
    'ws://127.0.0.1.evil.example/?token=secret-token',
    'ws://localhost@evil.example/?token=secret-token',
    'ws://evil.example/localhost?token=secret-token',
    'ws://10.0.0.1/?token=secret-token',
    'wss://',
    'wss://[secret-token',
    'wsss://widget.example/?token=secret-token',
  ];
  const accepted: Record<string, string> = {
    [sessionURL]: sessionURL,
    'WSS://Widget.Example/a?token=T': 'wss://widget.example/a?token=T',
    'wss://widget.example:8443/a': 'wss://widget.example:8443/a',
    'ws://localhost:8788/a?token=T': 'ws://localhost:8788/a?token=T',
    'ws://LOCALHOST/a': 'ws://localhost/a',
    'ws://127.0.0.1:1/a': 'ws://127.0.0.1:1/a',
    'ws://[::1]:1/a': 'ws://[::1]:1/a',
  };
  const sources: Record<string, (url: string) => SessionRequest> = {
    'the endpoint': (url) => {
      answersWith({ sessionURL: url });
      return { tokenEndpoint: endpoint };
    },
    'a provider’s string': (url) => ({ tokenProvider: async () => url }),
    'a provider’s answer': (url) => ({ tokenProvider: async () => ({ sessionURL: url }) }),
    'the session-url attribute': (url) => ({ sessionUrl: url }),
  };
  for (const [source, from] of Object.entries(sources)) {
    describe(`whose URL comes from ${source}`, () => {
      for (const url of rejected.filter((url) => url || source !== 'the session-url attribute')) {
        it(`is rejected for ${JSON.stringify(url)}, and the error does not name it`, async () => {
          const error = await failureOf(from(url));
          expect(error.code).to.equal('session-url-rejected');
          expect(everythingIn(error)).not.to.include('secret-token');
          expect(error.message).to.equal(new CallError('session-url-rejected').message);
        });
      }
      for (const [url, opened] of Object.entries(accepted)) {
        it(`is taken for ${url}`, async () => {
          expect(await ask(from(url))).to.deep.equal({ ...plain, url: opened });
        });
      }
    });
  }

  it('is not completed by the page’s own address, whatever that is', async () => {
    const base = document.createElement('base');
    base.href = 'wss://page.example/';
    document.head.append(base);
    try {
      const error = await failureOf({ tokenProvider: async () => '/websocket/start?token=secret-token' });
      expect(error.code).to.equal('session-url-rejected');
    } finally {
      base.remove();
    }
  });

  describe('from the page itself', () => {
    it('is asked for where the session-url attribute is empty', async () => {
      expect((await ask({ sessionUrl: '', tokenEndpoint: endpoint })).url).to.equal(sessionURL);
      expect(asked.length).to.equal(1);
    });

    it('is the session-url attribute’s before all else, and nobody is asked', async () => {
      let calls = 0;
      const tokenProvider: TokenProvider = async () => `${sessionURL}&provider=${(calls += 1)}`;
      const session = await ask({ sessionUrl: sessionURL, tokenProvider, tokenEndpoint: endpoint });
      expect(session.url).to.equal(sessionURL);
      expect([calls, asked.length]).to.deep.equal([0, 0]);
    });

    it('is the tokenProvider’s before the endpoint’s', async () => {
      const session = await ask({ tokenProvider: async () => `${sessionURL}&mine`, tokenEndpoint: endpoint });
      expect(session.url).to.equal(`${sessionURL}&mine`);
      expect(asked.length).to.equal(0);
    });

    it('tells the tokenProvider which agent, and when the call was stopped meanwhile', async () => {
      const abort = new AbortController();
      const requests: unknown[] = [];
      const tokenProvider: TokenProvider = async (request) => {
        requests.push(request);
        return sessionURL;
      };
      await ask({ tokenProvider, assistantId: 'sales' }, abort.signal);
      expect(requests).to.have.lengthOf(1);
      expect(requests[0]).to.include({ assistantId: 'sales', signal: abort.signal });
    });

    const broken: Record<string, unknown> = { undefined, null: null, 'a number': 5, 'an empty object': {}, true: true };
    for (const [what, answer] of Object.entries(broken)) {
      it(`is token-response-invalid where the tokenProvider gives ${what}`, async () => {
        const tokenProvider = (async () => answer) as unknown as TokenProvider;
        expect((await failureOf({ tokenProvider })).code).to.equal('token-response-invalid');
      });
    }

    it('is token-request-failed where the tokenProvider rejects or throws, without its words', async () => {
      const providers: TokenProvider[] = [
        async () => Promise.reject(new Error(`403 for ${sessionURL}`)),
        async () => Promise.reject(sessionURL),
        async () => Promise.reject(),
        () => {
          throw new TypeError(`secret-token ${sessionURL}`);
        },
      ];
      for (const tokenProvider of providers) {
        const error = await failureOf({ tokenProvider });
        expect(error.code).to.equal('token-request-failed');
        expect(error.message).to.include('tokenProvider');
        expect(everythingIn(error)).not.to.include('secret-token');
      }
    });
  });

  describe('of either wire', () => {
    it('is of the wire that the answer names, with its codec, framing, binding and call', async () => {
      const answer = { protocol: 'media', codec: 'pcmu', framing: 'rtp', bind: true, callId: 'call-1' } as const;
      answersWith({ sessionURL, ...answer });
      expect(await ask({ tokenEndpoint: endpoint, protocol: 'pcm' })).to.deep.equal({ url: sessionURL, ...answer });
      const tokenProvider: TokenProvider = async () => ({ sessionURL, ...answer });
      expect(await ask({ tokenProvider, protocol: 'pcm' })).to.deep.equal({ url: sessionURL, ...answer });
    });

    it('is of the wire that the request names where the answer does not, wherever it comes from', async () => {
      for (const source of [
        { tokenEndpoint: endpoint },
        { tokenProvider: async () => sessionURL },
        { tokenProvider: async () => ({ sessionURL }) },
        { sessionUrl: sessionURL },
      ]) {
        expect(await ask({ ...source, protocol: 'media' })).to.deep.equal({ ...plain, protocol: 'media' });
        expect(await ask(source)).to.deep.equal(plain);
      }
      answersWith({ sessionURL, protocol: 'pcm' });
      expect(await ask({ tokenEndpoint: endpoint, protocol: 'media' })).to.deep.equal(plain);
    });

    it('has the default codec and framing where the answer says none, or null', async () => {
      answersWith({ sessionURL, protocol: 'media', codec: null, framing: null, callId: null });
      expect(await ask({ tokenEndpoint: endpoint })).to.deep.equal({ ...plain, protocol: 'media' });
    });

    it('is bound only where the answer says true, and has no name that is none', async () => {
      for (const bind of ['true', 1, null, {}]) {
        answersWith({ sessionURL, protocol: 'media', bind });
        expect((await ask({ tokenEndpoint: endpoint })).bind, JSON.stringify(bind)).to.equal(false);
      }
      for (const callId of ['', ' ', 'a b', 'a\n', 'ä', 7, null, ['x'], 'x'.repeat(513)]) {
        answersWith({ sessionURL, callId });
        expect((await ask({ tokenEndpoint: endpoint })).callId, JSON.stringify(callId)).to.equal(undefined);
      }
    });
  });

  describe('that is bound to a call', () => {
    const { signal } = new AbortController();
    const bind = (request: SessionRequest, serverName: unknown = 'node-1.example:443') =>
      fetchBinding(request, signal, serverName);
    const bindFailure = async (request: SessionRequest, serverName?: unknown): Promise<CallError> =>
      bind(request, serverName).then(
        () => expect.fail('it should have failed'),
        (error: CallError) => error,
      );

    it('asks the endpoint a second time, with the server’s name, by POST whatever the method is', async () => {
      answersWith({ sid: 'sid-1', callId: 'call-1', news: 1 });
      for (const tokenMethod of ['post', 'get'] as const) {
        const binding = await bind({ tokenEndpoint: endpoint, assistantId: 'sales', tokenMethod });
        expect(binding).to.deep.equal({ sid: 'sid-1', callId: 'call-1' });
        const { url, init } = asked.at(-1)!;
        expect([url.href, init.method, init.redirect, init.cache]).to.deep.equal([
          endpoint,
          'POST',
          'error',
          'no-store',
        ]);
        expect(JSON.parse(init.body as string)).to.deep.equal({
          assistant_id: 'sales',
          server_name: 'node-1.example:443',
        });
      }
      expect(asked.length).to.equal(2);
    });

    it('asks the tokenProvider with the server’s name', async () => {
      const requests: unknown[] = [];
      const tokenProvider: TokenProvider = async (request) => {
        requests.push(request);
        return { sid: 'sid-1' };
      };
      expect(await bind({ tokenProvider, assistantId: 'sales' })).to.deep.equal({ sid: 'sid-1', callId: undefined });
      expect(requests).to.deep.equal([
        {
          assistantId: 'sales',
          clientReference: undefined,
          serverName: 'node-1.example:443',
          challenge: undefined,
          signal,
        },
      ]);
    });

    it('tells the endpoint the site’s own name for the call, both times', async () => {
      answersWith({ sid: 'sid-1', sessionURL: 'wss://agent.example/' });
      const request = { tokenEndpoint: endpoint, clientReference: 'order 7' };
      await ask(request);
      await bind(request);
      expect(asked.map(({ init }) => JSON.parse(init.body as string) as unknown)).to.deep.equal([
        { client_reference: 'order 7' },
        { client_reference: 'order 7', server_name: 'node-1.example:443' },
      ]);
      await ask({ ...request, tokenMethod: 'get' });
      expect(asked.at(-1)!.url.searchParams.get('client_reference')).to.equal('order 7');
    });

    it('asks nobody for a name that is none: protocol-error', async () => {
      for (const name of [undefined, null, 7, '', ' ', 'a b', '../x', 'a?b', 'ä', '<b>', 'x'.repeat(129), ['node']]) {
        const error = await bindFailure({ tokenEndpoint: endpoint }, name === undefined ? null : name);
        expect(error.code, JSON.stringify(name)).to.equal('protocol-error');
      }
      expect(asked.length).to.equal(0);
    });

    it('is token-response-invalid where no sid comes, and says what should', async () => {
      for (const body of [{}, { sid: '' }, { sid: 7 }, { sid: 'a b' }, { sid: 'a\n' }, { sessionURL }, null, '']) {
        answersWith(body);
        const error = await bindFailure({ tokenEndpoint: endpoint });
        expect(error.code, JSON.stringify(body)).to.equal('token-response-invalid');
        expect(error.message).to.include('server_name').and.to.include('sid');
      }
    });

    it('fails as the first request does where it is refused', async () => {
      answersWith({ error: { code: 'upstream-error' } }, { status: 502 });
      const error = await bindFailure({ tokenEndpoint: endpoint });
      expect(error).to.include({ code: 'token-request-failed', httpStatus: 502, endpointCode: 'upstream-error' });
      answersWith({ error: { code: 'busy', retryAfter: 9 } }, { status: 503 });
      expect(await bindFailure({ tokenEndpoint: endpoint })).to.include({ code: 'rate-limited', retryAfterS: 9 });
    });
  });

  describe('that comes after a challenge', () => {
    const secrets = { hmacSignatureSecret: 'a', hmacKeySignatureSecret: 'b' };
    const altcha = async (cost = 10): Promise<Challenge> => ({
      type: 'altcha',
      ...(await createChallenge({ algorithm: 'PBKDF2/SHA-256', cost, counter: 21, deriveKey, ...secrets })),
    });
    /** A key that nobody finds. */
    const endless = async (): Promise<Challenge> => {
      const challenge = await altcha();
      return { ...challenge, parameters: { ...(challenge['parameters'] as object), keyPrefix: '0'.repeat(32) } };
    };
    const refusalWith = (challenge: unknown, status = 428) =>
      Response.json({ error: { code: 'challenge-required', challenge } }, { status });
    /** An endpoint that wants this solved first. */
    const endpointWants = (challenge: unknown, answer: unknown = { sessionURL }): void =>
      endpointAnswers(({ init }) =>
        String(init.body).includes('"challenge"') ? Response.json(answer) : refusalWith(challenge),
      );
    const bodyOf = ({ init }: Asked): Record<string, unknown> => JSON.parse(init.body as string);
    const expectSolved = async (answer: unknown): Promise<void> => {
      const payload = answer as Payload;
      expect(Object.keys(payload)).to.deep.equal(['challenge', 'solution']);
      expect(Object.keys(payload.solution)).to.deep.equal(['counter', 'derivedKey']);
      expect((await verifySolution({ ...payload, deriveKey, ...secrets })).verified).to.equal(true);
    };

    it('repeats the same request, once, with the proof of work', async () => {
      endpointWants(await altcha());
      expect(await ask({ tokenEndpoint: endpoint, assistantId: 'sales', tokenCredentials: 'omit' })).to.deep.equal(
        plain,
      );
      expect(asked.length).to.equal(2);
      const [first, second] = asked.map(bodyOf);
      expect(first).to.deep.equal({ assistant_id: 'sales' });
      const { challenge, ...rest } = second!;
      expect(rest).to.deep.equal(first);
      await expectSolved(challenge);
      expect({ ...asked[1]!.init, body: '' }).to.deep.equal({ ...asked[0]!.init, body: '' });
    });

    it('is bound to its call after a challenge just so', async () => {
      endpointWants(await altcha(), { sid: 'sid-1' });
      const { signal } = new AbortController();
      const binding = await fetchBinding({ tokenEndpoint: endpoint, tokenMethod: 'get' }, signal, 'node-1');
      expect(binding.sid).to.equal('sid-1');
      expect(asked.map((request) => bodyOf(request)['server_name'])).to.deep.equal(['node-1', 'node-1']);
      await expectSolved(bodyOf(asked[1]!)['challenge']);
    });

    it('is refused where the endpoint wants a second one, or does not take the answer', async () => {
      const challenge = await altcha();
      endpointAnswers(() => refusalWith(challenge));
      expect(await failureOf({ tokenEndpoint: endpoint })).to.include({
        code: 'token-request-failed',
        httpStatus: 428,
        endpointCode: 'challenge-required',
      });
      expect(asked.length).to.equal(2);
      asked = [];
      endpointAnswers(() =>
        asked.length === 1
          ? refusalWith(challenge)
          : Response.json({ error: { code: 'challenge-failed' } }, { status: 403 }),
      );
      expect(await failureOf({ tokenEndpoint: endpoint })).to.include({
        code: 'token-request-failed',
        httpStatus: 403,
        endpointCode: 'challenge-failed',
      });
      expect(asked.length).to.equal(2);
    });

    for (const status of [405, 428]) {
      it(`is not to be had by a GET that is answered ${status}, and the developer is told`, async () => {
        const challenge = await altcha();
        endpointAnswers(() => refusalWith(challenge, status));
        const error = await failureOf({ tokenEndpoint: endpoint, tokenMethod: 'get' });
        expect(error).to.include({ code: 'token-request-failed', httpStatus: status });
        expect(error.message).to.include('Set token-method="post"');
        expect((await failureOf({ tokenEndpoint: endpoint })).message).not.to.include('"post"');
        expect(asked.map(({ init }) => init.method)).to.deep.equal([undefined, 'POST', 'POST']);
      });
    }

    it('is the page’s to solve where it is of another type', async () => {
      const challenge = { type: 'turnstile', siteKey: 'site-key' };
      for (const answer of ['token', { a: [1] }, null, false, '']) {
        asked = [];
        endpointWants(challenge);
        const seen: unknown[] = [];
        const challengeSolver = async (...args: unknown[]) => {
          seen.push(...args);
          return answer;
        };
        const { signal } = new AbortController();
        expect(await ask({ tokenEndpoint: endpoint, challengeSolver }, signal)).to.deep.equal(plain);
        expect(seen).to.deep.equal([challenge, signal]);
        expect(asked.map(bodyOf)).to.deep.equal([{}, { challenge: answer }]);
      }
    });

    it('is token-request-failed where nobody solves it, without the solver’s words', async () => {
      const solvers: SessionRequest['challengeSolver'][] = [
        undefined,
        async () => undefined,
        async () => Promise.reject(new Error('secret-token')),
        () => {
          throw new Error('secret-token');
        },
      ];
      for (const challenge of [{ type: 'turnstile' }, { type: ['altcha'] }, {}, 'altcha', 7, true]) {
        for (const challengeSolver of solvers) {
          asked = [];
          endpointWants(challenge);
          const error = await failureOf({ tokenEndpoint: endpoint, challengeSolver });
          expect(error).to.include({
            code: 'token-request-failed',
            httpStatus: 428,
            endpointCode: 'challenge-required',
            cause: undefined,
          });
          expect(error.message).to.include('challengeSolver');
          expect(everythingIn(error)).not.to.include('secret-token');
          expect(asked.length).to.equal(1);
        }
      }
    });

    it('is token-request-failed at once where it is absurd', async () => {
      const challenge = await altcha();
      const parameters = challenge['parameters'] as object;
      const absurd: Record<string, unknown> = {
        'too many rounds': { ...parameters, cost: 1e9 },
        'no number of rounds': { ...parameters, cost: 'many' },
        'no rounds': { ...parameters, cost: 0 },
        'a long key': { ...parameters, keyLength: 1e6 },
        'a key of no length': { ...parameters, keyLength: 'long' },
        'a long nonce': { ...parameters, nonce: '0'.repeat(4096) },
        'no nonce': { ...parameters, nonce: undefined },
        'a salt that is none': { ...parameters, salt: 'salt' },
        'another algorithm': { ...parameters, algorithm: 'ARGON2ID' },
        'a prefix of any key': { ...parameters, keyPrefix: '' },
        'a prefix of no key': { ...parameters, keyPrefix: '0'.repeat(66) },
        'a prefix that is none': { ...parameters, keyPrefix: ['00'] },
        'parameters that are none': 7,
        'no parameters': undefined,
      };
      for (const [what, value] of Object.entries(absurd)) {
        asked = [];
        endpointWants({ ...challenge, parameters: value });
        const error = await failureOf({ tokenEndpoint: endpoint });
        expect(error, what).to.include({ code: 'token-request-failed', endpointCode: 'challenge-required' });
        expect(error.message, what).to.include('malformed or too much work');
        expect(asked.length, what).to.equal(1);
      }
    });

    it('names the file that solves it where that is not there', async () => {
      endpointWants(await altcha());
      for (const assetsUrl of ['/nowhere', 'https://[']) {
        const error = await failureOf({ tokenEndpoint: endpoint, assetsUrl });
        expect(error.code).to.equal('token-request-failed');
        expect(error.message).to.include('synthflow-call.challenge.js');
        expect(everythingIn(error)).not.to.include('nowhere');
      }
    });

    it('asks the tokenProvider once more, with the answer', async () => {
      const challenge = await altcha();
      const answers: unknown[] = [];
      const tokenProvider: TokenProvider = async ({ challenge: answer, assistantId }) => {
        answers.push(answer);
        expect(assistantId).to.equal('sales');
        return answers.length === 1 ? { error: { challenge } } : { sessionURL };
      };
      expect(await ask({ tokenProvider, assistantId: 'sales' })).to.deep.equal(plain);
      expect(answers.length).to.equal(2);
      expect(answers[0]).to.equal(undefined);
      await expectSolved(answers[1]);
      const stubborn: TokenProvider = async () => ({ error: { challenge } });
      expect((await failureOf({ tokenProvider: stubborn })).code).to.equal('token-response-invalid');
    });

    describe('and is stopped', () => {
      const reason = new DOMException('The call was stopped.', 'AbortError');
      const { signal } = new AbortController();
      const outcomeOf = (request: SessionRequest, stopped: AbortSignal) =>
        fetchSession({ tokenEndpoint: endpoint, ...request }, signal, stopped).then(
          () => 'a session',
          (error: unknown) => error,
        );

      it('ends work that has no end, and asks for nothing more', async () => {
        const stopped = new AbortController();
        endpointWants(await endless());
        const derive = crypto.subtle.deriveBits;
        const working = new Deferred();
        let derived = 0;
        crypto.subtle.deriveBits = function (...args) {
          if ((derived += 1) === 50) working.resolve();
          return derive.apply(this, args);
        };
        try {
          const outcome = outcomeOf({}, stopped.signal);
          await working.promise;
          stopped.abort(reason);
          expect(await outcome).to.equal(reason);
          const derivedByThen = derived;
          // The four that were under way come to their end, and no more is begun.
          for (let count = 0; count < 20; count += 1) await altcha();
          expect(derived - derivedByThen).to.be.within(20, 24);
        } finally {
          crypto.subtle.deriveBits = derive;
        }
        expect(asked.length).to.equal(1);
      });

      it('waits for no solver that does not heed its signal', async () => {
        const stopped = new AbortController();
        const solving = new Deferred<AbortSignal>();
        endpointWants({ type: 'turnstile' });
        const challengeSolver = (_: Challenge, heard: AbortSignal) => {
          solving.resolve(heard);
          return new Promise(() => {});
        };
        const outcome = outcomeOf({ challengeSolver }, stopped.signal);
        const heard = await solving.promise;
        expect(heard.aborted).to.equal(false);
        stopped.abort(reason);
        expect(await outcome).to.equal(reason);
        expect(heard.aborted).to.equal(true);
        expect(asked.length).to.equal(1);
      });

      it('solves nothing that is asked for afterwards', async () => {
        let solved = 0;
        endpointWants({ type: 'turnstile' });
        const challengeSolver = async () => (solved += 1);
        expect(await outcomeOf({ challengeSolver }, AbortSignal.abort(reason))).to.equal(reason);
        expect([asked.length, solved]).to.deep.equal([1, 0]);
      });
    });
  });

  describe('of a call that was stopped meanwhile', () => {
    const reason = new DOMException('The call was stopped.', 'AbortError');
    const outcomeOf = (request: SessionRequest, signal: AbortSignal) =>
      ask(request, signal).then(
        () => 'a session',
        (error: unknown) => error,
      );

    const expectReason = async (outcome: Promise<unknown>): Promise<void> => {
      const ended = await outcome;
      expect(ended === reason, `it ended with ${String(ended)}`).to.equal(true);
    };

    it('ends with the signal’s reason while the endpoint is asked', async () => {
      const abort = new AbortController();
      endpointAnswers(({ init }) => {
        const { promise, reject } = new Deferred<Response>();
        init.signal!.addEventListener('abort', () => reject(init.signal!.reason));
        return promise;
      });
      const outcome = outcomeOf({ tokenEndpoint: endpoint }, abort.signal);
      abort.abort(reason);
      await expectReason(outcome);
    });

    it('ends with the signal’s reason while the answer is read', async () => {
      const abort = new AbortController();
      const asking = new Deferred();
      endpointAnswers(({ init }) => {
        asking.resolve();
        const body = new ReadableStream({
          start: (stream) => init.signal!.addEventListener('abort', () => stream.error(init.signal!.reason)),
        });
        return new Response(body);
      });
      const outcome = outcomeOf({ tokenEndpoint: endpoint }, abort.signal);
      await asking.promise;
      abort.abort(reason);
      await expectReason(outcome);
    });

    it('ends with the signal’s reason while the tokenProvider is asked', async () => {
      const abort = new AbortController();
      const tokenProvider: TokenProvider = ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      const outcome = outcomeOf({ tokenProvider }, abort.signal);
      abort.abort(reason);
      await expectReason(outcome);
    });
  });

  it('never lets an error name the URL or the token, whatever the endpoint answers', async () => {
    const token = 'token=secret-token';
    const bodies = [
      { sessionURL: `https://widget.example/?${token}` },
      { error: { code: `${token}`, message: token, requestId: token, retryAfter: token } },
      { session: sessionURL },
      `${sessionURL} is not JSON`,
    ];
    for (const body of bodies) {
      for (const status of [200, 400, 429, 500, 503]) {
        answersWith(body, { status, headers: { 'Retry-After': token } });
        const outcome = await ask({ tokenEndpoint: `${endpoint}?key=secret-token` }).catch((error: unknown) => error);
        expect(outcome, `${status} ${JSON.stringify(body)}`).to.be.instanceOf(CallError);
        expect(everythingIn(outcome), `${status} ${JSON.stringify(body)}`).not.to.include('secret-token');
      }
    }
  });
});
