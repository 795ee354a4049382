import { expect, fixture, html } from '@open-wc/testing';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { holdMicrophone, watchConsole } from '../support/browser-fakes.js';
import { button, lead, part, place, until, untilState } from '../support/calls.js';
import { ReadyAgent } from '../support/ready-agent.js';
import { replace } from '../support/replace.js';

const isOpen = (element: SynthflowCall) => part(element, 'panel')!.matches(':popover-open');
const disclosure = (element: SynthflowCall) => part(element, 'disclosure')?.textContent;
const description = (element: SynthflowCall) =>
  element.shadowRoot!.getElementById(button(element).getAttribute('aria-describedby')!)!.textContent!.trim();
const closeButton = (element: SynthflowCall) =>
  part(element, 'panel')!.querySelector<HTMLButtonElement>('[aria-label=Close]')!;
const escape = () => new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true });

const sentence = 'You are talking with an AI agent, not a person.';

describe('the panel', () => {
  it('is closed by Escape wherever the focus is', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'waiting');
    document.body.dispatchEvent(escape());
    await element.updateComplete;
    expect(isOpen(element)).to.equal(false);
  });

  it('leaves Escape to an input method that is in the middle of a word', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'waiting');
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, isComposing: true }));
    await element.updateComplete;
    expect(isOpen(element)).to.equal(true);
  });

  it('gives the focus back to the button when it is closed by its own', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'waiting');
    closeButton(element).focus();
    closeButton(element).click();
    await element.updateComplete;
    expect(element.shadowRoot!.activeElement).to.equal(button(element));
  });

  it('leaves nothing listening on the page when its element is removed while it is open', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'failed');
    const heard: string[] = [];
    const remove = globalThis.removeEventListener;
    replace(globalThis, 'removeEventListener', (...args: Parameters<typeof remove>) => {
      heard.push(args[0]);
      remove.apply(globalThis, args);
    });
    element.remove();
    expect(heard).to.include.members(['scroll', 'resize', 'keydown', 'pagehide']);
  });

  it('is closed before the click', async () => {
    const { element } = await place();
    expect(isOpen(element)).to.equal(false);
  });

  for (const status of ['requesting-microphone', 'connecting', 'waiting', 'active'] as const) {
    it(`says that the agent is an AI while ${status}`, async () => {
      const { element, agent } = await place();
      await lead(element, agent, status);
      expect(isOpen(element)).to.equal(true);
      expect(disclosure(element)).to.equal(sentence);
      expect(part(element, 'disclosure')!.checkVisibility()).to.equal(true);
    });
  }

  it('gives way once the agent speaks, and stays away when it pauses', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    expect(isOpen(element)).to.equal(true);
    agent.speak(2);
    await untilState(element, 'agent-speaking');
    expect(isOpen(element)).to.equal(false);
    expect(disclosure(element)).to.equal(undefined);
    await untilState(element, 'agent-speaking', false);
    expect(isOpen(element)).to.equal(false);
  });

  it('gives way where the agent speaks before it says that it is ready', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'waiting');
    agent.speak(3);
    await untilState(element, 'agent-speaking');
    agent.beReady();
    await until(element, 'active');
    expect(element.matches(':state(agent-speaking)')).to.equal(true);
    expect(isOpen(element)).to.equal(false);
  });

  it('says it again in the next call', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    agent.speak(3);
    await untilState(element, 'agent-speaking');
    button(element).click();
    await until(element, 'ended');
    expect(isOpen(element)).to.equal(false);
    button(element).click();
    await until(element, 'active');
    expect(disclosure(element)).to.equal(sentence);
  });

  it('says it in the words of the site', async () => {
    const { element, agent } = await place(html`<synthflow-call disclosure="A robot answers."></synthflow-call>`);
    expect(description(element)).to.equal('A robot answers.');
    await lead(element, agent, 'waiting');
    expect(disclosure(element)).to.equal('A robot answers.');
  });

  it('stays closed with disclosure="none"', async () => {
    const { element, agent } = await place(html`<synthflow-call disclosure="none"></synthflow-call>`);
    expect(description(element)).to.equal('');
    await lead(element, agent, 'waiting');
    expect(disclosure(element)).to.equal(undefined);
    expect(isOpen(element)).to.equal(false);
  });

  it('tells of the agent before the click, to who cannot see', async () => {
    const { element } = await place();
    expect(description(element)).to.equal(sentence);
  });

  it('says how to allow the microphone while the browser asks', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'requesting-microphone');
    expect(part(element, 'panel')!.textContent).to.contain('allow the microphone');
    expect(part(element, 'panel')!.textContent).to.contain(sentence);
  });

  for (const [way, close] of Object.entries({
    Escape: (element: SynthflowCall) => button(element).dispatchEvent(escape()),
    'Escape in the panel': (element: SynthflowCall) => closeButton(element).dispatchEvent(escape()),
    'its button': (element: SynthflowCall) => closeButton(element).click(),
  })) {
    it(`closes by ${way} and the call goes on`, async () => {
      const { element, agent } = await place();
      await lead(element, agent, 'waiting');
      close(element);
      await element.updateComplete;
      expect(isOpen(element)).to.equal(false);
      expect(element.status).to.equal('waiting');
      agent.beReady();
      await until(element, 'active');
      expect(isOpen(element)).to.equal(false);
    });
  }

  it('opens again for a failure after it was closed', async () => {
    watchConsole();
    const { element, agent } = await place();
    await lead(element, agent, 'waiting');
    closeButton(element).click();
    agent.close(1011);
    await until(element, 'failed');
    expect(isOpen(element)).to.equal(true);
  });

  it('lies inside the window wherever the button is', async () => {
    const agent = new ReadyAgent();
    for (const corner of ['inset: auto 0 0 auto', 'inset: 0 auto auto 0', 'inset: 45% auto auto 98%']) {
      const style = `position: fixed; ${corner}`;
      const { element } = await place(html`<synthflow-call style=${style}></synthflow-call>`, agent);
      await lead(element, agent, 'connecting');
      const { left, top, right, bottom } = part(element, 'panel')!.getBoundingClientRect();
      expect(Math.min(left, top)).to.be.at.least(0);
      expect(right).to.be.at.most(innerWidth);
      expect(bottom).to.be.at.most(innerHeight);
      element.remove();
    }
  });
});

