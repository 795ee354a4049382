// A function URL of AWS Lambda: requests and answers as JSON, payload 2.0. The fields are those of
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
import { createServer } from 'node:http';

interface Result {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
}

const { handler } = (await import(process.argv[2]!)) as {
  handler: (event: object, context: object) => Promise<Result>;
};

createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const [rawPath, rawQueryString = ''] = request.url!.split('?');
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    requestContext: {
      domainName: 'abc.lambda-url.eu-central-1.on.aws',
      http: { method: request.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '' },
      stage: '$default',
      requestId: crypto.randomUUID(),
    },
    ...(body.length > 0 ? { body: body.toString('base64') } : {}),
    isBase64Encoded: body.length > 0,
  };
  const result = await handler(event, {});
  response.writeHead(result.statusCode, result.headers);
  response.end(result.isBase64Encoded ? Buffer.from(result.body, 'base64') : result.body);
}).listen(Number(process.env['PORT']), () => console.log('listening'));
