import { url } from './synthflow-call.worker.ts?file';

/** How long a worker may take to start before the call does without. */
const startTimeoutMs = 2000;

/**
 * Starts the Worker that a socket runs in; undefined where none may start, or none does in time.
 * @param assetsUrl - The folder that holds `synthflow-call.worker.js`, when it is not the script's own.
 */
export async function startSocketWorker(assetsUrl: string | undefined): Promise<Worker | undefined> {
  const file = assetsUrl ? `${assetsUrl.replace(/\/$/, '')}/synthflow-call.worker.js` : url;
  const absolute = JSON.stringify(new URL(file, location.href).href);
  // A worker's file must be of the page's origin. One that is not may still be read by a worker that is.
  const blob = URL.createObjectURL(new Blob([`importScripts(${absolute})`], { type: 'text/javascript' }));
  const worker = (await startWorker(file)) ?? (await startWorker(blob));
  URL.revokeObjectURL(blob);
  return worker;
}

/** Starts a Worker; undefined where it cannot, or does not in time. */
function startWorker(file: string): Promise<Worker | undefined> {
  return new Promise((resolve) => {
    try {
      const worker = new Worker(file);
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
