import { Inbox } from './inbox.js';
import { replace } from './replace.js';

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

/** Writes down every AudioContext that is made. */
export function watchContexts(): AudioContext[] {
  const contexts: AudioContext[] = [];
  replace(
    globalThis,
    'AudioContext',
    class extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        contexts.push(this);
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
