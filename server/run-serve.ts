import { readChallenge } from './altcha.js';
import type { ChallengeOptions } from './challenge.js';
import {
  readHandlerOptions,
  readListening,
  readVariable,
  UsageError,
  type Environment,
  type Flags,
} from './environment.js';
import type { LimitStore } from './limits.js';
import { createLog, logLevels, type LogLevel } from './log.js';
import { createMetrics } from './metrics.js';
import { serve, tokenPath } from './serve.js';
import { createTokenHandler } from './token-handler.js';

const defaultPort = 8787;
/** Synthflow has eight seconds for an answer. */
const closeGraceMs = 9000;

/** The endpoint as `synthflow-call serve` runs it. */
export interface RunningServer {
  /** Lets answers under way arrive, then resolves. */
  close(): Promise<void>;
}

/**
 * Starts the token endpoint that flags and environment describe, with log, metrics, limits and challenge.
 * @throws UsageError - or a TypeError, or what the port says: one sentence on what to change.
 */
export async function runServe(flags: Flags, environment: Environment): Promise<RunningServer> {
  const { port = defaultPort, host } = readListening(flags, environment);
  const log = createLog(readLogLevel(flags, environment), process.stdout);
  const options = readHandlerOptions(flags, environment);
  const metrics = createMetrics({
    token: readVariable('METRICS_TOKEN', {}, environment),
    isProxied: options.clientAddress !== undefined && options.clientAddress !== 0,
  });
  const redisUrl = readVariable('REDIS_URL', flags, environment);
  const challenge = challengeOf(flags, environment, redisUrl !== undefined);
  // Checked before anything connects: a mistake is told at once.
  createTokenHandler({ ...options, challenge });
  if (redisUrl !== undefined) metrics.setStoreWorking(true);
  const shared =
    redisUrl === undefined
      ? undefined
      : await connectRedis(redisUrl, (isWorking) => {
          metrics.setStoreWorking(isWorking);
          if (isWorking) log.info({ event: 'redis-back' });
          else log.error({ event: 'redis-gone' }, 'Limits are counted by this process alone until Redis answers.');
        });
  const handler = createTokenHandler({
    ...options,
    challenge,
    store: shared?.store,
    log({ level, ...entry }) {
      metrics.observe({ level, ...entry });
      log[level](entry);
    },
  });
  try {
    const routes = { '/metrics': metrics.listener };
    const serving = await serve({ handler, port, host, routes, graceMs: closeGraceMs });
    log.info({ event: 'listening', url: serving.url + tokenPath });
    return {
      async close() {
        log.info({ event: 'closing' });
        await serving.close();
        shared?.disconnect();
      },
    };
  } catch (error) {
    shared?.disconnect();
    throw error;
  }
}

function readLogLevel(flags: Flags, environment: Environment): LogLevel {
  const text = readVariable('LOG_LEVEL', flags, environment) ?? 'info';
  const level = logLevels.find((one) => one === text);
  if (level === undefined) throw new UsageError(`LOG_LEVEL must be one of ${logLevels.join(', ')}.`);
  return level;
}

function challengeOf(flags: Flags, environment: Environment, isShared: boolean): ChallengeOptions | undefined {
  // One process alone knows its own challenges again by any secret.
  const secret = isShared ? undefined : `${crypto.randomUUID()}${crypto.randomUUID()}`;
  return readChallenge({
    CHALLENGE: readVariable('CHALLENGE', flags, environment),
    CHALLENGE_SECRET: readVariable('CHALLENGE_SECRET', {}, environment) ?? secret,
    CHALLENGE_EFFORT: readVariable('CHALLENGE_EFFORT', flags, environment),
  });
}

async function connectRedis(
  url: string,
  onChange: (isWorking: boolean) => void,
): Promise<{ store: LimitStore; disconnect: () => void }> {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError('REDIS_URL must be a URL that begins with redis:// or rediss://.');
  }
  // Loaded at need: most sites run one process and install neither package.
  const [{ Redis }, { createRedisStore }] = await Promise.all([import('ioredis'), import('./stores/redis.js')]).catch(
    (): never => {
      throw new UsageError('REDIS_URL needs two packages: npm install ioredis rate-limiter-flexible');
    },
  );
  const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, connectTimeout: 2000 });
  // Each failed attempt is an event.
  client.on('error', () => undefined);
  let wasWorking = true;
  const note = (isWorking: boolean): void => {
    if (isWorking !== wasWorking) onChange(isWorking);
    wasWorking = isWorking;
  };
  // The connection says it before a request has to wait; of a Redis that hangs only the store knows.
  client.on('ready', () => note(true)).on('close', () => note(false));
  await new Promise((resolve) => client.once('ready', resolve).once('close', resolve));
  return { store: createRedisStore({ client, onChange: note }), disconnect: () => client.disconnect() };
}
