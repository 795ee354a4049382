import { AudioFailure } from './audio-failure.js';
import { readSource, url } from './worklets/synthflow-call.worklet.ts?file';

/** Where the worklet's file is, when it is not beside the script. */
export interface WorkletLocation {
  /** The file itself. */
  readonly workletUrl?: string | undefined;
  /** The folder that holds `synthflow-call.worklet.js`. */
  readonly assetsUrl?: string | undefined;
}

/**
 * Loads both processors into a context: from the given URL, else from the file beside the script (so that a page whose
 * `script-src` allows the script allows the worklet), else its text from `blob:`, else from `data:`.
 * @throws {AudioFailure} `audio-failed`, when every way is blocked.
 */
export async function loadWorklet(context: BaseAudioContext, location: WorkletLocation = {}): Promise<void> {
  const { workletUrl, assetsUrl } = location;
  const named = workletUrl ?? (assetsUrl && `${assetsUrl.replace(/\/$/, '')}/synthflow-call.worklet.js`);
  const { audioWorklet } = context;
  try {
    const beside = () => audioWorklet.addModule(url);
    await (named ? audioWorklet.addModule(named).catch(beside) : beside()).catch(() =>
      addSource(audioWorklet, named || url),
    );
  } catch (cause) {
    throw new AudioFailure(
      'audio-failed',
      'Serve synthflow-call.worklet.js beside the script, or set worklet-url, and allow it in script-src of the Content-Security-Policy.',
      cause,
    );
  }
}

async function addSource(audioWorklet: AudioWorklet, file: string): Promise<void> {
  const source = await readSource(file);
  const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  await audioWorklet
    .addModule(blob)
    .catch(() => audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(source)}`))
    .finally(() => URL.revokeObjectURL(blob));
}
