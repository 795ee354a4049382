import { AudioFailure } from './audio-failure.js';
import { source, url as besideScript } from './worklets/synthflow-call.worklet.ts?worklet';

/** Where the worklet's file is, when it is not beside the script. */
export interface WorkletLocation {
  /** The file itself. */
  readonly workletUrl?: string | undefined;
  /** The folder that holds `synthflow-call.worklet.js`. */
  readonly assetsUrl?: string | undefined;
}

/**
 * Loads both processors into a context: from the given URL, else from the file beside the script (so that a page whose
 * `script-src` allows the script allows the worklet), else from `blob:`, else from `data:`.
 * @throws {AudioFailure} `audio-failed`, when every way is blocked.
 */
export async function loadWorklet(context: BaseAudioContext, location: WorkletLocation = {}): Promise<void> {
  const { workletUrl, assetsUrl } = location;
  const folder = assetsUrl && new URL(assetsUrl.replace(/\/?$/, '/'), document.baseURI);
  const file = workletUrl ?? (folder ? new URL('synthflow-call.worklet.js', folder).href : besideScript);
  const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  let failure: unknown;
  try {
    for (const url of [file, blob, `data:text/javascript,${encodeURIComponent(source)}`]) {
      try {
        return await context.audioWorklet.addModule(url);
      } catch (cause) {
        failure = cause;
      }
    }
  } finally {
    URL.revokeObjectURL(blob);
  }
  throw new AudioFailure(
    'audio-failed',
    'Serve synthflow-call.worklet.js beside the script (or set worklet-url) and allow it in script-src of the Content-Security-Policy.',
    failure,
  );
}
