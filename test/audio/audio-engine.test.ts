import { expect, waitUntil } from '@open-wc/testing';
import { AudioEngine, type AudioOptions, type AudioReport } from '../../src/audio/audio-engine.js';
import { AudioFailure } from '../../src/audio/audio-failure.js';
import { tone } from '../dsp/fixtures.js';
import {
  fakeAudioSession,
  fakeSinks,
  holdMicrophone,
  watchContexts,
  watchMicrophone,
} from '../support/browser-fakes.js';
import { FakeDevices } from '../support/fake-devices.js';
import { Inbox } from '../support/inbox.js';
import { remove, replace } from '../support/replace.js';

const options: AudioOptions = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
};
const format = { captureRate: 48_000, playbackRate: 16_000, chunkSamples: 960 };

const engines: AudioEngine[] = [];
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.stop())));

function open(more: Partial<AudioOptions> = {}) {
  const reports = new Inbox<AudioReport>();
  const engine = new AudioEngine({ ...options, ...more }, reports.push);
  engines.push(engine);
  return { engine, reports };
}

/** An engine that runs, with what the visitor says and a way to let the agent speak. */
async function connect(prepare = (_engine: AudioEngine) => {}) {
  const { engine, reports } = open();
  prepare(engine);
  await Promise.all([engine.granted(), engine.ready()]);
  const { uplink, downlink } = engine.connect(format);
  const chunks = new Inbox<ArrayBuffer>();
  uplink.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => chunks.push(data);
  const say = (seconds: number) => {
    const { buffer } = Int16Array.from(tone(16_000 * seconds, 16_000, 440), (sample) => sample * 32_767);
    downlink.postMessage(buffer, [buffer]);
  };
  return { engine, reports, chunks, say };
}

const heard = (all: readonly AudioReport[], since = 0) =>
  all.slice(since).some((report) => report.type === 'microphone' && report.levelDbfs > -50);

