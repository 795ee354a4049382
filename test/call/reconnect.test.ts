import { expect } from '@open-wc/testing';
import type { AudioReport } from '../../src/audio/audio-engine.js';
import { AudioFailure } from '../../src/audio/audio-failure.js';
import type { CallOptions } from '../../src/call/call-controller.js';
import type { EndReason } from '../../src/call/call-report.js';
import { CallError, type CallErrorCode } from '../../src/call/errors.js';
import type { Session } from '../../src/call/session.js';
import { fakeMediaSession, fakeWakeLock } from '../support/browser-fakes.js';
import { nextTask } from '../support/inbox.js';
import { replace } from '../support/replace.js';
import { Rehearsal, session } from './fake-parts.js';

const active = 'the call is active';
const created: Session = { ...session, protocol: 'media', callId: 'call-1' };

/** Longer than the longest wait before the first try. */
const firstWaitMs = 500;

/** Steps that may take longer than there is time for all of them. */
const patient = {
  'audio-failed': 60_000,
  'token-request-timeout': 60_000,
  'connection-timeout': 60_000,
  'agent-timeout': 60_000,
};

describe('a call whose connection is lost', () => {
  let call: Rehearsal;
  beforeEach(() => (call = new Rehearsal()));
  afterEach(() => call.clock.uninstall());

  const begin = (options: Partial<CallOptions> = {}, given = session) =>
    call.playTo(active, { reconnect: true, ...options }, given);
  const lose = (closeCode = 1006) => call.socket.report({ type: 'closed', closeCode, hungUp: false });
  /** The next try, up to its request. */
  const redial = async (waitMs = firstWaitMs): Promise<void> => {
    const asked = call.sessions.all.length;
    call.clock.advance(waitMs);
    await call.sessions.count(asked + 1);
  };
  const reach = async (given: Session = session): Promise<void> => {
    const opened = call.sockets.all.length;
    call.session.resolve(given);
    await call.sockets.count(opened + 1);
  };
  const beReady = () => {
    for (const type of ['opened', 'client-ready', 'agent-ready'] as const) call.socket.report({ type });
  };
  const comeBack = async (given = session) => {
    await redial();
    await reach(given);
    beReady();
  };
  const expectLost = (closeCode: number, reason?: CallErrorCode) => {
    const { status, error } = call.controller;
    expect([status, error?.code, error?.closeCode]).to.deep.equal(['failed', 'connection-lost', closeCode]);
    if (reason) expect(error!.message).to.include(` No new session: ${reason}: ${new CallError(reason).message}`);
    expect(error!.message).to.match(new RegExp(` Close code: ${closeCode}\\.$`));
    expect(call.end).to.deep.include({ reason: 'error', code: 'connection-lost', closeCode });
    expectNothingOpen();
  };
  const expectNothingOpen = () => {
    expect(call.audios.all.map(({ stops }) => stops)).to.deep.equal([1]);
    expect(call.sockets.all.map(({ closes }) => closes)).to.deep.equal(call.sockets.all.map(() => 1));
    const stops = call.threads.all.reduce((sum, thread) => sum + thread.stops, 0);
    expect(stops, 'threads').to.equal(call.threads.all.length - call.sockets.all.length);
    expect(call.clock.pending, 'timers').to.equal(0);
    const before = [call.told.length, call.threads.all.length, call.sessions.all.length];
    replace(navigator, 'onLine', true);
    dispatchEvent(new Event('online'));
    call.clock.advance(100_000);
    expect([call.told.length, call.threads.all.length, call.sessions.all.length]).to.deep.equal(before);
    expect(call.clock.pending).to.equal(0);
  };

  it('is had back in a fresh session, with the same sound, once', async () => {
    await begin();
    lose();
    expect(call.controller.status).to.equal('reconnecting');
    expect(call.socket.closes, 'the lost socket is let go').to.equal(1);
    expect(call.sessions.all.length, 'not at once').to.equal(1);
    await comeBack();
    expect(call.controller.status).to.equal('active');
    expect([call.audios.all.length, call.audio.stops, call.audio.formats.length]).to.deep.equal([1, 0, 2]);
    expect([call.sessions.all.length, call.sockets.all.length, call.threads.all.length]).to.deep.equal([2, 2, 2]);
    expect(call.socket.options.uplink).to.equal(call.audio.ports.uplink);
    expect(await call.lastStart).to.equal(true);
    expect(call.controller.stats.reconnects).to.equal(1);
    call.clock.advance(60_000);
    expect(call.controller.status, 'no timer of the loss is left').to.equal('active');
    void call.controller.stop();
    expectNothingOpen();
    expect(call.told).to.deep.equal([
      'requesting-microphone',
      'connecting',
      'waiting',
      'active',
      'start',
      'reconnecting',
      'poor-connection',
      'active',
      'ended',
      'end',
    ]);
  });

  it('ends at once without the attribute, whatever its wire', async () => {
    for (const given of [session, created]) {
      await call.playTo(active, {}, given);
      lose(1011);
      expect([call.controller.status, call.end!.code, call.end!.closeCode]).to.deep.equal([
        'failed',
        'connection-lost',
        1011,
      ]);
      expect(call.clock.pending).to.equal(0);
    }
    expect(call.told).not.to.include('reconnecting');
    expect(call.sessions.all.length).to.equal(2);
  });

  it('ends at once where its session URL works once and there is nobody to ask for another', async () => {
    await begin({ sessionUrl: session.url, tokenEndpoint: undefined });
    lose();
    expectLost(1006);
    expect(call.controller.error!.message).to.include('Set token-endpoint.').and.not.include('reconnect');
  });

  it('asks the endpoint or the provider where the first session was given as a URL', async () => {
    for (const options of [{}, { tokenEndpoint: undefined, tokenProvider: async () => '' }]) {
      await begin({ sessionUrl: session.url, ...options });
      lose();
      await redial();
      expect(call.session.request.sessionUrl).to.equal(undefined);
      void call.controller.stop();
    }
  });

  it('ends, and is not had back, where the agent hangs up', async () => {
    await begin();
    call.socket.report({ type: 'closed', closeCode: 1000, hungUp: true });
    call.audio.drained.resolve();
    await nextTask();
    expect(call.end).to.include({ reason: 'agent', code: null });
    expect(call.told).not.to.include('reconnecting');
  });

  it('goes on over another wire where the endpoint says so', async () => {
    await begin();
    lose();
    await comeBack(created);
    expect(call.audio.formats.map(({ captureRate }) => captureRate)).to.deep.equal([48_000, 16_000]);
    expect(call.controller.stats.callId).to.equal('call-1');
  });

  it('plays the agent’s last words while it waits, and lets the sound go on only with the new session', async () => {
    await begin();
    lose();
    await redial();
    expect([call.audio.formats.length, call.audio.drains, call.audio.stops]).to.deep.equal([1, 0, 0]);
    await reach();
    expect(call.audio.formats.length).to.equal(2);
  });

  it('tries three times at most, each later than the one before, and then says why', async () => {
    await begin();
    lose(1011);
    for (const waitMs of [500, 2000, 8000]) {
      await redial(waitMs);
      await reach();
      call.socket.report({ type: 'closed', closeCode: 1006, hungUp: false });
    }
    expect(call.sessions.all.length).to.equal(4);
    expectLost(1011, 'connection-failed');
    expect(call.told.slice(-3)).to.deep.equal(['failed', 'error', 'end']);
  });

  it('gives up after 20 s, whatever the try is at', async () => {
    const steps = [
      async () => {},
      () => redial(),
      async () => (await redial(), await reach()),
      async () => (await redial(), await reach(), call.socket.report({ type: 'opened' })),
      async () => (await redial(), await reach(), call.socket.report({ type: 'client-ready' })),
    ];
    for (const step of steps) {
      call.clock.uninstall();
      call = new Rehearsal({ timeoutsMs: patient });
      await begin();
      replace(navigator, 'onLine', step !== steps[0]);
      lose();
      const lostAtMs = call.clock.nowMs;
      await step();
      call.clock.advance(lostAtMs + 19_999 - call.clock.nowMs);
      expect(call.controller.status).to.equal('reconnecting');
      call.clock.advance(1);
      expect(call.controller.status).to.equal('failed');
      if (call.sessions.all.length > 1) call.session.reject(new Error('late'));
      await nextTask();
      call.clock.advance(10_000);
      expectLost(1006);
    }
  });

  it('spends no try while the browser is offline, and goes on as soon as it is not', async () => {
    await begin();
    replace(navigator, 'onLine', false);
    lose();
    call.clock.advance(10_000);
    expect(call.sessions.all.length).to.equal(1);
    replace(navigator, 'onLine', true);
    dispatchEvent(new Event('online'));
    await call.sessions.count(2);
    await reach();
    beReady();
    expect(call.controller.status).to.equal('active');
    dispatchEvent(new Event('online'));
    expect(call.sessions.all.length, 'it listens no longer').to.equal(2);
  });

  it('heeds an endpoint that says when to come back', async () => {
    await begin();
    lose();
    await redial();
    call.session.reject(new CallError('rate-limited', { httpStatus: 429, retryAfterS: 9 }));
    await nextTask();
    call.clock.advance(8999);
    expect(call.sessions.all.length).to.equal(2);
    call.clock.advance(1);
    expect(call.sessions.all.length).to.equal(3);
    call.session.reject(new CallError('rate-limited', { httpStatus: 503, retryAfterS: 30 }));
    await nextTask();
    expectLost(1006, 'rate-limited');
  });

  const refusals: [CallErrorCode, number | undefined][] = [
    ['token-request-failed', 403],
    ['protocol-error', undefined],
  ];
  for (const [code, httpStatus] of refusals) {
    it(`gives up at once where another try is of no use: ${code}`, async () => {
      await begin();
      lose();
      await redial();
      call.session.reject(new CallError(code, httpStatus ? { httpStatus } : {}));
      await nextTask();
      expectLost(1006, code);
    });
  }

  it('fails by its own name where the sound fails meanwhile', async () => {
    const fail = [
      () => call.audio.report({ type: 'failed', failure: new AudioFailure('microphone-lost') }),
      async () => {
        await redial();
        call.audio.connectFailure = new AudioFailure('audio-failed');
        call.session.resolve(created);
        await nextTask();
      },
    ];
    const codes = [];
    for (const step of fail) {
      await begin({}, created);
      lose();
      await step();
      codes.push(call.end!.code);
      expect(call.clock.pending).to.equal(0);
    }
    expect(codes).to.deep.equal(['microphone-lost', 'audio-failed']);
    expect(call.hungUp, 'the call that was created in vain').to.deep.equal([created.url]);
  });

  it('takes each step’s time for a failed try, and does not wait for it any longer', async () => {
    await begin();
    lose();
    await redial();
    const late = call.session;
    call.clock.advance(10_000);
    expect(late.signal.aborted).to.equal(true);
    await redial(2000);
    late.resolve({ ...session, callId: 'late' });
    await nextTask();
    expect(call.controller.stats.callId).to.equal(undefined);
    expect(call.sockets.all.length, 'the late answer opens nothing').to.equal(1);
    await reach();
    beReady();
    expect(call.controller.status).to.equal('active');
  });

  it('hangs up what was created in vain', async () => {
    await begin({}, created);
    lose();
    await redial();
    void call.controller.stop();
    call.session.resolve({ ...created, url: 'wss://agent.example/second' });
    await nextTask();
    expect(call.hungUp).to.deep.equal(['wss://agent.example/second']);
  });

  it('binds the new socket to a call of its own', async () => {
    const unbound: Session = { ...session, protocol: 'media', bind: true };
    await begin({}, unbound);
    lose();
    await redial();
    await reach(unbound);
    call.socket.report({ type: 'opened' });
    call.socket.report({ type: 'bind', serverName: 'node-2' });
    await call.bindings.count(1);
    call.binding.resolve({ sid: 'sid-2', callId: 'call-2' });
    await nextTask();
    expect(call.sockets.all.map(({ bound }) => bound)).to.deep.equal([[], ['sid-2']]);
    call.socket.report({ type: 'client-ready' });
    call.socket.report({ type: 'agent-ready' });
    expect(call.controller.status).to.equal('active');
    expect(call.controller.stats.callId).to.equal('call-2');
  });

  it('fails as a first session would where the new one is refused when its agent speaks already', async () => {
    const unbound: Session = { ...session, protocol: 'media', bind: true };
    await begin({}, unbound);
    lose();
    await redial();
    await reach(unbound);
    call.socket.report({ type: 'opened' });
    call.socket.report({ type: 'bind', serverName: 'node-2' });
    await call.bindings.count(1);
    call.socket.report({ type: 'client-ready' });
    call.socket.report({ type: 'agent-ready' });
    call.binding.reject(new CallError('token-request-failed', { httpStatus: 403 }));
    await nextTask();
    expect([call.controller.status, call.end!.code]).to.deep.equal(['failed', 'token-request-failed']);
    expectNothingOpen();
  });

  const ends: [string, () => unknown][] = [
    ['before the try', () => {}],
    ['while offline', () => (replace(navigator, 'onLine', false), call.clock.advance(firstWaitMs))],
    ['while the session is asked for', () => redial()],
    ['while the socket opens', async () => (await redial(), await reach())],
    [
      'while the agent is waited for',
      async () => (await redial(), await reach(), call.socket.report({ type: 'opened' })),
    ],
  ];
  for (const [when, lead] of ends) {
    for (const reason of ['visitor', 'page', 'replaced'] satisfies EndReason[]) {
      it(`can be ended ${when}: ${reason}`, async () => {
        await begin();
        lose();
        await lead();
        void call.controller.stop(reason);
        expect(call.end).to.include({ reason, code: null, closeCode: null });
        expect(call.controller.status).to.equal('ended');
        if (call.sessions.all.length > 1) call.session.resolve(session);
        await nextTask();
        expectNothingOpen();
        expect(call.told.filter((type) => type === 'end').length).to.equal(1);
      });
    }
  }

  it('can be ended by the listener of its loss', async () => {
    for (const at of ['reconnecting', 'poor-connection']) {
      call.listener = () => call.told.at(-1) === at && void call.controller.stop();
      await begin();
      lose();
      expect([call.controller.status, call.clock.pending], at).to.deep.equal(['ended', 0]);
    }
    expect(call.sessions.all.length).to.equal(2);
  });

  it('counts its duration, its longest duration and the pause of both sides from its first word on', async () => {
    await begin({ maxDurationS: 100, idleTimeoutS: 40 });
    call.clock.advance(39_000);
    lose();
    await redial();
    call.clock.advance(5000);
    expect(call.controller.duration, 'meanwhile').to.equal(44.5);
    call.audio.report({ type: 'sound', isVisitorSpeaking: false } as AudioReport);
    expect(call.controller.status, 'nobody could speak').to.equal('reconnecting');
    await reach();
    beReady();
    call.clock.advance(39_999);
    call.audio.report({ type: 'sound', isVisitorSpeaking: true } as AudioReport);
    expect(call.controller.duration).to.equal(84.499);
    call.clock.advance(15_501);
    expect(call.end).to.include({ reason: 'max-duration', duration: 100 });
  });

  it('keeps mute, volume, screen and media keys', async () => {
    const screen = fakeWakeLock();
    const keys = fakeMediaSession('hangup', 'togglemicrophone');
    await begin();
    await nextTask();
    lose();
    call.controller.setMuted(true);
    call.controller.setVolume(0.3);
    await nextTask();
    expect([screen.held, screen.asked, keys.handlers.size]).to.deep.equal([1, 1, 2]);
    await comeBack();
    expect([call.audio.muted.at(-1), call.audio.volumes.at(-1)]).to.deep.equal([true, 0.3]);
    expect([screen.held, screen.asked, keys.handlers.size]).to.deep.equal([1, 1, 2]);
    lose();
    keys.handlers.get('hangup')!();
    await nextTask();
    expect([call.end!.reason, screen.held, keys.handlers.size]).to.deep.equal(['visitor', 0, 0]);
  });

  it('adds the figures of its sockets up', async () => {
    const stats = { chunksSent: 10, chunksDropped: 1, audioMessages: 7, malformedMessages: 2 };
    await begin();
    call.socket.report({ type: 'stats', stats });
    lose();
    await comeBack();
    call.socket.report({ type: 'stats', stats });
    call.socket.report({ type: 'stats', stats: { ...stats, chunksSent: 11 } });
    expect(call.controller.stats).to.include({
      chunksSent: 21,
      chunksDropped: 2,
      audioMessages: 14,
      malformedMessages: 4,
    });
  });

  it('hears no more of what its lost socket says', async () => {
    await begin();
    const old = call.socket;
    lose();
    await redial();
    const before = call.told.length;
    for (const type of ['opened', 'client-ready', 'agent-ready'] as const) old.report({ type });
    old.report({ type: 'message', data: 'late' });
    old.report({ type: 'closed', closeCode: 1011, hungUp: false });
    expect([call.told.length, call.controller.status]).to.deep.equal([before, 'reconnecting']);
  });

  it('is not for ever had back where it breaks again and again', async () => {
    await begin();
    for (const waitMs of [500, 2000, 8000]) {
      lose();
      await redial(waitMs);
      await reach();
      beReady();
      call.clock.advance(1000);
    }
    lose();
    expectLost(1006);
    expect(call.sessions.all.length).to.equal(4);
  });

  it('is had back each time where it holds for half a minute, five times', async () => {
    await begin();
    for (let losses = 0; losses < 5; losses += 1) {
      lose();
      await comeBack();
      call.clock.advance(31_000);
    }
    expect(call.controller.stats.reconnects).to.equal(5);
    expect(call.told.filter((type) => type === 'start').length).to.equal(1);
    lose();
    expectLost(1006);
    expect(call.sessions.all.length).to.equal(6);
  });

  it('tells a poor connection, from the loss until it has been good for 5 s', async () => {
    await begin();
    lose();
    expect(call.reports.all.at(-1)).to.deep.equal({ type: 'poor-connection', isOn: true });
    const hear = (concealedMs: number) => call.audio.report({ type: 'sound', concealedMs } as AudioReport);
    await redial();
    for (let second = 0; second < 7; second += 1) {
      hear(0);
      call.clock.advance(1000);
    }
    await reach();
    beReady();
    hear(0);
    call.clock.advance(4900);
    hear(0);
    expect(call.told.filter((type) => type === 'poor-connection').length).to.equal(1);
    call.clock.advance(200);
    hear(0);
    expect(call.reports.all.filter(({ type }) => type !== 'speaking').at(-1)).to.deep.equal({
      type: 'poor-connection',
      isOn: false,
    });
  });
});

