// Not in audio-engine.test.ts: Chromium 156 may crash, by a check of its own, in a page that has had some forty contexts.
import { expect } from '@open-wc/testing';
import type { AudioReport } from '../../src/audio/audio-engine.js';
import { tone } from '../dsp/fixtures.js';
import { hasContextErrors, itWhere } from '../support/abilities.js';
import { fakeSinks, holdResume, watchContexts } from '../support/browser-fakes.js';
import { connectEngine, heard, isSilent } from '../support/engines.js';
import { FakeDevices } from '../support/fake-devices.js';
import { Inbox } from '../support/inbox.js';
import { replace } from '../support/replace.js';

describe('a context that stands still', function () {
  // Its clock is a device's: on a busy machine that stands still by itself, and is resumed or replaced once more.
  this.retries(3);

  const isTold = (type: AudioReport['type'], isOn?: boolean) => (all: readonly AudioReport[]) =>
    all.some((report) => report.type === type && (isOn === undefined || (report as { isOn: boolean }).isOn === isOn));

  /** The streams of the renewed context: what is said now, and how to speak. */
  async function renewed(reports: Inbox<AudioReport>) {
    const all = await reports.until(isTold('ports'));
    const { ports } = all.find((report) => report.type === 'ports')!;
    const chunks = new Inbox<ArrayBuffer>();
    ports.uplink.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => chunks.push(data);
    return { chunks, downlink: ports.downlink };
  }

  /** Each look at its clock, which goes on by itself. */
  function watchClock(context: AudioContext): Inbox<number> {
    const looks = new Inbox<number>();
    const { get } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'currentTime')!;
    // Its own again after the test.
    replace(context, 'currentTime', 0);
    Object.defineProperty(context, 'currentTime', {
      configurable: true,
      get(this: AudioContext) {
        const timeS = get!.call(this) as number;
        looks.push(timeS);
        return timeS;
      },
    });
    return looks;
  }

  it('is replaced within 1.5 s where it says that it runs (iOS after an interruption: stream-video-js #2249)', async () => {
    const devices = new FakeDevices('built-in');
    const contexts = watchContexts();
    const { engine, reports } = await connectEngine((engine) => engine.setVolume(0.5));
    await reports.until((all) => heard(all));
    const sinceMs = performance.now();
    replace(contexts[0]!, 'currentTime', contexts[0]!.currentTime);
    const { chunks, downlink } = await renewed(reports);
    expect(performance.now() - sinceMs).to.be.below(1500);
    await chunks.until((all) => !all.every(isSilent));
    const { buffer } = Int16Array.from(tone(16_000, 16_000, 440), (sample) => sample * 32_767);
    const since = reports.all.length;
    downlink.postMessage(buffer, [buffer]);
    await reports.until((all) => all.slice(since).some((report) => report.type === 'sound' && report.bufferedMs > 0));
    expect(devices.requests).to.have.lengthOf(1);
    expect(isTold('needs-tap')(reports.all)).to.equal(false);
    await engine.stop();
    expect(contexts.map(({ state }) => state)).to.deep.equal(['closed', 'closed']);
  });

  it('is replaced within 1.5 s where its reports, which come once a second, have stopped', async () => {
    const contexts = watchContexts();
    const { engine, reports } = await connectEngine();
    engine.levels();
    await reports.until((all) => heard(all));
    const since = reports.all.length;
    // Two more: the last of them came with nothing to tell.
    await reports.until((all) => all.slice(since).filter(({ type }) => type === 'sound').length > 1);
    holdResume();
    replace(contexts[0]!, 'state', 'running');
    const sinceMs = performance.now();
    await contexts[0]!.suspend();
    await reports.until(isTold('ports'));
    expect(performance.now() - sinceMs).to.be.below(1500);
    expect(isTold('needs-tap')(reports.all)).to.equal(false);
  });

  /** Its clock stands still for the call of `work`, and for so long after it. */
  async function standStill(context: AudioContext, ms: number, work = () => {}): Promise<void> {
    replace(context, 'currentTime', context.currentTime);
    work();
    await new Promise((resolve) => setTimeout(resolve, ms));
    Reflect.deleteProperty(context, 'currentTime');
  }

  for (const [what, ms, work] of [
    ['stands still for half a second', 500, () => {}],
    [
      'goes on soon after a page that has slept',
      350,
      () => {
        for (const sinceMs = performance.now(); performance.now() < sinceMs + 2000;);
      },
    ],
  ] as const) {
    it(`is left alone where it ${what}`, async () => {
      const contexts = watchContexts();
      const { engine, reports } = await connectEngine();
      engine.levels();
      await reports.until((all) => heard(all));
      await standStill(contexts[0]!, ms, work);
      const since = reports.all.length;
      await reports.until((all) => all.slice(since).filter(({ type }) => type === 'sound').length > 1);
      expect([isTold('ports')(reports.all), isTold('needs-tap')(reports.all)]).to.deep.equal([false, false]);
      expect(contexts).to.have.lengthOf(1);
    });
  }

  it('asks for no tap while another is on its way', async () => {
    const contexts = watchContexts();
    const { reports } = await connectEngine();
    const { addModule } = AudioWorklet.prototype;
    replace(AudioWorklet.prototype, 'addModule', async function (this: AudioWorklet, url: string) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return addModule.call(this, url);
    });
    replace(contexts[0]!, 'currentTime', contexts[0]!.currentTime);
    const { chunks } = await renewed(reports);
    await chunks.count(5);
    expect(isTold('needs-tap')(reports.all)).to.equal(false);
  });

  it('has half a second to go on with a tap', async () => {
    const contexts = watchContexts();
    const { engine, reports } = await connectEngine();
    const gate = holdResume();
    await contexts[0]!.suspend();
    await reports.until(isTold('needs-tap', true));
    const looks = watchClock(contexts[0]!);
    engine.resume();
    await Promise.race([looks.count(4), reports.until(isTold('ports'))]);
    gate.isOpen = true;
    document.dispatchEvent(new Event('visibilitychange'));
    await reports.until(isTold('needs-tap', false));
    expect(contexts[0]!.state).to.equal('running');
    expect(isTold('ports')(reports.all)).to.equal(false);
  });

  it('is replaced where the browser has closed it', async () => {
    const contexts = watchContexts();
    const { reports } = await connectEngine();
    await contexts[0]!.close();
    const { chunks } = await renewed(reports);
    await chunks.count(5);
    expect(isTold('failed')(reports.all)).to.equal(false);
  });

  itWhere(hasContextErrors, 'onerror')(
    'is replaced where its output is gone (Chromium: an error, and suspended)',
    async () => {
      const contexts = watchContexts();
      const { reports } = await connectEngine();
      contexts[0]!.dispatchEvent(new Event('error'));
      const { chunks } = await renewed(reports);
      await chunks.count(5);
    },
  );

  it('waits for a tap where it is suspended and may not start, and goes on with it', async () => {
    const contexts = watchContexts();
    const { engine, reports, chunks } = await connectEngine();
    const gate = holdResume();
    const sinceMs = performance.now();
    await contexts[0]!.suspend();
    await reports.until(isTold('needs-tap', true));
    expect(performance.now() - sinceMs).to.be.below(1500);
    gate.isOpen = true;
    engine.resume();
    await reports.until(isTold('needs-tap', false));
    const first = chunks.all.length;
    await chunks.count(first + 5);
    expect(contexts).to.have.lengthOf(1);
  });

  it('is not resumed while it is interrupted, and is replaced in the tap (web-audio-api #2392: resume() rejects)', async () => {
    const contexts = watchContexts();
    const { engine, reports } = await connectEngine();
    const gate = holdResume();
    replace(contexts[0]!, 'state', 'interrupted');
    replace(contexts[0]!, 'currentTime', contexts[0]!.currentTime);
    contexts[0]!.dispatchEvent(new Event('statechange'));
    document.dispatchEvent(new Event('visibilitychange'));
    await reports.until(isTold('needs-tap', true));
    expect([gate.asked, contexts.length]).to.deep.equal([0, 1]);
    gate.isOpen = true;
    engine.resume();
    expect(contexts, 'inside the tap').to.have.lengthOf(2);
    const { chunks } = await renewed(reports);
    await chunks.count(5);
    await reports.until(isTold('needs-tap', false));
  });

  it('is replaced where a tap has resumed it and it stands still (iOS: running, and frozen: webkit.org/b/263627)', async () => {
    const contexts = watchContexts();
    const { engine, reports } = await connectEngine();
    const gate = holdResume();
    await contexts[0]!.suspend();
    await reports.until(isTold('needs-tap', true));
    engine.resume();
    gate.isOpen = true;
    const { chunks } = await renewed(reports);
    await chunks.count(5);
    await reports.until(isTold('needs-tap', false));
  });

  it('is not replaced for ever: the second waits for a tap', async () => {
    const contexts = watchContexts();
    const { engine, reports } = await connectEngine();
    const { get } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'currentTime')!;
    replace(BaseAudioContext.prototype, 'currentTime', 0);
    await reports.until(isTold('needs-tap', true));
    expect(contexts).to.have.lengthOf(2);
    Object.defineProperty(BaseAudioContext.prototype, 'currentTime', { configurable: true, get: get! });
    engine.resume();
    await reports.until(isTold('needs-tap', false));
  });

  it('is resumed when the visitor comes back to the page (webkit.org/b/263627)', async () => {
    const contexts = watchContexts();
    const { reports } = await connectEngine();
    const gate = holdResume();
    await contexts[0]!.suspend();
    await reports.until(isTold('needs-tap', true));
    gate.isOpen = true;
    document.dispatchEvent(new Event('visibilitychange'));
    await reports.until(isTold('needs-tap', false));
    expect(contexts).to.have.lengthOf(1);
  });

  it('plays nothing that has waited for it for 2.4 s: all that follows would be late as well', async () => {
    const contexts = watchContexts();
    const { reports, say } = await connectEngine();
    const gate = holdResume();
    say(5);
    await reports.until((all) => all.some((report) => report.type === 'sound' && report.bufferedMs > 3000));
    const looks = watchClock(contexts[0]!);
    await contexts[0]!.suspend();
    const seen = looks.all.length;
    await looks.count(seen + 18);
    const since = reports.all.length;
    gate.isOpen = true;
    document.dispatchEvent(new Event('visibilitychange'));
    await reports.until((all) => isTold('needs-tap', false)(all.slice(since)));
    const afterwards = reports.all.length;
    const all = await reports.until((all) => all.slice(afterwards).filter(({ type }) => type === 'sound').length > 1);
    const last = all.filter((report) => report.type === 'sound').at(-1)!;
    expect(last.bufferedMs).to.be.below(300);
    expect(contexts).to.have.lengthOf(1);
  });

  it('is replaced by one that plays on the loudspeaker that was chosen', async () => {
    const contexts = watchContexts();
    const used = fakeSinks('desk');
    const { engine, reports } = await connectEngine();
    engine.setSpeaker('desk');
    replace(contexts[0]!, 'currentTime', contexts[0]!.currentTime);
    await renewed(reports);
    expect(used.all).to.deep.equal(['desk', 'desk']);
  });

  it('does not keep a call from ending that the agent has ended', async () => {
    const contexts = watchContexts();
    const { engine, say } = await connectEngine();
    holdResume();
    say(2);
    await contexts[0]!.suspend();
    await engine.drain();
  });

  itWhere(hasContextErrors, 'onerror')('is a failure where no other can be had', async () => {
    const contexts = watchContexts();
    const { reports } = await connectEngine();
    replace(globalThis, 'AudioContext', function () {
      throw new DOMException('', 'NotSupportedError');
    });
    contexts[0]!.dispatchEvent(new Event('error'));
    const all = await reports.until(isTold('failed'));
    expect(all.at(-1)).to.have.nested.property('failure.code', 'audio-failed');
  });

  itWhere(hasContextErrors, 'onerror')('leaves nothing open when the call ends while it is replaced', async () => {
    const contexts = watchContexts();
    const { engine, reports } = await connectEngine();
    contexts[0]!.dispatchEvent(new Event('error'));
    await engine.stop();
    expect(contexts.map(({ state }) => state)).to.deep.equal(['closed', 'closed']);
    expect(isTold('ports')(reports.all)).to.equal(false);
  });

  for (const [rate, why] of [
    [44_100, 'Firefox cancels no echo across rates'],
    [24_000, 'AirPods in a call on iOS: webkit.org/b/154538'],
    [16_000, 'a Bluetooth headset: standardized-audio-context #956'],
    [8000, 'an old Bluetooth headset'],
  ] as const) {
    it(`is replaced when the device has ${rate} Hz from now on (${why})`, () => changeRate(rate));
  }

  async function changeRate(rate: number): Promise<void> {
    let sampleRate = 48_000;
    const contexts: AudioContext[] = [];
    const devices = new FakeDevices('built-in');
    replace(
      globalThis,
      'AudioContext',
      class extends AudioContext {
        constructor() {
          super({ sampleRate });
          contexts.push(this);
        }
      },
    );
    const { engine, reports, say } = await connectEngine();
    devices.tell();
    say(1);
    await reports.until((all) => all.some((report) => report.type === 'sound' && report.bufferedMs > 700));
    sampleRate = rate;
    devices.tell();
    const { chunks } = await renewed(reports);
    const all = reports.all;
    const last = all.filter((report) => report.type === 'sound').at(-1)!;
    expect(last.bufferedMs, 'what the agent says is played first').to.be.below(300);
    expect(contexts.at(-1)!.sampleRate).to.equal(rate);
    await chunks.until((all) => !all.every(isSilent));
    expect(chunks.all[0]!.byteLength, 'the agent notices nothing').to.equal(1920);
    await engine.stop();
    expect(contexts.map(({ state }) => state).filter((state) => state !== 'closed')).to.be.empty;
  }

  it('has its microphone taken again at a new rate (bugzil.la/1674892, Firefox before 148 takes no other)', async () => {
    let sampleRate = 48_000;
    const devices = new FakeDevices('built-in');
    /** A stream has the rate of the moment in which it was asked for. */
    const rates = new Map<MediaStream, number>();
    const { getUserMedia } = navigator.mediaDevices;
    replace(navigator.mediaDevices, 'getUserMedia', async (constraints: MediaStreamConstraints) => {
      const stream = await getUserMedia(constraints);
      rates.set(stream, sampleRate);
      return stream;
    });
    replace(
      globalThis,
      'AudioContext',
      class extends AudioContext {
        constructor() {
          super({ sampleRate });
        }
        override createMediaStreamSource(stream: MediaStream) {
          if (rates.get(stream) !== this.sampleRate) throw new DOMException('', 'NotSupportedError');
          return super.createMediaStreamSource(stream);
        }
      },
    );
    const { engine, reports } = await connectEngine();
    sampleRate = 44_100;
    devices.tell();
    const { chunks } = await renewed(reports);
    await chunks.until((all) => !all.every(isSilent));
    expect(isTold('failed')(reports.all)).to.equal(false);
    expect(devices.requests).to.have.lengthOf(2);
    expect(devices.open).to.have.lengthOf(1);
    await engine.stop();
    expect(devices.open).to.be.empty;
  });

  it('is left alone where it goes on by itself after an unplugged device (Firefox stands still for 2.2 s)', async () => {
    const devices = new FakeDevices('headset', 'built-in');
    const contexts = watchContexts();
    const { reports } = await connectEngine();
    await reports.until((all) => heard(all));
    devices.unplug('headset', 'firefox');
    replace(contexts[0]!, 'currentTime', contexts[0]!.currentTime);
    await new Promise((resolve) => setTimeout(resolve, 2200));
    Reflect.deleteProperty(contexts[0]!, 'currentTime');
    const since = reports.all.length;
    await reports.until((all) => heard(all, since));
    expect(isTold('ports')(reports.all)).to.equal(false);
    expect(contexts.filter(({ state }) => state !== 'closed')).to.deep.equal([contexts[0]]);
  });

  it('is replaced where it takes no microphone of another rate (bugzil.la/1674892, Firefox before 148)', async () => {
    const devices = new FakeDevices('built-in', 'headset');
    const contexts = watchContexts();
    const { engine, reports } = await connectEngine();
    replace(contexts[0]!, 'createMediaStreamSource', () => {
      throw new DOMException('', 'NotSupportedError');
    });
    engine.setMicrophone('headset');
    const { chunks } = await renewed(reports);
    await chunks.until((all) => !all.every(isSilent));
    expect(devices.open.map(({ deviceId }) => deviceId)).to.deep.equal(['headset']);
  });
});
