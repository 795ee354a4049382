// Netlify's way of calling a function: with a Request, and a context that knows the visitor's address.
import { createServer } from 'node:http';
import { createRequestListener } from '@remix-run/node-fetch-server';

type Handle = (request: Request, context: { ip: string }) => Promise<Response>;

const { default: handle } = (await import(process.argv[2]!)) as { default: Handle };
const listener = createRequestListener((request: Request) => {
  const ip = request.headers.get('x-nf-client-connection-ip') ?? '192.0.2.1';
  return handle(request, { ip });
});
createServer(listener).listen(Number(process.env['PORT']), () => console.log('listening'));
