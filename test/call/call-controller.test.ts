import { expect } from '@open-wc/testing';
import { AudioFailure, type AudioFailureCode } from '../../src/audio/audio-failure.js';
import { noStats, type EndReason } from '../../src/call/call-report.js';
import { CallError, type CallErrorCode } from '../../src/call/errors.js';
import type { CallStatus } from '../../src/call/machine.js';
import type { Session } from '../../src/call/session.js';
import { fakeMediaSession, fakeWakeLock } from '../support/browser-fakes.js';
import { nextTask } from '../support/inbox.js';
import { replace } from '../support/replace.js';
import { Rehearsal, session, stages, type Stage } from './fake-parts.js';

const active: Stage = 'the call is active';
const draining: Stage = 'the agent’s last words are played';
const statusAt: Record<Stage, CallStatus> = {
  'the microphone is asked for': 'requesting-microphone',
  'session and sound are waited for': 'connecting',
  'the session is there, the sound is not': 'connecting',
  'the sound is there, the session is not': 'connecting',
  'the socket opens': 'connecting',
  'the socket is open': 'connecting',
  'the agent is waited for': 'waiting',
  'the call is active': 'active',
  'the agent’s last words are played': 'active',
};
const beforeActive = stages.filter((stage) => statusAt[stage] !== 'active');
const withSocket = stages.slice(stages.indexOf('the socket opens'));

/** What the worklet tells while nothing is heard. */
const silence = {
  type: 'sound',
  visitorLevelDbfs: -100,
  isVisitorSpeaking: false,
  agentLevelDbfs: -100,
  isAgentSpeaking: false,
  bufferedMs: 0,
  underruns: 0,
  droppedSamples: 0,
  concealedMs: 0,
  jitterP50Ms: 0,
  jitterP95Ms: 0,
  targetMs: 0,
  delayMs: 0,
} as const;

