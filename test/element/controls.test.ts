import { expect, fixture, html } from '@open-wc/testing';
import '../../src/index.js';
import type { CallMuteEvent } from '../../src/element/events.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { holdMicrophone, watchConsole, watchContexts, watchMicrophone } from '../support/browser-fakes.js';
import { button, lead, part, place, record, until } from '../support/calls.js';
import { ReadyAgent } from '../support/ready-agent.js';
import { watchVolume } from '../support/volumes.js';

const isSilent = (chunk: ArrayBuffer) => new Int16Array(chunk).every((sample) => sample === 0);
const click = (detail: number) => new MouseEvent('click', { detail, bubbles: true, composed: true });

describe('start, stop and toggle', () => {
  it('start() answers true once the agent is ready', async () => {
    const { element } = await place();
    expect(await element.start()).to.equal(true);
    expect(element.status).to.equal('active');
  });

  it('start() answers false when the visitor hangs up meanwhile', async () => {
    const { element } = await place();
    holdMicrophone();
    const started = element.start();
    await element.stop();
    expect(await started).to.equal(false);
  });

  it('start() answers false when the call fails', async () => {
    watchConsole();
    const { element } = await place();
    element.tokenProvider = () => Promise.reject(new Error('no'));
    expect(await element.start()).to.equal(false);
    expect(element.status).to.equal('failed');
  });

  it('start() answers false, and asks for nothing, while a call runs', async () => {
    const { element } = await place();
    await element.start();
    const { requests } = watchMicrophone();
    const events = record(element, 'synthflow-before-start', 'synthflow-status');
    expect(await element.start()).to.equal(false);
    expect(requests).to.be.empty;
    expect(events.map(({ type }) => type)).to.be.empty;
  });

  it('start() asks for the microphone inside the click', async () => {
    const { element } = await place();
    const { requests } = watchMicrophone();
    const contexts = watchContexts();
    void element.start();
    expect(requests).to.have.lengthOf(1);
    expect(contexts).to.have.lengthOf(1);
    expect(element.status).to.equal('requesting-microphone');
  });

  it('stop() leaves no microphone and no sound open', async () => {
    const { streams } = watchMicrophone();
    const contexts = watchContexts();
    const { element } = await place();
    await element.start();
    expect(await element.stop()).to.equal(undefined);
    expect(element.status).to.equal('ended');
    expect(streams[0]!.getTracks().map(({ readyState }) => readyState)).to.deep.equal(['ended']);
    expect(contexts.map(({ state }) => state)).to.deep.equal(['closed']);
  });

  it('stop() does nothing where no call runs', async () => {
    const { element } = await place();
    const events = record(element, 'synthflow-status', 'synthflow-end');
    await element.stop();
    expect(element.status).to.equal('idle');
    await element.start();
    await element.stop();
    await element.stop();
    expect(events.filter(({ type }) => type === 'synthflow-end').length).to.equal(1);
  });

  it('toggle() starts and ends', async () => {
    const { element } = await place();
    expect(await element.toggle()).to.equal(undefined);
    expect(element.status).to.equal('active');
    await element.toggle();
    expect(element.status).to.equal('ended');
  });

  it('the page can forbid a call before anything is asked for', async () => {
    const { element } = await place(html`<synthflow-call session-url="wss://example.com/"></synthflow-call>`);
    const { requests } = watchMicrophone();
    element.addEventListener('synthflow-before-start', (event) => event.preventDefault(), { once: true });
    const events = record(element, 'synthflow-status', 'synthflow-end');
    expect(await element.start()).to.equal(false);
    expect(element.status).to.equal('idle');
    expect(requests).to.be.empty;
    expect(events.map(({ type }) => type)).to.be.empty;
    expect(element.getAttribute('session-url')).to.equal('wss://example.com/');
  });

  it('the page can set the call up in synthflow-before-start', async () => {
    const { element, agent } = await place();
    element.addEventListener('synthflow-before-start', () => (element.sessionUrl = agent.url));
    expect(await element.start()).to.equal(true);
  });

  it('uses a session URL once, and leaves no trace of it', async () => {
    const { element, agent } = await place();
    let asked = 0;
    element.tokenProvider = async () => {
      asked += 1;
      return agent.url;
    };
    element.setAttribute('session-url', agent.url);
    await element.updateComplete;
    const started = element.start();
    expect(element.hasAttribute('session-url')).to.equal(false);
    expect(element.sessionUrl).not.to.be.ok;
    expect(await started).to.equal(true);
    expect(asked).to.equal(0);
    await element.stop();
    expect(await element.start()).to.equal(true);
    expect(asked).to.equal(1);
  });

  it('asks for the agent that the page names', async () => {
    const { element, agent } = await place(html`<synthflow-call assistant-id="support"></synthflow-call>`);
    let asked: string | undefined;
    element.tokenProvider = async ({ assistantId }) => {
      asked = assistantId;
      return { sessionURL: agent.url };
    };
    expect(await element.start()).to.equal(true);
    expect(asked).to.equal('support');
  });

  it('ends by itself after max-duration', async () => {
    const { element, agent } = await place(html`<synthflow-call max-duration="0.2"></synthflow-call>`);
    const events = record(element, 'synthflow-end');
    await lead(element, agent, 'active');
    await until(element, 'ended');
    expect({ ...events[0] }).to.include({ reason: 'max-duration' });
    expect(element.duration).to.be.at.least(0.19);
  });
});

