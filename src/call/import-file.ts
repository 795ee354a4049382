import { url } from './synthflow-call.worker.ts?file';

/** Where our files are, when they are not beside the script. */
export interface FileLocation {
  /** URL of their folder, with a slash at its end. */
  readonly assetsUrl?: string | undefined;
  /** `blob:` or `data:`: what the page's policy allows of scripts beside ours. What else it may be is the worklet's matter. */
  readonly workletUrl?: string | undefined;
}

const type = 'text/javascript';

/**
 * Imports a file of ours that is loaded at need.
 * @param beside - Imports the one beside the script, in words by which bundlers find it.
 */
export function importFile<T>(
  name: string,
  { assetsUrl, workletUrl }: FileLocation,
  beside: () => Promise<unknown>,
): Promise<T> {
  // What the policy has ruled out is not tried: the browser would report it to the site.
  if (workletUrl === 'blob:' || workletUrl === 'data:') {
    return importText(new URL(name, assetsUrl ?? url).href, workletUrl);
  }
  return (assetsUrl ? import(/* @vite-ignore */ /* webpackIgnore: true */ assetsUrl + name) : beside()) as Promise<T>;
}

/** Imports a file's text by another URL: where the page's policy allows `blob:` or `data:`, and not the file. */
export async function importText<T>(file: string, scheme: 'blob:' | 'data:'): Promise<T> {
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const text = await answer.text();
  const copy =
    scheme === 'blob:' ? URL.createObjectURL(new Blob([text], { type })) : `data:${type},${encodeURIComponent(text)}`;
  return (import(/* @vite-ignore */ /* webpackIgnore: true */ copy) as Promise<T>).finally(() =>
    URL.revokeObjectURL(copy),
  );
}
