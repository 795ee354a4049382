// Hono, here on Node.
import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';

const handler = createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });

const app = new Hono();
app.all('/api/synthflow/token', (c) => handler(c.req.raw, { address: getConnInfo(c).remote.address }));
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 8787) }, () => console.log('listening'));