describe('the button', () => {
  it('takes a double click for one', async () => {
    const { element } = await place();
    const events = record(element, 'synthflow-before-start', 'synthflow-end');
    button(element).dispatchEvent(click(1));
    button(element).dispatchEvent(click(2));
    button(element).dispatchEvent(click(3));
    await until(element, 'active');
    expect(events.map(({ type }) => type)).to.deep.equal(['synthflow-before-start']);
  });

  it('cannot be pressed while disabled', async () => {
    const { element } = await place(html`<synthflow-call disabled></synthflow-call>`);
    const { requests } = watchMicrophone();
    expect(button(element).disabled).to.equal(true);
    button(element).click();
    expect(await element.start()).to.equal(false);
    expect(element.status).to.equal('idle');
    expect(requests).to.be.empty;
    element.disabled = false;
    await element.updateComplete;
    expect(element.hasAttribute('disabled')).to.equal(false);
    expect(button(element).disabled).to.equal(false);
  });

  it('still hangs up a call that runs when the element is disabled', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    element.disabled = true;
    await element.updateComplete;
    expect(button(element).disabled).to.equal(false);
    button(element).click();
    await until(element, 'ended');
    expect(button(element).disabled).to.equal(true);
  });

  it('has the page’s words: the label attribute, or what is in the tag', async () => {
    const { element } = await place(html`<synthflow-call label="Talk to us"></synthflow-call>`);
    expect(button(element).textContent!.trim()).to.equal('Talk to us');
    const other = await fixture<SynthflowCall>(
      html`<synthflow-call label="Talk to us"><b>Ring</b><i slot="icon">☎</i><a slot="fallback">mail</a></synthflow-call>`,
    );
    expect(other.querySelector('b')!.checkVisibility()).to.equal(true);
    expect(other.querySelector('i')!.checkVisibility()).to.equal(true);
    expect(other.querySelector('b')!.assignedSlot!.closest('button')).to.equal(button(other));
    expect(other.querySelector('i')!.assignedSlot!.closest('button')).to.equal(button(other));
    expect(other.querySelector('a')!.getClientRects()).to.have.lengthOf(0);
  });

  it('keeps its own words where the tag holds only white space or a fallback', async () => {
    const { element } = await place(html`<synthflow-call>
      <a slot="fallback">mail</a>
    </synthflow-call>`);
    expect(button(element).textContent!.trim()).to.equal('Start a call');
    element.append('Ring us');
    while (button(element).textContent!.trim()) await new Promise(requestAnimationFrame);
    expect(
      button(element).querySelector<HTMLSlotElement>('slot:not([name])')!.assignedNodes().at(-1)!.textContent,
    ).to.equal('Ring us');
  });

  it('does not start where nobody could see it, outside the page', async () => {
    const { requests } = watchMicrophone();
    const element = document.createElement('synthflow-call');
    element.tokenProvider = async () => new ReadyAgent().url;
    expect(await element.start()).to.equal(false);
    expect(element.status).to.equal('idle');
    expect(requests).to.be.empty;
  });

  it('starts once while its key is held', async () => {
    const { element } = await place();
    const held = new KeyboardEvent('keydown', { key: 'Enter', repeat: true, cancelable: true, bubbles: true });
    expect(button(element).dispatchEvent(held)).to.equal(false);
    const first = new KeyboardEvent('keydown', { key: 'Enter', cancelable: true, bubbles: true });
    expect(button(element).dispatchEvent(first)).to.equal(true);
  });

  it('has its own words where the label attribute is empty', async () => {
    const { element } = await place(html`<synthflow-call label=""></synthflow-call>`);
    expect(button(element).textContent!.trim()).to.equal('Start a call');
  });

  it('is hidden with what is around it', async () => {
    const around = await fixture(html`<div style="visibility: hidden"><synthflow-call></synthflow-call></div>`);
    const element = around.querySelector('synthflow-call')!;
    expect(getComputedStyle(button(element)).visibility).to.equal('hidden');
  });

  it('starts once where a listener of synthflow-before-start starts it too', async () => {
    const { element } = await place();
    const inner: Promise<boolean>[] = [];
    element.addEventListener('synthflow-before-start', () => inner.push(element.start()));
    expect(await element.start()).to.equal(true);
    expect(await Promise.all(inner)).to.deep.equal([false]);
  });

  it('takes the focus that the page gives to the element', async () => {
    const { element } = await place();
    element.focus();
    expect(document.activeElement).to.equal(element);
    expect(element.shadowRoot!.activeElement).to.equal(button(element));
  });
});

