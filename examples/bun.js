// Bun.
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';

const handler = createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });

Bun.serve({
  port: Number(process.env.PORT ?? 8787),
  routes: {
    '/api/synthflow/token': (request, server) => handler(request, { address: server.requestIP(request)?.address }),
  },
  fetch: () => new Response(null, { status: 404 }),
});
console.log('listening');
