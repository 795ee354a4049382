import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Limit, LimitStore } from '../limits.js';

/** How uses are counted in Redis. */
export interface RedisStoreOptions {
  /**
   * A client of `ioredis` or `redis`, connected, or about to be: `new Redis(url)`, `createClient({ url })` and its `connect()`.
   * Leave its offline queue on where a process begins with a request (serverless): else nobody counts the first.
   */
  client: object;
  /** What every key begins with. Default `synthflow-call`. */
  prefix?: string | undefined;
  /** Told when Redis begins to fail, and when it answers again. */
  onChange?: ((isWorking: boolean) => void) | undefined;
}

/** Redis is asked several times of one request, which waits 900 ms for all of them. */
const timeoutMs = 140;
/** For its first answer of all, where the client has yet to connect. */
const firstTimeoutMs = 500;
/** Once it has failed, requests do without it for as long: the next one that asks would wait as long again. */
const pauseMs = 1000;

/**
 * A store in Redis, for an endpoint that runs on several machines. Each machine counts along: while Redis is gone, or has
 * come back empty, its own counts go on, so no limit is lost; it then holds for each machine.
 */
export function createRedisStore({ client, prefix = 'synthflow-call', onChange }: RedisStoreOptions): LimitStore {
  const counters = new Map<string, Counter>();
  const connection = new Connection(client, onChange);
  const counterOf = (limit: Limit): Counter => {
    const key = `${limit.name} ${limit.max} ${limit.windowS}`;
    let counter = counters.get(key);
    if (!counter) counters.set(key, (counter = createCounter(client, `${prefix}:${limit.name}`, limit, connection)));
    return counter;
  };
  return {
    async take(limit, subject) {
      if (!limit.isLease) return counterOf(limit)(subject);
      // A lease is one of so many places, each taken by one at a time. The search begins anywhere, or the first places
      // would be asked for over and over.
      const count = counterOf({ ...limit, max: 1 });
      const start = Math.floor(Math.random() * limit.max);
      let waitS = limit.windowS;
      for (let index = 0; index < limit.max; index += 1) {
        const placeWaitS = await count(`${subject}:${(start + index) % limit.max}`);
        if (placeWaitS === 0) return 0;
        waitS = Math.min(waitS, placeWaitS);
      }
      return waitS;
    },
  };
}

/** What is known of Redis, for all limits together. */
class Connection {
  #failedMs = -Infinity;
  #isWorking = true;
  #isKnown = false;
  /** As `ioredis` and as `redis` say whether they are connected. */
  readonly #client: { status?: string; isReady?: boolean };
  readonly #onChange: RedisStoreOptions['onChange'];

  constructor(client: object, onChange: RedisStoreOptions['onChange']) {
    this.#client = client;
    this.#onChange = onChange;
  }

  get isPaused(): boolean {
    return performance.now() - this.#failedMs < pauseMs;
  }

  get timeoutMs(): number {
    const { status, isReady } = this.#client;
    return this.#isKnown || isReady || status === 'ready' ? timeoutMs : firstTimeoutMs;
  }

  note(isWorking: boolean): void {
    this.#isKnown = true;
    if (!isWorking) this.#failedMs = performance.now();
    if (isWorking !== this.#isWorking) this.#onChange?.(isWorking);
    this.#isWorking = isWorking;
  }
}

/** Counts a use of a subject under one limit, and answers as {@link LimitStore.take}. */
type Counter = (subject: string) => Promise<number>;

function createCounter(
  client: object,
  keyPrefix: string,
  { max: points, windowS: duration }: Limit,
  connection: Connection,
): Counter {
  const own = new RateLimiterMemory({ keyPrefix, points, duration });
  const shared = new RateLimiterRedis({ storeClient: client, keyPrefix, points, duration });
  const consume = async (limiter: RateLimiterAbstract, subject: string): Promise<number> => {
    try {
      await limiter.consume(subject);
      return 0;
    } catch (error) {
      if (error instanceof RateLimiterRes) return Math.max(error.msBeforeNext, 1) / 1000;
      throw error;
    }
  };
  return async (subject) => {
    const ownWaitS = await consume(own, subject);
    if (ownWaitS > 0 || connection.isPaused) return ownWaitS;
    try {
      const waitS = await inTime(connection.timeoutMs, consume(shared, subject));
      connection.note(true);
      // It is refused, so it is no use here either.
      if (waitS > 0) await own.reward(subject);
      return waitS;
    } catch {
      connection.note(false);
      return 0;
    }
  };
}

/** Rejects what takes longer; but an answer that arrived while this process was busy with something else is in time. */
function inTime<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // Node's timers come before what its sockets have received, and that before setImmediate.
    const timer = setTimeout(() => setImmediate(reject, new Error('late')), limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