describe('mute', () => {
  it('is an attribute, a state and an event', async () => {
    const { element } = await place();
    const events = record(document, 'synthflow-mute') as CallMuteEvent[];
    element.mute();
    await element.updateComplete;
    expect(element.hasAttribute('muted')).to.equal(true);
    expect(element.matches(':state(muted)')).to.equal(true);
    element.unmute();
    await element.updateComplete;
    expect(element.hasAttribute('muted')).to.equal(false);
    expect(element.matches(':state(muted)')).to.equal(false);
    element.toggleAttribute('muted', true);
    await element.updateComplete;
    expect(events.map(({ muted }) => muted)).to.deep.equal([true, false, true]);
    expect(events.every(({ bubbles, composed }) => bubbles && composed)).to.equal(true);
  });

  it('says nothing where nothing has changed', async () => {
    const { element } = await place();
    const events = record(element, 'synthflow-mute');
    element.unmute();
    await element.updateComplete;
    element.mute();
    element.unmute();
    await element.updateComplete;
    expect(events.map(({ type }) => type)).to.be.empty;
  });

  for (const variant of ['pill', 'card'] as const) {
    it(`is a stroke through the microphone, not colour alone: ${variant}`, async () => {
      const { element, agent } = await place(html`<synthflow-call variant=${variant}></synthflow-call>`);
      await lead(element, agent, 'active');
      const stroke = part(element, 'mute')!.querySelector('.stroke')!;
      expect(stroke.checkVisibility()).to.equal(false);
      part(element, 'mute')!.click();
      await element.updateComplete;
      expect(stroke.checkVisibility()).to.equal(true);
    });
  }

  it('is a pressed button in the call', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    const mute = part(element, 'mute')!;
    expect([mute.ariaLabel, mute.ariaPressed]).to.deep.equal(['Mute microphone', 'false']);
    mute.dispatchEvent(click(1));
    mute.dispatchEvent(click(2));
    await element.updateComplete;
    expect(element.muted).to.equal(true);
    expect([mute.ariaLabel, mute.ariaPressed]).to.deep.equal(['Mute microphone', 'true']);
    expect(part(element, 'mute')).to.equal(mute);
  });

  it('sends the agent silence, and is kept for the next call', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    await agent.received.until(() => !agent.chunks.every(isSilent));
    element.mute();
    await element.updateComplete;
    const first = agent.received.all.length + 20;
    await agent.received.count(first + 40);
    expect(agent.chunks.slice(-40).every(isSilent)).to.equal(true);
    await element.stop();
    const called = agent.chunks.length;
    await element.start();
    expect(element.muted).to.equal(true);
    await agent.received.until(() => agent.chunks.length >= called + 40);
    expect(agent.chunks.slice(called).every(isSilent)).to.equal(true);
  });
});

