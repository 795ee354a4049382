// Next.js: app/api/synthflow/token/route.js, with TRUSTED_PROXIES for what is in front of it (vercel, or a number).
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';

let handler;

// Made at the first request: a build has no environment.
export function POST(request) {
  handler ??= createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });
  return handler(request);
}
export const GET = POST;
export const OPTIONS = POST;
export const dynamic = 'force-dynamic';
