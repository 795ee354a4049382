// Node, without a framework.
import { createServer } from 'node:http';
import { createTokenHandler } from 'synthflow-call/server';
import { readChallenge } from 'synthflow-call/server/altcha';
import { readOptions } from 'synthflow-call/server/environment';
import { toNodeListener } from 'synthflow-call/server/node';

const handler = createTokenHandler({ ...readOptions(process.env), challenge: readChallenge(process.env) });
const listener = toNodeListener(handler);

createServer((request, response) => {
  if (request.url?.split('?')[0] === '/api/synthflow/token') listener(request, response);
  else response.writeHead(404).end();
}).listen(Number(process.env.PORT ?? 8787), () => console.log('listening'));
