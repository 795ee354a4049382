import type { Limit, LimitStore } from '../limits.js';
import { countUse, type Uses } from '../memory-store.js';

/** Of Cloudflare's types, what is used here: https://developers.cloudflare.com/durable-objects/api/ */
interface DurableObjects {
  idFromName(name: string): unknown;
  get(id: never): { fetch(url: string, init: RequestInit): Promise<Response> };
}
interface DurableState {
  readonly storage: {
    list(): Promise<Map<string, unknown>>;
    put(key: string, value: unknown): Promise<void>;
    deleteAll(): Promise<void>;
    setAlarm(ms: number): Promise<void>;
  };
}
interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** What a Worker's bindings are called is its own business: these are the bindings themselves. */
export interface CloudflareStoreOptions {
  /** Durable Objects of the class {@link TokenLimits}: they count exactly, all over the world. */
  counters: DurableObjects;
  /**
   * A rate-limit binding, asked first by visitor's address: it counts roughly and at each place of Cloudflare's for
   * itself, but costs nothing, and holds a flood off the Durable Objects. Default: none.
   */
  rateLimiter?: RateLimiter | undefined;
}

/** A store in Cloudflare's Durable Objects, for Workers. */
export function createCloudflareStore({ counters, rateLimiter }: CloudflareStoreOptions): LimitStore {
  return {
    async take(limit, subject) {
      if (limit.name === 'address-minute' && rateLimiter) {
        const { success } = await rateLimiter.limit({ key: subject });
        if (!success) return limit.windowS;
      }
      // An object each visitor, and one for what counts for everybody.
      const counter = counters.get(counters.idFromName(subject || 'everybody') as never);
      const response = await counter.fetch('https://limits', { method: 'POST', body: JSON.stringify(limit) });
      if (!response.ok) throw new Error('The Durable Object failed.');
      return (await response.json()) as number;
    },
  };
}

/** The Durable Object that counts the uses of one subject. It deletes itself when all have ended. */
export class TokenLimits {
  readonly #storage: DurableState['storage'];
  #uses: Map<string, Uses> | undefined;

  constructor(state: DurableState) {
    this.#storage = state.storage;
  }

  async fetch(request: Request): Promise<Response> {
    const limit = (await request.json()) as Limit;
    const stored = this.#uses ?? ((await this.#storage.list()) as Map<string, Uses>);
    // From here to `set` nothing waits, so no other request comes between.
    this.#uses ??= stored;
    const { uses, waitS } = countUse(limit, this.#uses.get(limit.name), Date.now());
    this.#uses.set(limit.name, uses);
    await Promise.all([this.#storage.put(limit.name, uses), this.#storage.setAlarm(this.#lastEndMs())]);
    return Response.json(waitS);
  }

  async alarm(): Promise<void> {
    this.#uses ??= (await this.#storage.list()) as Map<string, Uses>;
    if (this.#lastEndMs() > Date.now()) return this.#storage.setAlarm(this.#lastEndMs());
    this.#uses.clear();
    return this.#storage.deleteAll();
  }

  #lastEndMs(): number {
    return Math.max(0, ...[...(this.#uses?.values() ?? [])].map(({ endsMs }) => endsMs));
  }
}
