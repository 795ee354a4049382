import { randomBytes } from 'node:crypto';

const lifeMs = 60_000;

/** Tokens that open one websocket each and are worthless after 60 s. */
export class Tokens {
  readonly #now: () => number;
  readonly #expiries = new Map<string, number>();
  #issued = 0;

  /** @param now - A clock in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many were made so far. */
  get issued(): number {
    return this.#issued;
  }

  issue(): string {
    for (const [token, expiry] of this.#expiries) if (expiry <= this.#now()) this.#expiries.delete(token);
    const token = randomBytes(24).toString('base64url');
    this.#expiries.set(token, this.#now() + lifeMs);
    this.#issued++;
    return token;
  }

  /** Whether the token is good; it is not any more afterwards. */
  redeem(token: string): boolean {
    const expiry = this.#expiries.get(token);
    this.#expiries.delete(token);
    return expiry !== undefined && this.#now() < expiry;
  }
}
