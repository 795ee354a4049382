import { loadWorklet } from '../../audio/load-worklet.js';
import { url as workletFile } from '../../audio/worklets/synthflow-call.worklet.ts?file';
import { hostFile, type loadHost } from '../call-thread.js';
import { importFile } from '../import-file.js';
import type { startCallWorker } from '../start-worker.js';
import { hasAudioWorklet } from './check-page.js';
import type { DiagnoseOptions, Finding } from './diagnosis.js';
import { watchPolicy, within } from './watch-policy.js';

const probeLimitMs = 8000;

/** Loads the worklet as a call does, into a context that makes no sound. */
export async function checkWorklet(options: DiagnoseOptions): Promise<Finding> {
  if (!hasAudioWorklet()) {
    return { status: 'unknown', code: 'audio-failed', message: 'There is no AudioWorklet to load it into.' };
  }
  const { value: isLoaded } = await watchPolicy(probeLimitMs, /^script-src/, async () => {
    await loadWorklet(new OfflineAudioContext(1, 128, 48_000), options);
    return true;
  });
  if (isLoaded) return { status: 'ok', message: 'The worklet is loaded.' };
  const { workletUrl, assetsUrl } = options;
  const inFolder = assetsUrl && `${assetsUrl}synthflow-call.worklet.js`;
  const named = schemeOf(options) ? inFolder : workletUrl || inFolder;
  return explainFile('synthflow-call.worklet.js', named || workletFile, options);
}

/** Loads what the socket needs on the page's own thread, as a call does where no Worker starts. */
export async function checkHostFile(options: DiagnoseOptions, load: typeof loadHost): Promise<Finding> {
  const { value: host } = await watchPolicy(probeLimitMs, /^script-src/, () => load(options));
  if (host) return { status: 'ok', message: 'What the websocket needs on the page’s own thread is loaded.' };
  return explainFile('synthflow-call.host.js', hostFile(options), options);
}

/** What the page's policy allows in place of our files, where the element was told so. */
const schemeOf = ({ workletUrl }: DiagnoseOptions): string | undefined => /^(blob|data):$/.exec(workletUrl ?? '')?.[0];

/** How a policy names the origin of a file. */
const sourceOf = ({ origin }: URL): string => (origin === location.origin ? "'self'" : origin);

/**
 * Why a file without which there is no call does not run. Chromium does not tell when the policy blocks a worklet. So the
 * file is read: where it is all right, the policy is not.
 */
async function explainFile(name: string, url: string, options: DiagnoseOptions): Promise<Finding> {
  const explain = (message: string, advice: string): Finding => ({
    status: 'failed',
    code: 'audio-failed',
    message,
    advice,
  });
  const file = new URL(url, document.baseURI);
  const scheme = schemeOf(options);
  const add = (directive: string) => `"Content-Security-Policy: ${directive}"`;
  const allow = add(`script-src ${scheme ?? sourceOf(file)}`);
  const serve = `Serve ${name} beside the script, or set assets-url${/worklet/.test(name) ? ' or worklet-url' : ''} to where it is.`;
  const { value: response, directives } = await watchPolicy(probeLimitMs, /^connect-src/, () =>
    fetch(file, { signal: AbortSignal.timeout(probeLimitMs) }),
  );
  await response?.body?.cancel();
  if (directives.length) {
    return scheme
      ? explain(
          `worklet-url="${scheme}" needs the text of ${name}, which the Content-Security-Policy does not let it read (connect-src).`,
          `Add to the header: ${add(`connect-src ${sourceOf(file)}`)}.`,
        )
      : explain(
          `${name} cannot be loaded, and the Content-Security-Policy lets nobody look why (connect-src).`,
          `Allow it in the header: ${allow}. ${serve}`,
        );
  }
  if (!response?.ok)
    return explain(`${name} is not there${response ? `: the server answered ${response.status}` : ''}.`, serve);
  if (scheme) {
    return explain(
      `worklet-url="${scheme}" is set, but the Content-Security-Policy keeps what begins with ${scheme} from running (script-src).`,
      `Add to the header: ${allow}; or leave worklet-url out and add ${add(`script-src ${sourceOf(file)}`)}.`,
    );
  }
  if (!/\b(java|ecma)script\b/.test(response.headers.get('Content-Type') ?? '')) {
    return explain(`${name} is not served as a script.`, 'Send it with the header "Content-Type: text/javascript".');
  }
  return explain(
    `${name} is there, but the Content-Security-Policy keeps it from running (script-src).`,
    `Add to the header: ${allow}. blob: in worker-src does not help.`,
  );
}

const never = (): Promise<never> => Promise.reject(new Error());

/** What keeps the element from the page's language. */
export async function checkLanguage(options: DiagnoseOptions): Promise<Finding | undefined> {
  const { language, assetsUrl } = options;
  if (!language) return undefined;
  const name = `locales/${language}.js`;
  const file = new URL(name, assetsUrl ?? workletFile);
  const folder = new URL('../', file).href;
  // Under another name: browsers keep that a file has failed.
  const again = () => importFile(`${name}?${Date.now()}`, { ...options, assetsUrl: folder }, never);
  const { value: words, directives } = await watchPolicy(probeLimitMs, /^(script|connect)-src/, again);
  // It was still on its way.
  if (words) return { status: 'ok', message: `${name} is loaded.` };
  const [directive] = directives;
  if (!directive) {
    return {
      status: 'warning',
      message: `${name} is not there: the element speaks English.`,
      advice: 'Serve the folder locales beside the script, or set assets-url. Else set lang="en".',
    };
  }
  const source = directive.startsWith('connect')
    ? `connect-src ${sourceOf(file)}`
    : `script-src ${schemeOf(options) ?? file.href}`;
  return {
    status: 'warning',
    message: `The Content-Security-Policy blocks ${name} (${directive}): the element speaks English.`,
    advice: `Add to the header: "Content-Security-Policy: ${source}". Else set lang="en".`,
  };
}

