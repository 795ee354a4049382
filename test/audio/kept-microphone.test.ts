import { expect } from '@open-wc/testing';
import type { AudioFailure } from '../../src/audio/audio-failure.js';
import { KeptMicrophone } from '../../src/audio/kept-microphone.js';
import type { MicrophoneOptions } from '../../src/audio/microphone.js';
import { FakeDevices } from '../support/fake-devices.js';
import { Inbox, nextTask } from '../support/inbox.js';
import { ManualClock } from '../support/manual-clock.js';
import { replace } from '../support/replace.js';

const options: MicrophoneOptions = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** What a microphone's level is: speech, a quiet room, and silence. */
const [speech, quiet, zeros] = [-30, -100, -Infinity];

describe('KeptMicrophone', () => {
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock();
    clock.install();
  });
  afterEach(() => clock.uninstall());

  async function keep(devices = new FakeDevices('built-in'), more: Partial<MicrophoneOptions> = {}) {
    const losses = new Inbox<AudioFailure>();
    const taken = new Inbox<MediaStream>();
    const silences: boolean[] = [];
    const microphone = new KeptMicrophone(
      { ...options, ...more },
      { onStream: taken.push, onSilent: (isSilent) => silences.push(isSilent), onLost: losses.push },
    );
    await microphone.granted;
    const hear = (levelDbfs: number, seconds: number) => {
      for (let i = 0; i < seconds * 5; i++) microphone.hear(levelDbfs);
    };
    return { devices, microphone, losses, taken, silences, hear };
  }

  /** Hears level after level as time passes. */
  const listen = async (microphone: KeptMicrophone, levelDbfs: number, seconds: number) => {
    for (let i = 0; i < seconds * 5; i++) {
      clock.advance(200);
      microphone.hear(levelDbfs);
      await nextTask();
    }
  };
  it('is taken again at once when its track ends (Firefox, unplugged)', async () => {
    const { devices, microphone, taken } = await keep(new FakeDevices('headset', 'built-in'));
    expect(devices.stream.deviceId).to.equal('headset');
    devices.unplug('headset', 'firefox');
    await taken.count(1);
    expect(devices.stream.deviceId).to.equal('built-in');
    expect(microphone.stream).to.equal(devices.stream);
    expect(devices.open).to.have.lengthOf(1);
    expect(clock.pending).to.equal(0);
  });

  it('is not taken again once the call lets it go, whatever changes then', async () => {
    const { devices, microphone } = await keep(new FakeDevices('headset', 'built-in'));
    microphone.close();
    microphone.choose('built-in');
    microphone.review([]);
    microphone.renew();
    expect(devices.requests).to.have.lengthOf(1);
    expect(devices.open).to.be.empty;
  });

  it('is not asked for again where the call has ended before it was granted', async () => {
    const devices = new FakeDevices('headset', 'built-in');
    const ignore = () => {};
    const microphone = new KeptMicrophone(options, { onStream: ignore, onSilent: ignore, onLost: ignore });
    microphone.choose('built-in');
    microphone.close();
    await microphone.granted;
    expect(devices.requests).to.have.lengthOf(1);
    expect(devices.open).to.be.empty;
  });

  it('is taken again after 1 s of silence (Chromium tells nothing of an unplugged device)', async () => {
    const { devices, microphone, taken, losses, silences } = await keep(new FakeDevices('headset', 'built-in'));
    await listen(microphone, speech, 1);
    devices.unplug('headset', 'chromium');
    await listen(microphone, zeros, 0.8);
    expect(devices.requests).to.have.lengthOf(1);
    await listen(microphone, zeros, 0.2);
    await taken.count(1);
    expect(devices.stream.deviceId).to.equal('built-in');
    expect([losses.all, silences]).to.deep.equal([[], []]);
  });

  it('is taken again after 1.6 s of silence where it is still there', async () => {
    const { devices, microphone, taken } = await keep();
    await listen(microphone, zeros, 1.4);
    expect(devices.requests).to.have.lengthOf(1);
    await listen(microphone, zeros, 0.2);
    await taken.count(1);
  });

  it('is left alone where its first sound is silence (iOS opens it so: webkit.org/b/233473)', async () => {
    const { devices, hear, silences } = await keep();
    hear(zeros, 1.4);
    hear(speech, 1);
    expect(devices.requests).to.have.lengthOf(1);
    expect(silences).to.be.empty;
  });

  it('is left alone in a quiet room', async () => {
    const { devices, hear } = await keep();
    hear(quiet, 3600);
    expect(devices.requests).to.have.lengthOf(1);
  });

  it('is let go before it is taken again (webkit.org/b/179363: a second getUserMedia ends the first track)', async () => {
    const { devices, taken, hear } = await keep();
    hear(zeros, 1.6);
    await taken.count(1);
    expect(devices.requests).to.have.lengthOf(2);
    expect(devices.openWhenAsked).to.equal(0);
  });

  it('says so when it stays silent, and takes it again less and less: a switch on a headset gives zeros too', async () => {
    const { devices, taken, hear, silences, losses } = await keep();
    for (let second = 1; second <= 600; second++) {
      hear(zeros, 1);
      await nextTask();
    }
    expect(taken.all.length).to.equal(8);
    expect(silences).to.deep.equal([true]);
    hear(speech, 0.2);
    expect(silences).to.deep.equal([true, false]);
    expect(losses.all).to.be.empty;
    expect(devices.open).to.have.lengthOf(1);
  });

  it('is taken again after 1.6 s also the second time, where that was a cure the first', async () => {
    const { taken, hear, silences } = await keep();
    for (let time = 1; time <= 5; time++) {
      hear(zeros, 1.6);
      await taken.count(time);
      hear(speech, 1);
    }
    expect(silences).to.be.empty;
  });

  describe('that gives silence by itself, and has been taken again for it in vain', () => {
    /** A switch on a headset, or cleaning that leaves nothing: pauses of zeros, the longer ones of which nothing has helped. */
    async function keepGated(pauses: number) {
      const kept = await keep();
      for (let pause = 0; pause < pauses; pause++) {
        await listen(kept.microphone, zeros, 3);
        await listen(kept.microphone, speech, 2);
      }
      return kept;
    }

    it('is taken again for its pauses once or twice, however many there are', async () => {
      const { devices, losses, silences } = await keepGated(200);
      expect(devices.requests).to.have.lengthOf(2);
      expect([losses.all, silences]).to.deep.equal([[], []]);
    });

    for (const pauses of [1, 2, 5, 50]) {
      it(`is lost 1.5 s after it is unplugged, pauses before: ${pauses}`, async () => {
        const { devices, microphone, losses } = await keepGated(pauses);
        devices.unplug('built-in', 'chromium');
        await listen(microphone, zeros, 1.4);
        expect(losses.all).to.be.empty;
        await listen(microphone, zeros, 0.2);
        expect(losses.all.map(({ code }) => code)).to.deep.equal(['microphone-lost']);
      });
    }

    it('is taken again after 1 s where it is unplugged and another is there', async () => {
      const { devices, microphone, losses, taken } = await keepGated(5);
      devices.plug('headset');
      devices.unplug('built-in', 'chromium');
      const before = taken.all.length;
      await listen(microphone, zeros, 1);
      await taken.count(before + 1);
      expect(devices.stream.deviceId).to.equal('headset');
      expect(losses.all).to.be.empty;
    });

    it('is lost, or its silence is told, within 3 s in whichever moment it is unplugged', async () => {
      for (let moment = 0; moment < 50; moment++) {
        const { devices, microphone, losses, silences } = await keepGated(moment % 3);
        // A pause in which it goes, of which nobody hears anything.
        await listen(microphone, zeros, moment / 5);
        devices.unplug('built-in', 'chromium');
        await listen(microphone, zeros, 3 - 0.5);
        expect(losses.all.length > 0 || silences.at(-1) === true, `${moment / 5} s after its last sound`).to.equal(
          true,
        );
        microphone.close();
      }
    });

    it('is not looked for any more once the visitor is told', async () => {
      const { devices, microphone, silences } = await keep();
      await listen(microphone, zeros, 10);
      expect(silences).to.deep.equal([true]);
      const { listings } = devices;
      await listen(microphone, zeros, 60);
      expect(devices.listings).to.equal(listings);
    });

    it('is taken again ever less where the list of devices is not true (an extension that hides them)', async () => {
      const { devices, microphone } = await keep();
      replace(navigator.mediaDevices, 'enumerateDevices', async () => []);
      await listen(microphone, zeros, 600);
      expect(devices.requests.length).to.be.within(5, 9);
    });

    it('is left alone in a short pause where the browser tells no ids', async () => {
      const { devices, microphone } = await keepGated(2);
      const before = devices.requests.length;
      replace(navigator.mediaDevices, 'enumerateDevices', async () => [{ kind: 'audioinput', deviceId: '' }]);
      await listen(microphone, zeros, 3);
      expect(devices.requests).to.have.lengthOf(before);
    });

    it('is left alone where the call ends while the devices are listed', async () => {
      const { devices, microphone, taken, silences } = await keepGated(2);
      devices.unplug('built-in', 'chromium');
      const before = [devices.requests.length, taken.all.length, silences.length];
      for (let i = 0; i < 5; i++) microphone.hear(zeros);
      microphone.close();
      await nextTask();
      expect([devices.requests.length, taken.all.length, silences.length]).to.deep.equal(before);
    });
  });

  it('is tried for 2 s when none is there, and then lost', async () => {
    const { devices, losses } = await keep();
    devices.unplug('built-in', 'firefox');
    for (let ms = 0; ms < 1900; ms += 100) {
      await nextTask();
      clock.advance(100);
    }
    expect(losses.all).to.be.empty;
    await nextTask();
    clock.advance(100);
    const [failure] = await losses.count(1);
    expect(failure!.code).to.equal('microphone-lost');
    expect(failure!.cause).to.have.property('name', 'NotFoundError');
    expect(clock.pending).to.equal(0);
  });

  it('is lost 1.5 s after its last sound, when the zeros were those of the only microphone', async () => {
    const { devices, losses, microphone } = await keep();
    devices.unplug('built-in', 'chromium');
    await listen(microphone, zeros, 1);
    clock.advance(499);
    await nextTask();
    expect(losses.all).to.be.empty;
    clock.advance(1);
    await losses.count(1);
  });

  it('is lost after 2 s also where the context is renewed meanwhile (the loudspeaker went with it)', async () => {
    const { devices, microphone, losses } = await keep();
    devices.unplug('built-in', 'firefox');
    for (let ms = 0; ms < 2000; ms += 100) {
      await nextTask();
      if (ms === 1000) microphone.renew();
      clock.advance(100);
    }
    await losses.count(1);
  });

  it('is the one that is plugged in meanwhile', async () => {
    const { devices, losses, taken } = await keep();
    devices.unplug('built-in', 'firefox');
    await nextTask();
    clock.advance(500);
    await nextTask();
    devices.plug('other');
    clock.advance(500);
    await taken.count(1);
    expect(devices.stream.deviceId).to.equal('other');
    expect([losses.all.length, clock.pending]).to.deep.equal([0, 0]);
  });

  it('is lost with the visitor’s word where the visitor has withdrawn the permission', async () => {
    const { devices, losses } = await keep();
    devices.refusal = 'NotAllowedError';
    devices.unplug('built-in', 'firefox');
    const [failure] = await losses.count(1);
    expect(failure!.code).to.equal('microphone-denied');
    expect(clock.pending).to.equal(0);
  });

  it('is lost when the browser does not answer', async () => {
    const { devices, losses } = await keep();
    replace(navigator.mediaDevices, 'getUserMedia', () => new Promise(() => {}));
    devices.unplug('built-in', 'firefox');
    clock.advance(10_000);
    expect(losses.all[0]!.code).to.equal('microphone-lost');
  });

  it('is chosen by its id, and changed in the call', async () => {
    const devices = new FakeDevices('built-in', 'desk', 'headset');
    const { microphone, taken } = await keep(devices, { microphoneId: 'desk' });
    expect(devices.stream.deviceId).to.equal('desk');
    microphone.choose('desk');
    expect(devices.requests).to.have.lengthOf(1);
    microphone.choose('headset');
    await taken.count(1);
    expect(devices.stream.deviceId).to.equal('headset');
    microphone.choose(null);
    await taken.count(2);
    expect(devices.stream.deviceId).to.equal('built-in');
    expect(devices.open).to.have.lengthOf(1);
  });

  it('is the one that was chosen last, whichever the browser opens last', async () => {
    const devices = new FakeDevices('built-in', 'desk', 'headset');
    const { microphone, taken } = await keep(devices);
    microphone.choose('desk');
    microphone.choose('headset');
    await devices.streams.count(3);
    await taken.count(1);
    expect(microphone.stream).to.have.property('deviceId', 'headset');
    expect(devices.open.map(({ deviceId }) => deviceId)).to.deep.equal(['headset']);
  });

  it('is the one that was chosen while the visitor was asked for another', async () => {
    const devices = new FakeDevices('built-in', 'desk');
    const taken = new Inbox<MediaStream>();
    const microphone = new KeptMicrophone(options, { onStream: taken.push, onSilent: () => {}, onLost: () => {} });
    microphone.choose('desk');
    await microphone.granted;
    await taken.count(1);
    expect(devices.open.map(({ deviceId }) => deviceId)).to.deep.equal(['desk']);
  });

  it('is another one where the chosen cannot be opened', async () => {
    const devices = new FakeDevices('built-in', 'desk');
    const { microphone, taken, losses } = await keep(devices);
    devices.refusal = 'NotReadableError';
    microphone.choose('desk');
    await nextTask();
    devices.refusal = '';
    clock.advance(500);
    await taken.count(1);
    expect(devices.requests.map(({ deviceId }) => deviceId)).to.deep.equal([undefined, 'desk', undefined]);
    expect(losses.all).to.be.empty;
  });

  describe('after a change of devices', () => {
    it('is taken again when it is not there any more (WebKit: the track stays live)', async () => {
      const { devices, microphone, taken } = await keep(new FakeDevices('AirPods', 'built-in'));
      devices.unplug('AirPods', 'webkit');
      microphone.review(devices.plugged as MediaDeviceInfo[]);
      await taken.count(1);
      expect(devices.stream.deviceId).to.equal('built-in');
    });

    it('stays when another one comes or goes', async () => {
      const { devices, microphone } = await keep();
      devices.plug('desk');
      microphone.review(devices.plugged as MediaDeviceInfo[]);
      devices.unplug('desk', 'webkit');
      microphone.review(devices.plugged as MediaDeviceInfo[]);
      expect(devices.requests).to.have.lengthOf(1);
    });

    it('follows the system’s choice (Chrome: `default` has another label, its track stays with the old device)', async () => {
      const { devices, microphone, taken } = await keep(new FakeDevices('default'));
      microphone.review(devices.plugged as MediaDeviceInfo[]);
      expect(devices.requests).to.have.lengthOf(1);
      devices.plugged[0]!.label = 'Default - Headset';
      microphone.review(devices.plugged as MediaDeviceInfo[]);
      await taken.count(1);
      microphone.review(devices.plugged as MediaDeviceInfo[]);
      expect(devices.requests).to.have.lengthOf(2);
    });

    it('is the chosen one again when that comes back', async () => {
      const devices = new FakeDevices('built-in');
      const { microphone, taken } = await keep(devices, { microphoneId: 'desk' });
      devices.plug('desk');
      microphone.review(devices.plugged as MediaDeviceInfo[]);
      await taken.count(1);
      expect(devices.stream.deviceId).to.equal('desk');
    });

    it('stays the visitor’s own choice (Firefox asks which one), until the wished one is plugged in again', async () => {
      const devices = new FakeDevices('built-in', 'desk');
      devices.choice = 'built-in';
      const { microphone, taken } = await keep(devices, { microphoneId: 'desk' });
      await nextTask();
      const review = () => microphone.review(devices.plugged as MediaDeviceInfo[]);
      devices.plug('headset');
      review();
      devices.unplug('headset', 'webkit');
      review();
      expect(devices.requests).to.have.lengthOf(1);
      devices.unplug('desk', 'webkit');
      review();
      devices.plug('desk');
      devices.choice = undefined;
      review();
      await taken.count(1);
      expect(devices.stream.deviceId).to.equal('desk');
    });

    it('stays where the browser tells no ids', async () => {
      const { devices, microphone } = await keep();
      microphone.review([{ kind: 'audioinput', deviceId: '', label: '' } as MediaDeviceInfo]);
      microphone.review([]);
      expect(devices.requests).to.have.lengthOf(1);
    });
  });

  it('leaves nothing open when it is closed while it is being taken again', async () => {
    const { devices, microphone, taken, losses } = await keep();
    devices.stream.getTracks()[0]!.dispatchEvent(new Event('ended'));
    microphone.close();
    await devices.streams.count(2);
    await nextTask();
    expect([devices.open.length, taken.all.length, losses.all.length, clock.pending]).to.deep.equal([0, 0, 0, 0]);
  });

  it('is not taken again once it is closed', async () => {
    const { devices, microphone, hear } = await keep();
    microphone.close();
    hear(zeros, 10);
    devices.stream.getTracks()[0]!.dispatchEvent(new Event('ended'));
    expect(devices.requests).to.have.lengthOf(1);
    expect(clock.pending).to.equal(0);
  });
});
