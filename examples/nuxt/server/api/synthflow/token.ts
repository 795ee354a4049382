import { createTokenHandler, type TokenHandler } from 'synthflow-call/server';
import { readOptions } from 'synthflow-call/server/environment';

let handler: TokenHandler | undefined;

// Made at the first request: a build has no environment.
export default defineEventHandler((event) => {
  handler ??= createTokenHandler(readOptions(process.env));
  return handler(toWebRequest(event), { address: getRequestIP(event) });
});
