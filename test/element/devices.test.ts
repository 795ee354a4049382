import { expect, html } from '@open-wc/testing';
import '../../src/index.js';
import { fakeSinks, watchConsole } from '../support/browser-fakes.js';
import { lead, part, place, until, untilState } from '../support/calls.js';
import { FakeDevices } from '../support/fake-devices.js';

const panel = (element: HTMLElement) => element.shadowRoot!.querySelector('.panel')!;

describe('devices', () => {
  it('can be listed before a call, without a permission', async () => {
    const devices = new FakeDevices('desk');
    devices.plug('loud', 'audiooutput', 'Loud one');
    const { element } = await place();
    expect(await element.devices()).to.deep.equal({
      microphones: [{ id: 'desk', label: 'desk' }],
      speakers: [{ id: 'loud', label: 'Loud one' }],
    });
    expect(devices.requests).to.be.empty;
  });

  it('are the ones that the page names', async () => {
    const devices = new FakeDevices('built-in', 'desk');
    const used = fakeSinks('loud');
    const { element } = await place(
      html`<synthflow-call microphone-id="desk" speaker-id="loud" volume="0.5"></synthflow-call>`,
    );
    expect(await element.start()).to.equal(true);
    expect(devices.requests.map(({ deviceId }) => deviceId)).to.deep.equal(['desk']);
    expect(used.all).to.deep.equal(['loud']);
  });

  it('are changed in the call, and it goes on', async () => {
    const devices = new FakeDevices('built-in', 'desk');
    const used = fakeSinks('loud');
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    expect(used.all).to.be.empty;
    element.setAttribute('microphone-id', 'desk');
    element.setAttribute('speaker-id', 'loud');
    await devices.streams.count(2);
    await used.count(1);
    element.removeAttribute('microphone-id');
    element.removeAttribute('speaker-id');
    await devices.streams.count(3);
    await used.count(2);
    expect(used.all).to.deep.equal(['loud', '']);
    const sent = agent.received.all.length;
    await agent.received.count(sent + 20);
    expect(element.status).to.equal('active');
    expect(devices.open.map(({ deviceId }) => deviceId)).to.deep.equal(['built-in']);
    await element.stop();
    expect(devices.open).to.be.empty;
  });

  it('that are gone end the call with a sentence', async () => {
    watchConsole();
    const devices = new FakeDevices('built-in');
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    devices.unplug('built-in', 'firefox');
    await until(element, 'failed');
    expect(element.error!.code).to.equal('microphone-lost');
    expect(part(element, 'error')!.textContent).to.equal('Connect a microphone and try again.');
  });

  it('that give nothing are told of, until they are heard or the call is over', async () => {
    const devices = new FakeDevices('built-in');
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    // From now on every microphone is silent, as one with a switch.
    devices.streams.until((all) => {
      all.at(-1)!.silence();
      return false;
    });
    await untilState(element, 'microphone-silent');
    expect(panel(element).matches(':popover-open')).to.equal(true);
    expect(panel(element).textContent).to.contain('Nothing comes from your microphone.');
    expect(element.status).to.equal('active');
    await element.stop();
    await element.updateComplete;
    expect(element.matches(':state(microphone-silent)')).to.equal(false);
    expect(panel(element).textContent).not.to.contain('microphone');
  });
});
