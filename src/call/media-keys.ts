/** Chromium's and Safari's, not in TypeScript's library: https://w3c.github.io/mediasession/ */
interface CallMediaSession {
  metadata: MediaMetadata | null;
  setActionHandler(action: string, handler: (() => void) | null): void;
  setMicrophoneActive?(isActive: boolean): unknown;
}

/** What a headset's keys and the system's own controls show and do. */
export interface MediaKeys {
  setMuted(isMuted: boolean): void;
  /** Gives them back to the page. */
  release(): void;
}

/** Names the call to the system, and has its keys hang up and mute, where the browser lets them. */
export function takeMediaKeys(title: string, actions: Readonly<Record<'hangup' | 'togglemicrophone', () => void>>) {
  const session = (navigator as { mediaSession?: CallMediaSession }).mediaSession;
  const before = session?.metadata;
  const handle = (isOn: boolean) => {
    for (const [action, work] of Object.entries(actions)) {
      try {
        session?.setActionHandler(action, isOn ? work : null);
      } catch {
        // A browser that does not know this action.
      }
    }
  };
  const keys: MediaKeys = {
    setMuted(isMuted) {
      // In newer browsers a promise: one that is refused is no matter of the page's.
      Promise.resolve(session?.setMicrophoneActive?.(!isMuted)).catch(() => {});
    },
    release() {
      handle(false);
      keys.setMuted(true);
      if (session) session.metadata = before ?? null;
    },
  };
  handle(true);
  if (session) session.metadata = new MediaMetadata({ title });
  return keys;
}
