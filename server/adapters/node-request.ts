import type { IncomingMessage, ServerResponse } from 'node:http';
import { decode } from '../read-capped.js';
import type { TokenRequest } from '../request-fields.js';

/** What no `Request` can be: https://fetch.spec.whatwg.org/#forbidden-method */
const forbiddenMethod = /^(?:CONNECT|TRACE|TRACK)$/;

/** A request of Node’s http server (HTTP/1) as the endpoint looks at it. `npm run bench:server` says what a `Request` costs. */
export class NodeRequest implements TokenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: TokenRequest['headers'];
  /** At the other end of the connection. */
  readonly address: string | undefined;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  #ending: AbortController | undefined;

  constructor(message: IncomingMessage, response: ServerResponse) {
    const { method = 'GET', headers, socket, url } = message;
    this.#message = message;
    this.#response = response;
    this.method = method;
    this.url = `${'encrypted' in socket ? 'https:' : 'http:'}//${headers.host ?? 'localhost'}${url}`;
    this.address = socket.remoteAddress;
    this.headers = {
      get: (name) => headers[name]?.toString() ?? null,
      has: (name) => headers[name] !== undefined,
    };
  }

  /** Whether a `Request` could be made of it. */
  get isWellFormed(): boolean {
    if (forbiddenMethod.test(this.method)) return false;
    try {
      const { username, password } = new URL(this.url);
      return !username && !password;
    } catch {
      return false;
    }
  }

  /** Aborted when the client leaves before its answer is sent. */
  get signal(): AbortSignal {
    if (!this.#ending) {
      const ending = (this.#ending = new AbortController());
      const response = this.#response;
      const leave = (): void => {
        if (!response.writableFinished) ending.abort();
      };
      if (response.destroyed) leave();
      else response.once('close', leave);
    }
    return this.#ending.signal;
  }

  readText(limitBytes: number): Promise<string | undefined> {
    const message = this.#message;
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let lengthBytes = 0;
      const onData = (part: Buffer): void => {
        parts.push(part);
        lengthBytes += part.length;
        if (lengthBytes <= limitBytes) return;
        message.off('data', onData).pause();
        resolve(undefined);
      };
      message.on('data', onData);
      message.once('end', () => {
        try {
          resolve(decode(parts, lengthBytes));
        } catch (error) {
          reject(error);
        }
      });
      message.once('error', reject);
      message.once('close', () => reject(new Error('The body broke off.')));
    });
  }
}
