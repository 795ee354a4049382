import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { sendRefusal } from './adapters/node.js';
import { Refusal } from './refusal.js';
import { isLoopback, type TokenLogEntry } from './token-settings.js';

/** Who may read the metrics. */
export interface MetricsOptions {
  /** Whoever sends it as a bearer token. Default: whoever is on this machine. */
  token?: string | undefined;
  /** There are proxies in front, maybe on this machine: then nobody may without a token. */
  isProxied: boolean;
}

/** Figures for Prometheus. */
export interface Metrics {
  readonly listener: RequestListener;
  /** Counts a request. */
  observe(entry: TokenLogEntry): void;
  /** Whether the shared store answers. */
  setStoreWorking(isWorking: boolean): void;
}

/** Counters of this process, and what answers at `/metrics`. */
export function createMetrics({ token, isProxied }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'synthflow_token_requests_total',
    help: 'Requests by what was asked (token, check, preflight), HTTP status, error code and limit.',
    labelNames: ['event', 'status', 'code', 'limit'],
    registers,
  });
  const sessions = new Counter({
    name: 'synthflow_token_sessions_total',
    help: 'Sessions given, by agent.',
    labelNames: ['agent'],
    registers,
  });
  const seconds = new Histogram({
    name: 'synthflow_token_request_seconds',
    help: 'Time from a request for a session to its answer, most of it Synthflow’s.',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8],
    registers,
  });
  const store = new Gauge({
    name: 'synthflow_token_store_working',
    help: '1 while the shared store answers, 0 while this process counts alone. Absent without one.',
    registers: [],
  });
  return {
    observe({ event, status, code = '', limit = '', agent = '', ms }) {
      requests.inc({ event, status, code, limit });
      if (event !== 'token') return;
      seconds.observe(ms / 1000);
      if (status === 200) sessions.inc({ agent });
    },
    setStoreWorking(isWorking) {
      if (!registry.getSingleMetric('synthflow_token_store_working')) registry.registerMetric(store);
      store.set(isWorking ? 1 : 0);
    },
    listener(request, response) {
      if (!(token === undefined ? !isProxied && isFromHere(request) : hasToken(request, token))) {
        sendRefusal(response, new Refusal('not-found', 'There is nothing here.'));
        return;
      }
      void registry.metrics().then((text) => {
        response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text);
      });
    },
  };
}

/** A proxy on this machine comes from here too; one that says for whom is known by that. */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const forwarding = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];
  const host = headers.host?.replace(/:\d+$/, '') ?? '';
  // The Host header too: a page of another site can name this machine by a host name of its own.
  return isLoopback(address) && isLoopback(host) && forwarding.every((name) => headers[name] === undefined);
}

function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}