describe('a call', () => {
  let call: Rehearsal;
  const unhandled: unknown[] = [];
  const keepUnhandled = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  beforeEach(() => {
    unhandled.length = 0;
    window.addEventListener('unhandledrejection', keepUnhandled);
    call = new Rehearsal();
  });
  afterEach(() => {
    call.clock.uninstall();
    window.removeEventListener('unhandledrejection', keepUnhandled);
  });

  /** The browser tells of a rejection that nobody handles once the tasks are done. */
  const expectNothingUnhandled = async (): Promise<void> => {
    await nextTask();
    await nextTask();
    expect(unhandled, 'rejections that nobody handled').to.deep.equal([]);
  };
  /** Everything that was still to come, comes: too late. */
  const playTheRest = async (rehearsal = call): Promise<void> => {
    for (const audio of rehearsal.audios.all) {
      audio.microphone.resolve();
      audio.loaded.resolve();
      audio.drained.resolve();
      audio.report({ ...silence, visitorLevelDbfs: -3 });
      audio.report({ type: 'failed', failure: new AudioFailure('microphone-lost') });
    }
    for (const asked of rehearsal.sessions.all) asked.resolve(session);
    for (const { report } of rehearsal.sockets.all) {
      report({ type: 'opened' });
      report({ type: 'client-ready' });
      report({ type: 'agent-ready' });
      report({ type: 'message', data: 'late' });
      report({ type: 'stats', stats: { ...noStats, chunksSent: 999 } });
      report({ type: 'closed', closeCode: 1011, hungUp: false });
    }
    await nextTask();
    rehearsal.clock.advance(3_600_000);
    await expectNothingUnhandled();
  };
  /** Nothing of a call is left: each part is let go once, and no timer waits. */
  const expectNothingOpen = (rehearsal = call): void => {
    expect(rehearsal.audios.all.map(({ stops }) => stops)).to.deep.equal(rehearsal.audios.all.map(() => 1));
    expect(rehearsal.sockets.all.map(({ closes }) => closes)).to.deep.equal(rehearsal.sockets.all.map(() => 1));
    // A thread is given up, or ends with its socket.
    const stops = rehearsal.threads.all.reduce((sum, thread) => sum + thread.stops, 0);
    expect(stops, 'threads').to.equal(rehearsal.threads.all.length - rehearsal.sockets.all.length);
    // A request that is still to be answered is waited for: it may have created a call.
    const unanswered = rehearsal.sessions.all.filter(({ isSettled, signal }) => !isSettled && !signal.aborted);
    expect(rehearsal.clock.pending, 'timers').to.equal(unanswered.length);
  };
  const errorOf = (rehearsal = call): CallError => rehearsal.controller.error!;

  describe('that works', () => {
    it('goes from the click to the agent in the promised order', async () => {
      await call.playTo(active);
      expect(await call.lastStart).to.equal(true);
      expect(call.told).to.deep.equal(['requesting-microphone', 'connecting', 'waiting', 'active', 'start']);
      const previous = call.reports.all.flatMap((report) => (report.type === 'status' ? [report.previous] : []));
      expect(previous).to.deep.equal(['idle', 'requesting-microphone', 'connecting', 'waiting']);
      expect(call.controller.status).to.equal('active');
      expect(call.controller.error).to.equal(null);
    });

    it('is idle until it is started', () => {
      const { status, error, duration, stats } = call.controller;
      expect({ status, error, duration, stats }).to.deep.equal({
        status: 'idle',
        error: null,
        duration: 0,
        stats: noStats,
      });
      expect([call.audios.all.length, call.clock.pending]).to.deep.equal([0, 0]);
    });

    it('asks for the microphone inside the click', () => {
      void call.start();
      expect(call.audios.all.length).to.equal(1);
      expect(call.controller.status).to.equal('requesting-microphone');
    });

    it('asks for a session once the microphone is granted, and not before', async () => {
      void call.start();
      await nextTask();
      call.clock.advance(3_600_000);
      expect(call.sessions.all.length).to.equal(0);
      expect(call.controller.status, 'a visitor may think about it').to.equal('requesting-microphone');
      call.audio.microphone.resolve();
      await call.sessions.count(1);
      expect(call.controller.status).to.equal('connecting');
    });

    for (const stage of ['the session is there, the sound is not', 'the sound is there, the session is not'] as const) {
      it(`opens no socket while ${stage}`, async () => {
        await call.playTo(stage);
        await nextTask();
        expect([call.sockets.all.length, call.audio.formats.length]).to.deep.equal([0, 0]);
        call.session.resolve(session);
        call.audio.loaded.resolve();
        await call.sockets.count(1);
      });
    }

    it('opens the session’s socket once, between the ends of the sound that the wire asks for', async () => {
      await call.playTo(active);
      expect(call.audio.formats[0]).to.include({ captureRate: 48_000, playbackRate: 16_000, chunkSamples: 960 });
      expect(call.sockets.all.length).to.equal(1);
      const { options } = call.socket;
      expect([options.url, options.protocol]).to.deep.equal([session.url, 'pcm']);
      expect(options.uplink).to.equal(call.audio.ports.uplink);
      expect(options.downlink).to.equal(call.audio.ports.downlink);
    });

    it('hands the page’s wishes to the microphone, the loudspeaker and the token endpoint', async () => {
      call.controller.setMuted(true);
      call.controller.setVolume(0.3);
      await call.playTo(active, { assistantId: 'sales', tokenMethod: 'get', noiseSuppression: false });
      expect([call.audio.muted, call.audio.volumes]).to.deep.equal([[true], [0.3]]);
      expect(call.audio.options).to.include({ noiseSuppression: false });
      expect(call.session.request).to.include({
        tokenEndpoint: '/token',
        assistantId: 'sales',
        tokenMethod: 'get',
      });
    });

    it('is active when the agent says so, not when the client does', async () => {
      await call.playTo('the agent is waited for');
      await nextTask();
      expect(call.controller.status).to.equal('waiting');
      expect(call.told).not.to.include('start');
    });

    it('hands messages on at every stage that has a socket', async () => {
      await call.playTo('the socket is open');
      call.socket.report({ type: 'message', data: null });
      call.socket.report({ type: 'client-ready' });
      call.socket.report({ type: 'message', data: { type: 'transcript' } });
      call.socket.report({ type: 'agent-ready' });
      call.socket.report({ type: 'message', data: 'text' });
      const messages = call.reports.all.flatMap((report) => (report.type === 'message' ? [report.data] : []));
      expect(messages).to.deep.equal([null, { type: 'transcript' }, 'text']);
      expect(call.controller.status).to.equal('active');
    });

    it('runs as long as it likes without a limit, and no timer ends it', async () => {
      await call.playTo(active, { maxDurationS: 0 });
      expect(call.clock.pending, 'the one that tells figures').to.equal(1);
      call.clock.advance(24 * 3_600_000);
      expect(call.controller.status).to.equal('active');
    });
  });

  describe('while it runs', () => {
    for (const stage of stages) {
      it(`is not started a second time: ${stage}`, async () => {
        await call.playTo(stage);
        const before = [...call.told];
        expect(await call.start()).to.equal(false);
        expect(call.told).to.deep.equal(before);
        expect([call.audios.all.length, call.sessions.all.length]).to.deep.equal([
          1,
          stage === 'the microphone is asked for' ? 0 : 1,
        ]);
      });
    }

    it('changes microphone and loudspeaker of its own sound, and of no other', async () => {
      call.controller.setMicrophone('desk');
      call.controller.setSpeaker('desk');
      await call.playTo(active, { microphoneId: 'built-in', speakerId: 'built-in' });
      expect(call.audio.options).to.include({ microphoneId: 'built-in', speakerId: 'built-in' });
      call.controller.setMicrophone('headset');
      call.controller.setSpeaker(null);
      void call.controller.stop();
      call.controller.setSpeaker('desk');
      expect(call.audio.devices).to.deep.equal(['microphone headset', 'speaker null']);
    });

    it('tells that a tap is needed, resumes in it, and lets the socket go on with the new sound', async () => {
      await call.playTo(active);
      call.audio.report({ type: 'needs-tap', isOn: true });
      call.controller.resume();
      expect(call.audio.resumes).to.equal(1);
      const ports = { uplink: new MessageChannel().port1, downlink: new MessageChannel().port1 };
      call.audio.report({ type: 'ports', ports });
      call.audio.report({ type: 'needs-tap', isOn: false });
      expect(call.socket.links).to.deep.equal([ports]);
      expect(call.told.slice(-2)).to.deep.equal(['needs-tap', 'needs-tap']);
      expect(call.controller.status).to.equal('active');
    });

    it('keeps the screen on from the grant to the end', async () => {
      const screen = fakeWakeLock();
      void call.start();
      await nextTask();
      expect(screen.asked, 'while the visitor thinks').to.equal(0);
      call.audio.microphone.resolve();
      await nextTask();
      expect(screen.held).to.equal(1);
      void call.controller.stop();
      await nextTask();
      expect(screen.held).to.equal(0);
    });

    it('is named, muted and hung up by the system’s media keys, which are the page’s again afterwards', async () => {
      const session = fakeMediaSession('hangup', 'togglemicrophone');
      call.controller.setMuted(true);
      await call.playTo(active, { title: 'Call with Ann' });
      expect(session.metadata!.title).to.equal('Call with Ann');
      call.controller.setMuted(false);
      expect(session.microphones).to.deep.equal([false, true]);
      session.handlers.get('togglemicrophone')!();
      expect(call.told.at(-1)).to.equal('toggle-mute');
      session.handlers.get('hangup')!();
      expect(call.end!.reason).to.equal('visitor');
      expect([session.metadata, session.handlers.size]).to.deep.equal([session.before, 0]);
    });

    it('tells that nothing comes from the microphone, and goes on', async () => {
      await call.playTo(active);
      call.audio.report({ type: 'microphone-silent', isOn: true });
      expect(call.reports.all.at(-1)).to.deep.equal({ type: 'microphone-silent', isOn: true });
      expect(call.controller.status).to.equal('active');
    });

    it('mutes and sets the volume of its own sound, from the first moment to the last', async () => {
      call.controller.setMuted(true);
      call.controller.setVolume(0.1);
      void call.start();
      call.controller.setMuted(false);
      call.controller.setVolume(0.5);
      const kept = [
        [true, false],
        [0.1, 0.5],
      ];
      expect([call.audio.muted, call.audio.volumes]).to.deep.equal(kept);
      void call.controller.stop();
      call.controller.setMuted(false);
      call.controller.setVolume(1);
      expect([call.audio.muted, call.audio.volumes], 'it has ended').to.deep.equal(kept);
    });

    it('is muted from its first sample where the page mutes it while the first status is told', async () => {
      call.listener = (report) => {
        if (report.type === 'status' && report.status === 'requesting-microphone') call.controller.setMuted(true);
      };
      await call.playTo(active);
      expect(call.audio.muted).to.deep.equal([true]);
    });

    it('keeps its duration by the clock it was given, from the first word of the agent', async () => {
      await call.playTo('the agent is waited for');
      call.clock.advance(5000);
      expect(call.controller.duration).to.equal(0);
      call.socket.report({ type: 'agent-ready' });
      expect(call.controller.duration).to.equal(0);
      call.clock.advance(61_500);
      expect(call.controller.duration).to.equal(61.5);
      void call.controller.stop();
      call.clock.advance(10_000);
      expect(call.controller.duration).to.equal(61.5);
      expect(call.end!.duration).to.equal(61.5);
    });

    it('keeps the figures of both sides together, up to the end', async () => {
      await call.playTo(active);
      const { report } = call.socket;
      report({
        type: 'stats',
        stats: { chunksSent: 10, chunksDropped: 1, audioMessages: 7, malformedMessages: 2 },
      });
      call.audio.report({
        ...silence,
        visitorLevelDbfs: -30,
        agentLevelDbfs: -12,
        isAgentSpeaking: true,
        bufferedMs: 80,
        underruns: 3,
        droppedSamples: 4,
        concealedMs: 5,
        jitterP50Ms: 2,
        jitterP95Ms: 30,
        targetMs: 60,
        delayMs: 70,
      });
      report({
        type: 'stats',
        stats: { chunksSent: 20, chunksDropped: 1, audioMessages: 9, malformedMessages: 2 },
      });
      const expected = {
        ...noStats,
        callId: undefined,
        chunksSent: 20,
        chunksDropped: 1,
        audioMessages: 9,
        malformedMessages: 2,
        underruns: 3,
        bufferedMs: 80,
        droppedSamples: 4,
        jitterP50Ms: 2,
        jitterP95Ms: 30,
        targetMs: 60,
        delayMs: 70,
        concealedMs: 5,
        visitorLevelDbfs: -30,
        agentLevelDbfs: -12,
        microphoneMs: 0,
        sessionMs: 0,
        socketMs: 0,
        readyMs: 0,
        firstAudioMs: 0,
      };
      expect(call.controller.stats).to.deep.equal(expected);
      void call.controller.stop();
      expect(call.end!.stats).to.deep.equal(expected);
      expect(call.controller.stats, 'also afterwards').to.deep.equal(expected);
    });

    it('rings from the grant until the agent is ready, and tells an end on purpose by a tone', async () => {
      for (const [stage, reason, rings, hasTone] of [
        ['the agent is waited for', 'visitor', [true], false],
        [active, 'visitor', [true, false], true],
        [active, 'page', [true, false], false],
        [active, 'replaced', [true, false], false],
      ] as const) {
        await call.playTo(stage);
        const { audio } = call;
        void call.controller.stop(reason);
        expect([audio.rings, audio.hadTone], `${stage}: ${reason}`).to.deep.equal([rings, hasTone]);
      }
      await call.playTo(active);
      call.socket.report({ type: 'closed', closeCode: 1006, hungUp: false });
      expect(call.audio.hadTone, 'a failure').to.equal(false);
    });

    it('ends by the clock where nobody speaks, also while the sound stands still and reports nothing', async () => {
      await call.playTo(active, { idleTimeoutS: 60 });
      call.audio.report({ type: 'needs-tap', isOn: true });
      call.clock.advance(59_000);
      expect(call.controller.status).to.equal('active');
      call.clock.advance(1000);
      expect(call.end).to.include({ reason: 'idle' });
    });

    it('tells its figures once a second from the first `active` to the end', async () => {
      await call.playTo(active);
      const told = () => call.reports.all.flatMap((report) => (report.type === 'stats' ? [report.stats] : []));
      call.clock.advance(999);
      expect(told()).to.be.empty;
      call.audio.report({ ...silence, microphoneHz: 16_000, speakerHz: 44_100 });
      call.clock.advance(1);
      expect(told()).to.deep.equal([call.controller.stats]);
      expect(told()[0]).to.include({ microphoneHz: 16_000, speakerHz: 44_100 });
      call.clock.advance(9_000);
      expect(told()).to.have.lengthOf(10);
      void call.controller.stop();
      call.clock.advance(9_000);
      expect(told()).to.have.lengthOf(10);
      expect(call.end!.stats.speakerHz).to.equal(44_100);
    });

    it('has levels drawn by its thread, which is given the sound’s port once', async () => {
      await call.playTo(active);
      const { port1 } = new MessageChannel();
      call.audio.levelPorts.push(port1);
      const sides = [{ colour: 'red' }, { colour: 'blue' }];
      call.controller.draw(sides);
      call.controller.draw(sides);
      expect(call.threads.all.at(-1)!.drawn).to.deep.equal([
        [sides, port1],
        [sides, undefined],
      ]);
      void call.controller.stop();
      call.controller.draw(sides);
      expect(call.threads.all.at(-1)!.drawn).to.have.lengthOf(2);
    });

    it('tells who speaks, as often as the sound’s figures come', async () => {
      await call.playTo(active);
      call.audio.report({ ...silence, isAgentSpeaking: true });
      call.audio.report({ ...silence, isVisitorSpeaking: true });
      expect(call.reports.all.filter(({ type }) => type === 'speaking')).to.deep.equal([
        { type: 'speaking', isAgentSpeaking: true, isVisitorSpeaking: false },
        { type: 'speaking', isAgentSpeaking: false, isVisitorSpeaking: true },
      ]);
    });
  });

  describe('that the visitor ends', () => {
    for (const stage of stages) {
      it(`leaves nothing open, and what comes later is ignored: ${stage}`, async () => {
        await call.playTo(stage);
        const before = call.told.length;
        const isActive = statusAt[stage] === 'active';
        expect(call.controller.status).to.equal(statusAt[stage]);
        call.clock.advance(2000);
        void call.controller.stop();
        expectNothingOpen();
        expect(call.controller.status).to.equal('ended');
        expect(await call.lastStart).to.equal(isActive);
        expect(call.told.slice(before)).to.deep.equal(['ended', 'end']);
        expect(call.end).to.deep.equal({
          type: 'end',
          reason: stage === draining ? 'agent' : 'visitor',
          duration: isActive ? 2 : 0,
          code: null,
          closeCode: stage === draining ? 1000 : null,
          stats: call.controller.stats,
          clientReference: undefined,
        });
        const { callId, microphoneMs, sessionMs, socketMs, readyMs, ...rest } = call.controller.stats;
        expect({ ...noStats, ...rest }).to.deep.equal(noStats);
        expect(callId).to.equal(undefined);
        for (const ms of [microphoneMs, sessionMs, socketMs, readyMs]) expect(ms).to.be.oneOf([0, undefined]);
        const { stats } = call.controller;
        const [told, sockets, sessions] = [call.told, call.sockets.all.length, call.sessions.all.length];
        await playTheRest();
        expect(call.told).to.deep.equal(told);
        expect([call.sockets.all.length, call.sessions.all.length]).to.deep.equal([sockets, sessions]);
        expect(call.audio.formats.length, 'sound connected').to.equal(sockets);
        expect(call.controller.stats).to.deep.equal(stats);
        expectNothingOpen();
      });

      it(`does not mind what fails later: ${stage}`, async () => {
        await call.playTo(stage);
        void call.controller.stop();
        const told = call.told;
        call.audio.microphone.reject(new AudioFailure('microphone-denied'));
        call.audio.loaded.reject(new AudioFailure('audio-failed'));
        for (const asked of call.sessions.all) asked.reject(new CallError('token-request-failed'));
        await expectNothingUnhandled();
        expect(call.told).to.deep.equal(told);
        expect(call.controller.error).to.equal(null);
      });
    }

    for (const reason of ['visitor', 'page', 'replaced'] as const satisfies EndReason[]) {
      it(`says who ended it: ${reason}`, async () => {
        await call.playTo(active);
        void call.controller.stop(reason);
        expect(call.end!.reason).to.equal(reason);
      });
    }

    it('is over for the one who waits when microphone and loudspeaker are closed, however often one asks', async () => {
      await call.playTo(active);
      let resolved = 0;
      const stops = [1, 2, 3].map(() => call.controller.stop().then(() => (resolved += 1)));
      await nextTask();
      expect([resolved, call.audio.stops]).to.deep.equal([0, 1]);
      call.audio.closed.resolve();
      await Promise.all(stops);
      expect(call.told.filter((type) => type === 'end').length).to.equal(1);
      await call.controller.stop();
      expect(call.told.at(-1)).to.equal('end');
    });

    it('needs no end where there was none to end', async () => {
      await call.controller.stop();
      expect([call.told, call.controller.status]).to.deep.equal([[], 'idle']);
      await call.playTo(active);
      call.socket.report({ type: 'closed', closeCode: 1011, hungUp: false });
      const told = call.told;
      call.audio.closed.resolve();
      await call.controller.stop();
      expect([call.told, call.controller.status]).to.deep.equal([told, 'failed']);
    });
  });

  describe('that a listener ends', () => {
    const moments: { at: string; audios: number; sessions: number; sockets: number; started: boolean }[] = [
      { at: 'requesting-microphone', audios: 0, sessions: 0, sockets: 0, started: false },
      { at: 'connecting', audios: 1, sessions: 0, sockets: 0, started: false },
      { at: 'waiting', audios: 1, sessions: 1, sockets: 1, started: false },
      { at: 'active', audios: 1, sessions: 1, sockets: 1, started: false },
      { at: 'start', audios: 1, sessions: 1, sockets: 1, started: true },
      { at: 'message', audios: 1, sessions: 1, sockets: 1, started: true },
      { at: 'speaking', audios: 1, sessions: 1, sockets: 1, started: true },
    ];
    for (const { at, audios, sessions, sockets, started } of moments) {
      it(`stops right there, in the report of ${at}, and leaves nothing open`, async () => {
        call.listener = (report) => {
          const name = report.type === 'status' ? report.status : report.type;
          if (name === at) void call.controller.stop();
        };
        void call.start({ maxDurationS: 60 });
        for (const step of [
          () => call.audio?.microphone.resolve(),
          () => (call.audio?.loaded.resolve(), call.session?.resolve(session)),
          () => call.socket?.report({ type: 'opened' }),
          () => call.socket?.report({ type: 'client-ready' }),
          () => call.socket?.report({ type: 'agent-ready' }),
          () => call.socket?.report({ type: 'message', data: 1 }),
          () => call.audio?.report(silence),
        ]) {
          step();
          await nextTask();
        }
        expectNothingOpen();
        expect([call.audios.all.length, call.sessions.all.length, call.sockets.all.length]).to.deep.equal([
          audios,
          sessions,
          sockets,
        ]);
        expect(call.told.includes('start')).to.equal(started);
        expect(call.told.slice(-3)).to.deep.equal([at, 'ended', 'end']);
        expect(call.told.filter((type) => type === 'end').length).to.equal(1);
        expect(call.controller.status).to.equal('ended');
        await call.lastStart;
      });
    }

    for (const at of ['ended', 'end', 'failed', 'error']) {
      it(`is already over in the report of ${at}`, async () => {
        await call.playTo(active);
        call.listener = (report) => {
          const name = report.type === 'status' ? report.status : report.type;
          if (name === at) void call.controller.stop();
        };
        if (at.startsWith('end')) void call.controller.stop();
        else call.socket.report({ type: 'closed', closeCode: 1006, hungUp: false });
        expect(call.told.filter((type) => type === 'end').length).to.equal(1);
        expectNothingOpen();
      });
    }
  });

  describe('after another one', () => {
    it('starts from ended and from failed, as new as the first', async () => {
      await call.playTo(active);
      call.clock.advance(7000);
      call.socket.report({ type: 'stats', stats: { ...noStats, chunksSent: 5 } });
      call.audio.report({ ...silence, agentLevelDbfs: -5, isAgentSpeaking: true, bufferedMs: 9, underruns: 9 });
      call.socket.report({ type: 'closed', closeCode: 1006, hungUp: false });
      expect(call.controller.status).to.equal('failed');

      void call.start();
      expect(call.controller.error).to.equal(null);
      expect(call.controller.duration).to.equal(0);
      expect(call.controller.stats).to.deep.equal(noStats);
      void call.controller.stop();
      expect(call.controller.status).to.equal('ended');

      await call.playTo(active);
      expect(await call.lastStart).to.equal(true);
      expect(call.audios.all.length).to.equal(3);
      void call.controller.stop();
      expectNothingOpen();
    });

    for (const stage of stages) {
      it(`is not disturbed by what is left of the first: ${stage}`, async () => {
        await call.playTo(stage);
        const first = call.lastStart;
        const { audio, session: asked, socket } = call;
        void call.controller.stop();
        const firstSockets = call.sockets.all.length;
        const second = call.start();
        expect(call.controller.status).to.equal('requesting-microphone');
        expect(call.audios.all.length).to.equal(2);
        const told = call.told;

        audio.microphone.resolve();
        audio.loaded.resolve();
        audio.drained.resolve();
        audio.closed.resolve();
        audio.report({ type: 'failed', failure: new AudioFailure('microphone-lost') });
        asked?.resolve({ ...session, url: 'wss://agent.example/the-first' });
        socket?.report({ type: 'agent-ready' });
        socket?.report({ type: 'closed', closeCode: 1006, hungUp: false });
        await nextTask();
        expect(call.told).to.deep.equal(told);
        expect(call.sockets.all.length).to.equal(firstSockets);
        expect(await first).to.equal(statusAt[stage] === 'active');

        const sessions = call.sessions.all.length;
        call.audio.microphone.resolve();
        await call.sessions.count(sessions + 1);
        call.session.resolve(session);
        call.audio.loaded.resolve();
        await call.sockets.count(firstSockets + 1);
        expect(call.socket.options.url).to.equal(session.url);
        call.socket.report({ type: 'opened' });
        call.socket.report({ type: 'client-ready' });
        call.socket.report({ type: 'agent-ready' });
        expect(await second).to.equal(true);
        void call.controller.stop();
        expectNothingOpen();
      });
    }

    it('may be started by the listener of the last one’s end', async () => {
      await call.playTo(active);
      call.listener = (report) => {
        if (report.type === 'end') {
          call.listener = () => {};
          void call.start();
        }
      };
      void call.controller.stop();
      expect(call.told.slice(-3)).to.deep.equal(['ended', 'end', 'requesting-microphone']);
      expect(call.audios.all.length).to.equal(2);
    });

    for (const at of ['ended', 'failed'] as const) {
      it(`may be started by the listener of the status ${at}, after the last one’s end was told`, async () => {
        await call.playTo(active);
        call.listener = (report) => {
          if (report.type === 'status' && report.status === at) {
            call.listener = () => {};
            void call.start();
          }
        };
        if (at === 'ended') void call.controller.stop();
        else call.socket.report({ type: 'closed', closeCode: 1006, hungUp: false });
        const last = at === 'ended' ? ['ended', 'end'] : ['failed', 'error', 'end'];
        expect(call.told.slice(5)).to.deep.equal([...last, 'requesting-microphone']);
      });
    }

    it('can be started and stopped twenty times within a second', async () => {
      for (let i = 0; i < 20; i++) {
        void call.start();
        if (i % 3) call.audio.microphone.resolve();
        if (i % 2) await nextTask();
        void call.controller.stop();
      }
      await playTheRest();
      expectNothingOpen();
      expect(call.told.filter((type) => type === 'end').length).to.equal(20);
      expect(call.controller.status).to.equal('ended');
    });
  });

  describe('that takes too long', () => {
    const limits: [Stage, CallErrorCode, number][] = [
      ['session and sound are waited for', 'token-request-timeout', 10_000],
      ['the sound is there, the session is not', 'token-request-timeout', 10_000],
      ['the session is there, the sound is not', 'audio-failed', 10_000],
      ['the socket opens', 'connection-timeout', 10_000],
      ['the socket is open', 'agent-timeout', 20_000],
      ['the agent is waited for', 'agent-timeout', 20_000],
    ];
    for (const [stage, code, limitMs] of limits) {
      it(`fails with ${code} after ${limitMs / 1000} s: ${stage}`, async () => {
        await call.playTo(stage);
        await nextTask();
        call.clock.advance(limitMs - 1);
        await nextTask();
        expect(call.controller.status).to.equal(statusAt[stage]);
        const before = call.told.length;
        call.clock.advance(1);
        expect(call.told.slice(before)).to.deep.equal(['failed', 'error', 'end']);
        expect(errorOf().code).to.equal(code);
        expect(call.end).to.include({ reason: 'error', code, closeCode: null, duration: 0 });
        expect(await call.lastStart).to.equal(false);
        expectNothingOpen();
        const told = call.told;
        await playTheRest();
        expect(call.told).to.deep.equal(told);
      });
    }

    it('takes the times that it is given', async () => {
      call.clock.uninstall();
      call = new Rehearsal({ timeoutsMs: { 'audio-failed': 300, 'token-request-timeout': 200 } });
      await call.playTo('session and sound are waited for');
      call.clock.advance(200);
      expect(errorOf().code).to.equal('token-request-timeout');
    });

    it('gives the agent its time from the open socket on, not from the click', async () => {
      await call.playTo('the socket opens');
      call.clock.advance(9999);
      call.socket.report({ type: 'opened' });
      call.clock.advance(19_999);
      call.socket.report({ type: 'client-ready' });
      expect(call.controller.status).to.equal('waiting');
      call.clock.advance(1);
      expect(errorOf().code).to.equal('agent-timeout');
    });
  });

  describe('without sound', () => {
    const codes: Record<AudioFailureCode, true> = {
      'unsupported-browser': true,
      'insecure-context': true,
      'microphone-denied': true,
      'microphone-blocked-by-policy': true,
      'microphone-not-found': true,
      'microphone-in-use': true,
      'microphone-lost': true,
      'audio-failed': true,
    };
    const cause = new DOMException('Why', 'NotAllowedError');
    /** Where sound can fail; answers once it has. */
    const places: Record<string, (failure: unknown) => Promise<void>> = {
      'when it is opened': async (failure) => {
        call.openAudioFailure = failure;
        void call.start();
      },
      'when the microphone is asked for': async (failure) => {
        void call.start();
        call.audio.microphone.reject(failure);
      },
      'when it is set up': async (failure) => {
        await call.playTo('session and sound are waited for');
        call.audio.loaded.reject(failure);
      },
      'when it is connected': async (failure) => {
        await call.playTo('the session is there, the sound is not');
        call.audio.connectFailure = failure;
        call.audio.loaded.resolve();
      },
      'while the agent is waited for': async (failure) => {
        await call.playTo('the agent is waited for');
        call.audio.report({ type: 'failed', failure: failure as AudioFailure });
      },
      'in the call': async (failure) => {
        await call.playTo(active);
        call.audio.report({ type: 'failed', failure: failure as AudioFailure });
      },
    };
    for (const [place, fail] of Object.entries(places)) {
      for (const code of Object.keys(codes) as AudioFailureCode[]) {
        it(`fails with ${code} and what is known of it: ${place}`, async () => {
          await fail(new AudioFailure(code, 'Say this too.', cause));
          await call.reports.until((all) => all.some(({ type }) => type === 'end'));
          expect(call.told.slice(-3)).to.deep.equal(['failed', 'error', 'end']);
          expect(errorOf().code).to.equal(code);
          expect(errorOf().message).to.equal(`${new CallError(code).message} Say this too.`);
          expect(errorOf().cause).to.equal(cause);
          expect(call.end).to.include({ reason: 'error', code, closeCode: null });
          expect(await call.lastStart).to.equal(place === 'in the call');
          expectNothingOpen();
        });
      }

      it(`fails with audio-failed where a stranger throws: ${place}`, async () => {
        const stranger = new TypeError('undefined is not a function');
        await fail(stranger);
        await call.reports.until((all) => all.some(({ type }) => type === 'end'));
        expect(errorOf().code).to.equal('audio-failed');
        expect(errorOf().cause).to.equal(stranger);
        expectNothingOpen();
      });
    }

    it('asks for no session when the microphone is refused', async () => {
      void call.start();
      call.audio.microphone.reject(new AudioFailure('microphone-denied'));
      expect(await call.lastStart).to.equal(false);
      await nextTask();
      expect(call.sessions.all.length).to.equal(0);
    });
  });

  describe('without a session', () => {
    it('fails with the very error that the request gave', async () => {
      await call.playTo('the sound is there, the session is not');
      const refusal = new CallError('rate-limited', { httpStatus: 429, retryAfterS: 30 });
      call.session.reject(refusal);
      expect(await call.lastStart).to.equal(false);
      expect(errorOf()).to.equal(refusal);
      const told = call.reports.all.flatMap((report) => (report.type === 'error' ? [report.error] : []));
      expect(told).to.deep.equal([refusal]);
      expect(call.end!.code).to.equal('rate-limited');
      expectNothingOpen();
    });

    it('offline is what fails, though the worklet’s file was missed before', async () => {
      replace(navigator, 'onLine', false);
      await call.playTo('session and sound are waited for');
      call.audio.loaded.reject(new AudioFailure('audio-failed'));
      await nextTask();
      call.session.reject(new CallError('token-request-failed'));
      expect(await call.lastStart).to.equal(false);
      expect(errorOf().code).to.equal('token-request-failed');
      await expectNothingUnhandled();
    });

    it('does not wait for the sound to fail', async () => {
      await call.playTo('session and sound are waited for');
      call.session.reject(new CallError('token-request-failed'));
      expect(await call.lastStart).to.equal(false);
      call.audio.loaded.reject(new AudioFailure('audio-failed'));
      await expectNothingUnhandled();
      expect(call.told.filter((type) => type === 'error').length).to.equal(1);
    });
  });

  describe('whose socket closes', () => {
    for (const stage of withSocket.filter((stage) => beforeActive.includes(stage))) {
      for (const [closeCode, hungUp] of [
        [1000, true],
        [1001, true],
        [1005, true],
        [1006, false],
        [4001, false],
      ] as const) {
        it(`with ${closeCode} fails with connection-failed: ${stage}`, async () => {
          await call.playTo(stage);
          call.socket.report({ type: 'closed', closeCode, hungUp });
          expect(await call.lastStart).to.equal(false);
          expect(call.told.slice(-3)).to.deep.equal(['failed', 'error', 'end']);
          expect(errorOf()).to.include({ code: 'connection-failed', closeCode });
          expect(call.end).to.include({ reason: 'error', code: 'connection-failed', closeCode, duration: 0 });
          expect(call.audio.drains).to.equal(0);
          expectNothingOpen();
        });
      }
    }

    for (const closeCode of [1006, 1011, 4001]) {
      it(`with ${closeCode} in the call fails with connection-lost, at once`, async () => {
        await call.playTo(active);
        call.clock.advance(3000);
        call.socket.report({ type: 'closed', closeCode, hungUp: false });
        expect(call.told.slice(-3)).to.deep.equal(['failed', 'error', 'end']);
        expect(errorOf()).to.include({ code: 'connection-lost', closeCode });
        expect(call.end).to.include({ reason: 'error', code: 'connection-lost', closeCode, duration: 3 });
        expect(call.audio.drains).to.equal(0);
        expectNothingOpen();
      });
    }

    it('as the agent hangs up ends the call when its last words are played', async () => {
      await call.playTo(active);
      call.socket.report({ type: 'closed', closeCode: 1001, hungUp: true });
      await nextTask();
      expect(call.controller.status).to.equal('active');
      expect(call.audio.drains).to.equal(1);
      call.audio.report({ ...silence, agentLevelDbfs: -9, isAgentSpeaking: true, bufferedMs: 900 });
      expect(call.told.at(-1), 'the last words are seen').to.equal('speaking');
      call.clock.advance(4000);
      call.audio.drained.resolve();
      await call.reports.until((all) => all.some(({ type }) => type === 'end'));
      expect(call.told.slice(-2)).to.deep.equal(['ended', 'end']);
      expect(call.end).to.include({ reason: 'agent', code: null, closeCode: 1001, duration: 4 });
      expect(call.controller.error).to.equal(null);
      expectNothingOpen();
    });

    it('as the agent hangs up is the agent’s end, whoever leaves during its last words', async () => {
      for (const reason of ['visitor', 'page', 'replaced'] as const) {
        await call.playTo(draining);
        void call.controller.stop(reason);
        expect(call.end).to.include({ reason: 'agent', closeCode: 1000 });
        const told = call.told;
        call.audio.drained.resolve();
        await nextTask();
        expect(call.told).to.deep.equal(told);
      }
      expectNothingOpen();
    });
  });

  describe('with a longest duration', () => {
    it('ends by itself, counted from the first word of the agent', async () => {
      await call.playTo('the agent is waited for', { maxDurationS: 90 });
      call.clock.advance(15_000);
      call.socket.report({ type: 'agent-ready' });
      call.clock.advance(89_999);
      expect(call.controller.status).to.equal('active');
      call.clock.advance(1);
      expect(call.told.slice(-2)).to.deep.equal(['ended', 'end']);
      expect(call.end).to.include({ reason: 'max-duration', code: null, closeCode: null, duration: 90 });
      expectNothingOpen();
    });

    it('of 0 never ends by itself', async () => {
      await call.playTo(active, { maxDurationS: 0 });
      expect(call.clock.pending, 'the one that tells figures').to.equal(1);
    });

    for (const maxDurationS of [-1, Number.NaN]) {
      it(`of ${maxDurationS}, which is none, ends after the default of half an hour`, async () => {
        await call.playTo(active, { maxDurationS });
        call.clock.advance(1_799_999);
        expect(call.controller.status).to.equal('active');
        call.clock.advance(1);
        expect(call.end!.reason).to.equal('max-duration');
      });
    }

    for (const maxDurationS of [2_147_484, 2_592_000, 1e9, Infinity]) {
      it(`of ${maxDurationS} s, more than a browser’s timer can count, does not end at once`, async () => {
        await call.playTo(active, { maxDurationS });
        call.clock.advance(3_600_000);
        expect(call.controller.status).to.equal('active');
      });
    }
  });

  describe('that nobody speaks in', () => {
    const quiet = (rehearsal = call, times = 10) => {
      for (let i = 0; i < times; i++) rehearsal.audio.report({ ...silence, visitorLevelDbfs: -60 });
    };

    it('ends by itself after its time, with its reason', async () => {
      await call.playTo(active, { idleTimeoutS: 60 });
      quiet();
      call.clock.advance(59_999);
      quiet();
      expect(call.controller.status).to.equal('active');
      call.clock.advance(1);
      quiet();
      expect(call.controller.status).to.equal('ended');
      expect(call.end).to.include({ reason: 'idle', code: null });
      expectNothingOpen();
    });

    it('goes on while either side speaks, but not for a visitor who is muted', async () => {
      await call.playTo(active, { idleTimeoutS: 60 });
      const waits = [
        () => call.audio.report({ ...silence, isVisitorSpeaking: true }),
        () => call.audio.report({ ...silence, isAgentSpeaking: true }),
      ];
      for (const speak of waits) {
        call.clock.advance(50_000);
        speak();
        quiet();
      }
      expect(call.controller.status).to.equal('active');
      call.controller.setMuted(true);
      call.clock.advance(60_000);
      call.audio.report({ ...silence, isVisitorSpeaking: true });
      expect(call.controller.status).to.equal('ended');
    });

    it('does not count the time before the agent is ready', async () => {
      await call.playTo('the agent is waited for', { idleTimeoutS: 5 });
      call.clock.advance(10_000);
      quiet();
      call.socket.report({ type: 'agent-ready' });
      quiet();
      expect(call.controller.status).to.equal('active');
    });

    it('never ends for 0, and after five minutes for what is no number', async () => {
      await call.playTo(active, { idleTimeoutS: 0 });
      call.clock.advance(3_000_000);
      quiet();
      expect(call.controller.status).to.equal('active');
      void call.controller.stop();
      await call.playTo(active, { idleTimeoutS: Number.NaN });
      quiet();
      call.clock.advance(299_000);
      quiet();
      expect(call.controller.status).to.equal('active');
      call.clock.advance(1000);
      quiet();
      expect(call.controller.status).to.equal('ended');
    });
  });

  it('tells how long each step took since its start', async () => {
    void call.start();
    call.clock.advance(100);
    call.audio.microphone.resolve();
    await call.sessions.count(1);
    call.clock.advance(20);
    call.session.resolve(session);
    await nextTask();
    call.audio.loaded.resolve();
    await call.sockets.count(1);
    call.clock.advance(30);
    call.socket.report({ type: 'opened' });
    call.socket.report({ type: 'client-ready' });
    call.clock.advance(40);
    call.socket.report({ type: 'agent-ready' });
    call.audio.report(silence);
    call.clock.advance(50);
    call.audio.report({ ...silence, isAgentSpeaking: true });
    call.clock.advance(60);
    call.audio.report({ ...silence, isAgentSpeaking: true });
    expect(call.controller.stats).to.include({
      microphoneMs: 100,
      sessionMs: 120,
      socketMs: 150,
      readyMs: 190,
      firstAudioMs: 240,
    });
  });

  describe('that ends', () => {
    it('lets everything go before it tells so: a failure', async () => {
      await call.playTo(active);
      const before = call.log.length;
      let seen: unknown;
      call.listener = (report) => {
        if (report.type !== 'status') return;
        const { status, error } = call.controller;
        seen = [status, error?.code, call.audio.stops, call.socket.closes];
      };
      call.socket.report({ type: 'closed', closeCode: 1006, hungUp: false });
      const order = call.log.slice(before);
      expect(order.slice(0, 2)).to.have.members(['socket closed', 'sound stopped']);
      expect(order.slice(2)).to.deep.equal(['status failed', 'error', 'end']);
      expect(seen).to.deep.equal(['failed', 'connection-lost', 1, 1]);
    });

    it('lets everything go before it tells so: a hang-up', async () => {
      await call.playTo(active);
      const before = call.log.length;
      void call.controller.stop();
      const order = call.log.slice(before);
      expect(order.slice(0, 2)).to.have.members(['socket closed', 'sound stopped']);
      expect(order.slice(2)).to.deep.equal(['status ended', 'end']);
    });

    it('fires its end once for every start that was not refused', async () => {
      for (const stage of stages) {
        await call.playTo(stage);
        await call.start();
        void call.controller.stop();
        void call.controller.stop();
      }
      expect(call.told.filter((type) => type === 'end').length).to.equal(stages.length);
      expect(call.told.filter((type) => type === 'start').length).to.equal(2);
    });
  });

  describe('whose wire', () => {
    const wires: Record<string, Partial<Record<keyof Session, unknown>>> = {
      'another protocol': { protocol: 'webrtc' },
      'a protocol that is none': { protocol: ['pcm'] },
      'a name of every object': { protocol: '__proto__' },
      'another codec': { protocol: 'media', codec: 'g722' },
      'a codec that every object has': { protocol: 'media', codec: 'constructor' },
      'another framing': { protocol: 'media', framing: 'mp4' },
      'Opus as bare payload': { protocol: 'media', codec: 'opus', framing: 'payload' },
    };
    for (const [what, wire] of Object.entries(wires)) {
      it(`is ${what} fails as protocol-error, opens no socket for sound, and hangs up what was created`, async () => {
        void call.start();
        call.audio.microphone.resolve();
        call.audio.loaded.resolve();
        await call.sessions.count(1);
        call.session.resolve({ ...session, ...wire } as Session);
        expect(await call.lastStart).to.equal(false);
        expect(errorOf().code).to.equal('protocol-error');
        expect(call.sockets.all.length).to.equal(0);
        expect(call.hungUp).to.deep.equal(wire.protocol === 'media' ? [session.url] : []);
        expectNothingOpen();
      });
    }

    it('sets the rates of the sound', async () => {
      for (const [codec, framing, rate] of [
        ['l16', 'payload', 16_000],
        ['l16', 'rtp', 16_000],
        ['pcmu', 'payload', 8000],
        ['pcma', 'rtp', 8000],
        ['opus', 'rtp', 48_000],
      ] as const) {
        await call.playTo(active, {}, { ...session, protocol: 'media', codec, framing });
        expect(call.audio.formats[0]).to.include({
          captureRate: rate,
          playbackRate: rate,
          chunkSamples: rate / 50,
        });
        expect(call.socket.options).to.include({ protocol: 'media', codec, framing });
        void call.controller.stop();
      }
    });

    it('cannot be spoken here fails, says what is missing, and the next click works', async () => {
      for (let time = 0; time < 2; time += 1) {
        await call.playTo('the socket opens', {}, { ...session, protocol: 'media', codec: 'opus', framing: 'rtp' });
        call.socket.report({ type: 'failed', code: 'unsupported-browser' });
        expect(await call.lastStart).to.equal(false);
        expect(errorOf().code).to.equal('unsupported-browser');
        expect(errorOf().message).to.include('WebCodecs');
        expectNothingOpen();
      }
    });

    it('that nothing can host fails, names the file, and hangs up what was created', async () => {
      call.canOpen = false;
      const url = 'wss://agent.example/call/1';
      const starting = call.playTo('the socket opens', {}, { ...session, url, protocol: 'media' }).catch(() => {});
      await Promise.race([starting, call.lastStart]);
      while (call.controller.status !== 'failed') await nextTask();
      expect(errorOf().code).to.equal('audio-failed');
      expect(errorOf().message).to.include('synthflow-call.host.js');
      expect(call.hungUp).to.deep.equal([url]);
    });
  });

  describe('that is created by its first request', () => {
    const created: Session = { ...session, protocol: 'media', callId: 'call-1' };

    it('is told by its name in the figures', async () => {
      await call.playTo(active, {}, created);
      expect(call.controller.stats.callId).to.equal('call-1');
      void call.controller.stop();
      expect(call.end!.stats.callId).to.equal('call-1');
      await call.playTo(active);
      expect(call.controller.stats.callId, 'of the next call').to.equal(undefined);
    });

    it('is asked for once, and not before the microphone is granted', async () => {
      void call.start();
      await nextTask();
      expect(call.sessions.all.length).to.equal(0);
      void call.controller.stop();
      await call.playTo(active, {}, created);
      expect(call.sessions.all.length).to.equal(1);
    });

    it('is hung up where the visitor stops before it is known', async () => {
      await call.playTo('the sound is there, the session is not');
      void call.controller.stop();
      expect(call.controller.status).to.equal('ended');
      expect(call.session.signal.aborted, 'its answer is still wanted').to.equal(false);
      expect(call.session.stopped!.aborted, 'work on a challenge is not').to.equal(true);
      expect(call.hungUp).to.deep.equal([]);
      call.session.resolve(created);
      await nextTask();
      expect(call.hungUp).to.deep.equal([created.url]);
      expectNothingOpen();
      await playTheRest();
      expect(call.hungUp.length).to.equal(1);
    });

    it('is hung up where the visitor stops before the sound is there, or the sound fails', async () => {
      for (const end of [
        () => void call.controller.stop(),
        () => call.audio.loaded.reject(new AudioFailure('audio-failed')),
        () => call.audio.report({ type: 'failed', failure: new AudioFailure('microphone-lost') }),
      ]) {
        await call.playTo('session and sound are waited for');
        call.session.resolve(created);
        await nextTask();
        end();
        await nextTask();
        expect(call.hungUp.splice(0)).to.deep.equal([created.url]);
        expect(call.sockets.all.length).to.equal(0);
      }
    });

    it('ends with its own socket, once there is one', async () => {
      for (const stage of withSocket) {
        await call.playTo(stage, {}, created);
        void call.controller.stop();
        expect(call.hungUp, stage).to.deep.equal([]);
        expect(call.socket.closes, stage).to.equal(1);
      }
    });

    it('is given up where the endpoint does not answer in time, and nothing waits for ever', async () => {
      await call.playTo('the sound is there, the session is not');
      void call.controller.stop();
      call.clock.advance(10_000);
      expect(call.session.signal.aborted).to.equal(true);
      expect(call.clock.pending).to.equal(0);
      call.session.reject(call.session.signal.reason);
      await expectNothingUnhandled();
      expect(call.controller.error).to.equal(null);
    });

    it('is named at the end, also where the sound failed', async () => {
      await call.playTo('session and sound are waited for');
      call.session.resolve(created);
      await nextTask();
      call.audio.loaded.reject(new AudioFailure('audio-failed'));
      await nextTask();
      expect(call.end!.stats.callId).to.equal('call-1');
    });

    it('is hung up once where the answer comes just as it is given up', async () => {
      await call.playTo('the sound is there, the session is not');
      call.clock.advance(10_000);
      call.session.resolve(created);
      await nextTask();
      expect(call.hungUp).to.deep.equal([created.url]);
    });

    it('is hung up where a provider answers too late, although it was told', async () => {
      await call.playTo('the sound is there, the session is not');
      call.clock.advance(10_000);
      expect(errorOf().code).to.equal('token-request-timeout');
      await nextTask();
      expect(call.clock.pending).to.equal(0);
      call.session.resolve(created);
      await nextTask();
      expect(call.hungUp).to.deep.equal([created.url]);
      await expectNothingUnhandled();
    });

    it('is nothing to hang up on the other wire, whose sessions cost nothing until they are opened', async () => {
      await call.playTo('the sound is there, the session is not');
      void call.controller.stop();
      call.session.resolve(session);
      await nextTask();
      expect(call.hungUp).to.deep.equal([]);
    });
  });

  describe('that is created when its socket is open', () => {
    const unbound: Session = { ...session, protocol: 'media', bind: true };
    const named = { type: 'bind', serverName: 'node-1' } as const;

    /** A call whose socket has named its server. */
    const toBinding = async (): Promise<void> => {
      const asked = call.bindings.all.length;
      await call.playTo('the socket is open', {}, unbound);
      call.socket.report(named);
      await call.bindings.count(asked + 1);
    };

    it('is asked for with the server’s name, and the socket is bound to it', async () => {
      await toBinding();
      expect(call.binding.serverName).to.equal('node-1');
      expect(call.controller.status).to.equal('connecting');
      call.binding.resolve({ sid: 'sid-1', callId: 'call-1' });
      await nextTask();
      expect(call.socket.bound).to.deep.equal(['sid-1']);
      expect(call.controller.stats.callId).to.equal('call-1');
      call.socket.report({ type: 'client-ready' });
      call.socket.report({ type: 'agent-ready' });
      expect(await call.lastStart).to.equal(true);
      void call.controller.stop();
      // The socket knows whether it was.
      expect([call.hungUp, call.socket.boundAtEnd]).to.deep.equal([[], ['sid-1']]);
      expectNothingOpen();
    });

    it('is bound and then closed where the visitor stops meanwhile: else it would go on, and be billed', async () => {
      await toBinding();
      void call.controller.stop();
      expect(call.controller.status).to.equal('ended');
      expect([call.audio.stops, call.socket.closes], 'the microphone is off, the socket waits').to.deep.equal([1, 0]);
      call.binding.resolve({ sid: 'sid-1', callId: undefined });
      await nextTask();
      expect([call.socket.bound, call.socket.boundAtEnd]).to.deep.equal([[], ['sid-1']]);
      expectNothingOpen();
    });

    it('leaves no open socket where it was stopped and then refused, or never answered', async () => {
      await toBinding();
      expect(call.binding.stopped!.aborted).to.equal(false);
      void call.controller.stop();
      expect([call.binding.signal.aborted, call.binding.stopped!.aborted]).to.deep.equal([false, true]);
      call.binding.reject(new CallError('rate-limited'));
      await nextTask();
      expect(call.socket.boundAtEnd).to.deep.equal([undefined]);
      expectNothingOpen();

      await toBinding();
      void call.controller.stop();
      call.clock.advance(10_000);
      expect(call.binding.signal.aborted).to.equal(true);
      call.binding.reject(call.binding.signal.reason);
      await expectNothingUnhandled();
      expect(call.socket.boundAtEnd).to.deep.equal([undefined]);
      expectNothingOpen();
    });

    it('fails with the endpoint’s refusal, and the next click works', async () => {
      await toBinding();
      call.binding.reject(new CallError('rate-limited', { httpStatus: 429, retryAfterS: 7 }));
      expect(await call.lastStart).to.equal(false);
      expect(errorOf()).to.include({ code: 'rate-limited', retryAfterS: 7 });
      expectNothingOpen();
      await toBinding();
      call.binding.resolve({ sid: 'sid-2', callId: undefined });
      await nextTask();
      expect(call.socket.bound).to.deep.equal(['sid-2']);
    });

    it('fails as agent-timeout where the server does not name itself, or does not join the call', async () => {
      await call.playTo('the socket is open', {}, unbound);
      call.clock.advance(20_000);
      expect(errorOf().code).to.equal('agent-timeout');
      expectNothingOpen();

      await toBinding();
      call.binding.resolve({ sid: 'sid-1', callId: undefined });
      await nextTask();
      call.clock.advance(20_000);
      expect(errorOf().code).to.equal('agent-timeout');
      expect(call.socket.boundAtEnd).to.deep.equal(['sid-1']);
      expectNothingOpen();
    });

    it('waits for the endpoint as long as for the first answer, however long the agent took', async () => {
      await call.playTo('the socket is open', {}, unbound);
      call.clock.advance(15_000);
      call.socket.report(named);
      await call.bindings.count(1);
      call.clock.advance(9000);
      expect(call.controller.status).to.equal('connecting');
      call.binding.resolve({ sid: 'sid-1', callId: undefined });
      await nextTask();
      expect(call.socket.bound).to.deep.equal(['sid-1']);
    });

    it('opens nothing to hang up where its socket was never opened: there is no call', async () => {
      await call.playTo('session and sound are waited for');
      call.session.resolve(unbound);
      await nextTask();
      void call.controller.stop();
      await nextTask();
      expect(call.hungUp).to.deep.equal([]);
    });

    it('fails as token-request-timeout where the endpoint is silent', async () => {
      await toBinding();
      call.clock.advance(10_000);
      expect(errorOf().code).to.equal('token-request-timeout');
      await nextTask();
      // Whoever is asked need not heed the signal.
      expectNothingOpen();
    });

    it('fails as connection-failed where the server closes meanwhile, and binds nothing any more', async () => {
      await toBinding();
      call.socket.report({ type: 'closed', closeCode: 1008, hungUp: false });
      expect(errorOf()).to.include({ code: 'connection-failed', closeCode: 1008 });
      call.binding.resolve({ sid: 'sid-1', callId: undefined });
      await nextTask();
      expect(call.socket.bound).to.deep.equal([]);
      expectNothingOpen();
    });

    it('is not ended by a server that speaks before it is bound', async () => {
      await toBinding();
      call.socket.report({ type: 'client-ready' });
      call.socket.report({ type: 'agent-ready' });
      call.binding.resolve({ sid: 'sid-1', callId: undefined });
      await nextTask();
      call.clock.advance(60_000);
      expect(call.controller.status).to.equal('active');
    });
  });
});
