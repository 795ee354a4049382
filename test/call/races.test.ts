import { expect } from '@open-wc/testing';
import fc from 'fast-check';
import type { AudioReport } from '../../src/audio/audio-engine.js';
import { AudioFailure } from '../../src/audio/audio-failure.js';
import type { CallOptions } from '../../src/call/call-controller.js';
import type { CallReport } from '../../src/call/call-report.js';
import { CallError } from '../../src/call/errors.js';
import { isRunning } from '../../src/call/machine.js';
import { fetchSession, type Session } from '../../src/call/session.js';
import { Deferred } from '../support/deferred.js';
import { replace } from '../support/replace.js';
import { Rehearsal, session, type FakeSocket } from './fake-parts.js';

// A call is led by answers that come in any order, and between any two of them the visitor, the page or the network may do
// anything. These tests let them, at every turn of the event loop, and look at what is promised after each step.

/** More turns than any answer of ours goes through. */
const allTurns = 16;

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
};

/** The order of what one start may tell, up to its end. */
const reconnects = '(reconnecting (poor-connection )?(active )?)*';
const whole = `requesting-microphone (connecting (waiting (active (start )?${reconnects})?)?)?(ended end |failed error end )`;
const begun = `(requesting-microphone |requesting-microphone connecting (waiting (active (start )?${reconnects})?)?)?`;
const promisedOrder = new RegExp(`^(${whole})*${begun}$`);

/** What comes at any time. */
const facts: ReadonlySet<string> = new Set<CallReport['type']>([
  'speaking',
  'stats',
  'message',
  'needs-tap',
  'microphone-silent',
  'toggle-mute',
]);

const media: Session = { ...session, protocol: 'media' };

/** All that can happen to a call, by name. Each answers whether it could happen now. */
class World extends Rehearsal {
  readonly options: Partial<CallOptions>;
  readonly given: Session;
  readonly starts: { readonly isOver: () => boolean; readonly isActive: Promise<boolean> }[] = [];
  readonly threadStarts: Deferred[] = [];
  /** Sockets that have told their end. */
  readonly gone = new Set<FakeSocket>();
  readonly steps = new Map<FakeSocket, number>();
  /** Sessions that were given out. */
  created = 0;

  constructor(options: Partial<CallOptions>, given = session) {
    super();
    this.options = options;
    this.given = given;
    this.threadStart = () => {
      const start = new Deferred();
      this.threadStarts.push(start);
      return start.promise;
    };
  }

