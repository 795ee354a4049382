// Vercel: api/synthflow/token.js, with TRUSTED_PROXIES=vercel. Instances come and go, and each counts for itself: for limits
// that hold add a store, such as createRedisStore from 'synthflow-call/server/redis'.
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';

const handler = createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });

export const GET = (request) => handler(request);
export const POST = GET;
export const OPTIONS = GET;
