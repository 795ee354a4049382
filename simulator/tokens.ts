import { randomBytes } from 'node:crypto';

const lifeMs = 60_000;

/** Tokens that open one thing each and are worthless after 60 s. */
export class Tokens<Content> {
  readonly #now: () => number;
  readonly #open = new Map<string, { expiryMs: number; content: Content }>();
  #issued = 0;

  /** @param now - A clock in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many were made so far. */
  get issued(): number {
    return this.#issued;
  }

  /** Makes a token for something. */
  issue(content: Content): string {
    for (const [token, { expiryMs }] of this.#open) if (expiryMs <= this.#now()) this.#open.delete(token);
    const token = randomBytes(24).toString('base64url');
    this.#open.set(token, { expiryMs: this.#now() + lifeMs, content });
    this.#issued++;
    return token;
  }

  /** What the token was made for, if it is good; it is not any more afterwards. */
  redeem(token: string): Content | undefined {
    const found = this.#open.get(token);
    this.#open.delete(token);
    return found !== undefined && this.#now() < found.expiryMs ? found.content : undefined;
  }
}
