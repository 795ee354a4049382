import type { RequestListener, ServerResponse } from 'node:http';
import { createRequestListener, type ClientAddress } from '@remix-run/node-fetch-server';
import { Refusal, refusalBody } from '../refusal.js';
import { plainHandlerOf, type PlainHandler, type TokenHandler } from '../token-handler.js';
import { NodeRequest } from './node-request.js';

/**
 * Turns a handler into a listener for Node's http server, Express and whatever else takes one.
 * Mount it before any body parser.
 *
 * `request.url` is `http:` and the Host header: behind a proxy that ends TLS it is not the page's origin. Nothing is
 * read from X-Forwarded-*, which any client can send.
 */
export function toNodeListener(handler: TokenHandler): RequestListener {
  // A handler never rejects, so what ends here is a request that makes no valid URL or method (`Host: a b`, TRACE).
  const onError = (): Response => refuse(malformed());
  const listener = createRequestListener(
    (request: Request, { address }: ClientAddress) => handler(request, { address }),
    {
      onError,
    },
  );
  const plainHandler = plainHandlerOf(handler);
  return (request, response) => {
    // The adapter would wait for ever for a body that somebody else has read.
    if (request.readableDidRead) {
      sendRefusal(response, new Refusal('misconfigured', 'A body parser ran before the endpoint: mount it after.'));
    } else if (plainHandler && request.httpVersionMajor === 1) {
      const plain = new NodeRequest(request, response);
      if (plain.isWellFormed) void answer(plainHandler, plain, response);
      else sendRefusal(response, malformed());
    } else {
      listener(request, response);
    }
  };
}

async function answer(handler: PlainHandler, request: NodeRequest, response: ServerResponse): Promise<void> {
  const { status, headers, text } = await handler(request, { address: request.address });
  if (response.destroyed) return;
  if (text === null) response.writeHead(status, headers).end();
  else response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
}

const malformed = (): Refusal => new Refusal('bad-request', 'The request is malformed.');

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function refuse(refusal: Refusal): Response {
  const body = refusalBody(refusal, crypto.randomUUID());
  return Response.json(body, { status: refusal.status, headers });
}

/** Answers with an error in the shape of the token endpoint's. Headers set before are kept. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const body = refusalBody(refusal, crypto.randomUUID());
  response.writeHead(refusal.status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body));
}
