import { expect } from '@open-wc/testing';
import { fakeSinks, watchTimeouts } from '../support/browser-fakes.js';
import { connectEngine, heard, isSilent, openEngine } from '../support/engines.js';
import { FakeDevices } from '../support/fake-devices.js';
import { remove, replace } from '../support/replace.js';

describe('the devices of an AudioEngine', () => {
  for (const browser of ['chromium', 'firefox', 'webkit'] as const) {
    it(`hears another microphone within 3 s of the first being unplugged in ${browser}`, async function () {
      this.retries(3);
      const devices = new FakeDevices('headset', 'built-in');
      const { reports, chunks } = await connectEngine();
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
    const { reports } = await connectEngine((engine) => engine.setMuted(true));
    devices.stream.silence();
    await reports.until((all) => all.filter(({ type }) => type === 'sound').length > 20);
    expect(devices.requests).to.have.lengthOf(1);
    expect(reports.all.every((report) => report.type !== 'sound' || report.visitorLevelDbfs >= -100)).to.equal(true);
  });

  it('says when the microphone is lost, before the call is connected as in it', async () => {
    const devices = new FakeDevices('built-in');
    const { engine, reports } = openEngine();
    await engine.granted();
    devices.refusal = 'NotAllowedError';
    devices.unplug('built-in', 'firefox');
    const [report] = await reports.count(1);
    expect(report).to.have.nested.property('failure.code', 'microphone-denied');
  });

  it('goes on with the microphone that it is told to', async () => {
    const devices = new FakeDevices('built-in', 'desk');
    const { engine, reports } = await connectEngine();
    engine.setMicrophone('desk');
    await devices.streams.count(2);
    const since = reports.all.length;
    await reports.until((all) => heard(all, since));
    expect(devices.open.map(({ deviceId }) => deviceId)).to.deep.equal(['desk']);
  });

  it('lists the devices once for a change that Chrome tells twice, and no more after the end', async () => {
    const devices = new FakeDevices('built-in');
    const timeouts = watchTimeouts();
    const { engine } = await connectEngine();
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
    devices.tell();
    expect(timeouts.size, 'nothing looks any more').to.equal(0);
  });

  describe('the loudspeaker', () => {
    it('is the one that it is told, once the microphone is granted, and in the call', async () => {
      const used = fakeSinks('desk', 'headset');
      const { engine } = openEngine({ speakerId: 'desk' });
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
      const { engine } = openEngine({ speakerId: 'desk' });
      await engine.ready();
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
      const { engine } = openEngine({ speakerId: 'desk' });
      await engine.granted();
      expect(() => engine.setSpeaker('desk')).not.to.throw();
    });
  });
});
