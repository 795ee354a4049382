import type { AllowedOrigins } from './origin-guard.js';
import { resolveChallenge, type ChallengeOptions } from './challenge.js';
import { resolveClientAddress, type AddressFinder, type ClientAddress } from './client-address.js';
import { resolveLimits, type LimitOptions, type LimitStore, type SessionLimit } from './limits.js';
import { createMemoryStore } from './memory-store.js';
import { resolveAgents, type Agent, type AgentOptions } from './resolve-agents.js';

/** What the owner of a token endpoint decides. */
export interface TokenHandlerOptions {
  /** The Synthflow API key. It goes to Synthflow and nowhere else. */
  apiKey: string;
  /**
   * The agents that visitors may call: alias → agent id, or what the agent's wire needs. A page may also name one by its
   * id; where several share it, that means the last.
   */
  agents: Readonly<Record<string, AgentOptions>>;
  /** The pages that may ask: exact origins such as `https://www.example.com`, or `'same-origin'`. */
  allowedOrigins: 'same-origin' | readonly string[];
  /** Where sessions come from. Default `https://widget.synthflow.ai`; plain http on loopback only. */
  widgetBaseUrl?: string | undefined;
  /**
   * Where the calls of `media` agents are created, whatever their region. Default `https://api.synthflow.ai/v2`, or
   * `api.us.` or `api.eu.` by region; plain http on loopback only.
   */
  apiBaseUrl?: string | undefined;
  /** Sends the request to Synthflow. Default the global `fetch`. */
  fetch?: typeof fetch | undefined;
  /**
   * How many sessions may be started. `'off'`: any number. Default: see {@link LimitOptions}; off where sessions come from
   * this machine, as nobody bills those.
   */
  limits?: LimitOptions | 'off' | undefined;
  /** Where they are counted. Default: in this process, which is right for one process alone. */
  store?: LimitStore | undefined;
  /** What visitors have to solve first. Default: nothing. */
  challenge?: ChallengeOptions | undefined;
  /**
   * Where a visitor's address is found. Default 0, the connection's own: behind a proxy that is the proxy's, and all
   * visitors count as one.
   */
  clientAddress?: ClientAddress | undefined;
  /** Told once of every request. What it throws is ignored. */
  log?: ((entry: TokenLogEntry) => void) | undefined;
}

/** One request, as the log sees it: no URL, no key, no address. */
export interface TokenLogEntry {
  level: 'info' | 'warn' | 'error';
  event: 'token' | 'check' | 'preflight';
  requestId: string;
  /** HTTP status of the answer; 499 when the client left before it. */
  status: number;
  /** Error code of the answer, if it is an error. */
  code?: string;
  /** The limit that was reached, if it is that. */
  limit?: string;
  /** Alias of the agent that was asked for. */
  agent?: string;
  /** What the page sent as `client_reference`. */
  clientReference?: string;
  /**
   * The call that Synthflow created, if it said so (`media` agents). Where `status` is not 200 nobody will take it up,
   * and it may still be billed.
   */
  callId?: string;
  /** From the request's arrival to its answer. */
  ms: number;
}

/** Checked {@link TokenHandlerOptions}, in the form the handler works with. */
export interface TokenSettings {
  readonly apiKey: string;
  /** By alias and by id. */
  readonly agents: ReadonlyMap<string, Agent>;
  /** The agent of an endpoint that has one. */
  readonly onlyAgent: Agent | undefined;
  readonly allowedOrigins: AllowedOrigins;
  /** Without a slash at its end. */
  readonly widgetBaseUrl: string;
  readonly fetch: typeof fetch;
  /** In the order in which they are asked. */
  readonly limits: readonly SessionLimit[];
  readonly store: LimitStore;
  readonly challenge: ChallengeOptions | undefined;
  readonly findAddress: AddressFinder;
  readonly log: ((entry: TokenLogEntry) => void) | undefined;
}

/** Whether a host name means this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}

/**
 * Checks the options once, before the first request.
 * @throws TypeError - one sentence on what to change. It quotes no value: any of them might hold the key by mistake.
 */
