import { expect, waitUntil } from '@open-wc/testing';
import type { AudioReport } from '../../src/audio/audio-engine.js';
import { AudioFailure } from '../../src/audio/audio-failure.js';
import { fakeAudioSession, holdMicrophone, watchContexts, watchMicrophone } from '../support/browser-fakes.js';
import { connectEngine, isSilent, openEngine } from '../support/engines.js';
import { remove, replace } from '../support/replace.js';

function failureOf(work: () => unknown): AudioFailure {
  try {
    work();
  } catch (failure) {
    expect(failure).to.be.instanceOf(AudioFailure);
    return failure as AudioFailure;
  }
  throw new Error('Nothing was thrown.');
}

describe('AudioEngine', () => {
  it('starts sound and asks for the microphone before the tap is over (iOS lets no sound begin later)', () => {
    const contexts = watchContexts();
    const { requests } = watchMicrophone();
    let resumed = 0;
    const { resume } = AudioContext.prototype;
    replace(AudioContext.prototype, 'resume', function (this: AudioContext) {
      resumed += 1;
      return resume.call(this);
    });
    openEngine();
    expect(contexts).to.have.lengthOf(1);
    expect(resumed).to.equal(1);
    expect(requests).to.have.lengthOf(1);
  });

  it('runs at the rate of the device', async () => {
    const contexts = watchContexts();
    await connectEngine();
    const device = new AudioContext();
    expect(contexts[0]!.sampleRate).to.equal(device.sampleRate);
    await device.close();
  });

  it('turns the microphone into chunks of 20 ms as fast as the visitor speaks', async function () {
    this.retries(3);
    const contexts = watchContexts();
    const { chunks } = await connectEngine();
    await chunks.count(20);
    const [sinceS, already] = [contexts[0]!.currentTime, chunks.all.length];
    await chunks.count(already + 50);
    expect(contexts[0]!.currentTime - sinceS).to.be.closeTo(1, 0.15);
    expect(new Set(chunks.all.map(({ byteLength }) => byteLength))).to.deep.equal(new Set([1920]));
    await chunks.until((all) => !all.every(isSilent));
  });

  it('tells how loud both sides are', async () => {
    const { reports, say } = await connectEngine();
    say(1);
    await reports.until((all) => all.some((report) => report.type === 'sound' && report.visitorLevelDbfs > -50));
    await reports.until((all) => all.some((report) => report.type === 'sound' && report.agentLevelDbfs > -10));
    await reports.until((all) => all.some((report) => report.type === 'sound' && report.bufferedMs > 500));
    expect(reports.all.filter(({ type }) => type === 'failed')).to.be.empty;
  });

  it('sends only silence while muted, and speech again afterwards', async () => {
    const { engine, chunks } = await connectEngine();
    await chunks.until((all) => !all.every(isSilent));
    engine.setMuted(true);
    // What was on its way may still arrive. The fake microphone beeps twice a second.
    const first = chunks.all.length + 20;
    await chunks.count(first + 60);
    expect(chunks.all.slice(first).every(isSilent)).to.equal(true);
    const last = chunks.all.length;
    engine.setMuted(false);
    await chunks.until((all) => !all.slice(last).every(isSilent));
  });

  it('begins muted when it is told to', async () => {
    const { chunks } = await connectEngine((engine) => engine.setMuted(true));
    await chunks.count(60);
    expect(chunks.all.every(isSilent)).to.equal(true);
  });

  it('plays the agent as loud as it is told, and hears of changes in the call', async () => {
    const meters: AnalyserNode[] = [];
    const { destination } = Object.getOwnPropertyDescriptors(BaseAudioContext.prototype);
    replace(
      globalThis,
      'AudioContext',
      class extends AudioContext {
        #meter?: AnalyserNode;
        override get destination(): AudioDestinationNode {
          if (!this.#meter) {
            this.#meter = this.createAnalyser();
            this.#meter.connect(destination!.get!.call(this) as AudioDestinationNode);
            meters.push(this.#meter);
          }
          return this.#meter as unknown as AudioDestinationNode;
        }
      },
    );
    const { engine, say } = await connectEngine((engine) => engine.setVolume(0.5));
    say(8);
    const peak = () => {
      const samples = new Float32Array(meters[0]!.fftSize);
      meters[0]!.getFloatTimeDomainData(samples);
      return Math.max(...samples);
    };
    await waitUntil(() => Math.abs(peak() - 0.25) < 0.01, 'it plays at half volume', { timeout: 4000 });
    engine.setVolume(1);
    await waitUntil(() => Math.abs(peak() - 0.5) < 0.01, 'it plays at full volume', { timeout: 4000 });
    engine.flush();
    await waitUntil(() => peak() === 0, 'what was said is dropped', { timeout: 4000 });
  });

  it('tells the end by two notes where it is asked to, at any volume, and by none without sounds', async () => {
    const contexts = watchContexts();
    let notes = 0;
    const { createOscillator } = AudioContext.prototype;
    replace(AudioContext.prototype, 'createOscillator', function (this: AudioContext) {
      notes += 1;
      return createOscillator.call(this);
    });
    for (const [sounds, volume, expected] of [
      [true, 1, 2],
      [true, NaN, 2],
      [false, 1, 0],
    ] as const) {
      watchMicrophone();
      const { engine } = await connectEngine(() => {}, { sounds });
      engine.setVolume(volume);
      notes = 0;
      await engine.stop(true);
      expect(notes).to.equal(expected);
      expect(contexts.at(-1)!.state).to.equal('closed');
    }
  });

  it('tells the rates of both devices', async () => {
    const contexts = watchContexts();
    const { streams } = watchMicrophone();
    const { reports } = await connectEngine();
    const microphoneHz = streams[0]!.getAudioTracks()[0]!.getSettings().sampleRate;
    const all = await reports.until((told) => told.some(({ type }) => type === 'sound'));
    expect(all.find(({ type }) => type === 'sound')).to.include({ microphoneHz, speakerHz: contexts[0]!.sampleRate });
  });

  it('drains: lets the microphone go at once and waits for the last words', async () => {
    const contexts = watchContexts();
    const { streams } = watchMicrophone();
    const { engine, reports, say } = await connectEngine();
    const sinceS = contexts[0]!.currentTime;
    say(1);
    const drained = engine.drain();
    expect(streams[0]!.getTracks()[0]!.readyState).to.equal('ended');
    await drained;
    expect(contexts[0]!.currentTime - sinceS).to.be.above(0.95);
    const played = reports.all.filter(({ type }) => type === 'sound');
    expect(played.at(-1)).to.include({ bufferedMs: 0, underruns: 0 });
    expect(played.at(-2), 'no longer than that').to.have.property('bufferedMs').above(0);
  });

  it('leaves nothing open when it is stopped', async () => {
    const contexts = watchContexts();
    const { streams } = watchMicrophone();
    const { engine, say } = await connectEngine();
    say(2);
    const stopped = engine.stop();
    expect(streams[0]!.getTracks()[0]!.readyState).to.equal('ended');
    expect(engine.stop()).to.equal(stopped);
    await stopped;
    expect(contexts.map(({ state }) => state)).to.deep.equal(['closed']);
    await engine.stop();
  });

  it('tells nothing after it was stopped', async () => {
    const { engine, reports, chunks } = await connectEngine();
    await reports.count(4);
    const stopped = engine.stop();
    const told = reports.all.length;
    await stopped;
    const sent = chunks.all.length;
    const another = await connectEngine();
    await another.reports.count(10);
    expect(reports.all).to.have.lengthOf(told);
    expect(chunks.all).to.have.lengthOf(sent);
  });

  it('lets a microphone go that was granted too late', async () => {
    const microphone = holdMicrophone();
    const { engine } = openEngine();
    await engine.stop();
    const stream = await microphone.grant();
    await engine.granted();
    expect(stream.getTracks().map(({ readyState }) => readyState)).to.deep.equal(['ended']);
  });

  it('leaves iOS’s sound to the call that runs when a stopped one is granted its microphone late', async () => {
    const types = fakeAudioSession();
    const microphone = holdMicrophone();
    const { engine: first } = openEngine();
    await first.stop();
    const { engine: second } = openEngine();
    await microphone.grant();
    await first.granted();
    await microphone.grant();
    await second.granted();
    expect(types.at(-1)).to.equal('play-and-record');
  });

  it('says why the microphone was not granted', async () => {
    const microphone = holdMicrophone();
    const { engine } = openEngine();
    microphone.deny();
    const failure = await engine.granted().catch((cause: unknown) => cause);
    expect(failure).to.be.instanceOf(AudioFailure).and.to.have.property('code', 'microphone-denied');
  });

  for (const name of ['synthflow-capture', 'synthflow-playback']) {
    it(`says when ${name} breaks`, async () => {
      const { addModule } = AudioWorklet.prototype;
      const saboteur = new URL('../support/worklet-saboteur.worklet.ts', import.meta.url);
      saboteur.searchParams.set('name', name);
      replace(AudioWorklet.prototype, 'addModule', async function (this: AudioWorklet, url: string) {
        await addModule.call(this, saboteur.href);
        await addModule.call(this, url);
      });
      const { reports } = await connectEngine();
      const all = await reports.until((told) => told.some(({ type }) => type === 'failed'));
      const report = all.find(({ type }) => type === 'failed');
      expect(report).to.have.nested.property('failure.code', 'audio-failed');
      expect(report).to.have.nested.property('failure.message').that.contains('worklet');
    });
  }

  it('fails when the context does not start', async () => {
    // The engine waits 3 s: here the clock runs a hundred times as fast.
    const { setTimeout } = globalThis;
    replace(globalThis, 'setTimeout', (work: () => void, ms = 0) => setTimeout(work, ms / 100));
    replace(
      globalThis,
      'AudioContext',
      class extends AudioContext {
        override get state() {
          return super.state === 'closed' ? super.state : 'suspended';
        }
        override resume() {
          return new Promise<void>(() => {});
        }
      },
    );
    const { engine, reports } = openEngine();
    await engine.granted();
    void engine.ready();
    const [report] = await reports.count(1);
    const { failure } = report as AudioReport & { type: 'failed' };
    expect(failure).to.have.property('code', 'audio-failed');
    expect(failure.message).to.contain('click');
  });

  it('goes on where its context was only suspended for a moment', async () => {
    const contexts = watchContexts();
    const { chunks } = await connectEngine();
    await contexts[0]!.suspend();
    const before = chunks.all.length;
    await chunks.count(before + 10);
    expect(contexts[0]!.state).to.equal('running');
  });

  it('starts where the browser lets sound begin only once the microphone is granted', async () => {
    const contexts = watchContexts();
    const { engine } = openEngine();
    await contexts[0]!.suspend();
    await engine.granted();
    await engine.ready();
    expect(contexts[0]!.state).to.equal('running');
  });

  it('fails when the worklet is blocked', async () => {
    replace(AudioWorklet.prototype, 'addModule', () => Promise.reject(new DOMException('', 'AbortError')));
    const { engine } = openEngine();
    const failure = await engine.ready().catch((cause: unknown) => cause);
    expect(failure).to.be.instanceOf(AudioFailure).and.to.have.property('code', 'audio-failed');
  });

  it('asks for nothing on an insecure page', () => {
    const { requests } = watchMicrophone();
    replace(globalThis, 'isSecureContext', false);
    expect(failureOf(() => openEngine()).code).to.equal('insecure-context');
    expect(requests).to.be.empty;
  });

  it('says that a browser without AudioWorklet is too old', () => {
    remove(globalThis, 'AudioWorkletNode');
    expect(failureOf(() => openEngine()).code).to.equal('unsupported-browser');
  });

  it('says that a browser without a microphone interface is too old', () => {
    replace(navigator, 'mediaDevices', undefined);
    expect(failureOf(() => openEngine()).code).to.equal('unsupported-browser');
  });

  it('fails, and asks for no microphone, when the browser opens no audio device (macOS: standardized-audio-context #956)', () => {
    const { requests } = watchMicrophone();
    const cause = new DOMException('', 'NotSupportedError');
    replace(
      globalThis,
      'AudioContext',
      class {
        constructor() {
          throw cause;
        }
      },
    );
    const failure = failureOf(() => openEngine());
    expect(failure.code).to.equal('audio-failed');
    expect(failure.cause).to.equal(cause);
    expect(requests).to.be.empty;
  });
});
