// Fastify 5. In a plugin of its own, so that only this route is without body parsers.
import Fastify from 'fastify';
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';
import { toNodeListener } from 'synthflow-call/server/node';

const handler = createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });
const listener = toNodeListener(handler);

const app = Fastify();
app.register(async (scope) => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _body, done) => done(null));
  scope.all('/api/synthflow/token', (request, reply) => {
    reply.hijack();
    listener(request.raw, reply.raw);
  });
});
await app.listen({ port: Number(process.env.PORT ?? 8787) });
console.log('listening');
