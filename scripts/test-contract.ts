// `npm run test:contract -- <URL of a token endpoint>`: the contract, against an endpoint that runs elsewhere, in whatever
// language. The fake Synthflow listens on 127.0.0.1:9787 or UPSTREAM_PORT. Without a URL it prints how to set the endpoint
// up, as a .env file.
import { after } from 'node:test';
import { testContract } from '../test/contract/contract.js';
import { startUpstream } from '../test/contract/upstream.js';

const upstream = await startUpstream(Number(process.env['UPSTREAM_PORT'] || 9787));
const url = process.argv[2];

if (url === undefined) {
  upstream.close();
  console.error('Start your endpoint set up like this, then: npm run test:contract -- <its URL>');
  for (const [name, value] of Object.entries({ ...upstream.settings, LIMITS: 'off' }))
    console.log(`${name}='${value}'`);
} else {
  after(() => upstream.close());
  const check = await fetch(url, { method: 'OPTIONS', headers: { origin: upstream.settings['ALLOWED_ORIGINS']! } });
  const { version } = (await check.json()) as { version: string };
  testContract(() => ({ url, upstream, version }));
}
