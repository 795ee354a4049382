import { createTokenHandler, type TokenHandler } from 'synthflow-call/server';
import { readOptions } from 'synthflow-call/server/environment';
import type { RequestHandler } from './$types';

let handler: TokenHandler | undefined;

// Made at the first request: a build has no environment.
export const fallback: RequestHandler = ({ request, getClientAddress }) => {
  handler ??= createTokenHandler(readOptions(process.env));
  return handler(request, { address: getClientAddress() });
};
