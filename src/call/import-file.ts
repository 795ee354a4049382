import { importText, type FileLocation } from '../protocol/import-file.js';
import { url } from '../protocol/synthflow-call.worker.ts?file';

export type { FileLocation } from '../protocol/import-file.js';

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
