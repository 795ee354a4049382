// Set TRUSTED_PROXIES to what is in front of it: `vercel`, or a number.
import { createTokenHandler, type TokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';

let handler: TokenHandler | undefined;

// Made at the first request: a build has no environment.
export function POST(request: Request) {
  handler ??= createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });
  return handler(request);
}
export const GET = POST;
export const OPTIONS = POST;
export const dynamic = 'force-dynamic';
