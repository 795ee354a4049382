import { expect, html } from '@open-wc/testing';
import { createCall, type Call, type ClientSettings } from '../../src/client/index.js';
import '../../src/index.js';
import { watchConsole, watchContexts, watchMicrophone } from '../support/browser-fakes.js';
import { button, place, until } from '../support/calls.js';
import { ReadyAgent } from '../support/ready-agent.js';

const types = [
  'synthflow-before-start',
  'synthflow-status',
  'synthflow-start',
  'synthflow-message',
  'synthflow-mute',
  'synthflow-error',
  'synthflow-end',
] as const;

/** A call without a face, and an agent that it reaches. */
function prepare(settings: ClientSettings = {}) {
  const agent = new ReadyAgent();
  const call = createCall({ tokenProvider: async () => agent.url, sounds: 'off', ...settings });
  return { agent, call };
}

/** Types of all that the call tells. */
function listen(call: Call): string[] {
  const told: string[] = [];
  for (const type of types) {
    call.addEventListener(type, (event) => told.push('status' in event ? event.status : event.type));
  }
  return told;
}

describe('a call without a face', () => {
  it('goes from start to hang-up and tells what the element tells, in its order', async () => {
    const { agent, call } = prepare({ clientReference: 'order-7' });
    const told = listen(call);
    const references: unknown[] = [];
    call.addEventListener('synthflow-start', ({ clientReference }) => references.push(clientReference));
    call.addEventListener('synthflow-end', ({ clientReference, reason, code }) =>
      references.push(clientReference, reason, code),
    );
    expect(await call.start()).to.equal(true);
    agent.say('{"type":"hello"}');
    await new Promise((resolve) => call.addEventListener('synthflow-message', resolve));
    expect(call.stats.readyMs).to.be.greaterThan(0);
    await call.stop();
    expect(told).to.deep.equal([
      'synthflow-before-start',
      'requesting-microphone',
      'connecting',
      'waiting',
      'active',
      'synthflow-start',
      'synthflow-message',
      'ended',
      'synthflow-end',
    ]);
    expect(references).to.deep.equal(['order-7', 'order-7', 'visitor', null]);
  });

  it('lets everything go at its end, and starts again', async () => {
    const contexts = watchContexts();
    const microphone = watchMicrophone();
    const { call } = prepare();
    for (let calls = 1; calls <= 2; calls += 1) {
      expect(await call.start()).to.equal(true);
      await call.stop();
      expect(contexts.map(({ state }) => state)).to.deep.equal(Array(calls).fill('closed'));
      const tracks = microphone.streams.flatMap((stream) => stream.getTracks());
      expect(tracks.map(({ readyState }) => readyState)).to.deep.equal(Array(calls).fill('ended'));
    }
    expect(call.facts.size).to.equal(0);
  });

  it('touches nothing before the start, and nothing where it is not wanted', async () => {
    const microphone = watchMicrophone();
    const { call } = prepare();
    call.addEventListener('synthflow-before-start', (event) => event.preventDefault());
    expect(await call.start()).to.equal(false);
    expect(call.status).to.equal('idle');
    expect(microphone.requests).to.be.empty;
  });

  it('says to developer and visitor why it failed', async () => {
    const lines = watchConsole();
    const { call } = prepare({ tokenProvider: () => Promise.reject(new Error('no')) });
    const told = listen(call);
    expect(await call.start()).to.equal(false);
    expect(told.slice(-3)).to.deep.equal(['failed', 'synthflow-error', 'synthflow-end']);
    expect(call.error!.code).to.equal('token-request-failed');
    expect(call.error!.visitorMessage).to.match(/^The call could not be made/);
    expect(lines.length).to.equal(1);
  });

  it('mutes and unmutes, before and in a call', async () => {
    const { call } = prepare({ muted: true });
    expect(call.muted).to.equal(true);
    const told: boolean[] = [];
    call.addEventListener('synthflow-mute', ({ muted }) => told.push(muted));
    await call.start();
    call.unmute();
    call.unmute();
    call.mute();
    expect(told).to.deep.equal([false, true]);
    await call.stop();
    expect(call.muted).to.equal(true);
  });

  it('hands its settings of that time to the token provider', async () => {
    const asked: unknown[] = [];
    const agent = new ReadyAgent();
    const call = createCall({ sounds: 'off' });
    call.set({
      assistantId: 'sales',
      clientReference: 'a',
      tokenProvider: async ({ assistantId, clientReference }) => {
        asked.push([assistantId, clientReference]);
        return agent.url;
      },
    });
    await call.start();
    call.set({ clientReference: 'b' });
    const ended = new Promise<unknown>((resolve) =>
      call.addEventListener('synthflow-end', ({ clientReference }) => resolve(clientReference)),
    );
    await call.stop();
    expect(asked).to.deep.equal([['sales', 'a']]);
    expect(await ended).to.equal('a');
  });

  it('has devices to choose from', async () => {
    const { call } = prepare();
    const { microphones, speakers } = await call.devices();
    expect(microphones).to.be.an('array');
    expect(speakers).to.be.an('array');
  });

  it('ends the call of an element, and of another client, and an element ends its', async () => {
    const { element, agent } = await place(html`<synthflow-call sounds="off"></synthflow-call>`);
    button(element).click();
    await until(element, 'active');
    const reasons: string[] = [];
    document.addEventListener('synthflow-end', ({ reason }) => reasons.push(`element ${reason}`), { once: true });

    const call = createCall({ tokenProvider: async () => agent.url, sounds: 'off' });
    await call.start();
    expect(element.status).to.equal('ended');

    const other = createCall({ tokenProvider: async () => agent.url, sounds: 'off' });
    for (const one of [call, other]) {
      one.addEventListener('synthflow-end', ({ reason }) => reasons.push(`client ${reason}`));
    }
    await other.start();
    expect([call.status, other.status]).to.deep.equal(['ended', 'active']);

    button(element).click();
    await until(element, 'active');
    expect(other.status).to.equal('ended');
    expect(reasons).to.deep.equal(['element replaced', 'client replaced', 'client replaced']);
  });

  it('ends with its page, which asks the visitor first', async () => {
    const { call } = prepare();
    const leaves = () => dispatchEvent(new Event('beforeunload', { cancelable: true }));
    expect(leaves()).to.equal(true);
    await call.start();
    expect(leaves()).to.equal(false);
    call.set({ noLeaveWarning: true });
    expect(leaves()).to.equal(true);
    const ended = new Promise<string>((resolve) =>
      call.addEventListener('synthflow-end', ({ reason }) => resolve(reason)),
    );
    dispatchEvent(new PageTransitionEvent('pagehide'));
    expect(await ended).to.equal('page');
  });
});
