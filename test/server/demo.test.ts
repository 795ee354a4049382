import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { tokenPath } from '../../server/serve.js';
import { startDemo, type Demo, type DemoOptions } from '../../simulator/demo.js';
import { createCoder } from '../../simulator/media/coder.js';
import { readRtpPacket } from '../../simulator/media/rtp-packet.js';
import { join as joinSamples, levelDbfs } from '../simulator/speech.js';
import { Visitor } from '../simulator/visitor.js';
import { errorOf, listen } from './support.js';

const secret = 'SYNTHFLOW_API_KEY=secret';

/** A package folder with a secret wherever one might lie. */
async function createRoot(test: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'synthflow-call-'));
  test.after(() => rm(root, { recursive: true }));
  const files = {
    'index.html': '<!doctype html><title>demo</title>',
    'package.json': secret,
    '.env': secret,
    'server/cli.ts': secret,
    'public/page.html': 'a page',
    'public/.env': secret,
    'public/.git/config': secret,
    'public-secret/a.txt': secret,
    'dist/widget.js': 'export {}',
    'dist/.env': secret,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

async function start(test: TestContext, options: DemoOptions = {}): Promise<Demo> {
  const demo = await startDemo({ port: 0, root: await createRoot(test), ...options });
  test.after(() => demo.close());
  return demo;
}

/** A request with its path as it stands: fetch would tidy it first. */
function rawStatus(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, path, headers }, async (response) => {
      let text = '';
      for await (const part of response.setEncoding('utf8')) text += part as string;
      resolve({ status: response.statusCode!, text });
    })
      .on('error', reject)
      .end();
  });
}

/** What the page asks its token endpoint for. */
async function ask(url: string, fields: object = {}): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
  const body = JSON.stringify({ assistant_id: 'talk', ...fields });
  const response = await fetch(url + tokenPath, { method: 'POST', body, headers });
  assert.equal(response.status, 200);
  return (await response.json()) as Record<string, string>;
}

