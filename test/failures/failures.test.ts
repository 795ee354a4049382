import assert from 'node:assert/strict';
import type { Server } from 'node:https';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'puppeteer-core';
import { can, launch, needs } from '../e2e/support/launch.js';
import {
  clickCall,
  expectNothingOpen,
  pageWith,
  type SiteOptions,
  startSite,
  strictPolicy,
  tag,
  visit,
  waitForStatus,
} from '../e2e/support/site.js';
import {
  allCodes,
  answering,
  brokenEndpoint,
  brokenHeader,
  type Failure,
  meet,
  noConnection,
  setAttribute,
  upstreamWords,
  type Visit,
} from './support/failure.js';
import { serveSecurely } from './support/secure-front.js';

/** Fails the microphone as a browser would: for what no flag of Chromium's makes happen. */
const imitate =
  (name: string, message: string) =>
  ({ frame }: Visit): Promise<void> =>
    frame().evaluate(
      (...words) => {
        const { mediaDevices } = navigator;
        window.realGetUserMedia ??= mediaDevices.getUserMedia;
        mediaDevices.getUserMedia = () => Promise.reject(new DOMException(...words));
      },
      message,
      name,
    );

const stopImitating = ({ frame }: Visit): Promise<void> =>
  frame().evaluate(() => void (navigator.mediaDevices.getUserMedia = window.realGetUserMedia!));

/** A microphone that is plugged in later: a stream of a tone that the page makes itself. */
const plugIn = ({ frame }: Visit): Promise<void> =>
  frame().evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext();
      const destination = context.createMediaStreamDestination();
      const tone = context.createOscillator();
      tone.connect(destination);
      tone.start();
      const [track] = destination.stream.getTracks();
      const stop = track!.stop.bind(track);
      track!.stop = () => {
        stop();
        void context.close();
      };
      return destination.stream;
    };
  });

const grant = ({ setMicrophone }: Visit): Promise<void> => setMicrophone('granted');

/** The session that a broken endpoint answers. */
const session = (sessionURL: unknown, more: object = {}) => answering(200, { sessionURL, ...more });

const useWellAgent = { mend: setAttribute('assistant-id', 'well') };

/** Files that the site has lost, and has again. */
function lost(file: string, more: SiteOptions = {}, isReloaded = true): Pick<Failure, 'site' | 'mend'> {
  const missing = [`/dist/${file}`];
  return {
    site: { missing, ...more },
    mend: async ({ page }) => {
      missing.length = 0;
      if (isReloaded) await page.reload();
    },
  };
}

const fronts: Server[] = [];

/** A URL of the site by another name of this machine: another origin. */
const elsewhere = (url: string): string => url.replace('localhost', '127.0.0.1');

/** The page of a site whose tag is in an iframe of another origin. */
function framed(): Pick<Failure, 'site' | 'url' | 'isFramed' | 'mend'> {
  let allow = '';
  return {
    isFramed: true,
    url: ({ url }) => `${url}/around`,
    site: {
      routes: () => ({
        '/around': (request, response) => {
          response.setHeader('Content-Type', 'text/html');
          response.end(
            `<!doctype html><iframe ${allow} src="${elsewhere(`http://${request.headers.host}`)}"></iframe>`,
          );
        },
      }),
    },
    mend: async ({ page }) => {
      allow = 'allow="microphone; autoplay"';
      await page.reload();
    },
  };
}

const noAnswer =
  /gave no session\. No answer .*token-endpoint must be an https: URL, not redirect.*ALLOWED_ORIGINS.*Access-Control-Allow-Origin.*connect-src/;