describe('a failure', () => {
  it('is shown and announced in words for the visitor', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'failed');
    const words = element.error!.visitorMessage;
    expect(words).to.equal('The call could not be made. Check your connection and try again.');
    expect(isOpen(element)).to.equal(true);
    expect(part(element, 'error')!.textContent).to.equal(words);
    expect(part(element, 'error')!.checkVisibility()).to.equal(true);
    expect(part(element, 'status')!.textContent).to.contain(words);
    expect(description(element)).to.equal(words);
  });

  it('is not laid to the visitor’s connection where the endpoint has answered', async () => {
    const { element } = await place(html`<synthflow-call token-endpoint="/nothing-here"></synthflow-call>`);
    Object.assign(element, { tokenProvider: undefined });
    watchConsole();
    button(element).click();
    await until(element, 'failed');
    expect(element.error).to.include({ code: 'token-request-failed', httpStatus: 404 });
    expect(part(element, 'error')!.textContent).to.equal(
      'The call is not available right now. Please try again later.',
    );
  });

  it('tells the developer what to change, once, and never a URL', async () => {
    const { element, agent } = await place();
    const said = watchConsole();
    element.tokenProvider = () => Promise.reject(new Error('https://example.com/?token=secret'));
    button(element).click();
    await until(element, 'failed');
    expect(said).to.have.lengthOf(1);
    expect(said[0]!.method).to.equal('warn');
    expect(said[0]!.words.join(' ')).to.contain('token-request-failed').and.to.contain(element.error!.message);
    expect(said[0]!.words.join(' ')).not.to.match(/secret|\w+:\/\//);
    expect(agent.sockets.all).to.be.empty;
  });

  it('has a code, a message and whether another try helps', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'failed');
    expect(element.error).to.include({ code: 'token-request-failed', retryable: true });
    expect(element.error!.message).to.contain('tokenProvider');
    expect(element.error!.cause).to.equal(undefined);
  });

  it('has the close code of a call that was lost', async () => {
    watchConsole();
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    agent.close(1011);
    await until(element, 'failed');
    expect(element.error).to.include({ code: 'connection-lost', closeCode: 1011 });
  });

  it('of the microphone tells the visitor how to allow it', async () => {
    watchConsole();
    const microphone = holdMicrophone();
    const { element } = await place();
    button(element).click();
    microphone.deny();
    await until(element, 'failed');
    expect(element.error!.code).to.equal('microphone-denied');
    expect(part(element, 'error')!.textContent).to.contain('Allow the microphone');
  });

  it('without a token endpoint names the attribute that is missing', async () => {
    const said = watchConsole();
    const element = await fixture<SynthflowCall>(html`<synthflow-call></synthflow-call>`);
    button(element).click();
    await until(element, 'failed');
    expect(element.error).to.include({ code: 'token-endpoint-missing', retryable: false });
    expect(said[0]!.words.join(' ')).to.contain('token-endpoint');
  });

  it('is forgotten at the next click, which works', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'failed');
    element.tokenProvider = async () => agent.url;
    button(element).click();
    expect(element.error).to.equal(null);
    await until(element, 'active');
    expect(part(element, 'error')).to.equal(null);
  });
});

describe('a call that works', () => {
  it('says nothing to the console', async () => {
    const said = watchConsole();
    const { element, agent } = await place();
    await lead(element, agent, 'ended');
    await element.stop();
    expect(said).to.be.empty;
  });
});
