// Cloudflare Workers: the token endpoint, and the script with its files for sites that have no place for them. Durable
// Objects count the limits, exactly and for all places together: see wrangler.toml.
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { createCloudflareStore, TokenLimits } from 'synthflow-call/server/cloudflare';
import { readOptions } from 'synthflow-call/server/environment';

export { TokenLimits };

let handler;

export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === '/api/synthflow/token') {
      handler ??= createTokenHandler({
        ...readOptions(env),
        challenge: readChallenge(env),
        store: createCloudflareStore({ counters: env.TOKEN_LIMITS, rateLimiter: env.TOKEN_RATE }),
      });
      return handler(request);
    }
    // Modules, worklets and languages are asked for with CORS. There is nothing secret in a file of the package.
    const file = await env.ASSETS.fetch(request);
    const headers = new Headers(file.headers);
    headers.set('Access-Control-Allow-Origin', '*');
    headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
    return new Response(file.body, { status: file.status, headers });
  },
};
