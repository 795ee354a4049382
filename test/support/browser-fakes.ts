import { Inbox } from './inbox.js';
import { onTestEnd, replace } from './replace.js';

type Constraints = MediaStreamConstraints | undefined;

/** Writes down what the fake microphone is asked and what it gives. */
export function watchMicrophone(): { readonly requests: Constraints[]; readonly streams: MediaStream[] } {
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  const requests: Constraints[] = [];
  const streams: MediaStream[] = [];
  replace(mediaDevices, 'getUserMedia', async (constraints: Constraints) => {
    requests.push(constraints);
    const stream = await getUserMedia(constraints);
    streams.push(stream);
    return stream;
  });
  return { requests, streams };
}

/** A visitor who thinks before answering the browser's question. Each answer is for the oldest question. */
export function holdMicrophone() {
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  const questions: { resolve: (stream: MediaStream) => void; reject: (error: DOMException) => void }[] = [];
  replace(
    mediaDevices,
    'getUserMedia',
    () => new Promise<MediaStream>((resolve, reject) => questions.push({ resolve, reject })),
  );
  return {
    get asked() {
      return questions.length;
    },
    async grant(): Promise<MediaStream> {
      const stream = await getUserMedia({ audio: true });
      questions.shift()!.resolve(stream);
      return stream;
    },
    deny(name = 'NotAllowedError'): void {
      questions.shift()!.reject(new DOMException('', name));
    },
  };
}

/**
 * Writes down every AudioContext that is to sound. (Where devices have changed, and in WebKit at every grant, one is asked for
 * its rate, and does not.)
 */
export function watchContexts(): AudioContext[] {
  const contexts: AudioContext[] = [];
  replace(
    globalThis,
    'AudioContext',
    class extends AudioContext {
      override resume(): Promise<void> {
        if (!contexts.includes(this)) contexts.push(this);
        return super.resume();
      }
    },
  );
  return contexts;
}

/** iOS's audio session: writes down every type that it is given. */
export function fakeAudioSession(): string[] {
  const types: string[] = [];
  replace(navigator, 'audioSession', {
    set type(type: string) {
      types.push(type);
    },
  });
  return types;
}

/** Timeouts that have been set and neither cleared nor fired. */
export function watchTimeouts(): ReadonlySet<number> {
  const { setTimeout, clearTimeout } = globalThis;
  const timeouts = new Set<number>();
  replace(globalThis, 'setTimeout', (work: () => void, ms?: number) => {
    const id = setTimeout(() => {
      timeouts.delete(id);
      work();
    }, ms) as unknown as number;
    timeouts.add(id);
    return id;
  });
  replace(globalThis, 'clearTimeout', (id: number) => {
    timeouts.delete(id);
    clearTimeout(id);
  });
  return timeouts;
}

/** A browser that lets no sound start until `isOpen`, as without a tap: resume() waits. Counts what is asked. */
export function holdResume(): { isOpen: boolean; asked: number } {
  const gate = { isOpen: false, asked: 0 };
  const { resume } = AudioContext.prototype;
  replace(AudioContext.prototype, 'resume', function (this: AudioContext) {
    gate.asked += 1;
    return gate.isOpen ? resume.call(this) : new Promise<void>(() => {});
  });
  return gate;
}

/** Loudspeakers that a page may choose in Chromium, by id. Writes down every choice. */
export function fakeSinks(...ids: string[]): Inbox<string> {
  const used = new Inbox<string>();
  replace(AudioContext.prototype, 'setSinkId', async (id: string) => {
    used.push(id);
    if (id && !ids.includes(id)) throw new DOMException('', 'NotFoundError');
  });
  return used;
}

/** Keeps the console quiet and writes down what was to be said. */
export function watchConsole(): { readonly method: string; readonly words: unknown[] }[] {
  const said: { method: string; words: unknown[] }[] = [];
  for (const method of ['debug', 'log', 'info', 'warn', 'error'] as const) {
    replace(console, method, (...words: unknown[]) => void said.push({ method, words }));
  }
  return said;
}

/** A screen that can be kept on: how many hold it, and what asks. As in browsers, hiding the page lets it go. */
export function fakeWakeLock() {
  const screen = {
    asked: 0,
    held: 0,
    /** Requests are refused, as in an iframe without the permission. */
    isRefused: false,
    visibility: 'visible' as DocumentVisibilityState,
    /** Shows or hides the page. */
    show(isVisible: boolean): void {
      screen.visibility = isVisible ? 'visible' : 'hidden';
      if (!isVisible) screen.held = 0;
      document.dispatchEvent(new Event('visibilitychange'));
    },
  };
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => screen.visibility === 'hidden' });
  onTestEnd(() => Reflect.deleteProperty(document, 'hidden'));
  replace(navigator, 'wakeLock', {
    async request() {
      screen.asked += 1;
      if (screen.isRefused || screen.visibility === 'hidden') throw new DOMException('', 'NotAllowedError');
      screen.held += 1;
      let isHeld = true;
      return {
        async release() {
          if (isHeld && screen.held > 0) screen.held -= 1;
          isHeld = false;
        },
      };
    },
  });
  return screen;
}

/** The system's media keys, of a browser that knows only the given actions. */
export function fakeMediaSession(...known: string[]) {
  const before = new MediaMetadata({ title: 'A song' });
  const session = {
    before,
    metadata: before as MediaMetadata | null,
    handlers: new Map<string, () => void>(),
    microphones: [] as boolean[],
    setActionHandler(action: string, handler: (() => void) | null): void {
      if (!known.includes(action)) throw new TypeError(`${action} is not known`);
      if (handler) session.handlers.set(action, handler);
      else session.handlers.delete(action);
    },
    setMicrophoneActive: (isActive: boolean) => void session.microphones.push(isActive),
  };
  return replace(navigator, 'mediaSession', session);
}
