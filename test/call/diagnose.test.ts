import { expect } from '@open-wc/testing';
import { loadHost } from '../../src/call/call-thread.js';
import { startCallWorker } from '../../src/call/start-worker.js';
import { diagnose, docsUrl, version } from '../../src/call/diagnose.js';
import type { DiagnosisCheck, CheckName, DiagnoseOptions } from '../../src/call/diagnosis/diagnosis.js';
import { watchConsole, watchContexts, watchMicrophone } from '../support/browser-fakes.js';
import { remove, replace } from '../support/replace.js';

const socketOrigin = location.origin.replace(/^http/, 'ws');

/** An endpoint that answers every request so. Writes down what it was asked. */
function fakeEndpoint(answer: () => Response | Promise<Response>): [url: string, init: RequestInit][] {
  const asked: [string, RequestInit][] = [];
  const { fetch } = globalThis;
  replace(globalThis, 'fetch', (url: URL | string, init: RequestInit = {}) => {
    if (!String(url).includes('token')) return fetch(url, init);
    asked.push([String(url), init]);
    return Promise.resolve().then(answer);
  });
  return asked;
}

const json = (status: number, body: unknown) => () => new Response(JSON.stringify(body), { status });

/** The policy blocks something. */
const violate = (effectiveDirective: string, disposition: SecurityPolicyViolationEventDisposition = 'enforce') =>
  document.dispatchEvent(
    new SecurityPolicyViolationEvent('securitypolicyviolation', {
      blockedURI: '',
      disposition,
      documentURI: '',
      effectiveDirective,
      originalPolicy: '',
      statusCode: 200,
      violatedDirective: effectiveDirective,
    }),
  );

/** Diagnoses a page whose token endpoint is ours, unless the options say otherwise, and says what was printed. */
async function look(options: DiagnoseOptions = { tokenEndpoint: '/token' }, load = loadHost) {
  const said = watchConsole();
  const report = await diagnose({ socketOrigin, ...options }, undefined, startCallWorker, load);
  const check = (name: CheckName): DiagnosisCheck => report.checks.find((candidate) => candidate.name === name)!;
  return { report, check, said };
}

/** Nothing that a visitor or a thief must not see. */
const expectPoint = (
  { status, code, message, advice, docs }: DiagnosisCheck,
  wanted: Pick<DiagnosisCheck, 'status' | 'code'>,
  ...words: (string | RegExp)[]
) => {
  expect({ status, code }).to.deep.equal({ code: undefined, ...wanted });
  for (const word of words) expect(`${message} ${advice}`).to.match(new RegExp(word));
  if (status === 'failed') expect(advice).to.be.a('string');
  if (code && status !== 'ok') expect(docs).to.equal(`${docsUrl}#${code}`);
};

const ours = json(200, { ok: true, version: '9.9.9' });