const isSilent = (chunk: ArrayBuffer) => new Int16Array(chunk).every((sample) => sample === 0);

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
  it('starts sound and asks for the microphone before the tap is over', () => {
    const contexts = watchContexts();
    const { requests } = watchMicrophone();
    let resumed = 0;
    const { resume } = AudioContext.prototype;
    replace(AudioContext.prototype, 'resume', function (this: AudioContext) {
      resumed += 1;
      return resume.call(this);
    });
    open();
    expect(contexts).to.have.lengthOf(1);
    expect(resumed).to.equal(1);
    expect(requests).to.have.lengthOf(1);
  });

  it('runs at the rate of the device', async () => {
    const contexts = watchContexts();
    await connect();
    const device = new AudioContext();
    expect(contexts[0]!.sampleRate).to.equal(device.sampleRate);
    await device.close();
  });

  it('turns the microphone into chunks of 20 ms as fast as the visitor speaks', async () => {
    const contexts = watchContexts();
    const { chunks } = await connect();
    await chunks.count(20);
    const [sinceS, already] = [contexts[0]!.currentTime, chunks.all.length];
    await chunks.count(already + 50);
    expect(contexts[0]!.currentTime - sinceS).to.be.closeTo(1, 0.15);
    expect(new Set(chunks.all.map(({ byteLength }) => byteLength))).to.deep.equal(new Set([1920]));
    await chunks.until((all) => !all.every(isSilent));
  });

  it('tells how loud both sides are', async () => {
    const { reports, say } = await connect();
    say(1);
    await reports.until((all) => all.some((report) => report.type === 'microphone' && report.levelDbfs > -50));
    await reports.until((all) => all.some((report) => report.type === 'playback' && report.levelDbfs > -10));
    await reports.until((all) => all.some((report) => report.type === 'playback' && report.bufferedMs > 500));
    expect(reports.all.filter(({ type }) => type === 'failed')).to.be.empty;
  });

  it('sends only silence while muted, and speech again afterwards', async () => {
    const { engine, chunks } = await connect();
    await chunks.until((all) => !all.every(isSilent));
    engine.setMuted(true);
    // What was on its way may still arrive. The fake microphone beeps twice a second.
    const first = chunks.all.length + 10;
    await chunks.count(first + 60);
    expect(chunks.all.slice(first).every(isSilent)).to.equal(true);
    const last = chunks.all.length;
    engine.setMuted(false);
    await chunks.until((all) => !all.slice(last).every(isSilent));
  });

  it('begins muted when it is told to', async () => {
    const { chunks } = await connect((engine) => engine.setMuted(true));
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
    const { engine, say } = await connect((engine) => engine.setVolume(0.5));
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

  it('drains: lets the microphone go at once and waits for the last words', async () => {
    const contexts = watchContexts();
    const { streams } = watchMicrophone();
    const { engine, reports, say } = await connect();
    const sinceS = contexts[0]!.currentTime;
    say(1);
    const drained = engine.drain();
    expect(streams[0]!.getTracks()[0]!.readyState).to.equal('ended');
    await drained;
    expect(contexts[0]!.currentTime - sinceS).to.be.within(0.95, 1.6);
    const played = reports.all.filter(({ type }) => type === 'playback');
    expect(played.at(-1)).to.include({ bufferedMs: 0, underruns: 0 });
  });

  it('leaves nothing open when it is stopped', async () => {
    const contexts = watchContexts();
    const { streams } = watchMicrophone();
    const { engine, say } = await connect();
    say(2);
    const stopped = engine.stop();
    expect(streams[0]!.getTracks()[0]!.readyState).to.equal('ended');
    expect(engine.stop()).to.equal(stopped);
    await stopped;
    expect(contexts.map(({ state }) => state)).to.deep.equal(['closed']);
    await engine.stop();
  });

  it('tells nothing after it was stopped', async () => {
    const { engine, reports, chunks } = await connect();
    await reports.count(4);
    const stopped = engine.stop();
    const told = reports.all.length;
    await stopped;
    const sent = chunks.all.length;
    const another = await connect();
    await another.reports.count(10);
    expect(reports.all).to.have.lengthOf(told);
    expect(chunks.all).to.have.lengthOf(sent);
  });

  it('lets a microphone go that was granted too late', async () => {
    const microphone = holdMicrophone();
    const { engine } = open();
    await engine.stop();
    const stream = await microphone.grant();
    await engine.granted();
    expect(stream.getTracks().map(({ readyState }) => readyState)).to.deep.equal(['ended']);
  });

  it('leaves iOS’s sound to the call that runs when a stopped one is granted its microphone late', async () => {
    const types = fakeAudioSession();
    const microphone = holdMicrophone();
    const { engine: first } = open();
    await first.stop();
    const { engine: second } = open();
    await microphone.grant();
    await first.granted();
    await microphone.grant();
    await second.granted();
    expect(types.at(-1)).to.equal('play-and-record');
  });

  it('says why the microphone was not granted', async () => {
    const microphone = holdMicrophone();
    const { engine } = open();
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
      const { reports } = await connect();
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
    const { engine, reports } = open();
    await engine.granted();
    void engine.ready();
    const [report] = await reports.count(1);
    const { failure } = report as AudioReport & { type: 'failed' };
    expect(failure).to.have.property('code', 'audio-failed');
    expect(failure.message).to.contain('click');
  });

  it('tells when its context is closed by the browser in the call', async () => {
    const contexts = watchContexts();
    const { reports } = await connect();
    await contexts[0]!.close();
    const all = await reports.until((told) => told.some(({ type }) => type === 'failed'));
    expect(all.find((report) => report.type === 'failed')!.failure.code).to.equal('audio-failed');
  });

  it('goes on where its context was only suspended for a moment', async () => {
    const contexts = watchContexts();
    const { chunks } = await connect();
    await contexts[0]!.suspend();
    const before = chunks.all.length;
    await chunks.count(before + 10);
    expect(contexts[0]!.state).to.equal('running');
  });

  it('starts where the browser lets sound begin only once the microphone is granted', async () => {
    const contexts = watchContexts();
    const { engine } = open();
    await contexts[0]!.suspend();
    await engine.granted();
    await engine.ready();
    expect(contexts[0]!.state).to.equal('running');
  });

  for (const browser of ['chromium', 'firefox', 'webkit'] as const) {
    it(`hears another microphone within 3 s of the first being unplugged in ${browser}`, async () => {
      const devices = new FakeDevices('headset', 'built-in');
      const { reports, chunks } = await connect();
      await reports.until((all) => heard(all));
      devices.unplug('headset', browser);
      const sinceMs = performance.now();
      await devices.streams.count(2);
      const since = reports.all.length;
      await reports.until((all) => heard(all, since));
      expect(performance.now() - sinceMs).to.be.below(3000);
      const first = chunks.all.length;
      await chunks.until((all) => !all.slice(first).every(isSilent));
      expect(devices.open.map(({ deviceId }) => deviceId)).to.deep.equal(['built-in']);
      expect(reports.all.filter(({ type }) => type === 'failed')).to.be.empty;
    });
  }

  it('does not take a microphone for dead that is muted', async () => {
    const devices = new FakeDevices('built-in');
    const { reports } = await connect((engine) => engine.setMuted(true));
    devices.stream.silence();
    await reports.until((all) => all.filter(({ type }) => type === 'microphone').length > 50);
    expect(devices.requests).to.have.lengthOf(1);
    expect(reports.all.every((report) => report.type !== 'microphone' || report.levelDbfs >= -100)).to.equal(true);
  });

  it('says when the microphone is lost, before the call is connected as in it', async () => {
    const devices = new FakeDevices('built-in');
    const { engine, reports } = open();
    await engine.granted();
    devices.refusal = 'NotAllowedError';
    devices.unplug('built-in', 'firefox');
    const [report] = await reports.count(1);
    expect(report).to.have.nested.property('failure.code', 'microphone-denied');
  });

  it('goes on with the microphone that it is told to', async () => {
    const devices = new FakeDevices('built-in', 'desk');
    const { engine, reports } = await connect();
    engine.setMicrophone('desk');
    await devices.streams.count(2);
    const since = reports.all.length;
    await reports.until((all) => heard(all, since));
    expect(devices.open.map(({ deviceId }) => deviceId)).to.deep.equal(['desk']);
  });

  it('lists the devices once for a change that Chrome tells twice', async () => {
    const devices = new FakeDevices('built-in');
    const { engine } = await connect();
    devices.tell();
    devices.tell();
    devices.plug('desk');
    const listed = new Promise<void>((resolve) => {
      const { enumerateDevices } = navigator.mediaDevices;
      replace(navigator.mediaDevices, 'enumerateDevices', () => {
        resolve();
        return enumerateDevices.call(navigator.mediaDevices);
      });
    });
    await listed;
    expect(devices.listings).to.equal(1);
    await engine.stop();
    replace(globalThis, 'setTimeout', () => {
      throw new Error('Something still listens.');
    });
    devices.tell();
  });

  describe('the loudspeaker', () => {
    it('is the one that it is told, once the microphone is granted, and in the call', async () => {
      const used = fakeSinks('desk', 'headset');
      const { engine } = open({ speakerId: 'desk' });
      expect(used.all).to.be.empty;
      await used.count(1);
      engine.setSpeaker('headset');
      engine.setSpeaker(null);
      expect(used.all).to.deep.equal(['desk', 'headset', '']);
    });

    it('is the system’s while the chosen one is not there', async () => {
      const devices = new FakeDevices('built-in');
      const used = fakeSinks('desk');
      devices.plug('desk', 'audiooutput');
      const { engine } = open({ speakerId: 'desk' });
      await used.count(1);
      devices.unplug('desk', 'webkit');
      await used.count(2);
      devices.plug('desk', 'audiooutput');
      devices.tell();
      await used.count(3);
      expect(used.all).to.deep.equal(['desk', '', 'desk']);
      engine.setSpeaker('unknown');
      await used.count(5);
      expect(used.all.slice(3)).to.deep.equal(['unknown', '']);
    });

    it('is the system’s where the browser lets no page choose (Firefox, Safari)', async () => {
      remove(AudioContext.prototype, 'setSinkId');
      const { engine } = open({ speakerId: 'desk' });
      await engine.granted();
      expect(() => engine.setSpeaker('desk')).not.to.throw();
    });
  });

  it('fails when the worklet is blocked', async () => {
    replace(AudioWorklet.prototype, 'addModule', () => Promise.reject(new DOMException('', 'AbortError')));
    const { engine } = open();
    const failure = await engine.ready().catch((cause: unknown) => cause);
    expect(failure).to.be.instanceOf(AudioFailure).and.to.have.property('code', 'audio-failed');
  });

  it('asks for nothing on an insecure page', () => {
    const { requests } = watchMicrophone();
    replace(globalThis, 'isSecureContext', false);
    expect(failureOf(() => open()).code).to.equal('insecure-context');
    expect(requests).to.be.empty;
  });

  it('says that a browser without AudioWorklet is too old', () => {
    remove(globalThis, 'AudioWorkletNode');
    expect(failureOf(() => open()).code).to.equal('unsupported-browser');
  });

  it('says that a browser without a microphone interface is too old', () => {
    replace(navigator, 'mediaDevices', undefined);
    expect(failureOf(() => open()).code).to.equal('unsupported-browser');
  });

  it('fails, and asks for no microphone, when the browser opens no audio device', () => {
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
    const failure = failureOf(() => open());
    expect(failure.code).to.equal('audio-failed');
    expect(failure.cause).to.equal(cause);
    expect(requests).to.be.empty;
  });
});