/** What needs seconds of waiting comes first: the others run beside it. */
const failures: Failure[] = [
  {
    title: 'an agent that is silent after the socket is open',
    code: 'agent-timeout',
    developer: /not ready within 20 s.*doctor --live/,
    scenario: 'never-ready',
    ...useWellAgent,
  },
  {
    title: 'an agent that talks and is never ready',
    code: 'agent-timeout',
    developer: /not ready within 20 s.*doctor --live/,
    scenario: { name: 'never-ready', early: true, voice: 'speech', chatty: true },
    ...useWellAgent,
  },
  {
    title: 'a token endpoint that never answers',
    code: 'token-request-timeout',
    developer: /did not answer within 10 s\. Mend the error in its log/,
    ...brokenEndpoint((request) => void request.resume()),
  },
  {
    title: 'a token endpoint that begins an answer and does not end it',
    code: 'token-request-timeout',
    developer: /did not answer within 10 s\. Mend the error in its log/,
    ...brokenEndpoint((request, response) => {
      request.resume();
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.write('{ "sessionURL": ');
    }),
  },
  {
    title: 'a websocket that is not answered',
    code: 'connection-timeout',
    needs: 'end to unanswered sockets',
    developer: /did not open within 10 s\. Let firewalls and proxies pass it/,
    scenario: 'never-open',
    ...useWellAgent,
  },
  // No flag lets a device vanish in a call: the track ends because the permission does, and no device is found then, as
  // getUserMedia's algorithm says (https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia, NotFoundError).
  {
    title: 'a microphone that is unplugged in the call',
    code: 'microphone-lost',
    needs: 'permission to change',
    developer: /^Connect a microphone: there was none for 2 s/,
    during: async (visit) => {
      await imitate('NotFoundError', 'Requested device not found')(visit);
      await visit.setMicrophone('denied');
    },
    mend: async (visit) => {
      await stopImitating(visit);
      await grant(visit);
    },
  },

  // The microphone.
  {
    title: 'a visitor who has blocked the microphone',
    code: 'microphone-denied',
    needs: 'permission to change',
    developer: /refused the microphone\. An iframe needs allow="microphone; autoplay"/,
    prepare: ({ setMicrophone }) => setMicrophone('denied'),
    mend: grant,
  },
  {
    title: 'a browser whose question is answered with no',
    code: 'microphone-denied',
    needs: 'permission to change',
    developer: /refused the microphone/,
    prepare: ({ setMicrophone }) => setMicrophone('prompt'),
    mend: grant,
  },
  // A headless browser shows no question that could be closed. Chromium's word for it:
  // https://source.chromium.org/search?q=%22Permission%20dismissed%22
  {
    title: 'a visitor who closes the browser’s question',
    code: 'microphone-denied',
    developer: /refused the microphone/,
    prepare: imitate('NotAllowedError', 'Permission dismissed'),
    mend: stopImitating,
  },
  {
    title: 'a permission that is taken back in the call',
    code: 'microphone-denied',
    needs: 'permission to change',
    developer: /refused the microphone/,
    during: ({ setMicrophone }) => setMicrophone('denied'),
    mend: grant,
  },
  {
    title: 'a page with Permissions-Policy: microphone=()',
    code: 'microphone-blocked-by-policy',
    needs: 'word for policies',
    developer: /^Send "Permissions-Policy: microphone=\(self\)"/,
    ...brokenHeader('Permissions-Policy', 'microphone=()'),
  },
  {
    title: 'an iframe without allow',
    code: 'microphone-blocked-by-policy',
    needs: 'word for policies',
    developer: /iframe needs allow="microphone; autoplay"/,
    ...framed(),
  },
  // No flag holds a device. https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia: NotReadableError where
  // the system or another application holds it; Chromium's words.
  {
    title: 'a microphone that another application holds',
    code: 'microphone-in-use',
    developer: /^Close other applications that hold the microphone/,
    prepare: imitate('NotReadableError', 'Could not start audio source'),
    mend: stopImitating,
  },
  {
    title: 'a page without https',
    code: 'insecure-context',
    developer: /^Serve the page over https/,
    url: ({ url }) => url.replace('localhost', 'insecure.test'),
    mend: async ({ page, site }) => void (await page.goto(site.url)),
  },
  // Every Chromium that can be had here has it.
  {
    title: 'a browser without AudioWorklet',
    code: 'unsupported-browser',
    developer: /^Set fallback-href: the browser lacks getUserMedia, AudioWorklet/,
    prepare: ({ frame }) => frame().evaluate(() => void Reflect.deleteProperty(window, 'AudioWorkletNode')),
    mend: async ({ page }) => void (await page.reload()),
  },

  // The token endpoint.
  {
    title: 'a tag without token-endpoint',
    code: 'token-endpoint-missing',
    developer: /^Set token-endpoint .*or tokenProvider/,
    site: { html: pageWith('<synthflow-call assistant-id="agent"></synthflow-call>') },
    mend: setAttribute('token-endpoint', '/api/synthflow/token'),
  },
  ...(
    [
      [404, 'Set token-endpoint to its path'],
      [405, 'Set token-endpoint to its path, or token-method="get"'],
      [500, 'Mend the error in its log'],
    ] as const
  ).map(([httpStatus, remedy]): Failure => ({
    title: `a token endpoint that answers ${httpStatus}`,
    code: 'token-request-failed',
    developer: new RegExp(`gave no session\\. It answered ${httpStatus}\\. ${remedy}\\.$`),
    known: { httpStatus },
    ...brokenEndpoint(answering(httpStatus, upstreamWords)),
  })),
  {
    title: 'a token endpoint that answers 429 with Retry-After',
    code: 'rate-limited',
    developer: /gave no session for now\. It answered 429\. Raise the limit in its log\.$/,
    known: { httpStatus: 429, retryAfterS: 7 },
    ...brokenEndpoint(answering(429, upstreamWords, { 'Retry-After': '7' })),
  },
  {
    title: 'a token endpoint that answers 503 with a date in Retry-After',
    code: 'rate-limited',
    developer: /It answered 503\. Mend the error in its log\.$/,
    known: { httpStatus: 503, retryAfterS: 60 },
    ...brokenEndpoint(
      answering(503, upstreamWords, {
        'Retry-After': 'Sun, 06 Nov 1994 08:50:37 GMT',
        Date: 'Sun, 06 Nov 1994 08:49:37 GMT',
      }),
    ),
  },
  {
    title: 'a token endpoint whose own limit is reached',
    code: 'rate-limited',
    developer: /It answered 429 \(rate-limited\)\. Raise the limit in its log/,
    known: { httpStatus: 429, retryAfterS: 40, endpointCode: 'rate-limited' },
    ...brokenEndpoint(
      answering(429, { error: { code: 'rate-limited', message: upstreamWords, requestId: '1', retryAfter: 40 } }),
    ),
  },
  {
    title: 'an account without WebSocket media',
    code: 'token-request-failed',
    developer: /It answered 502 \(upstream-not-enabled\)\. Have WebSocket media enabled/,
    known: { httpStatus: 502, endpointCode: 'upstream-not-enabled' },
    scenario: { name: 'not-enabled' },
    site: { wire: { codec: 'l16' } },
    ...useWellAgent,
  },
  {
    title: 'a token endpoint with a wrong key',
    code: 'token-request-failed',
    developer: /It answered 502 \(upstream-rejected-key\)\. Check its apiKey \(SYNTHFLOW_API_KEY\)/,
    known: { httpStatus: 502, endpointCode: 'upstream-rejected-key' },
    ...brokenEndpoint(answering(502, { error: { code: 'upstream-rejected-key', message: upstreamWords } })),
  },
  {
    title: 'an agent that the endpoint does not know',
    code: 'token-request-failed',
    developer: /\(agent-not-allowed\)\. Add assistant-id to its agents/,
    known: { httpStatus: 403, endpointCode: 'agent-not-allowed' },
    prepare: setAttribute('assistant-id', 'nobody'),
    mend: setAttribute('assistant-id', 'agent'),
  },
  {
    title: 'no agent where the endpoint has two',
    code: 'token-request-failed',
    developer: /\(agent-required\)\. Set assistant-id\./,
    known: { httpStatus: 400, endpointCode: 'agent-required' },
    prepare: setAttribute('assistant-id', ''),
    mend: setAttribute('assistant-id', 'agent'),
  },
  {
    title: 'token-method="get" for an agent that is billed',
    code: 'token-request-failed',
    developer: /\(method-not-allowed\)\. Set token-method="post"/,
    known: { httpStatus: 405, endpointCode: 'method-not-allowed' },
    site: { wire: { codec: 'l16' } },
    prepare: setAttribute('token-method', 'get'),
    mend: setAttribute('token-method', 'post'),
  },
  {
    title: 'a token endpoint that redirects',
    code: 'token-request-failed',
    developer: noAnswer,
    visitor: noConnection,
    ...brokenEndpoint(answering(307, upstreamWords, { Location: '/api/synthflow/token' })),
  },
  {
    title: 'a token endpoint of another origin that does not list the page’s',
    code: 'token-request-failed',
    developer: noAnswer,
    visitor: noConnection,
    prepare: (visit) => setAttribute('token-endpoint', elsewhere(`${visit.site.url}/api/synthflow/token`))(visit),
    mend: setAttribute('token-endpoint', '/api/synthflow/token'),
  },
  {
    title: 'a token endpoint where nobody listens',
    code: 'token-request-failed',
    developer: noAnswer,
    visitor: noConnection,
    prepare: setAttribute('token-endpoint', 'http://localhost:1/'),
    mend: setAttribute('token-endpoint', '/api/synthflow/token'),
  },
  {
    title: 'a token endpoint that connect-src leaves out',
    code: 'token-request-failed',
    developer: noAnswer,
    visitor: noConnection,
    ...brokenHeader('Content-Security-Policy', "connect-src 'none'"),
  },
  {
    title: 'a browser that is offline',
    code: 'token-request-failed',
    developer: /Connect the browser: it is offline\.$/,
    visitor: noConnection,
    prepare: ({ page }) => page.setOfflineMode(true),
    mend: ({ page }) => page.setOfflineMode(false),
  },
  {
    title: 'a tokenProvider that rejects',
    code: 'token-request-failed',
    developer: /Mend tokenProvider: it rejected\.$/,
    visitor: noConnection,
    prepare: ({ frame }) =>
      frame().evaluate((words) => {
        document.querySelector('synthflow-call')!.tokenProvider = () => Promise.reject(new Error(words));
      }, upstreamWords),
    mend: ({ frame }) =>
      frame().evaluate(() => {
        Object.assign(document.querySelector('synthflow-call')!, { tokenProvider: undefined });
      }),
  },

  // Its answer.
  ...(
    [
      ['HTML', answering(200, upstreamWords)],
      ['an empty text', answering(200, '')],
      ['null', answering(200, null)],
      ['an answer without sessionURL', answering(200, { error: upstreamWords })],
      ['a sessionURL that is no text', session({ url: upstreamWords })],
    ] as const
  ).map(([what, broken]): Failure => ({
    title: `a token endpoint that answers ${what}`,
    code: 'token-response-invalid',
    developer: /must answer JSON: \{ "sessionURL": "wss:\/\/…" \}\.$/,
    ...brokenEndpoint(broken),
  })),
  ...['http://localhost/sk-secret', 'javascript:alert("UPSTREAM")', 'ws://agent.test/sk-secret', '/sk-secret', ''].map(
    (sessionURL): Failure => ({
      title: `a sessionURL that is ${sessionURL.split(':')[0]!.replace('/sk-secret', 'relative') || 'empty'}`,
      code: 'session-url-rejected',
      developer: /^sessionURL must be an absolute wss: URL\.$/,
      ...brokenEndpoint(session(sessionURL)),
    }),
  ),
  {
    title: 'a ws: sessionURL on a page with https',
    code: 'session-url-rejected',
    developer: /must be an absolute wss: URL/,
    url: async ({ url }) => {
      const front = await serveSecurely(new URL(url));
      fronts.push(front.server);
      return front.url;
    },
    ...brokenEndpoint(session('ws://agent.test/sk-secret')),
  },
  {
    title: 'a wire that nobody knows',
    code: 'protocol-error',
    developer: /or server name\. Serve script and endpoint in one version/,
    ...brokenEndpoint(session('ws://localhost:1/sk-secret', { protocol: 'morse' })),
  },

  // The websocket.
  {
    title: 'a websocket whose handshake is refused',
    code: 'connection-failed',
    developer: /refused, or closed before the agent was ready\. Allow it in connect-src/,
    known: { closeCode: 1006 },
    scenario: 'refuse',
    ...useWellAgent,
  },
  {
    title: 'a websocket where nobody listens',
    code: 'connection-failed',
    developer: /A session URL works once\. Close code: 1006\.$/,
    known: { closeCode: 1006 },
    ...brokenEndpoint(session('ws://localhost:1/?token=sk-secret')),
  },
  {
    title: 'a websocket that connect-src leaves out',
    code: 'connection-failed',
    developer: /Allow it in connect-src of the Content-Security-Policy/,
    known: { closeCode: 1006 },
    ...brokenHeader('Content-Security-Policy', "connect-src 'self'"),
  },
  ...[1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4000, 4999].map(
    (closeCode): Failure => ({
      title: `a websocket that is closed at once with ${closeCode}`,
      code: 'connection-failed',
      developer: new RegExp(`before the agent was ready.*Close code: ${closeCode}\\.$`),
      known: { closeCode },
      scenario: { name: 'close-at-once', closeCode },
      ...useWellAgent,
    }),
  ),
  ...[1006, 1011, 1012, 4000].map((closeCode): Failure => ({
    title: `a call that is closed with ${closeCode}`,
    code: 'connection-lost',
    developer: new RegExp(
      `^The connection was lost\\. Raise the timeouts of proxies\\. Set reconnect\\. Close code: ${closeCode}\\.$`,
    ),
    known: { closeCode },
    during: async ({ site }) => site.simulator.hangUp(closeCode),
    mend: async () => {},
  })),

  // The sound.
  {
    title: 'a policy that blocks every worklet',
    code: 'audio-failed',
    developer: /Serve synthflow-call\.worklet\.js beside the script, or set worklet-url, allowed by script-src/,
    ...brokenHeader('Content-Security-Policy', 'script-src http://localhost:*/dist/synthflow-call.js'),
  },
  {
    title: 'a worklet’s file that is not there',
    code: 'audio-failed',
    developer: /Serve synthflow-call\.worklet\.js beside the script/,
    ...lost('synthflow-call.worklet.js'),
  },
  {
    title: 'a socket host’s file that is not there',
    code: 'audio-failed',
    developer: /Serve synthflow-call\.host\.js beside the script, allowed by script-src/,
    ...lost('synthflow-call.host.js', { html: pageWith(tag('no-worker')) }),
  },
  // Some browsers (not Chromium 156) keep that a file has failed, and this policy lets nobody read it in another way.
  {
    title: 'a socket host’s file that is back before the next click',
    code: 'audio-failed',
    developer: /Serve synthflow-call\.host\.js beside the script, allowed by script-src/,
    ...lost('synthflow-call.host.js', { html: pageWith(tag('no-worker')), policy: strictPolicy }, false),
  },
];

