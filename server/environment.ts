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

/** The variables of the token endpoint; {@link createTokenHandler} checks their values. */
export function readHandlerOptions(flags: Flags, environment: Environment): TokenHandlerOptions {
  const { apiKey, agents, allowedOrigins, ...baseUrls } = readGivenOptions(flags, environment);
  if (!apiKey) throw new UsageError('SYNTHFLOW_API_KEY is not set: export your Synthflow API key under that name.');
  if (agents === undefined) {
    throw new UsageError('SYNTHFLOW_AGENTS is not set: name the agents visitors may call, as support=<id>,sales=<id>.');
  }
  if (allowedOrigins === undefined) {
    throw new UsageError(
      'ALLOWED_ORIGINS is not set: list the origins of your pages, as https://www.example.com,https://example.com, or say same-origin.',
    );
  }
  return { apiKey, agents, allowedOrigins, ...baseUrls };
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
  };
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
function readVariable(name: string, flags: Flags, environment: Environment): string | undefined {
  const flag = flags[name.toLowerCase().replaceAll('_', '-')];
  const value = typeof flag === 'string' ? flag : environment[name];
  return value?.trim() || undefined;
}
