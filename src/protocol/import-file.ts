/** Where our files are, when they are not beside the script. */
export interface FileLocation {
  /** URL of their folder, with a slash at its end. */
  readonly assetsUrl?: string | undefined;
  /** `blob:` or `data:`: what the page's policy allows of scripts beside ours. What else it may be is the worklet's matter. */
  readonly workletUrl?: string | undefined;
}

const type = 'text/javascript';

/** Imports a file's text by another URL: where the page's policy allows `blob:` or `data:`, and not the file. */
export async function importText<T>(file: string, scheme: 'blob:' | 'data:'): Promise<T> {
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const text = await answer.text();
  const url =
    scheme === 'blob:' ? URL.createObjectURL(new Blob([text], { type })) : `data:${type},${encodeURIComponent(text)}`;
  return (import(/* @vite-ignore */ /* webpackIgnore: true */ url) as Promise<T>).finally(() =>
    URL.revokeObjectURL(url),
  );
}