describe('volume', () => {
  for (const [given, played] of [
    [0.3, 0.3],
    [7, 1],
    [-1, 0],
    [NaN, 0],
  ] as const) {
    it(`of ${given} plays at ${played}`, async () => {
      const volumes = watchVolume();
      const { element } = await place();
      await element.start();
      element.volume = given;
      await element.updateComplete;
      expect(volumes.at(-1)).to.equal(played);
    });
  }

  it('given before the call is kept for it', async () => {
    const volumes = watchVolume();
    const { element } = await place(html`<synthflow-call volume="0.25"></synthflow-call>`);
    await element.start();
    expect(volumes.at(-1)).to.equal(0.25);
  });

  it('is full again when its attribute is removed', async () => {
    const volumes = watchVolume();
    const { element } = await place(html`<synthflow-call volume="0.25"></synthflow-call>`);
    await element.start();
    element.removeAttribute('volume');
    await element.updateComplete;
    expect(volumes.at(-1)).to.equal(1);
  });
});

describe('what can be left out', () => {
  it('the timer', async () => {
    const { element, agent } = await place(html`<synthflow-call no-timer></synthflow-call>`);
    await lead(element, agent, 'active');
    expect(part(element, 'timer')).to.equal(null);
    button(element).click();
    await until(element, 'ended');
    expect(part(element, 'timer')).to.equal(null);
  });

  it('the mute button', async () => {
    const { element, agent } = await place(html`<synthflow-call no-mute></synthflow-call>`);
    await lead(element, agent, 'active');
    expect(part(element, 'mute')).to.equal(null);
    expect(part(element, 'timer')).not.to.equal(null);
  });

  it('the visualizer', async () => {
    const { element, agent } = await place(html`<synthflow-call no-visualizer></synthflow-call>`);
    await lead(element, agent, 'active');
    expect(part(element, 'visualizer')).to.equal(null);
    expect(part(element, 'timer')).not.to.equal(null);
  });

  it('the cleaning of the microphone’s sound', async () => {
    const { requests } = watchMicrophone();
    const { element } = await place(
      html`<synthflow-call no-echo-cancellation no-noise-suppression no-auto-gain-control></synthflow-call>`,
    );
    await element.start();
    await element.stop();
    element.noEchoCancellation = element.noNoiseSuppression = element.noAutoGainControl = false;
    await element.start();
    const cleaned = (isOn: boolean) => ({ echoCancellation: isOn, noiseSuppression: isOn, autoGainControl: isOn });
    expect(requests[0]!.audio).to.include(cleaned(false));
    expect(requests[1]!.audio).to.include(cleaned(true));
  });

  it('a limit goes back to its default with its attribute', async () => {
    const { element } = await place(html`<synthflow-call max-duration="5"></synthflow-call>`);
    element.removeAttribute('max-duration');
    expect(element.maxDuration).to.equal(1800);
  });

  it('the credentials go back to their default with their attribute', async () => {
    const agent = new ReadyAgent();
    const answer = encodeURIComponent(JSON.stringify({ sessionURL: agent.url }));
    const element = await fixture<SynthflowCall>(html`
      <synthflow-call
        token-endpoint=${`data:application/json,${answer}`}
        token-method="get"
        token-credentials="omit"
      ></synthflow-call>
    `);
    watchConsole();
    element.removeAttribute('token-credentials');
    expect(await element.start()).to.equal(true);
  });
});