/**
 * Starts the socket's Worker, and ends it.
 * @param start - The script's own way: a page that lists its Trusted Types policies lets the script's be made once.
 */
export async function checkWorker(
  { noWorker, assetsUrl }: DiagnoseOptions,
  start: typeof startCallWorker,
): Promise<Finding> {
  if (noWorker) return { status: 'ok', message: 'no-worker is set: the websocket runs on the page’s own thread.' };
  const { value: worker, directives } = await watchPolicy(probeLimitMs, /^(script|worker)-src|^require-trusted/, () =>
    start(assetsUrl),
  );
  worker?.terminate();
  if (worker) return { status: 'ok', message: 'The worker starts.' };
  const [directive] = directives;
  return {
    status: 'warning',
    ...(directive
      ? {
          message: `The Content-Security-Policy blocks synthflow-call.worker.js (${directive}): a busy page will hold up the sound.`,
          advice:
            'Serve the file from the page’s origin and send "Content-Security-Policy: worker-src \'self\'". From another origin: "worker-src blob:", and that origin in script-src. Else set no-worker.',
        }
      : {
          message: 'synthflow-call.worker.js does not start: a busy page will hold up the sound.',
          advice: 'Serve it beside the script as Content-Type: text/javascript, or set assets-url. Else set no-worker.',
        }),
  };
}

/** What the tag draws itself with is no inline style, so that `style-src` has no say in it. */
export function checkStyles(element: Element | undefined): Finding | undefined {
  const root = element?.shadowRoot;
  if (!root) return undefined;
  return root.adoptedStyleSheets?.length
    ? { status: 'ok', message: 'The element has its style, which needs nothing in style-src.' }
    : {
        status: 'failed',
        code: 'unsupported-browser',
        message: 'The element has no style.',
        advice: 'Use a browser with constructable style sheets: Chrome, Edge, Firefox 101, Safari 16.4 or newer.',
      };
}

/** Where sessions of the widget websocket are, unless somebody says otherwise. */
const usualSocketOrigin = 'wss://widget.synthflow.ai';

/** The agent's websocket, of whose URL nothing but the origin is kept. */
export function socketOriginOf({ socketOrigin, sessionUrl }: DiagnoseOptions): string | undefined {
  try {
    const { origin, protocol } = new URL(socketOrigin || sessionUrl || usualSocketOrigin);
    return /^wss?:$/.test(protocol) ? origin : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Asks the policy for a socket, which it decides inside the constructor. The socket is closed at once; what of its handshake
 * still reaches the host names no session.
 */
export async function checkSocketPolicy(origin: string | undefined): Promise<Finding> {
  if (!origin) {
    return {
      status: 'failed',
      code: 'session-url-rejected',
      message: 'socketOrigin or session-url is not an absolute wss: URL.',
      advice: 'Give it as wss://host.',
    };
  }
  let isMade = false;
  const { directives } = await watchPolicy(probeLimitMs, /^connect-src/, async () => {
    const socket = new WebSocket(`${origin}/`);
    isMade = true;
    const listening = new AbortController();
    const decided = new Promise((resolve) => {
      socket.onclose = socket.onerror = resolve;
      // Chromium never says of a socket that the policy forbids that it is closed.
      document.addEventListener('securitypolicyviolation', resolve, { signal: listening.signal });
    });
    socket.close();
    await decided;
    listening.abort();
  });
  if (directives.length) {
    return {
      status: 'failed',
      code: 'connection-failed',
      message: `The Content-Security-Policy blocks the websocket (${directives.join(', ')}).`,
      advice: `Add to the header: "Content-Security-Policy: connect-src ${origin}"; wss://*.synthflow.ai is every host of Synthflow’s.`,
    };
  }
  if (isMade) return { status: 'ok', message: `The page’s policy allows a websocket to ${origin}.` };
  return {
    status: 'failed',
    code: 'connection-failed',
    message: `The browser makes no websocket to ${origin}.`,
    advice: 'From a page over https: only wss: can be reached.',
  };
}

/** Whether the agent's host answers at all. Its answer is of no interest, and unreadable. */
export async function checkSocketHost(origin: string | undefined): Promise<Finding | undefined> {
  if (!origin) return undefined;
  const { value, isLate, directives } = await watchPolicy(probeLimitMs, /^connect-src/, () =>
    reach(origin.replace(/^ws/, 'http')),
  );
  if (value) return { status: 'ok', message: `${origin} can be reached.` };
  if (directives.length)
    return {
      status: 'unknown',
      code: 'connection-failed',
      message: `Whether ${origin} can be reached is not known: the policy allows it nothing but a websocket.`,
      advice: 'Open the host in a tab of its own to see whether it answers.',
    };
  return {
    status: 'failed',
    code: isLate ? 'connection-timeout' : 'connection-failed',
    message: navigator.onLine ? `${origin} cannot be reached.` : 'The browser is offline.',
    advice: `Look whether a firewall, proxy or extension blocks ${origin}.`,
  };
}

/** Asks an origin for nothing. Resolves to true where it answers, whatever it says. */
export async function reach(origin: string): Promise<boolean> {
  const init: RequestInit = { mode: 'no-cors', method: 'HEAD', credentials: 'omit', cache: 'no-store' };
  const { value } = await within(5000, () =>
    fetch(`${origin}/`, { ...init, signal: AbortSignal.timeout(5000) }).then(() => true),
  );
  return value ?? false;
}
