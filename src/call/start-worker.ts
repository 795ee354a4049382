import { url } from './synthflow-call.worker.ts?file';

/** Not in every browser yet. https://w3c.github.io/trusted-types/ */
declare const trustedTypes: {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ReturnType<typeof createPolicy>;
};

/** What a page with `require-trusted-types-for 'script'` starts a Worker by. Its text goes into a worker, too. */
const createPolicy = (): { createScriptURL(url: string): string } =>
  trustedTypes.createPolicy('synthflow-call', { createScriptURL: (url) => url });

/** Made once: a page that lists its policies takes each name one time. */
let policy: ReturnType<typeof createPolicy> | undefined;

/** How long a worker may take to start before the call does without. */
const startTimeoutMs = 2000;

/**
 * Starts the Worker that a call's socket runs in; undefined where none may start, or none does in time.
 * @param assetsUrl - URL of the folder of our files, with a slash at its end, when it is not the script's own.
 */
export async function startCallWorker(assetsUrl: string | undefined): Promise<Worker | undefined> {
  const file = assetsUrl ? `${assetsUrl}synthflow-call.worker.js` : url;
  const absolute = JSON.stringify(new URL(file, location.href).href);
  // A worker's file must be of the page's origin. One that is not may still be read by a worker that is.
  // It inherits the page's policies.
  const source = `let url=${absolute};try{url=(${String(createPolicy)})().createScriptURL(url)}catch{}importScripts(url)`;
  const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = (await startWorker(file)) ?? (await startWorker(blob));
  URL.revokeObjectURL(blob);
  return worker;
}

/** The URL as the page wants it; as it is where the browser or the page has no such policies. */
function trust(url: string): string {
  try {
    policy ??= createPolicy();
    return policy.createScriptURL(url);
  } catch {
    return url;
  }
}

/** Starts a Worker; undefined where it cannot, or does not in time. */
function startWorker(file: string): Promise<Worker | undefined> {
  return new Promise((resolve) => {
    try {
      const worker = new Worker(trust(file));
      const settle = (isStarted: boolean) => {
        clearTimeout(timer);
        if (!isStarted) worker.terminate();
        resolve(isStarted ? worker : undefined);
      };
      const timer = setTimeout(settle, startTimeoutMs, false);
      worker.onmessage = () => settle(true);
      worker.onerror = (event) => {
        event.preventDefault();
        settle(false);
      };
    } catch {
      // Another origin, or a policy that will have no Worker from there.
      resolve(undefined);
    }
  });
}
