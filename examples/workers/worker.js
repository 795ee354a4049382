// Cloudflare Workers. Durable Objects count the limits, exactly and for all places together: see wrangler.toml.
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { createCloudflareStore, TokenLimits } from 'synthflow-call/server/cloudflare';
import { readOptions } from 'synthflow-call/server/environment';

export { TokenLimits };

let handler;

export default {
  fetch(request, env) {
    handler ??= createTokenHandler({
      ...readOptions(env),
      challenge: readChallenge(env),
      store: createCloudflareStore({ counters: env.TOKEN_LIMITS, rateLimiter: env.TOKEN_RATE }),
    });
    return new URL(request.url).pathname === '/api/synthflow/token'
      ? handler(request)
      : new Response(null, { status: 404 });
  },
};