/** In a context of its own each, so that several are visible at once. */
const concurrency = 4;

describe('a failure', { concurrency, timeout: 600_000 }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch({
      permission: can('permission to change') ? 'asked' : 'granted',
      hosts: ['insecure.test', 'agent.test'],
      acceptInsecureCerts: true,
    });
  });
  after(async () => {
    await browser.close();
    for (const server of fronts) server.closeAllConnections();
    for (const server of fronts) server.close();
  });

  for (const failure of failures) {
    it(`${failure.title}: ${failure.code}`, { timeout: 90_000, ...(failure.needs && needs(failure.needs)) }, () =>
      meet(browser, failure),
    );
  }
});

const noMicrophone: Failure = {
  title: 'a machine without a microphone',
  code: 'microphone-not-found',
  developer: /^Connect a microphone, or allow it in the system's settings/,
  mend: plugIn,
};

describe('a failure of a machine', () => {
  const options = { timeout: 90_000, ...needs('machine without a microphone') };
  it(`${noMicrophone.title}: ${noMicrophone.code}`, options, async () => {
    const browser = await launch({ permission: 'asked', hasMicrophone: false });
    await meet(browser, noMicrophone).finally(() => browser.close());
  });
});

describe('a network that goes silent in the call', () => {
  // The browser tells a socket nothing of it: readyState stays open. What ends such a call is that nobody speaks in it.
  it('ends it, by idle-timeout at the latest, and leaves nothing open', { timeout: 60_000 }, async () => {
    const browser = await launch();
    const site = await startSite('talk', { html: pageWith(tag('muted no-worker idle-timeout="3"')) });
    try {
      const page = await visit(browser, site.url, { record: false });
      await clickCall(page);
      await waitForStatus(page, 'active');
      await page.setOfflineMode(true);
      await page.waitForFunction(() => window.witness.ends === 1, { timeout: 45_000 });
      const { status, code } = await page.evaluate(() => {
        const { status, error } = document.querySelector('synthflow-call')!;
        return { status, code: error?.code };
      });
      assert.ok(status === 'ended' || code === 'connection-lost', `${status} ${code}`);
      await page.setOfflineMode(false);
      await expectNothingOpen(page);
    } finally {
      await browser.close();
      await site.close();
    }
  });
});

describe('the list of failures', () => {
  it('has every code', () => {
    const made = new Set([...failures, noMicrophone].map(({ code }) => code));
    assert.deepEqual(
      allCodes.filter((code) => !made.has(code)),
      [],
    );
  });
});

declare global {
  interface Window {
    realGetUserMedia?: MediaDevices['getUserMedia'];
  }
}
