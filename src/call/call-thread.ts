import type { Side } from './draw-levels.js';
import { importText, type FileLocation } from './import-file.js';
import type { BindCommand, LinkCommand, SocketCommand, SocketReport, SocketStats } from '../protocol/socket-host.js';
import { startCallWorker } from './start-worker.js';
import type { DrawCommand, WorkerCommand } from './synthflow-call.worker.js';
import { url } from './synthflow-call.worker.ts?file';

/** Where a call's socket may run. */
export interface ThreadOptions extends FileLocation {
  /** Keeps it on this thread. Default false. */
  readonly noWorker?: boolean | undefined;
}

/** The call's end of a socket. */
export interface Socket {
  /** Binds the open socket to a call. */
  bind(sid: string): void;
  /** Goes on with other ends of the sound: both ports are transferred, and what they replace is closed. */
  link(ports: LinkCommand): void;
  /**
   * Ends it: at once, but for a call that exists and whose socket is still to open, which is waited for some seconds.
   * Nothing is reported afterwards. Idempotent.
   * @param sid - The call that it was or was to be bound to, so that it ends as well.
   * @returns The last figures, where they are known here.
   */
  close(sid?: string): SocketStats | undefined;
}

/**
 * What one socket runs in: a Worker of its own, so that a busy page holds up no sound; where none may start (the page's
 * policy, a missing file, `noWorker`), this thread. The Worker begins to start at once. Levels are drawn in a second one, so
 * that the page makes no frame for them: Chromium stops a Worker at its first stroke until the page's thread has time.
 */
export class CallThread {
  /** Resolves when it is known where the socket will run; to false where nowhere, since a file is missing. Never rejects. */
  readonly ready: Promise<boolean>;
  #worker: Worker | undefined;
  /** Where levels are drawn, once there are some. */
  #painter: Promise<Worker> | undefined;
  #options: ThreadOptions;
  /** What a Worker has inside, for where there is none: most pages never load it. */
  #host: Awaited<ReturnType<typeof loadHost>> | undefined;
  #isStopped = false;

  constructor(options: ThreadOptions = {}) {
    this.#options = options;
    this.ready = this.#start().then(
      () => true,
      () => false,
    );
  }

  /**
   * Opens the session URL. Once, after {@link ready}. Both ports are transferred and must be live: chunks are expected at
   * once. Where there is somewhere it never throws: what fails is reported as `failed` or `closed`.
   */
  open(command: SocketCommand, onReport: (report: SocketReport) => void): Socket {
    const { port1: near, port2: far } = new MessageChannel();
    const end = this.#worker
      ? hostInWorker(this.#worker, far, command, onReport)
      : this.#host!.hostSocket(far, command);
    near.onmessage = ({ data }: MessageEvent<SocketReport>) => onReport(data);
    return {
      bind: (sid) => near.postMessage({ sid } satisfies BindCommand),
      link: (ports) => near.postMessage(ports, [ports.uplink, ports.downlink]),
      close: (sid) => {
        // Its other end closes both. Firefox delivers what has come to a port even when this end is closed.
        near.onmessage = null;
        this.#tellPainter((worker) => worker.terminate());
        return end(sid)?.stats;
      },
    };
  }

  /**
   * Draws how loud both sides are. A canvas is transferred: directly, since WebKit may lose one that a port brings.
   * @param levels - Where that comes from, from now on; transferred.
   */
  draw(sides: readonly Side[], levels?: MessagePort): void {
    if (this.#host) return this.#host.drawLevels(sides, levels);
    this.#painter ??= startCallWorker(this.#options.assetsUrl);
    const transfer = [levels, ...sides.map(({ canvas }) => canvas)].filter((one) => !!one);
    this.#tellPainter((worker) => worker.postMessage({ sides, levels } satisfies DrawCommand, transfer));
  }

  /** Where it does not start, nothing is drawn. The call goes on. */
  #tellPainter(tell: (worker: Worker) => void): void {
    this.#painter?.then(tell).catch(() => {});
  }

  /** Gives up a thread in which no socket was opened. */
  stop(): void {
    this.#isStopped = true;
    this.#worker?.terminate();
  }

  async #start(): Promise<void> {
    const { assetsUrl, noWorker } = this.#options;
    this.#worker = noWorker ? undefined : await startCallWorker(assetsUrl).catch(() => undefined);
    if (this.#isStopped) return this.stop();
    if (!this.#worker) this.#host = await hostOnce(this.#options);
  }
}

let host: ReturnType<typeof loadHost> | undefined;

/** Loads it once for all calls; where that has failed, again. */
function hostOnce(options: ThreadOptions): ReturnType<typeof loadHost> {
  host ??= loadHost(options).catch((error: unknown) => {
    host = undefined;
    throw error;
  });
  return host;
}

/** Where its file is: with the worklet's, where that alone is named. */
export function hostFile({ assetsUrl, workletUrl }: FileLocation): string {
  const beside = /^(blob:|data:)?$/.test(workletUrl ?? '') ? url : new URL(workletUrl!, location.href);
  return new URL('synthflow-call.host.js', assetsUrl ?? beside).href;
}

/** Loads what a socket needs on this thread. */
export async function loadHost(options: FileLocation): Promise<typeof import('./host.js')> {
  const named = hostFile(options);
  const { workletUrl } = options;
  const load = (file: string): ReturnType<typeof loadHost> => import(/* @vite-ignore */ /* webpackIgnore: true */ file);
  // As with the worklet: what the page's policy has ruled out is not tried. The second has another name, since browsers keep
  // that a file has failed.
  const ways: readonly (() => ReturnType<typeof loadHost>)[] = [
    () => (named === hostFile({}) ? import('./host.js') : load(named)),
    () => load(`${named}?${Date.now()}`),
    () => importText(named, 'blob:'),
    () => importText(named, 'data:'),
  ];
  let cause: unknown;
  for (const way of ways.slice(workletUrl === 'blob:' ? 2 : workletUrl === 'data:' ? 3 : 0)) {
    try {
      return await way();
    } catch (error) {
      cause = error;
    }
  }
  throw cause;
}

/** Hosts a socket in a Worker. The answer ends both; the Worker stays until the connection is closed. */
function hostInWorker(
  worker: Worker,
  port: MessagePort,
  command: SocketCommand,
  onReport: (report: SocketReport) => void,
) {
  let isOver = false;
  const stop = () => {
    isOver = true;
    worker.terminate();
    document.removeEventListener('freeze', stop);
  };
  worker.onmessage = stop;
  // None of our code there throws. If it does, the call must not go on without a socket.
  worker.onerror = () => {
    stop();
    onReport({ type: 'closed', closeCode: 1006, hungUp: false });
  };
  worker.postMessage({ port, command } satisfies WorkerCommand, [port, command.uplink, command.downlink]);
  return (sid?: string): undefined => {
    worker.postMessage({ sid } satisfies WorkerCommand);
    // Chromium keeps a page that is left as it is, and its Worker, which may not have taken yet that it is to end: the socket
    // would stay open, and the agent would not be told. Where this comes first, the agent hears of a lost connection.
    if (!isOver) document.addEventListener('freeze', stop);
  };
}
