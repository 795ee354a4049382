// AWS Lambda behind a function URL or an HTTP API (payload 2.0). Give the function 10 seconds: by default it has 3, and
// Synthflow may need 8. Instances come and go, and each counts for itself: for limits that hold add a store, such as
// createRedisStore from 'synthflow-call/server/redis'.
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';

const answer = createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });

const app = new Hono();
app.all('*', (c) => answer(c.req.raw, { address: c.env.requestContext.http.sourceIp }));
export const handler = handle(app);
