// What `npm run bench:server` loads, each in a process of its own: `upstream`, `bare`, `fetch` (a handler of
// Request and Response that answers the same JSON), `relay` (that asks UPSTREAM by fetch, and nothing else), or the endpoint with an upstream inside (`own`) or at UPSTREAM
// (`full`). GET /cpu says what it has used: user and system time in µs.
import { createServer } from 'node:http';

const sessionURL = 'wss://widget.synthflow.ai/websocket/start?token=abc';
const body = JSON.stringify({ sessionURL, protocol: 'pcm' });
const answerJson = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body);

const readAndAnswer = async (request, response) => {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  if (request.method === 'POST') JSON.parse(text);
  answerJson(response);
};

async function createEndpoint(mode) {
  const { createTokenHandler } = await import('../dist/server.js');
  const { toNodeListener } = await import('../dist/server-node.js');
  const headers = { 'content-type': 'application/json' };
  if (mode === 'fetch') return toNodeListener(async () => new Response(body, { headers }));
  const handler = createTokenHandler({
    apiKey: 'key',
    agents: { support: '11111111-2222-4333-8444-555555555555' },
    allowedOrigins: ['https://www.example.com'],
    limits: { addressPerMinute: 1e8, addressPerHour: 1e8, perMinute: 1e8, perDay: 1e8 },
    ...(mode === 'full' ? { widgetBaseUrl: process.env.UPSTREAM } : { fetch: async () => new Response(body) }),
  });
  return toNodeListener(handler);
}

const relay = async (request, response) => {
  request.resume();
  await (await fetch(process.env.UPSTREAM)).json();
  answerJson(response);
};

const mode = process.argv[2];
const plain = mode === 'relay' ? relay : readAndAnswer;
const listener = ['fetch', 'own', 'full'].includes(mode) ? await createEndpoint(mode) : plain;
const server = createServer((request, response) => {
  if (request.url !== '/cpu') return listener(request, response);
  response.end(JSON.stringify(process.cpuUsage()));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
