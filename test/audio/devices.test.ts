import { expect } from '@open-wc/testing';
import { namedDevices } from '../../src/audio/devices.js';
import { FakeDevices } from '../support/fake-devices.js';
import { replace } from '../support/replace.js';

const none = { microphones: [], speakers: [] };

describe('namedDevices', () => {
  it('tells microphones and loudspeakers by id and label, and asks for no permission', async () => {
    const devices = new FakeDevices();
    devices.plug('one', 'audioinput', 'Headset');
    devices.plug('two', 'audiooutput', 'Desk');
    devices.plug('three', 'videoinput', 'Camera');
    expect(await namedDevices()).to.deep.equal({
      microphones: [{ id: 'one', label: 'Headset' }],
      speakers: [{ id: 'two', label: 'Desk' }],
    });
    expect(devices.requests).to.be.empty;
  });

  it('lists once for all who ask at once (Chromium on macOS 14: sound suffers, says twilio-voice.js’s changelog)', async () => {
    const devices = new FakeDevices('one');
    await Promise.all([namedDevices(), namedDevices(), namedDevices()]);
    expect(devices.listings).to.equal(1);
    await namedDevices();
    expect(devices.listings).to.equal(2);
  });

  it('tells none that the browser does not name before the permission', async () => {
    new FakeDevices('');
    expect(await namedDevices()).to.deep.equal(none);
  });

  it('tells none where there is no way to', async () => {
    replace(navigator.mediaDevices, 'enumerateDevices', () => Promise.reject(new DOMException('', 'NotAllowedError')));
    expect(await namedDevices()).to.deep.equal(none);
    replace(navigator, 'mediaDevices', undefined);
    expect(await namedDevices()).to.deep.equal(none);
  });
});
