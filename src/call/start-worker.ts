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
 * Starts the Worker that a call's socket runs in. Rejects where none may start, or none does in time.
 * @param assetsUrl - URL of the folder of our files, with a slash at its end, when it is not the script's own.
 */
export function startCallWorker(assetsUrl: string | undefined): Promise<Worker> {
  const file = new URL(assetsUrl ? `${assetsUrl}synthflow-call.worker.js` : url, location.href);
  // A worker's file must be of the page's origin. One that is not may still be read by a worker that is.
  // It inherits the page's policies.
  const source = `let u=${JSON.stringify(file)};try{u=(${String(createPolicy)})().createScriptURL(u)}catch{}importScripts(u)`;
  const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  // Firefox would tell the console of another origin's.
  return (file.origin === origin ? startWorker(file.href) : Promise.reject())
    .catch(() => startWorker(blob))
    .finally(() => URL.revokeObjectURL(blob));
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

/** Starts a Worker; rejects where it cannot, or does not in time. */
function startWorker(file: string): Promise<Worker> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(trust(file));
    const giveUp = (event?: Event) => {
      event?.preventDefault();
      clearTimeout(timer);
      worker.terminate();
      reject();
    };
    const timer = setTimeout(giveUp, startTimeoutMs);
    worker.onerror = giveUp;
    worker.onmessage = () => {
      clearTimeout(timer);
      resolve(worker);
    };
  });
}
