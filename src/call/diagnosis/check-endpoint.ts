import type { DiagnoseOptions, Finding } from './diagnosis.js';
import { reach } from './check-blocking.js';
import { watchPolicy } from './watch-policy.js';

/** As long as a call waits for it. */
const answerLimitMs = 10_000;

/**
 * Asks the token endpoint whether it is there: by an `OPTIONS` that starts no session. Ours answers `{ ok, version }`;
 * another that answers is there, and more is not known.
 */
export async function checkEndpoint(options: DiagnoseOptions): Promise<Finding> {
  const { sessionUrl, tokenProvider, tokenEndpoint, assistantId = '', tokenCredentials = 'same-origin' } = options;
  if (sessionUrl) return { status: 'unknown', message: 'session-url is used, so the token endpoint is not asked.' };
  if (tokenProvider) {
    return { status: 'unknown', message: 'tokenProvider is not called: that might start a session.' };
  }
  if (!tokenEndpoint) {
    return {
      status: 'failed',
      code: 'token-endpoint-missing',
      message: 'There is no token-endpoint.',
      advice: 'Set it: <synthflow-call token-endpoint="/api/synthflow/token">.',
    };
  }
  let url: URL;
  try {
    url = new URL(tokenEndpoint.replace('{assistant_id}', encodeURIComponent(assistantId)), document.baseURI);
  } catch {
    return failed(
      'token-endpoint is not a URL.',
      'Set token-endpoint="/api/synthflow/token", or an absolute https: URL.',
    );
  }
  const { value, directives } = await watchPolicy(answerLimitMs + 1000, /^connect-src/, () =>
    ask(url, tokenCredentials),
  );
  if (value) return read(value, url);
  if (directives.length) {
    return failed(
      `The Content-Security-Policy blocks the token endpoint (${directives.join(', ')}).`,
      `Add to the header: "Content-Security-Policy: connect-src ${url.origin === location.origin ? "'self'" : url.origin}".`,
    );
  }
  return explainSilence(url, tokenCredentials);
}

const failed = (message: string, advice: string): Finding => ({
  status: 'failed',
  code: 'token-request-failed',
  message,
  advice,
});

const late: Finding = {
  status: 'failed',
  code: 'token-request-timeout',
  message: 'The token endpoint did not answer within 10 s.',
  advice: 'Look whether it runs, and whether a proxy in front of it holds OPTIONS back.',
};

type Answer = { readonly response: Response; readonly body: unknown } | 'late';

async function ask(url: URL, credentials: RequestCredentials): Promise<Answer> {
  const signal = AbortSignal.timeout(answerLimitMs);
  try {
    // `manual` follows no redirect, as a call does not, but tells that there is one.
    const init: RequestInit = { method: 'OPTIONS', credentials, cache: 'no-store', redirect: 'manual', signal };
    const response = await fetch(url, init);
    return { response, body: await response.json().catch(() => undefined) };
  } catch (error) {
    if (signal.aborted) return 'late';
    throw error;
  }
}

function read(answer: Answer, url: URL): Finding {
  if (answer === 'late') return late;
  const { response, body } = answer;
  const { ok, version, error } = (body ?? {}) as { ok?: unknown; version?: unknown; error?: { code?: unknown } };
  if (response.type === 'opaqueredirect') {
    return failed(
      'The token endpoint redirects, which calls do not follow.',
      'Set token-endpoint to where it leads: mind https:, www. and the slash at the end.',
    );
  }
  if (response.ok && ok === true && typeof version === 'string') {
    const name = /^[\w.+-]{1,32}$/.test(version) ? ` of synthflow-call ${version}` : '';
    return { status: 'ok', message: `The token endpoint${name} answers and admits this page.` };
  }
  const code = typeof error?.code === 'string' && /^[\w-]{1,64}$/.test(error.code) ? ` (${error.code})` : '';
  const told = `The token endpoint answered ${response.status}${code} to OPTIONS.`;
  switch (response.status) {
    case 401:
    case 403:
      return failed(told, `${admit()} Where it wants cookies of another origin: token-credentials="include".`);
    case 404:
    case 410:
      return failed(
        told,
        `Set token-endpoint to the path where your endpoint is (ours: /api/synthflow/token); now it is a path of ${url.origin}. If yours answers POST alone, calls may work all the same.`,
      );
    case 429:
    case 503:
      return {
        status: 'warning',
        code: 'rate-limited',
        message: told,
        advice: 'Wait, or raise the endpoint’s limits.',
      };
  }
  if (response.status >= 500) return failed(told, 'Look into the endpoint’s log, and run synthflow-call doctor.');
  return {
    status: 'unknown',
    code: 'token-response-invalid',
    message: `The token endpoint is reached (${response.status}); it is not synthflow-call/server, so its answers are not known.`,
    advice: 'It must answer POST with 200 and { "sessionURL": "wss://…" }.',
  };
}

/** There was no answer that the page may read. */
async function explainSilence(url: URL, credentials: RequestCredentials): Promise<Finding> {
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (location.protocol === 'https:' && url.protocol === 'http:' && !isLocal) {
    return failed('A page over https: cannot reach a token endpoint over http:.', 'Serve the endpoint over https:.');
  }
  if (!navigator.onLine) return failed('The browser is offline.', 'Connect it to the network.');
  if (url.origin === location.origin || !(await reach(url.origin))) {
    return failed(
      'The token endpoint cannot be reached.',
      `Look whether it runs at ${url.origin}, and whether an extension or firewall blocks it.`,
    );
  }
  const cookies =
    credentials === 'include'
      ? ' token-credentials="include" needs "Access-Control-Allow-Credentials: true" as well.'
      : '';
  return failed(
    'The token endpoint’s host is reached, but its answer may not be read by this page (CORS).',
    `${admit()} Another endpoint must answer with "Access-Control-Allow-Origin: ${origin}", and its preflight with "Access-Control-Allow-Methods: POST, OPTIONS" and "Access-Control-Allow-Headers: Content-Type".${cookies}`,
  );
}

/** Frames that are sandboxed have the origin `null`, which no endpoint should admit. */
const admit = (): string =>
  origin === 'null'
    ? 'The page has no origin: give the iframe sandbox="allow-scripts allow-same-origin".'
    : `Add ${origin} to the endpoint’s ALLOWED_ORIGINS (allowedOrigins).`;
