// Vercel's way of calling a function: by method, with a Request. It answers itself for a method that is not exported.
import { createServer } from 'node:http';
import { createRequestListener } from '@remix-run/node-fetch-server';

type Route = Partial<Record<string, (request: Request, context: object) => Response | Promise<Response>>>;

const route = (await import(process.argv[2]!)) as Route;
const listener = createRequestListener(
  (request: Request) =>
    // Next.js hands over the path's parameters, where Vercel hands over nothing.
    route[request.method]?.(request, { params: Promise.resolve({}) }) ?? new Response(null, { status: 405 }),
);
createServer(listener).listen(Number(process.env['PORT']), () => console.log('listening'));