/** Runs `synthflow-call demo` to its end. */
function runDemo(flags: string[], imports: string[] = []): Promise<{ code: number; stdout: string; stderr: string }> {
  const cwd = fileURLToPath(new URL('../../', import.meta.url));
  const modules = ['tsx', ...imports].flatMap((name) => ['--import', name]);
  return new Promise((resolve) => {
    const args = [...modules, 'server/cli.ts', 'demo', '--port', '0', ...flags];
    const child = execFile(process.execPath, args, { cwd, timeout: 120_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('the demo', () => {
  it('shows the page, the public files and the built ones, fresh at each reload', async (test) => {
    const { url } = await start(test);
    const pages = { '/': '<!doctype html><title>demo</title>', '/page.html': 'a page', '/dist/widget.js': 'export {}' };
    for (const [path, text] of Object.entries(pages)) {
      const response = await fetch(url + path);
      assert.equal(response.status, 200, path);
      assert.equal(await response.text(), text);
      assert.equal(response.headers.get('cache-control'), 'no-cache');
    }
    assert.match((await fetch(`${url}/dist/widget.js`)).headers.get('content-type')!, /javascript/);
    assert.match((await fetch(url)).headers.get('content-type')!, /^text\/html/);
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(head.status, 200);
  });

  it('lets the page do what a call needs and nothing else', async (test) => {
    const { url } = await start(test);
    for (const path of ['/', '/page.html', '/dist/widget.js', '/missing']) {
      const { headers } = await fetch(url + path);
      const policy = headers.get('content-security-policy')!;
      const socketOrigin = /connect-src 'self' (ws:\/\/localhost:\d+);/.exec(policy)?.[1];
      assert.ok(socketOrigin, policy);
      assert.equal(
        policy,
        `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ${socketOrigin}; ` +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
      );
      assert.equal(headers.get('permissions-policy'), 'microphone=(self)');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
  });

  it('never serves the folder around its pages', async (test) => {
    const { url } = await start(test);
    const paths = [
      '/.env',
      '/package.json',
      '/server/cli.ts',
      '/../.env',
      '/%2e%2e/.env',
      '/..%2f.env',
      '/..%5c.env',
      '/%252e%252e/.env',
      '/dist/../.env',
      '/dist/../package.json',
      '/dist/%2e%2e/package.json',
      '/dist/..%2fpackage.json',
      '/dist/.env',
      '/dist/%2eenv',
      '/%64ist/../package.json',
      '/.git/config',
      '/%2egit/config',
      '/..//package.json',
      '//../package.json',
      '/../public-secret/a.txt',
      '/-secret/a.txt',
      '/%00',
      '/%',
      '/public/page.html',
      '*',
      'http://localhost/.env',
    ];
    for (const path of paths) {
      const { status, text } = await rawStatus(url, path);
      assert.ok(!text.includes(secret), path);
      assert.equal(status, 404, path);
    }
  });

  it('survives a range that ends before it starts', async (test) => {
    const { url } = await start(test);
    assert.equal((await rawStatus(url, '/page.html', { range: 'bytes=5-2' })).status, 200);
  });

  it('takes no other methods, and says JSON what it does not have', async (test) => {
    const { url } = await start(test);
    const response = await fetch(url, { method: 'POST', body: 'x' });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
    assert.equal((await errorOf(await fetch(`${url}/missing`))).code, 'not-found');
    const empty = await start(test, { root: tmpdir() });
    assert.equal((await fetch(empty.url)).status, 404);
  });

  it('gives its own page a session that opens, and no other page', async (test) => {
    const { url } = await start(test);
    const send = (headers: Record<string, string>) =>
      fetch(url + tokenPath, {
        method: 'POST',
        body: '{"assistant_id":"talk"}',
        headers: { 'content-type': 'application/json', ...headers },
      });
    assert.equal((await send({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status, 403);
    const response = await send({ origin: url, 'sec-fetch-site': 'same-origin' });
    assert.equal(response.status, 200);
    const { sessionURL } = (await response.json()) as { sessionURL: string };
    const policy = (await fetch(url)).headers.get('content-security-policy')!;
    assert.ok(
      policy.includes(` ${new URL(sessionURL).origin};`) || policy.includes(` ws://${new URL(sessionURL).host};`),
    );
    const socket = new WebSocket(sessionURL);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.terminate();
    await closed;
  });

  it('takes another port where its own is taken, but not where one was asked for', async (test) => {
    const taken = await listen(test, (_request, response) => void response.end());
    await assert.rejects(start(test, { port: taken.port }), { code: 'EADDRINUSE' });
    const first = await start(test, { port: undefined });
    const second = await start(test, { port: undefined });
    assert.notEqual(first.url, second.url);
  });

  it('closes with a call open', async (test) => {
    const { url, close } = await startDemo({ port: 0, root: await createRoot(test) });
    const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
    const response = await fetch(url + tokenPath, { method: 'POST', body: '{"assistant_id":"talk"}', headers });
    const { sessionURL } = (await response.json()) as { sessionURL: string };
    const socket = new WebSocket(sessionURL);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await close();
    await closed;
    await assert.rejects(fetch(url));
  });

  it('finds its own folder when none is given', async (test) => {
    const { url } = await start(test, { root: undefined });
    for (const path of ['/.env', '/package.json', '/tsconfig.json', '/node_modules/ws/index.js']) {
      assert.equal((await fetch(url + path)).status, 404, path);
    }
  });
});

describe('the demo over WebSocket media', () => {
  for (const media of [
    {},
    { codec: 'pcma', framing: 'rtp' },
    { codec: 'pcmu', bind: true },
    { codec: 'opus' },
    { codec: 'opus', framing: 'rtp', bind: true },
  ] as const) {
    it(`greets: ${JSON.stringify(media)}`, async (test) => {
      const { url } = await start(test, { media });
      const { codec, bind } = { codec: 'l16', bind: false, ...media } as const;
      // What the demo does not say is the token endpoint's default.
      const framing = 'framing' in media ? media.framing : codec === 'opus' ? 'rtp' : 'payload';
      const session = await ask(url);
      assert.deepEqual([session['protocol'], session['codec'], session['framing']], ['media', codec, framing]);
      const visitor = await Visitor.open(session['sessionURL']!);
      if (bind) {
        await visitor.until(() => visitor.texts.length > 0);
        const info = JSON.parse(visitor.texts[0]!) as Record<string, string>;
        const { sid } = await ask(url, { server_name: info['server-name'] });
        visitor.write(JSON.stringify({ type: 'bind', sid }));
      }
      await visitor.until(() => visitor.audio.length >= 25 && visitor.texts.some((text) => text.includes('call_info')));
      await visitor.hangUp();
      const coder = await createCoder(codec, framing);
      const payloads = visitor.audio.map((bytes) => (framing === 'rtp' ? readRtpPacket(bytes)!.payload : bytes));
      const heard = joinSamples(...payloads.map((payload) => coder.decode(payload)));
      assert.ok(heard.length >= coder.sampleRate / 2);
      assert.ok(levelDbfs(heard) > -40, `${levelDbfs(heard)} dBFS`);
    });
  }

  it('serves the same page, which may open the same socket', async (test) => {
    const [pcm, media] = [await start(test), await start(test, { media: {} })];
    const pages = await Promise.all([pcm, media].map(async ({ url }) => (await fetch(url)).text()));
    assert.equal(pages[0], pages[1]);
    const policy = (await fetch(media.url)).headers.get('content-security-policy')!;
    assert.ok(policy.includes(` ${new URL((await ask(media.url))['sessionURL']!).origin};`), policy);
  });

  it('says in one line what is wrong with its flags, and ends with 2', async () => {
    const mistakes: [flags: string[], sentence: string][] = [
      [['--protocol', 'sip'], '--protocol must be one of pcm, media.'],
      [['--protocol', 'media', '--codec', 'mp3'], '--codec must be one of l16, pcmu, pcma, opus.'],
      [['--protocol', 'media', '--framing', 'srtp'], '--framing must be one of payload, rtp.'],
      [['--codec', 'opus'], '--codec, --framing and --bind are for WebSocket media: add --protocol media.'],
      [['--protocol', 'pcm', '--bind'], '--codec, --framing and --bind are for WebSocket media: add --protocol media.'],
      [
        ['--protocol', 'media', '--codec', 'opus', '--framing', 'payload'],
        'Opus goes in rtp only: leave --framing out.',
      ],
    ];
    await Promise.all(
      mistakes.map(async ([flags, sentence]) => {
        assert.deepEqual(await runDemo(flags), { code: 2, stdout: '', stderr: `synthflow-call: ${sentence}\n` });
      }),
    );
  });

  it('says what to install where Opus is missing, before anybody calls', async () => {
    const { code, stderr } = await runDemo(
      ['--protocol', 'media', '--codec', 'opus'],
      ['./test/support/without-opus.js'],
    );
    assert.equal(code, 1);
    assert.match(stderr, /^synthflow-call: Opus needs the package libopus-wasm: npm install libopus-wasm, [^\n]+\n$/);
  });

  it('lists its flags', async () => {
    const { code, stdout } = await runDemo(['--help']);
    assert.equal(code, 0);
    for (const flag of ['--protocol pcm|media', '--codec l16|pcmu|pcma|opus', '--framing payload|rtp', '--bind']) {
      assert.ok(stdout.includes(flag), flag);
    }
  });
});