export function resolveSettings(options: TokenHandlerOptions): TokenSettings {
  const { apiBaseUrl, widgetBaseUrl } = options;
  const agents = resolveAgents(
    options.agents,
    apiBaseUrl === undefined ? undefined : resolveBaseUrl('API', apiBaseUrl),
  );
  const widgetUrl = resolveBaseUrl('widget', widgetBaseUrl ?? 'https://widget.synthflow.ai');
  const isBilled = agents.some(
    (agent) => !isLoopback(new URL(agent.protocol === 'media' ? agent.apiBaseUrl : widgetUrl).hostname),
  );
  return {
    apiKey: resolveKey(options.apiKey),
    agents: new Map([
      ...agents.map((agent) => [agent.id, agent] as const),
      ...agents.map((agent) => [agent.alias, agent] as const),
    ]),
    onlyAgent: agents.length === 1 ? agents[0] : undefined,
    allowedOrigins: resolveOrigins(options.allowedOrigins),
    widgetBaseUrl: widgetUrl,
    limits: resolveLimits(options.limits ?? (isBilled ? {} : 'off')),
    store: resolveStore(options.store),
    challenge: resolveChallenge(options.challenge),
    findAddress: resolveClientAddress(options.clientAddress ?? 0),
    fetch: options.fetch ?? defaultFetch(),
    log: options.log,
  };
}

/** What Deno has and others have not. */
interface DenoGlobal {
  Deno?: { createHttpClient?: (options: { poolMaxIdlePerHost: number }) => object };
}

function defaultFetch(): typeof fetch {
  // Deno sends a POST a second time where a connection that it has used before breaks, and each creates a call. So it
  // uses none twice.
  const client = (globalThis as DenoGlobal).Deno?.createHttpClient?.({ poolMaxIdlePerHost: 0 });
  const init = client && { client };
  // Looked up at each call, and called without a receiver: some platforms refuse one.
  return (input, given) => fetch(input, init ? { ...given, ...init } : given);
}

function resolveKey(apiKey: unknown): string {
  if (typeof apiKey !== 'string' || apiKey === '') throw new TypeError('The Synthflow API key is missing.');
  // fetch refuses a header with a line break in it, with an error that quotes the key.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError(
      'The Synthflow API key holds a space, a line break or another character that no key has: paste it again.',
    );
  }
  // A file that some other program reads (docker --env-file) keeps them, and Synthflow would only say 401.
  if (/^(["']).*\1$/.test(apiKey)) throw new TypeError('The Synthflow API key is in quotes: leave them out.');
  return apiKey;
}

function resolveStore(store: LimitStore | undefined): LimitStore {
  if (store === undefined) return createMemoryStore();
  if (typeof store?.take !== 'function') throw new TypeError('The store has no take function.');
  return store;
}

function resolveOrigins(origins: unknown): AllowedOrigins {
  if (origins === 'same-origin') return origins;
  if (!Array.isArray(origins) || origins.length === 0) {
    throw new TypeError(
      "The allowed origins are missing: list the origins of your pages, such as https://www.example.com, or say 'same-origin'.",
    );
  }
  if (origins.includes('*')) {
    throw new TypeError('The allowed origin * would let any page on the web spend your minutes: list exact origins.');
  }
  origins.forEach((origin: unknown, index) => {
    if (!isExactOrigin(origin)) {
      throw new TypeError(
        `Allowed origin ${index + 1} is not an exact origin: write it as https://www.example.com, in lower case, with no path and no slash at the end.`,
      );
    }
  });
  return new Set(origins as string[]);
}

function isExactOrigin(origin: unknown): boolean {
  if (typeof origin !== 'string' || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  return /^https?:$/.test(url.protocol) && url.origin === origin && !origin.includes('*');
}

function resolveBaseUrl(name: 'widget' | 'API', base: unknown): string {
  const url = typeof base === 'string' && URL.canParse(base) ? new URL(base) : undefined;
  const isSafe = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
  if (!isSafe || url.username || url.password || url.search || url.hash) {
    throw new TypeError(
      `The ${name} base URL must be an https: URL (http: only on this machine) without user name, query or hash.`,
    );
  }
  return url.href.replace(/\/+$/, '');
}
