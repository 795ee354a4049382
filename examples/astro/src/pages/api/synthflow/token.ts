import type { APIRoute } from 'astro';
import { createTokenHandler, type TokenHandler } from 'synthflow-call/server';
import { readOptions } from 'synthflow-call/server/environment';

export const prerender = false;

let handler: TokenHandler | undefined;

// Made at the first request: a build has no environment.
export const ALL: APIRoute = ({ request, clientAddress }) => {
  handler ??= createTokenHandler(readOptions(process.env));
  return handler(request, { address: clientAddress });
};