  readonly moves: Readonly<Record<string, () => boolean>> = {
    grant: () => this.#settle(this.#unsettled('microphone'), (microphone) => microphone.resolve()),
    deny: () =>
      this.#settle(this.#unsettled('microphone'), (microphone) =>
        microphone.reject(new AudioFailure('microphone-denied')),
      ),
    load: () => this.#settle(this.#unsettled('loaded'), (loaded) => loaded.resolve()),
    'fail to load': () =>
      this.#settle(this.#unsettled('loaded'), (loaded) => loaded.reject(new AudioFailure('audio-failed'))),
    'play to the end': () => this.#settle(this.#unsettled('drained'), (drained) => drained.resolve()),
    'start the thread': () =>
      this.#settle(
        this.threadStarts.find(({ isSettled }) => !isSettled),
        (start) => start.resolve(),
      ),
    answer: () =>
      this.#settle(this.#asked, (asked) => {
        this.created += 1;
        asked.resolve(this.given);
      }),
    refuse: () => this.#settle(this.#asked, (asked) => asked.reject(new CallError('token-request-failed'))),
    'refuse for good': () =>
      this.#settle(this.#asked, (asked) => asked.reject(new CallError('token-request-failed', { httpStatus: 403 }))),
    'go on': () => {
      const socket = this.#talking;
      const told = socket && (['opened', 'client-ready', 'agent-ready'] as const)[this.steps.get(socket) ?? 0];
      if (!told) return false;
      this.steps.set(socket, (this.steps.get(socket) ?? 0) + 1);
      socket.report({ type: told });
      return true;
    },
    'hang up': () => this.#close(1000, true),
    drop: () => this.#close(1006, false),
    'lose the microphone': () => {
      const { audio } = this;
      if (!audio || audio.stops) return false;
      audio.report({ type: 'failed', failure: new AudioFailure('microphone-lost') });
      return true;
    },
    'let time pass': () => {
      if (this.clock.pending === 0) return false;
      this.clock.advance(500);
      return true;
    },
    'let much time pass': () => {
      if (this.clock.pending === 0) return false;
      this.clock.advance(9000);
      return true;
    },
    start: () => {
      this.begin();
      return true;
    },
    stop: () => {
      void this.controller.stop();
      return true;
    },
    leave: () => {
      void this.controller.stop('page');
      return true;
    },
    'stop and start': () => {
      void this.controller.stop();
      this.begin();
      return true;
    },
    'start, stop and start': () => {
      this.begin();
      void this.controller.stop();
      this.begin();
      return true;
    },
  };

  begin(): void {
    let isOver = false;
    const isActive = this.start(this.options);
    void isActive.then(() => (isOver = true));
    this.starts.push({ isOver: () => isOver, isActive });
  }

  /** What must hold at any moment. */
  expectSound(): void {
    const running = isRunning(this.controller.status);
    const engines = this.audios.all.filter(({ stops }) => stops === 0).length;
    const sockets = this.sockets.all.filter(({ closes }) => closes === 0).length;
    expect(engines, 'engines').to.be.at.most(running ? 1 : 0);
    expect(sockets, 'sockets').to.be.at.most(running ? 1 : 0);
    const order = this.told.map((type) => (facts.has(type) ? '' : `${type} `)).join('');
    expect(promisedOrder.test(order), order).to.equal(true);
    const told = (type: string) => this.told.filter((other) => other === type).length;
    expect(told('end'), 'ends').to.equal(told('requesting-microphone') - (running ? 1 : 0));
  }

  /** Ends what runs, lets all come that was still to come, and looks whether anything is left. The next call works. */
  async expectClean(): Promise<void> {
    this.listener = () => {};
    void this.controller.stop();
    this.expectSound();
    for (let more = true; more;) {
      more = ['grant', 'load', 'play to the end', 'start the thread', 'answer', 'go on'].some((name) =>
        this.moves[name]!(),
      );
      await turns(allTurns);
      this.expectSound();
    }
    this.clock.advance(3_600_000);
    await turns(allTurns);
    this.expectSound();
    expect(this.clock.pending, 'timers').to.equal(0);
    expect(this.audios.all.every(({ stops }) => stops === 1)).to.equal(true);
    expect(this.sockets.all.every(({ closes }) => closes === 1)).to.equal(true);
    const stops = this.threads.all.reduce((sum, thread) => sum + thread.stops, 0);
    expect(stops, 'threads').to.equal(this.threads.all.length - this.sockets.all.length);
    expect(this.starts.filter(({ isOver }) => !isOver()).length, 'starts that wait').to.equal(0);
    const active = (await Promise.all(this.starts.map(({ isActive }) => isActive))).filter(Boolean).length;
    // A call that is stopped by who hears of its start is over.
    expect(active).to.be.at.most(this.told.filter((type) => type === 'start').length);
    // A call that was created is joined or hung up.
    const joined = this.sockets.all.length + this.hungUp.length;
    if (this.given === media) expect(joined, 'created calls').to.equal(this.created);
    this.begin();
    for (const name of ['grant', 'start the thread', 'load', 'answer', 'go on', 'go on', 'go on']) {
      expect(this.moves[name]!(), `the next call: ${name}`).to.equal(true);
      await turns(allTurns);
    }
    expect(this.controller.status, 'the next call').to.equal('active');
    void this.controller.stop();
    this.clock.uninstall();
  }

  #unsettled(part: 'microphone' | 'loaded' | 'drained'): Deferred | undefined {
    return this.audios.all.find((audio) => !audio[part].isSettled && (part !== 'drained' || audio.drains))?.[part];
  }
  get #asked() {
    return this.sessions.all.find(({ isSettled }) => !isSettled);
  }
  get #talking(): FakeSocket | undefined {
    return this.sockets.all.find((socket) => !socket.closes && !this.gone.has(socket));
  }
  #close(closeCode: number, isHangUp: boolean): boolean {
    const socket = this.#talking;
    if (!socket) return false;
    this.gone.add(socket);
    socket.report({ type: 'closed', closeCode, hungUp: isHangUp });
    return true;
  }
  #settle<T>(deferred: T | undefined, settle: (deferred: T) => void): boolean {
    if (!deferred) return false;
    settle(deferred);
    return true;
  }
}

