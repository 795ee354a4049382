import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** What a route answers. */
export interface Answer {
  status: number;
  /** Sent as JSON; a string as a page of HTML; what a function gives when the answer is sent. */
  body: unknown;
  /** How long it is held back, in ms. */
  delayMs?: number;
  /** `Retry-After`; 0 leaves it out. */
  retryAfterS?: number;
}

/** Thrown by whoever turns a request down; sent as `{ "detail": "…" }`. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, detail = STATUS_CODES[status] ?? 'Refused') {
    super(detail);
    this.status = status;
  }
}

/** Sends an answer, without its delay. */
export function sendAnswer(response: ServerResponse, { status, body: source, retryAfterS = 0 }: Answer): void {
  const body: unknown = typeof source === 'function' ? source() : source;
  const isPage = typeof body === 'string';
  if (retryAfterS > 0) response.setHeader('Retry-After', retryAfterS);
  response.writeHead(status, {
    'Content-Type': isPage ? 'text/html; charset=utf-8' : 'application/json',
    'Cache-Control': 'no-store',
  });
  response.end(isPage ? body : JSON.stringify(body));
}

/** Answers a websocket handshake with a refusal, and closes the connection. */
export function refuseHandshake(socket: Duplex, { status, message }: Refusal): void {
  const body = JSON.stringify({ detail: message });
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The request's URL; undefined when it is none. */
export function readUrl(request: IncomingMessage): URL | undefined {
  const base = 'http://localhost';
  return URL.canParse(request.url ?? '', base) ? new URL(request.url ?? '', base) : undefined;
}

/**
 * Checks the API key.
 * @param apiKey - The right one; undefined takes any.
 * @throws Refusal 401 when it is missing or wrong.
 */
export function checkKey(request: IncomingMessage, apiKey: string | undefined): void {
  const [, key] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (key === undefined) throw new Refusal(401, 'Authorization: Bearer <api key> is missing');
  if (key !== (apiKey ?? key)) throw new Refusal(401, 'The API key is wrong');
}

const maxBodyBytes = 64 * 1024;

/**
 * The body's text.
 * @throws Refusal 413 when it is longer than 64 KiB, 400 when it breaks off.
 */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    // What is too long is read to its end, or the connection would break before the refusal is through.
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= maxBodyBytes) parts.push(part);
      else reject(new Refusal(413));
    });
    request.once('end', () => resolve(Buffer.concat(parts).toString()));
    request.once('close', () => reject(new Refusal(400, 'The body broke off')));
  });
}
