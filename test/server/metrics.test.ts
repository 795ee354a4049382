import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { createMetrics, type MetricsOptions } from '../../server/metrics.js';
import { listen } from './support.js';

async function start(test: TestContext, options: MetricsOptions) {
  const metrics = createMetrics(options);
  const { url, port } = await listen(test, metrics.listener);
  /** By node:http, as fetch lets nobody set Host. */
  const statusFor = (headers: Record<string, string> = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/metrics', headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      })
        .on('error', reject)
        .end();
    });
  return { metrics, url, statusFor };
}

describe('the metrics', () => {
  it('count requests and sessions', async (test) => {
    const { metrics, url } = await start(test, { isProxied: false });
    const entry = { level: 'info', event: 'token', requestId: 'secret-id', ms: 40 } as const;
    metrics.observe({ ...entry, status: 200, agent: 'support', clientReference: 'order 7', callId: 'call-1' });
    metrics.observe({ ...entry, status: 429, code: 'rate-limited', limit: 'day' });
    metrics.observe({ ...entry, event: 'preflight', status: 204 });
    const response = await fetch(url);
    assert.match(response.headers.get('content-type')!, /^text\/plain; version=/);
    const text = await response.text();
    for (const line of [
      'synthflow_token_requests_total{event="token",status="200",code="",limit=""} 1',
      'synthflow_token_requests_total{event="token",status="429",code="rate-limited",limit="day"} 1',
      'synthflow_token_requests_total{event="preflight",status="204",code="",limit=""} 1',
      'synthflow_token_sessions_total{agent="support"} 1',
      'synthflow_token_request_seconds_count 2',
    ]) {
      assert.ok(text.split('\n').includes(line), line);
    }
    assert.match(text, /^process_cpu_seconds_total /m);
    for (const word of ['secret-id', 'order', 'call-1', 'store_working']) assert.ok(!text.includes(word), word);
  });

  it('are shown to this machine alone, and to no proxy on it', async (test) => {
    const { statusFor } = await start(test, { isProxied: false });
    for (const host of ['localhost:8787', '127.0.0.1', '[::1]:1']) assert.equal(await statusFor({ host }), 200, host);
    assert.equal(await statusFor({ host: 'www.example.com' }), 404);
    for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP']) {
      assert.equal(await statusFor({ [name]: '127.0.0.1' }), 404, name);
    }
  });

  it('are shown to nobody without a token where there are proxies', async (test) => {
    const { statusFor } = await start(test, { isProxied: true });
    assert.equal(await statusFor(), 404);
  });

  it('are shown to whoever has the token, and to nobody else', async (test) => {
    const { statusFor } = await start(test, { token: 'let-me-in', isProxied: true });
    assert.equal(await statusFor({ authorization: 'Bearer let-me-in', host: 'www.example.com' }), 200);
    for (const authorization of ['Bearer let-me-i', 'let-me-in', 'Basic let-me-in', '']) {
      assert.equal(await statusFor({ authorization }), 404, authorization);
    }
  });
});