describe('a call over a poor line', () => {
  let call: Rehearsal;
  beforeEach(() => (call = new Rehearsal()));
  afterEach(() => call.clock.uninstall());

  for (const [what, lose] of [
    ['the agent is interrupted', (at: number) => ({ concealedMs: at * 240, chunksDropped: 0 })],
    ['the visitor’s words are given up', (at: number) => ({ concealedMs: 0, chunksDropped: at * 12 })],
  ] as const) {
    it(`says so when ${what}, and that it is good again`, async () => {
      await call.playTo(active);
      const told = () => call.reports.all.flatMap((report) => (report.type === 'poor-connection' ? [report.isOn] : []));
      const hear = (at: number) => {
        const { concealedMs, chunksDropped } = lose(at);
        call.socket.report({
          type: 'stats',
          stats: { chunksSent: 0, chunksDropped, audioMessages: 0, malformedMessages: 0 },
        });
        call.audio.report({ type: 'sound', concealedMs } as AudioReport);
        call.clock.advance(1000);
      };
      for (let at = 0; at < 5; at += 1) hear(at);
      expect(told()).to.deep.equal([]);
      hear(5);
      expect(told()).to.deep.equal([true]);
      for (let at = 0; at < 6; at += 1) hear(5);
      expect(told()).to.deep.equal([true, false]);
    });
  }
});