describe('diagnose', () => {
  beforeEach(() => void fakeEndpoint(ours));

  it('finds nothing where all is well, asks for no permission, and closes what it opens', async () => {
    const asked = fakeEndpoint(ours);
    const { requests } = watchMicrophone();
    const contexts = watchContexts();
    const sockets: WebSocket[] = [];
    replace(
      globalThis,
      'WebSocket',
      class extends WebSocket {
        constructor(url: string) {
          super(url);
          sockets.push(this);
        }
      },
    );
    let workers = 0;
    replace(
      globalThis,
      'Worker',
      class extends Worker {
        constructor(url: string) {
          super(url);
          workers += 1;
        }
        override terminate(): void {
          workers -= 1;
          super.terminate();
        }
      },
    );
    replace(navigator, 'userActivation', { isActive: true });
    const { report, said } = await look();
    // What Firefox and WebKit do not tell is no complaint.
    const isTold = 'featurePolicy' in document;
    const complaints = report.checks
      .filter(({ status }) => status !== 'ok')
      .map(({ name, status }) => `${name} ${status}`);
    expect(complaints).to.deep.equal(isTold ? [] : ['microphone-policy unknown']);
    expect(report.ok).to.equal(true);
    expect(report.version).to.equal(version);
    expect(requests).to.be.empty;
    expect(contexts.map(({ state }) => state)).to.deep.equal(['closed']);
    expect(sockets.map(({ url, readyState }) => [url, readyState])).to.deep.equal([
      [`${socketOrigin}/`, WebSocket.CLOSED],
    ]);
    expect(workers).to.equal(0);
    expect(asked.map(([, { method, body }]) => [method, body])).to.deep.equal([['OPTIONS', undefined]]);
    expect(said.filter(({ method }) => method !== 'log')).to.deep.equal([]);
    expect(said).to.have.lengthOf(report.checks.length);
  });

  it('names every check once, with a link wherever something is not ok', async () => {
    const { report } = await look({});
    const names = report.checks.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    for (const { status, docs } of report.checks) expect(!!docs).to.equal(status !== 'ok');
    expect(report.ok).to.equal(false);
  });

  it('prints what is wrong, what to change, and where to read more', async () => {
    const { said } = await look({});
    const warned = said.filter(({ method }) => method === 'warn').map(({ words }) => String(words[0]));
    expect(warned).to.have.lengthOf(1);
    expect(warned[0]).to.match(
      /^✗ token-endpoint: .+\n {2}→ .+\n {2}https:\/\/.+\/troubleshooting.*#token-endpoint-missing$/,
    );
  });

  it('goes on where looking at something fails', async () => {
    replace(document, 'featurePolicy', {
      allowsFeature() {
        throw new Error('secret');
      },
    });
    const { report, check, said } = await look();
    expectPoint(check('microphone-policy'), { status: 'unknown' });
    expect(report.checks.map(({ name }) => name)).to.include('socket-host');
    expect(JSON.stringify([report, said])).not.to.contain('secret');
  });

  describe('the page', () => {
    it('is not secure', async () => {
      replace(globalThis, 'isSecureContext', false);
      replace(navigator, 'mediaDevices', undefined);
      const { check } = await look();
      expectPoint(check('secure-context'), { status: 'failed', code: 'insecure-context' }, 'https:');
      expectPoint(check('getUserMedia'), { status: 'failed', code: 'insecure-context' }, 'getUserMedia');
      expectPoint(check('devices'), { status: 'unknown', code: 'microphone-not-found' });
    });

    it('is in a browser that lacks what a call needs, each named', async () => {
      for (const [name, target, property] of [
        ['getUserMedia', navigator.mediaDevices, 'getUserMedia'],
        ['AudioWorklet', BaseAudioContext.prototype, 'audioWorklet'],
        ['WebSocket', globalThis, 'WebSocket'],
        ['popover', HTMLElement.prototype, 'popover'],
      ] as const) {
        if (property === 'popover' || property === 'audioWorklet') remove(target, property);
        else replace(target, property, undefined);
        const { check } = await look();
        expectPoint(check(name), { status: 'failed', code: 'unsupported-browser' }, name, 'Chrome');
      }
    });

    it('is in a browser that lacks what some calls need', async () => {
      replace(globalThis, 'Worker', undefined);
      replace(globalThis, 'AudioEncoder', undefined);
      fakeEndpoint(ours);
      const { report, check } = await look();
      expectPoint(check('Worker'), { status: 'warning' });
      expectPoint(check('worker-file'), { status: 'warning' });
      expectPoint(check('WebCodecs'), { status: 'warning', code: 'unsupported-browser' }, 'opus', 'l16');
      expect(report.ok).to.equal(true);
    });

    it('seems to be inside another app', async () => {
      replace(navigator, 'userAgent', 'Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 [FBAN/FBIOS;FBAV/1]');
      expectPoint((await look()).check('in-app-browser'), { status: 'warning' }, 'fallback-href');
      replace(navigator, 'userAgent', 'Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/120.0 Mobile');
      expectPoint((await look()).check('in-app-browser'), { status: 'warning' });
    });
  });

  describe('opening hours', () => {
    const hours = async (hours?: string) => (await look({ hours })).check('hours');

    it('are none', async () => {
      expect(await hours()).to.equal(undefined);
    });

    it('last', async () => {
      expectPoint(await hours('Mo-Su 00:00-24:00 UTC'), { status: 'ok' });
    });

    it('are over', async () => {
      const yesterday = ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'][new Date(Date.now() - 86_400_000).getUTCDay()];
      expectPoint(await hours(`${yesterday} 11:00-12:00 UTC`), { status: 'warning' }, 'no call can be started now');
    });

    it('cannot be read', async () => {
      const check = await hours('9 to 5');
      expectPoint(check, { status: 'warning' }, 'cannot be read', 'hours="Mo-Fr 09:00-17:00 Europe/Berlin"');
      expect(check.docs).to.equal(`${docsUrl}#hours`);
    });
  });

  describe('the microphone', () => {
    it('is taken by Permissions-Policy', async () => {
      replace(document, 'featurePolicy', { allowsFeature: () => false });
      replace(navigator.permissions, 'query', async () => ({ state: 'denied' }));
      const { check } = await look();
      expectPoint(
        check('microphone-policy'),
        { status: 'failed', code: 'microphone-blocked-by-policy' },
        // The tests' page is in an iframe or a window of its own.
        window === parent ? 'Permissions-Policy: microphone=\\(self\\)' : 'allow="microphone; autoplay"',
      );
      expectPoint(check('microphone-permission'), { status: 'unknown', code: 'microphone-denied' });
    });

    it('is taken by a policy that the browser tells by its new name', async () => {
      replace(document, 'permissionsPolicy', { allowsFeature: (feature: string) => feature !== 'microphone' });
      const { check } = await look();
      expectPoint(check('microphone-policy'), { status: 'failed', code: 'microphone-blocked-by-policy' });
    });

    it('may be taken by a policy that the browser does not tell', async () => {
      replace(document, 'featurePolicy', undefined);
      const { check } = await look();
      expectPoint(check('microphone-policy'), { status: 'unknown', code: 'microphone-blocked-by-policy' });
    });

    it('is refused', async () => {
      replace(navigator.permissions, 'query', async () => ({ state: 'denied' }));
      expectPoint((await look()).check('microphone-permission'), { status: 'failed', code: 'microphone-denied' });
    });

    it('will be asked for at the click', async () => {
      replace(navigator.permissions, 'query', async () => ({ state: 'prompt' }));
      expectPoint((await look()).check('microphone-permission'), { status: 'ok' }, 'at the click');
    });

    it('is a permission that the browser does not know', async () => {
      replace(navigator.permissions, 'query', () => Promise.reject(new TypeError('microphone')));
      expectPoint((await look()).check('microphone-permission'), { status: 'unknown', code: 'microphone-denied' });
      replace(navigator, 'permissions', undefined);
      expectPoint((await look()).check('microphone-permission'), { status: 'unknown', code: 'microphone-denied' });
    });

    it('is not there', async () => {
      replace(navigator.mediaDevices, 'enumerateDevices', async () => [{ kind: 'audiooutput', label: 'Loud one' }]);
      const { check, report } = await look();
      expectPoint(check('devices'), { status: 'failed', code: 'microphone-not-found' }, 'Microphones: 0');
      expect(JSON.stringify(report)).not.to.contain('Loud one');
    });
  });

  describe('sound', () => {
    it('is not tried without a click', async () => {
      const contexts = watchContexts();
      replace(navigator, 'userActivation', { isActive: false });
      expectPoint((await look()).check('audio-context'), { status: 'unknown', code: 'audio-failed' }, 'from a click');
      expect(contexts).to.be.empty;
    });

    it('does not start', async () => {
      replace(navigator, 'userActivation', { isActive: true });
      replace(AudioContext.prototype, 'resume', () => Promise.reject(new DOMException('', 'InvalidStateError')));
      const contexts = watchContexts();
      Object.defineProperty(AudioContext.prototype, 'state', { configurable: true, get: () => 'suspended' });
      try {
        expectPoint((await look()).check('audio-context'), { status: 'failed', code: 'audio-failed' });
      } finally {
        Reflect.deleteProperty(AudioContext.prototype, 'state');
      }
      expect(contexts.map(({ state }) => state)).to.deep.equal(['closed']);
    });
  });

  describe('the files', () => {
    /** No worklet can be loaded; who reads its file gets this. */
    const blockWorklet = (answer: () => Response | Promise<Response>) => {
      replace(AudioWorklet.prototype, 'addModule', () => Promise.reject(new DOMException('', 'AbortError')));
      const { fetch } = globalThis;
      replace(globalThis, 'fetch', (url: URL | string, init: RequestInit) =>
        String(url).includes('worklet.js') ? Promise.resolve().then(answer) : fetch(url, init),
      );
    };
    const worklet = async (options?: DiagnoseOptions) => (await look(options)).check('worklet-file');
    const failed = { status: 'failed', code: 'audio-failed' } as const;
    const javascript = () => new Response('', { headers: { 'Content-Type': 'text/javascript; charset=utf-8' } });

    it('have a worklet that the policy blocks', async () => {
      blockWorklet(javascript);
      expectPoint(await worklet(), failed, "Content-Security-Policy: script-src 'self'\"");
      const workletUrl = 'https://cdn.example/worklet.js';
      expectPoint(await worklet({ workletUrl }), failed, 'script-src https://cdn.example"');
      expectPoint(
        await worklet({ assetsUrl: 'https://cdn.example/files/' }),
        failed,
        'script-src https://cdn.example"',
      );
    });

    it('have a worklet that is not there', async () => {
      blockWorklet(() => new Response('', { status: 404 }));
      expectPoint(await worklet(), failed, '404', 'assets-url');
    });

    it('have a worklet that is served as something else', async () => {
      blockWorklet(() => new Response('', { headers: { 'Content-Type': 'text/plain' } }));
      expectPoint(await worklet(), failed, 'Content-Type: text/javascript');
    });

    it('have a worklet of which the policy does not let us know why', async () => {
      blockWorklet(() => {
        violate('connect-src');
        return Promise.reject(new TypeError('Failed to fetch'));
      });
      expectPoint(await worklet(), failed, 'connect-src', 'script-src');
    });

    it('have a worker that the policy blocks', async () => {
      replace(globalThis, 'Worker', function () {
        violate('worker-src');
        throw new DOMException('', 'SecurityError');
      });
      expectPoint((await look()).check('worker-file'), { status: 'warning' }, "worker-src 'self'");
    });

    it('have a worker that is not there', async () => {
      replace(globalThis, 'Worker', function () {
        throw new DOMException('', 'SecurityError');
      });
      expectPoint((await look()).check('worker-file'), { status: 'warning' }, 'assets-url');
    });

    it('need no worker where the page wants none, but what stands in for it', async () => {
      replace(globalThis, 'Worker', undefined);
      const { check } = await look({ noWorker: true });
      expectPoint(check('worker-file'), { status: 'ok' });
      expectPoint(check('socket-host-file'), { status: 'ok' });
    });

    it('need nothing to stand in for a worker that starts', async () => {
      let loads = 0;
      const load = async () => (await loadHost({}), (loads += 1), loadHost({}));
      const { report } = await look(undefined, load);
      expect(report.checks.map(({ name }) => name)).not.to.contain('socket-host-file');
      expect(loads).to.equal(0);
    });

    describe('for the page’s own thread', () => {
      const noHost = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));
      const hostFile = async (answer: () => Response | Promise<Response>, options: DiagnoseOptions = {}) => {
        const { fetch } = globalThis;
        replace(globalThis, 'fetch', (url: URL | string, init: RequestInit) =>
          String(url).includes('call.host.js') ? Promise.resolve().then(answer) : fetch(url, init),
        );
        return (await look({ noWorker: true, ...options }, noHost)).check('socket-host-file');
      };

      it('are looked at where a worker should start and does not', async () => {
        replace(globalThis, 'Worker', undefined);
        const { check, report } = await look(undefined, noHost);
        expectPoint(check('worker-file'), { status: 'warning' });
        expect(check('socket-host-file').status).to.equal('failed');
        expect(report.ok).to.equal(false);
      });

      it('are not there', async () => {
        const check = await hostFile(() => new Response('', { status: 404 }));
        expectPoint(check, failed, 'synthflow-call.host.js', '404', 'assets-url to where');
        expect(check.advice).not.to.contain('worklet-url');
      });

      it('are blocked by the policy', async () => {
        expectPoint(await hostFile(javascript), failed, "script-src 'self'");
        expectPoint(
          await hostFile(javascript, { assetsUrl: 'https://cdn.example/files/' }),
          failed,
          'script-src https://cdn.example"',
        );
      });
    });

    describe('by worklet-url="blob:" and "data:"', () => {
      for (const workletUrl of ['blob:', 'data:']) {
        it(`are blocked by a policy without ${workletUrl}`, async () => {
          blockWorklet(javascript);
          expectPoint(
            await worklet({ workletUrl }),
            failed,
            `script-src ${workletUrl}"`,
            "or leave worklet-url out and add .+script-src 'self'",
          );
        });

        it(`are read for ${workletUrl}, which connect-src does not allow`, async () => {
          blockWorklet(() => {
            violate('connect-src');
            return Promise.reject(new TypeError('Failed to fetch'));
          });
          expectPoint(await worklet({ workletUrl }), failed, "connect-src 'self'\"");
          expectPoint(
            await worklet({ workletUrl, assetsUrl: 'https://cdn.example/files/' }),
            failed,
            'connect-src https://cdn.example"',
          );
        });

        it(`are not there for ${workletUrl}`, async () => {
          blockWorklet(() => new Response('', { status: 404 }));
          expectPoint(await worklet({ workletUrl }), failed, 'synthflow-call.worklet.js is not there', '404');
        });
      }
    });

    describe('of the language', () => {
      const language = async (options: DiagnoseOptions) => (await look(options)).check('language-file');
      const folder = new URL('../../src/element/', import.meta.url).href;

      it('are none where they are loaded', async () => {
        expect(await language({})).to.equal(undefined);
      });

      it('are there by now', async () => {
        expectPoint(await language({ language: 'de', assetsUrl: folder }), { status: 'ok' });
        expectPoint(await language({ language: 'de', assetsUrl: folder, workletUrl: 'data:' }), {
          status: 'ok',
        });
      });

      it('are blocked by the policy', async () => {
        replace(globalThis, 'fetch', () => {
          violate('connect-src');
          return Promise.reject(new TypeError('Failed to fetch'));
        });
        const check = await language({ language: 'de', workletUrl: 'blob:', assetsUrl: 'https://cdn.example/files/' });
        expectPoint(check, { status: 'warning' }, 'connect-src https://cdn.example"', 'lang="en"');
      });

      it('are missing', async () => {
        const check = await language({ language: 'de', assetsUrl: `${folder}nowhere/` });
        expectPoint(check, { status: 'warning' }, 'locales/de.js is not there', 'assets-url', 'lang="en"');
        expect(check.docs).to.equal(`${docsUrl}#language`);
      });
    });
  });

  describe('the token endpoint', () => {
    const endpoint = async (options?: DiagnoseOptions) => (await look(options)).check('token-endpoint');

    it('is not set', async () => {
      expectPoint(await endpoint({}), { status: 'failed', code: 'token-endpoint-missing' }, 'token-endpoint="');
    });

    it('is no URL', async () => {
      const check = await endpoint({ tokenEndpoint: 'https://' });
      expectPoint(check, { status: 'failed', code: 'token-request-failed' }, 'not a URL');
    });

    it('is not asked where something else gives sessions, because that would cost one', async () => {
      const asked = fakeEndpoint(ours);
      let provided = 0;
      const tokenProvider = async () => `${socketOrigin}/${(provided += 1)}`;
      expectPoint(await endpoint({ tokenEndpoint: '/token', tokenProvider }), { status: 'unknown' }, 'tokenProvider');
      const sessionUrl = `${socketOrigin}/start?token=secret`;
      expectPoint(await endpoint({ tokenEndpoint: '/token', sessionUrl }), { status: 'unknown' }, 'session-url');
      expect(provided).to.equal(0);
      expect(asked).to.be.empty;
    });

    it('is another’s, of which no more is known', async () => {
      for (const answer of [
        () => new Response(null, { status: 204 }),
        json(405, {}),
        json(200, { sessionURL: 'wss://agent.example/?token=secret' }),
      ]) {
        fakeEndpoint(answer);
        expectPoint(await endpoint(), { status: 'unknown', code: 'token-response-invalid' }, 'sessionURL');
      }
    });

    for (const [status, body, code, ...words] of [
      [403, { error: { code: 'origin-not-allowed' } }, 'token-request-failed', 'origin-not-allowed', 'ALLOWED_ORIGINS'],
      [401, {}, 'token-request-failed', '401', 'token-credentials="include"'],
      [404, {}, 'token-request-failed', '404', '/api/synthflow/token'],
      [500, {}, 'token-request-failed', '500', 'doctor'],
    ] as const) {
      it(`answers ${status}`, async () => {
        fakeEndpoint(json(status, body));
        expectPoint(await endpoint(), { status: 'failed', code }, ...words);
      });
    }

    it('is busy', async () => {
      fakeEndpoint(json(429, {}));
      expectPoint(await endpoint(), { status: 'warning', code: 'rate-limited' });
    });

    it('redirects', async () => {
      const asked = fakeEndpoint(() => Object.defineProperty(new Response(), 'type', { value: 'opaqueredirect' }));
      expectPoint(await endpoint(), { status: 'failed', code: 'token-request-failed' }, 'redirects');
      // Without following it.
      expect(asked.map(([, { redirect }]) => redirect)).to.deep.equal(['manual']);
    });

    it('says what is no version and no code of ours: none of it is shown', async () => {
      const words = 'UPSTREAM <img src=x> https://agent.example/?token=secret';
      fakeEndpoint(json(200, { ok: true, version: words }));
      const check = await endpoint();
      expectPoint(check, { status: 'ok' });
      fakeEndpoint(json(403, { error: { code: words } }));
      expect(JSON.stringify([check, await endpoint()])).not.to.include('UPSTREAM');
    });

    it('cannot be reached', async () => {
      fakeEndpoint(() => Promise.reject(new TypeError('Failed to fetch')));
      expectPoint(await endpoint(), { status: 'failed', code: 'token-request-failed' }, 'cannot be reached');
    });

    it('is of another origin and does not admit the page', async () => {
      const asked = fakeEndpoint(() => Promise.reject(new TypeError('Failed to fetch')));
      const { fetch } = globalThis;
      replace(globalThis, 'fetch', (url: URL | string, init: RequestInit) =>
        // The host alone is there.
        String(url) === 'https://api.example/' ? Promise.resolve(new Response()) : fetch(url, init),
      );
      const check = await endpoint({ tokenEndpoint: 'https://api.example/token?key=1', tokenCredentials: 'include' });
      expectPoint(
        check,
        { status: 'failed', code: 'token-request-failed' },
        `Access-Control-Allow-Origin: ${location.origin}`,
        'Access-Control-Allow-Credentials: true',
      );
      expect(asked).to.have.lengthOf(1);
      expect(JSON.stringify(check)).not.to.contain('key=1');
    });

    it('is blocked by the policy', async () => {
      fakeEndpoint(() => {
        violate('connect-src');
        return Promise.reject(new TypeError('Failed to fetch'));
      });
      const check = await endpoint({ tokenEndpoint: 'https://api.example/token' });
      expectPoint(check, { status: 'failed', code: 'token-request-failed' }, 'connect-src https://api.example"');
    });

    it('is not blocked by a policy that only reports, nor by one for something else', async () => {
      fakeEndpoint(() => {
        violate('connect-src', 'report');
        violate('img-src');
        return Promise.reject(new TypeError('Failed to fetch'));
      });
      expectPoint(await endpoint(), { status: 'failed', code: 'token-request-failed' }, 'cannot be reached');
    });

    it('does not answer', async () => {
      fakeEndpoint(() => Promise.reject(new DOMException('', 'TimeoutError')));
      replace(AbortSignal, 'timeout', () => AbortSignal.abort(new DOMException('', 'TimeoutError')));
      expectPoint(await endpoint(), { status: 'failed', code: 'token-request-timeout' }, '10 s');
    });
  });

  describe('the socket', () => {
    it('is blocked by the policy', async () => {
      replace(
        globalThis,
        'WebSocket',
        class extends EventTarget {
          onclose?: () => void;
          constructor() {
            super();
            violate('connect-src');
          }
          close(): void {
            queueMicrotask(() => this.onclose?.());
          }
        },
      );
      const check = (await look({ socketOrigin: 'wss://agent.example' })).check('socket-policy');
      expectPoint(check, { status: 'failed', code: 'connection-failed' }, 'connect-src wss://agent.example"');
    });

    it('is not made', async () => {
      replace(globalThis, 'WebSocket', function () {
        throw new DOMException('', 'SecurityError');
      });
      expectPoint((await look()).check('socket-policy'), { status: 'failed', code: 'connection-failed' });
    });

    it('has a host that does not answer', async () => {
      const { fetch } = globalThis;
      replace(globalThis, 'fetch', (url: URL | string, init: RequestInit) =>
        String(url) === 'https://agent.example/' ? Promise.reject(new TypeError()) : fetch(url, init),
      );
      const { check } = await look({ socketOrigin: 'wss://agent.example' });
      expectPoint(check('socket-host'), { status: 'failed', code: 'connection-failed' }, 'firewall');
    });

    it('has a host that the policy allows nothing else', async () => {
      const { fetch } = globalThis;
      replace(globalThis, 'fetch', (url: URL | string, init: RequestInit) => {
        if (String(url) !== 'https://agent.example/') return fetch(url, init);
        violate('connect-src');
        return Promise.reject(new TypeError());
      });
      const { check } = await look({ socketOrigin: 'wss://agent.example' });
      expectPoint(check('socket-host'), { status: 'unknown', code: 'connection-failed' });
    });

    it('is the session URL’s, of which nothing but the origin is kept', async () => {
      const urls: string[] = [];
      replace(globalThis, 'WebSocket', function (url: string) {
        urls.push(url);
        throw new DOMException('', 'SecurityError');
      });
      const sessionUrl = `${socketOrigin}/start?token=secret`;
      const { report, said } = await look({ sessionUrl, socketOrigin: undefined });
      expect(urls).to.deep.equal([`${socketOrigin}/`]);
      expect(JSON.stringify([report, said])).not.to.contain('secret');
    });

    it('is given as something that is none', async () => {
      const { check } = await look({ socketOrigin: 'https://agent.example' });
      expectPoint(check('socket-policy'), { status: 'failed', code: 'session-url-rejected' }, 'wss:');
    });
  });
});
