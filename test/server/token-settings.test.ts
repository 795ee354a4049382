import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTokenHandler, type TokenHandlerOptions } from '../../server/index.js';
import { isLoopback } from '../../server/token-settings.js';
import { apiKey, fullMediaAgent, page, salesId, supportId } from './support.js';

const good = { apiKey, agents: { support: supportId }, allowedOrigins: [page] } satisfies TokenHandlerOptions;
const start = (options: object) => () => createTokenHandler({ ...good, ...options } as TokenHandlerOptions);

describe('the options of the token endpoint', () => {
  it('start with a key, both forms of an agent id and exact origins', () => {
    const agents = { support: supportId, sales: salesId, upper: supportId.toUpperCase() };
    const allowedOrigins = [page, 'http://localhost:5173', 'https://[::1]:8443', 'https://xn--bcher-kva.example'];
    assert.doesNotThrow(start({ agents, allowedOrigins }));
    assert.doesNotThrow(start({ allowedOrigins: 'same-origin' }));
  });

  it('refuse a missing key', () => {
    for (const key of ['', undefined, null, 5]) assert.throws(start({ apiKey: key }), /key is missing/);
  });

  it('refuse a key that would break a header', () => {
    for (const key of [
      `${apiKey}\n`,
      `${apiKey}\r\nX: y`,
      ` ${apiKey}`,
      `${apiKey}\u00e9`,
      `${apiKey}\0`,
      '“quoted”',
    ]) {
      assert.throws(start({ apiKey: key }), /key holds/);
    }
  });

  it('refuse a key in quotes, which some files keep', () => {
    for (const quote of ['"', "'"]) assert.throws(start({ apiKey: `${quote}${apiKey}${quote}` }), /is in quotes/);
    assert.doesNotThrow(start({ apiKey: `${apiKey}"` }));
  });

  it('refuse to serve no agent', () => {
    for (const agents of [{}, undefined, null, 'support', []]) assert.throws(start({ agents }), /No agents/);
  });

  it('refuse a malformed agent id and say which', () => {
    const malformed = [
      '',
      'support',
      `${supportId} `,
      `../${supportId}`,
      `${supportId}/x`,
      '170000000000x123456789012345',
      5,
    ];
    for (const id of malformed)
      assert.throws(start({ agents: { support: supportId, sales: id } }), /^TypeError: Agent 2 /);
    assert.throws(start({ agents: { '': supportId } }), /empty alias/);
  });

  it('refuse to allow nobody in particular', () => {
    for (const allowedOrigins of [undefined, null, [], '', page]) {
      assert.throws(start({ allowedOrigins }), /origins are missing/);
    }
  });

  it('refuse every page of the web', () => {
    assert.throws(start({ allowedOrigins: ['*'] }), /any page on the web/);
    assert.throws(start({ allowedOrigins: [page, '*'] }), /any page on the web/);
  });

  it('refuse what is not an exact origin', () => {
    const inexact = [
      `${page}/`,
      `${page}/path`,
      'https://WWW.example.com',
      'https://www.example.com:443',
      'https://*.example.com',
      'www.example.com',
      'null',
      'same-origin',
      'file:///home',
      'https://user@example.com',
      'chrome-extension://abc',
      5,
    ];
    for (const origin of inexact) assert.throws(start({ allowedOrigins: [page, origin] }), /Allowed origin 2 is not/);
  });

  it('refuse an upstream that is neither secure nor on this machine', () => {
    const unsafe = [
      'http://widget.synthflow.ai',
      'ftp://localhost',
      'widget.synthflow.ai',
      '',
      'https://u:p@widget.synthflow.ai',
    ];
    for (const widgetBaseUrl of [...unsafe, 'https://widget.synthflow.ai/?a', 'https://widget.synthflow.ai/#a']) {
      assert.throws(start({ widgetBaseUrl }), /widget base URL/);
      assert.throws(start({ apiBaseUrl: widgetBaseUrl }), /API base URL/);
    }
    for (const host of ['localhost:4000', '127.0.0.1', '[::1]:4000', 'agent.localhost']) {
      assert.doesNotThrow(start({ widgetBaseUrl: `http://${host}`, apiBaseUrl: `http://${host}/v2` }));
    }
  });

  it('quote no value in a refusal: any of them might hold the key', () => {
    const misplaced = [
      { apiKey: `${apiKey}\n` },
      { agents: { [apiKey]: 'x' } },
      { agents: { support: apiKey } },
      { agents: { '': apiKey } },
      { allowedOrigins: apiKey },
      { allowedOrigins: [apiKey] },
      { allowedOrigins: [`https://${apiKey}@example.com`] },
      { allowedOrigins: [apiKey, '*'] },
      { widgetBaseUrl: `http://${apiKey}` },
      { widgetBaseUrl: `https://synthflow.ai?key=${apiKey}` },
      { apiBaseUrl: `http://${apiKey}` },
      { agents: { support: { id: apiKey } } },
      { agents: { support: { id: supportId, [apiKey]: apiKey } } },
      { agents: { support: { protocol: apiKey, id: supportId } } },
      ...Object.keys(fullMediaAgent).map((name) => ({ agents: { a: { ...fullMediaAgent, [name]: `${apiKey}\n` } } })),
      { agents: { support: { ...fullMediaAgent, [apiKey]: apiKey } } },
    ];
    for (const options of misplaced) {
      assert.throws(start(options), (error: Error) => {
        assert.ok(!`${error.message}${error.stack}${String(error.cause)}`.includes(apiKey), error.message);
        return error instanceof TypeError;
      });
    }
  });
});

describe('a loopback host', () => {
  it('is this machine and nothing that looks like it', () => {
    for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.1.2.3', '[::1]', '::1'])
      assert.ok(isLoopback(host), host);
    for (const host of ['localhost.example.com', 'notlocalhost', '127.0.0.1.example.com', '128.0.0.1', '0.0.0.0', '']) {
      assert.ok(!isLoopback(host), host);
    }
  });
});