describe('a call at every turn of its life', () => {
  const unhandled: unknown[] = [];
  const keep = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  let world: World;
  beforeEach(() => {
    unhandled.length = 0;
    addEventListener('unhandledrejection', keep);
  });
  afterEach(() => {
    world.clock.uninstall();
    removeEventListener('unhandledrejection', keep);
    expect(unhandled).to.deep.equal([]);
  });

  const orders = [
    ['load', 'start the thread', 'answer'],
    ['answer', 'load', 'start the thread'],
    ['start the thread', 'answer', 'load'],
  ];
  const interruptions = [
    'stop',
    'leave',
    'start',
    'stop and start',
    'start, stop and start',
    'drop',
    'hang up',
    'lose the microphone',
    'let much time pass',
  ];
  const speak = ['go on', 'go on', 'go on'];
  const comeBack = ['let time pass', 'start the thread', 'answer', ...speak];
  /** Moves whose answer our promises carry on, turn by turn. */
  const isAnswer = (name: string) => !['go on', 'drop', 'let time pass', 'hang up'].includes(name);

  const wires: [string, Session][] = [
    ['the widget websocket', session],
    ['WebSocket media', media],
  ];
  for (const [wire, given] of wires) {
    for (const reconnect of given === media ? [true] : [false, true]) {
      for (const interruption of interruptions) {
        it(`bears it: ${interruption} (${wire}, reconnect ${reconnect ? 'on' : 'off'})`, async () => {
          for (const order of orders) {
            const life = [
              'grant',
              ...order,
              ...speak,
              ...(reconnect ? ['drop', ...comeBack] : []),
              'hang up',
              'play to the end',
            ];
            // What is the same in every order is gone through once.
            const from = order === orders[0] ? 0 : 1;
            const to = order === orders[0] ? life.length : 4;
            for (let at = from; at < to; at += 1) {
              for (let turn = 0; turn <= (isAnswer(life[at]!) ? 6 : 0); turn += 1) {
                world = new World({ reconnect }, given);
                world.begin();
                for (const name of life.slice(0, at)) {
                  expect(world.moves[name]!(), name).to.equal(true);
                  await turns(allTurns);
                }
                expect(world.moves[life[at]!]!(), life[at]).to.equal(true);
                await turns(turn);
                world.moves[interruption]!();
                world.expectSound();
                await turns(allTurns);
                await world.expectClean();
              }
            }
          }
        });
      }

      const deeds: Record<string, () => void> = {
        stop: () => void world.controller.stop(),
        start: () => world.begin(),
        'stop and start': () => world.moves['stop and start']!(),
        throw: () => {
          throw new Error('a page that does not work');
        },
      };
      for (const [name, deed] of Object.entries(deeds)) {
        it(`bears a listener of any report that does it: ${name} (${wire}, reconnect ${reconnect ? 'on' : 'off'})`, async () => {
          const errors: unknown[] = [];
          replace(globalThis, 'reportError', (error: unknown) => errors.push(error));
          const heard = new Set<CallReport['type']>();
          // Each of the two ways to end is also gone to its end, undisturbed.
          const undisturbed = new Set<number>();
          for (let at = 0; undisturbed.size < 2; at += 1) {
            world = new World({ reconnect }, given);
            let isThere = false;
            let reports = 0;
            world.listener = ({ type }) => {
              heard.add(type);
              if (reports++ !== at) return;
              isThere = true;
              deed();
            };
            world.begin();
            const end =
              at % 2
                ? ['hang up', 'play to the end']
                : ['drop', ...Array.from({ length: 3 }, () => 'let much time pass')];
            for (const name of [
              'grant',
              ...orders[0]!,
              ...speak,
              'be heard',
              ...(reconnect ? ['drop', ...comeBack] : []),
              ...end,
            ]) {
              if (name === 'be heard') beHeard();
              else world.moves[name]!();
              world.expectSound();
              await turns(allTurns);
              world.expectSound();
            }
            await world.expectClean();
            expect(errors.splice(0).length).to.equal(name === 'throw' && isThere ? 1 : 0);
            if (!isThere) undisturbed.add(at % 2);
          }
          expect([...heard]).to.include.members([
            'status',
            'start',
            'message',
            'speaking',
            'needs-tap',
            'microphone-silent',
            'end',
            'error',
          ]);
        });
      }
    }
  }

  /** What else a call tells. */
  const beHeard = () => {
    if (isRunning(world.controller.status) && world.audio.stops === 0) {
      const { audio } = world;
      audio.report({ type: 'sound', isVisitorSpeaking: true, isAgentSpeaking: true } as AudioReport);
      audio.report({ type: 'needs-tap', isOn: true });
      audio.report({ type: 'microphone-silent', isOn: true });
    }
    if (world.socket?.closes === 0) world.socket.report({ type: 'message', data: 'hello' });
  };

  it('bears anything in any order', async () => {
    const walk = fc.array(fc.tuple(fc.nat(1000), fc.nat(6)), { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(walk, fc.boolean(), fc.boolean(), async (steps, reconnect, isMedia) => {
        world = new World({ reconnect }, isMedia ? media : session);
        // What leads a call on comes more often, so that most walks see an active call.
        const often = [
          'start',
          'grant',
          'load',
          'start the thread',
          'answer',
          'go on',
          'go on',
          'go on',
          'let time pass',
        ];
        const names = [...often, ...often, ...often, ...Object.keys(world.moves)];
        try {
          for (const [choice, turn] of steps) {
            const possible = names.slice(choice % names.length).concat(names);
            possible.find((name) => world.moves[name]!());
            world.expectSound();
            await turns(turn);
            world.expectSound();
          }
          await world.expectClean();
        } finally {
          world.clock.uninstall();
        }
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

describe('a call whose provider does not work', () => {
  it('fails, in its first session and in the next, where it throws, rejects or never answers', async () => {
    const bad: Record<string, () => Promise<string>> = {
      throws: () => {
        throw new Error('no');
      },
      rejects: () => Promise.reject(new Error('no')),
      hangs: () => new Promise(() => {}),
    };
    for (const [name, provider] of Object.entries(bad)) {
      for (const reconnect of [false, true]) {
        const call = new Rehearsal({ fetchSession });
        let isBad = !reconnect;
        const tokenProvider = () => (isBad ? provider() : Promise.resolve(session.url));
        const start = call.start({ reconnect, tokenProvider });
        call.audio.microphone.resolve();
        call.audio.loaded.resolve();
        await turns(allTurns);
        if (reconnect) {
          for (const type of ['opened', 'client-ready', 'agent-ready'] as const) call.socket.report({ type });
          isBad = true;
          call.socket.report({ type: 'closed', closeCode: 1006, hungUp: false });
        }
        for (let second = 0; second < 25; second += 1) {
          call.clock.advance(1000);
          await turns(allTurns);
        }
        const code = reconnect
          ? 'connection-lost'
          : name === 'hangs'
            ? 'token-request-timeout'
            : 'token-request-failed';
        expect([call.controller.status, call.end!.code], name).to.deep.equal(['failed', code]);
        expect(await start).to.equal(reconnect);
        expect(call.clock.pending).to.equal(0);
        expect(call.audio.stops).to.equal(1);
        call.clock.uninstall();
      }
    }
  });
});
