import { AudioFailure } from './audio-failure.js';

/** Which microphone, and how its sound is cleaned by the browser. */
export interface MicrophoneOptions {
  /** Its device id; another one is taken where it is not there. Default: the system's choice. */
  readonly microphoneId?: string | null | undefined;
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly autoGainControl: boolean;
}

/** iOS's audio session, where there is one. https://w3c.github.io/audio-session/ */
interface AudioSessionNavigator {
  audioSession?: { type: string };
}

/**
 * Asks for the microphone. Call it inside the click, before the first `await`.
 * @throws {AudioFailure} a `microphone-…` code.
 */
export async function openMicrophone({ microphoneId, ...cleaning }: MicrophoneOptions): Promise<MediaStream> {
  // iOS: else the ringer switch mutes the agent (webkit.org/b/237322) and the microphone lowers it (webkit.org/b/236219).
  setAudioSession('play-and-record');
  try {
    // Not `exact`: an id that a page has kept may be of a device that is gone.
    return await navigator.mediaDevices.getUserMedia({
      audio: { ...cleaning, ...(microphoneId && { deviceId: microphoneId }), channelCount: 1 },
    });
  } catch (cause) {
    throw new AudioFailure(failureCode(cause), '', cause);
  }
}

/** Lets the microphone go, and gives the device back to the page's other sounds. */
export function closeMicrophone(stream: MediaStream | undefined): void {
  stopTracks(stream);
  setAudioSession('auto');
}

/** Lets a microphone go that came too late: another call may have the device's sound by now. */
export function stopTracks(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
}

function setAudioSession(type: 'auto' | 'play-and-record'): void {
  const { audioSession } = navigator as AudioSessionNavigator;
  if (audioSession) audioSession.type = type;
}

/** Chromium's name for the page's own permissions policy; the other browsers do not tell. */
interface PolicyDocument {
  featurePolicy?: { allowsFeature(feature: string): boolean };
}

function failureCode(cause: unknown) {
  switch ((cause as DOMException).name) {
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'microphone-not-found';
    case 'NotReadableError':
    case 'AbortError':
      return 'microphone-in-use';
    default:
      return (document as PolicyDocument).featurePolicy?.allowsFeature('microphone') === false
        ? 'microphone-blocked-by-policy'
        : 'microphone-denied';
  }
}
