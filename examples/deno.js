// Deno: deno run --allow-net --allow-env deno.js
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';

const environment = Deno.env.toObject();
const handler = createTokenHandler({ ...readOptions(environment), challenge: readChallenge(environment) });

Deno.serve({ port: Number(environment.PORT ?? 8787), onListen: () => console.log('listening') }, (request, info) =>
  new URL(request.url).pathname === '/api/synthflow/token'
    ? handler(request, { address: info.remoteAddr.hostname })
    : new Response(null, { status: 404 }),
);
