import { AudioFailure } from './audio-failure.js';
import { readSource, url } from './worklets/synthflow-call.worklet.ts?file';

/** Where the worklet's file is, when it is not beside the script. */
export interface WorkletLocation {
  /** The file itself; or `blob:` or `data:` alone, where the page's policy allows the text of the file and not the file. */
  readonly workletUrl?: string | undefined;
  /** URL of the folder of our files, with a slash at its end. */
  readonly assetsUrl?: string | undefined;
}

/**
 * Loads both processors into a context: from the given URL, else from the file beside the script (so that a page whose
 * `script-src` allows the script allows the worklet), else its text from `blob:`, else from `data:`.
 * @throws {AudioFailure} `audio-failed`, when every way is blocked.
 */
export async function loadWorklet(context: BaseAudioContext, location: WorkletLocation = {}): Promise<void> {
  const { workletUrl, assetsUrl } = location;
  const inFolder = assetsUrl && `${assetsUrl}synthflow-call.worklet.js`;
  const named = workletUrl ?? inFolder;
  const add = (file: string) => context.audioWorklet.addModule(file);
  // A way that the policy blocks is reported to the site, so those that it has ruled out are not tried.
  const first = named === 'blob:' ? 2 : named === 'data:' ? 3 : named ? 0 : 1;
  const read = () => readSource((first < 2 ? named : inFolder) || url);
  const ways = [
    () => add(named!),
    () => add(url),
    async () => {
      const blob = URL.createObjectURL(new Blob([await read()], { type: 'text/javascript' }));
      await add(blob).finally(() => URL.revokeObjectURL(blob));
    },
    async () => add(`data:text/javascript,${encodeURIComponent(await read())}`),
  ];
  let cause: unknown;
  for (const way of ways.slice(first)) {
    try {
      return await way();
    } catch (error) {
      cause = error;
    }
  }
  throw new AudioFailure(
    'audio-failed',
    'Serve synthflow-call.worklet.js beside the script, or set worklet-url, allowed by script-src.',
    cause,
  );
}
