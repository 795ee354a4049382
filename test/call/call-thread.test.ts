import { expect } from '@open-wc/testing';
import type { SocketReport } from '../../src/protocol/socket-host.js';
import { CallThread } from '../../src/call/call-thread.js';
import { Inbox, nextTask } from '../support/inbox.js';
import { barOf } from '../support/levels.js';
import { plainPcm } from '../support/wire-choices.js';
import { ManualClock } from '../support/manual-clock.js';
import { onTestEnd, remove, replace } from '../support/replace.js';

const RealWorker = globalThis.Worker;
const beside = new URL('../../src/call/synthflow-call.worker.js', import.meta.url).href;

/** Puts a Worker in the page's that writes down what is made and ended; `refuse` says which files it will not start. */
function watchWorkers(refuse: (url: URL) => 'throw' | 'error' | 'silence' | false = () => false) {
  const made: { url: URL; isTerminated: boolean; worker: Worker }[] = [];
  replace(
    globalThis,
    'Worker',
    class extends RealWorker {
      #record;
      constructor(file: string) {
        const url = new URL(file, document.baseURI);
        const how = refuse(url);
        if (how === 'throw') throw new DOMException(`refused ${file}`, 'SecurityError');
        super(how === 'error' ? 'data:text/javascript,throw 1' : how === 'silence' ? 'data:text/javascript,' : file);
        this.#record = { url, isTerminated: false, worker: this as Worker };
        made.push(this.#record);
      }
      override terminate(): void {
        this.#record.isTerminated = true;
        super.terminate();
      }
    },
  );
  onTestEnd(() => {
    for (const { worker } of made) worker.terminate();
  });
  return made;
}

/** Opens a socket, by default one that is refused, and tells what is reported of it. */
function open(thread: CallThread, url = 'ws://localhost:1/') {
  const [up, down] = [new MessageChannel(), new MessageChannel()];
  const reports = new Inbox<SocketReport>();
  const command = { url, ...plainPcm, uplink: up.port2, downlink: down.port2 };
  return { socket: thread.open(command, reports.push), reports };
}

/** Who listens for a freeze of the page from now on. */
function watchListeners(): ReadonlySet<unknown> {
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = document;
  replace(document, 'addEventListener', (type: string, listener: () => void) => {
    if (type === 'freeze') listeners.add(listener);
    addEventListener.call(document, type, listener);
  });
  replace(document, 'removeEventListener', (type: string, listener: () => void) => {
    if (type === 'freeze') listeners.delete(listener);
    removeEventListener.call(document, type, listener);
  });
  return listeners;
}

const terminated = async (made: { isTerminated: boolean }[]): Promise<void> => {
  while (!made.every(({ isTerminated }) => isTerminated)) await new Promise(requestAnimationFrame);
};

describe('the thread of a socket', () => {
  it('is a Worker from the file beside the script, which reports and then ends', async () => {
    const made = watchWorkers();
    const thread = new CallThread();
    expect(
      made.map(({ url }) => url.href),
      'at once',
    ).to.deep.equal([beside]);
    await thread.ready;
    const { socket, reports } = open(thread);
    await reports.until((all) => all.some(({ type }) => type === 'closed'));
    expect(reports.all.at(-1)).to.deep.equal({ type: 'closed', closeCode: 1006, hungUp: false });
    expect(made.map(({ isTerminated }) => isTerminated)).to.deep.equal([false]);
    expect(socket.close()).to.equal(undefined);
    await terminated(made);
    expect(made.length).to.equal(1);
  });

  it('ends a Worker that has not ended yet where the page is frozen, and no other', async () => {
    const made = watchWorkers();
    const listeners = watchListeners();
    const threads = [new CallThread(), new CallThread()] as const;
    await Promise.all(threads.map(({ ready }) => ready));
    // The test runner's server leaves these as they are, neither open nor refused.
    const [first] = threads.map((thread) => open(thread, `ws://${location.host}/unanswered`).socket);
    document.dispatchEvent(new Event('freeze'));
    expect(
      made.map(({ isTerminated }) => isTerminated),
      'nobody has ended them',
    ).to.deep.equal([false, false]);
    first!.close();
    expect(listeners.size).to.equal(1);
    document.dispatchEvent(new Event('freeze'));
    expect(made.map(({ isTerminated }) => isTerminated)).to.deep.equal([true, false]);
    expect(listeners.size).to.equal(0);
  });

  it('listens no more to the page when the Worker has ended', async () => {
    const made = watchWorkers();
    const listeners = watchListeners();
    const thread = new CallThread();
    await thread.ready;
    const { socket, reports } = open(thread);
    await reports.until((all) => all.some(({ type }) => type === 'closed'));
    socket.close();
    expect(listeners.size).to.equal(1);
    await terminated(made);
    expect(listeners.size).to.equal(0);
  });

  it('goes on with other ends of the sound in a Worker, too', async () => {
    watchWorkers();
    const returned = new Inbox<ArrayBuffer>();
    const thread = new CallThread();
    await thread.ready;
    const [up, down] = [new MessageChannel(), new MessageChannel()];
    up.port1.onmessage = ({ data }: MessageEvent<ArrayBuffer[]>) => data.forEach(returned.push);
    for (let i = 0; i < 4; i += 1) {
      const chunk = new ArrayBuffer(1920);
      up.port1.postMessage(chunk, [chunk]);
    }
    // What is closed takes nothing more: the test runner's server leaves this one as it is, neither open nor refused.
    const { socket } = open(thread, `ws://${location.host}/unanswered`);
    socket.link({ uplink: up.port2, downlink: down.port2 });
    await returned.count(4);
    socket.close();
    expect(returned.all[0]!.byteLength).to.equal(1920);
  });

  it('draws levels in a second Worker, since Chromium stops one at its first stroke while the page is busy', async () => {
    const made = watchWorkers();
    const thread = new CallThread();
    await thread.ready;
    const { socket } = open(thread, `ws://${location.host}/unanswered`);
    expect(made.length, 'there is nothing to draw yet').to.equal(1);
    const canvas = document.createElement('canvas');
    const { port1, port2 } = new MessageChannel();
    thread.draw([{ canvas: canvas.transferControlToOffscreen(), colour: 'red' }], port2);
    thread.draw([{ colour: 'rgb(0 0 255)' }]);
    expect(made.map(({ url }) => url.href)).to.deep.equal([beside, beside]);
    const shows = async (height: number, colour: string) => {
      for (let is = barOf(canvas); !(is.height === height && is.colour === colour); is = barOf(canvas)) {
        await new Promise(requestAnimationFrame);
      }
    };
    port1.postMessage([-12, -100]);
    await shows(1, 'rgb(0, 0, 255)');
    socket.close();
    await terminated(made);
    expect(made.length).to.equal(2);
  });

  it('ends a Worker for the levels that is still starting', async () => {
    const made = watchWorkers();
    const thread = new CallThread();
    await thread.ready;
    const { socket } = open(thread);
    thread.draw([]);
    socket.close();
    await terminated(made);
    expect(made.length).to.equal(2);
  });

  it('goes on where no second Worker starts', async () => {
    let isFirst = true;
    const made = watchWorkers(() => !isFirst && 'error');
    const unhandled: unknown[] = [];
    const keep = (event: PromiseRejectionEvent) => unhandled.push(event.reason);
    addEventListener('unhandledrejection', keep);
    onTestEnd(() => removeEventListener('unhandledrejection', keep));
    const thread = new CallThread();
    await thread.ready;
    isFirst = false;
    const { socket, reports } = open(thread);
    thread.draw([], new MessageChannel().port1);
    await reports.until((all) => all.some(({ type }) => type === 'closed'));
    socket.close();
    await terminated(made);
    await nextTask();
    expect(unhandled).to.deep.equal([]);
  });

  it('is the page’s own where no Worker is wanted', async () => {
    const made = watchWorkers();
    const thread = new CallThread({ noWorker: true });
    await thread.ready;
    const { socket, reports } = open(thread);
    await reports.until((all) => all.some(({ type }) => type === 'closed'));
    expect(socket.close()).to.include({ chunksSent: 0 });
    expect(made).to.deep.equal([]);
  });

  it('is a Worker from the given folder', async () => {
    const made = watchWorkers();
    const folder = new URL('.', beside).href;
    await new CallThread({ assetsUrl: folder }).ready;
    expect(made.map(({ url }) => url.href)).to.deep.equal([beside]);
  });

  it('is a Worker from a blob that reads the file, where the file is of another origin', async () => {
    const made = watchWorkers(({ protocol }) => protocol === 'http:' && 'throw');
    const thread = new CallThread();
    await thread.ready;
    expect(made.map(({ url }) => url.protocol)).to.deep.equal(['blob:']);
    const { reports } = open(thread);
    await reports.until((all) => all.some(({ type }) => type === 'closed'));
  });

  for (const how of ['throw', 'error'] as const) {
    it(`is the page’s own where no Worker may start: ${how}`, async () => {
      const made = watchWorkers(() => how);
      const errors: unknown[] = [];
      const onError = (event: Event) => errors.push(event);
      addEventListener('error', onError);
      const thread = new CallThread();
      await thread.ready;
      const { socket, reports } = open(thread);
      await reports.until((all) => all.some(({ type }) => type === 'closed'));
      expect(socket.close(), 'its figures are known here').not.to.equal(undefined);
      expect(made.every(({ isTerminated }) => isTerminated)).to.equal(true);
      removeEventListener('error', onError);
      expect(errors).to.deep.equal([]);
    });
  }

  it('is the page’s own where the browser has no Worker', async () => {
    remove(globalThis, 'Worker');
    const thread = new CallThread();
    await thread.ready;
    expect(open(thread).socket.close()).to.include({ chunksSent: 0 });
  });

  it('is not waited for longer than two seconds each way', async () => {
    const made = watchWorkers(() => 'silence');
    const clock = new ManualClock();
    clock.install();
    let isReady = false;
    const thread = new CallThread();
    const ready = thread.ready.then(() => (isReady = true));
    clock.advance(1999);
    await Promise.resolve();
    expect(isReady).to.equal(false);
    clock.advance(1);
    while (made.length < 2) await Promise.resolve();
    clock.advance(2000);
    clock.uninstall();
    await ready;
    expect(made.every(({ isTerminated }) => isTerminated)).to.equal(true);
  });

  it('ends with a Worker that is still starting, or has nothing to do', async () => {
    const made = watchWorkers();
    const starting = new CallThread();
    starting.stop();
    await starting.ready;
    const idle = new CallThread();
    await idle.ready;
    idle.stop();
    expect(made.map(({ isTerminated }) => isTerminated)).to.deep.equal([true, true]);
  });

  it('that breaks is a lost connection', async () => {
    const made = watchWorkers();
    const listeners = watchListeners();
    const thread = new CallThread();
    await thread.ready;
    const { socket, reports } = open(thread);
    made[0]!.worker.dispatchEvent(new ErrorEvent('error'));
    await reports.count(1);
    expect(reports.all).to.deep.include({ type: 'closed', closeCode: 1006, hungUp: false });
    expect(made[0]!.isTerminated).to.equal(true);
    socket.close();
    expect(listeners.size).to.equal(0);
  });
});
