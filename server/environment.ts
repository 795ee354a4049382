import type { ClientAddress } from './client-address.js';
import type { LimitOptions } from './limits.js';
import type { TokenHandlerOptions } from './token-settings.js';

/** A mistake of whoever started the command: its message is one sentence on what to change. */
export class UsageError extends Error {}

/** What `parseArgs` found, by flag. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;
/** The environment, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where to listen. */
export interface Listening {
  /** `undefined` when nobody chose one. */
  port: number | undefined;
  host: string;
}

/** `PORT` or `--port`, `HOST` or `--host`. Default host: loopback, so that nothing is public by accident. */
export function readListening(flags: Flags, environment: Environment): Listening {
  const port = readVariable('PORT', flags, environment);
  if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)) {
    throw new UsageError('PORT must be a number from 0 to 65535.');
  }
  return {
    port: port === undefined ? undefined : Number(port),
    host: readVariable('HOST', flags, environment) ?? '127.0.0.1',
  };
}

/**
 * The options of the token endpoint that the environment sets: SYNTHFLOW_API_KEY, SYNTHFLOW_AGENTS, ALLOWED_ORIGINS and so
 * on, as docs/token-endpoint.md lists them. Where there is no `process.env`, such as in Workers, it is what the platform
 * hands over.
 * @throws Error - one sentence on the variable that is missing or wrong; it quotes no value.
 */
export function readOptions(environment: object): TokenHandlerOptions {
  return readHandlerOptions({}, environment as Environment);
}

/** The variables of the token endpoint; {@link createTokenHandler} checks their values. */
export function readHandlerOptions(flags: Flags, environment: Environment): TokenHandlerOptions {
  const { apiKey, agents, allowedOrigins, ...others } = readGivenOptions(flags, environment);
  if (!apiKey) throw new UsageError('SYNTHFLOW_API_KEY is not set: export your Synthflow API key under that name.');
  if (agents === undefined) {
    throw new UsageError('SYNTHFLOW_AGENTS is not set: name the agents visitors may call, as support=<id>,sales=<id>.');
  }
  if (allowedOrigins === undefined) {
    throw new UsageError(
      'ALLOWED_ORIGINS is not set: list the origins of your pages, as https://www.example.com,https://example.com, or say same-origin.',
    );
  }
  return { apiKey, agents, allowedOrigins, ...others };
}

/** Those variables of the token endpoint that are set. */
export function readGivenOptions(flags: Flags, environment: Environment): Partial<TokenHandlerOptions> {
  const agents = readVariable('SYNTHFLOW_AGENTS', flags, environment);
  const origins = readVariable('ALLOWED_ORIGINS', flags, environment);
  const apiKey = environment['SYNTHFLOW_API_KEY'];
  return {
    ...(apiKey ? { apiKey } : {}),
    ...(agents === undefined ? {} : { agents: readAgents(agents) }),
    ...(origins === undefined ? {} : { allowedOrigins: origins === 'same-origin' ? origins : listOf(origins) }),
    widgetBaseUrl: readVariable('SYNTHFLOW_WIDGET_URL', flags, environment),
    apiBaseUrl: readVariable('SYNTHFLOW_API_URL', flags, environment),
    limits: readLimits(flags, environment),
    clientAddress: readClientAddress(readVariable('TRUSTED_PROXIES', flags, environment)),
  };
}

const limitVariables = {
  LIMIT_ADDRESS_PER_MINUTE: 'addressPerMinute',
  LIMIT_ADDRESS_PER_HOUR: 'addressPerHour',
  LIMIT_PER_MINUTE: 'perMinute',
  LIMIT_PER_DAY: 'perDay',
  LIMIT_CONCURRENT: 'concurrent',
} as const satisfies Record<string, keyof LimitOptions>;

/** The limits that are set: each a number or `off`; `LIMITS=off` is all of them. `undefined` where nobody set one. */
function readLimits(flags: Flags, environment: Environment): LimitOptions | 'off' | undefined {
  const all = readVariable('LIMITS', flags, environment);
  if (all !== undefined && all !== 'off') throw new UsageError('LIMITS can say off, and nothing else.');
  const limits: LimitOptions = {};
  for (const [name, option] of Object.entries(limitVariables)) {
    const text = readVariable(name, flags, environment);
    if (text === undefined) continue;
    if (text !== 'off' && !/^[1-9]\d{0,8}$/.test(text))
      throw new UsageError(`${name} must be a number from 1, or off.`);
    limits[option] = text !== 'off' && Number(text);
  }
  if (all === undefined) return Object.keys(limits).length > 0 ? limits : undefined;
  if (Object.keys(limits).length > 0)
    throw new UsageError('LIMITS=off leaves no limit: leave out either it or the others.');
  return all;
}

/** A number of proxies, or a platform's name; what is neither is refused later, with the other options. */
function readClientAddress(text: string | undefined): ClientAddress | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,2}$/.test(text) ? Number(text) : (text as ClientAddress);
}

/** What `SYNTHFLOW_AGENTS` says: a list, or JSON. */
export function readAgents(text: string): TokenHandlerOptions['agents'] {
  return text.startsWith('{') ? parseJsonAgents(text) : parseAgents(text);
}

/** `support=<id>,sales=<id>`, or bare ids, which are their own alias. */
function parseAgents(text: string): Record<string, string> {
  const agents = new Map<string, string>();
  listOf(text).forEach((entry, index) => {
    const equals = entry.indexOf('=');
    const alias = equals === -1 ? entry : entry.slice(0, equals).trim();
    if (agents.has(alias)) throw new UsageError(`SYNTHFLOW_AGENTS says twice who entry ${index + 1} is.`);
    agents.set(alias, entry.slice(equals + 1).trim());
  });
  return Object.fromEntries(agents);
}

/** The `agents` option as it is, for agents that need more than an id. */
function parseJsonAgents(text: string): TokenHandlerOptions['agents'] {
  try {
    return JSON.parse(text) as TokenHandlerOptions['agents'];
  } catch {
    // Node's own sentence quotes the text.
    throw new UsageError('SYNTHFLOW_AGENTS begins with { but is not valid JSON.');
  }
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** A flag wins over the variable of the same name; one that is empty counts as not set. */
export function readVariable(name: string, flags: Flags, environment: Environment): string | undefined {
  const flag = flags[name.toLowerCase().replaceAll('_', '-')];
  const value = typeof flag === 'string' ? flag : environment[name];
  return value?.trim() || undefined;
}
