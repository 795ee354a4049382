// Netlify: netlify/functions/token.js. Instances come and go, and each counts for itself: for limits that hold add a store,
// such as createRedisStore from 'synthflow-call/server/redis'.
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';

const handler = createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });

export default (request, context) => handler(request, { address: context.ip });
export const config = { path: '/api/synthflow/token' };
