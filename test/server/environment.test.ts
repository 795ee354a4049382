import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readHandlerOptions, readListening, readOptions, UsageError } from '../../server/environment.js';
import { createTokenHandler } from '../../server/index.js';
import { apiKey, mediaAgent, page, salesId, supportId } from './support.js';

const environment = { SYNTHFLOW_API_KEY: apiKey, SYNTHFLOW_AGENTS: supportId, ALLOWED_ORIGINS: page };

describe('the environment', () => {
  it('names agents by alias or by bare id', () => {
    const read = (agents: string) => readHandlerOptions({}, { ...environment, SYNTHFLOW_AGENTS: agents }).agents;
    assert.deepEqual(read(`support=${supportId}, sales = ${salesId},`), { support: supportId, sales: salesId });
    assert.deepEqual(read(salesId), { [salesId]: salesId });
    assert.deepEqual(Object.keys(read(`__proto__=${supportId}`)), ['__proto__']);
    assert.throws(() => read(`a=${supportId},a=${salesId}`), UsageError);
  });

  it('names agents in JSON, as the option takes them, where it begins with a brace', () => {
    const read = (agents: string) => readHandlerOptions({}, { ...environment, SYNTHFLOW_AGENTS: agents }).agents;
    const agents = { support: mediaAgent, sales: salesId, old: { id: supportId } };
    assert.deepEqual(read(` ${JSON.stringify(agents)} `), agents);
    assert.deepEqual(Object.keys(read(`{"__proto__":"${supportId}"}`)), ['__proto__']);
    for (const broken of ['{', `{${apiKey}}`, `{"support":"${apiKey}"`, `{"a":"b"},{}`]) {
      assert.throws(() => read(broken), {
        name: 'Error',
        message: 'SYNTHFLOW_AGENTS begins with { but is not valid JSON.',
      });
    }
  });

  it('lists origins, or says same-origin', () => {
    const read = (origins: string) =>
      readHandlerOptions({}, { ...environment, ALLOWED_ORIGINS: origins }).allowedOrigins;
    assert.deepEqual(read(`${page}, https://example.com`), [page, 'https://example.com']);
    assert.equal(read(' same-origin '), 'same-origin');
  });

  it('gives way to a flag of the same name', () => {
    const flags = { 'synthflow-agents': salesId, 'allowed-origins': 'same-origin', port: '1', host: '::' };
    const bases = { 'synthflow-widget-url': 'http://localhost:1', 'synthflow-api-url': 'http://localhost:2' };
    const options = readHandlerOptions({ ...flags, ...bases }, { ...environment, SYNTHFLOW_API_URL: 'http://[::1]' });
    assert.deepEqual(options, {
      apiKey,
      agents: { [salesId]: salesId },
      allowedOrigins: 'same-origin',
      widgetBaseUrl: 'http://localhost:1',
      apiBaseUrl: 'http://localhost:2',
      limits: undefined,
      clientAddress: undefined,
    });
    assert.deepEqual(readListening(flags, { PORT: '2', HOST: 'localhost' }), { port: 1, host: '::' });
  });

  it('sets limits by number, and off', () => {
    const read = (variables: Record<string, string>) => readOptions({ ...environment, ...variables }).limits;
    assert.equal(read({}), undefined);
    assert.equal(read({ LIMITS: 'off' }), 'off');
    const variables = {
      LIMIT_ADDRESS_PER_MINUTE: '1',
      LIMIT_ADDRESS_PER_HOUR: 'off',
      LIMIT_PER_MINUTE: '100',
      LIMIT_PER_DAY: ' 5000 ',
      LIMIT_CONCURRENT: '10',
    };
    const limits = { addressPerMinute: 1, addressPerHour: false, perMinute: 100, perDay: 5000, concurrent: 10 };
    assert.deepEqual(read(variables), limits);
    assert.deepEqual(readHandlerOptions({ 'limit-per-day': '7' }, { ...environment, ...variables }).limits, {
      ...limits,
      perDay: 7,
    });
    const wrong: Record<string, string>[] = [
      { LIMITS: 'on' },
      { LIMITS: 'off', LIMIT_PER_DAY: '1' },
      ...['0', '-1', '1.5', '1e3', 'none', '9999999999'].map((text) => ({ LIMIT_PER_DAY: text })),
    ];
    for (const variables of wrong) assert.throws(() => read(variables), UsageError, JSON.stringify(variables));
  });

  it('finds visitors behind so many proxies, or as a platform does', () => {
    const read = (text: string) => readOptions({ ...environment, TRUSTED_PROXIES: text }).clientAddress;
    assert.deepEqual(['2', 'cloudflare', ''].map(read), [2, 'cloudflare', undefined]);
    assert.throws(
      () => createTokenHandler(readOptions({ ...environment, TRUSTED_PROXIES: 'nginx' })),
      /^TypeError: The client address \(TRUSTED_PROXIES\)/,
    );
  });

  it('listens on loopback unless told otherwise', () => {
    assert.deepEqual(readListening({}, {}), { port: undefined, host: '127.0.0.1' });
    assert.deepEqual(readListening({}, { PORT: '', HOST: '' }), { port: undefined, host: '127.0.0.1' });
    assert.deepEqual(readListening({}, { PORT: '0', HOST: '0.0.0.0' }), { port: 0, host: '0.0.0.0' });
  });

  it('refuses a port that is none', () => {
    for (const port of ['65536', '-1', '80a', '1e3', '0x50', '8787.5', '123456']) {
      assert.throws(() => readListening({}, { PORT: port }), UsageError, port);
    }
  });

  it('names the variable that is missing', () => {
    for (const name of Object.keys(environment)) {
      const refusal = { name: 'Error', message: new RegExp(`^${name} is not set`) };
      assert.throws(() => readHandlerOptions({}, { ...environment, [name]: undefined }), refusal);
      assert.throws(() => readHandlerOptions({}, { ...environment, [name]: '' }), refusal);
    }
  });

  it('takes the key from no flag', () => {
    const { SYNTHFLOW_API_KEY: _, ...rest } = environment;
    assert.throws(() => readHandlerOptions({ 'synthflow-api-key': apiKey }, rest), /SYNTHFLOW_API_KEY is not set/);
  });
});
