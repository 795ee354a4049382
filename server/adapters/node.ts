import type { RequestListener, ServerResponse } from 'node:http';
import { createRequestListener, type ClientAddress } from '@remix-run/node-fetch-server';
import { Refusal, refusalBody } from '../refusal.js';
import type { TokenHandler } from '../token-handler.js';

/**
 * Turns a handler into a listener for Node's http server, Express and whatever else takes one.
 * Mount it before any body parser.
 *
 * `request.url` is `http:` and the Host header: behind a proxy that ends TLS it is not the page's origin. Nothing is
 * read from X-Forwarded-*, which any client can send.
 */
export function toNodeListener(handler: TokenHandler): RequestListener {
  // A handler never rejects, so what ends here is a request that makes no valid URL or method (`Host: a b`, TRACE).
  const onError = (): Response => refuse(new Refusal('bad-request', 'The request is malformed.'));
  const listener = createRequestListener(
    (request: Request, { address }: ClientAddress) => handler(request, { address }),
    {
      onError,
    },
  );
  return (request, response) => {
    // The adapter would wait for ever for a body that somebody else has read.
    if (request.readableDidRead) {
      sendRefusal(response, new Refusal('misconfigured', 'A body parser ran before the endpoint: mount it after.'));
    } else {
      listener(request, response);
    }
  };
}

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
