import { expect, html, oneEvent } from '@open-wc/testing';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { fakeWakeLock, watchConsole, watchContexts, watchMicrophone } from '../support/browser-fakes.js';
import { button, lead, place, record, statuses, until } from '../support/calls.js';
import { onTestEnd } from '../support/replace.js';

const types = [
  'synthflow-before-start',
  'synthflow-status',
  'synthflow-start',
  'synthflow-message',
  'synthflow-mute',
  'synthflow-error',
  'synthflow-end',
];

/** Keeps the errors of listeners from the test runner, and counts them. */
function catchErrors(): string[] {
  const errors: string[] = [];
  const before = window.onerror;
  window.onerror = (message) => {
    errors.push(String(message));
    return true;
  };
  onTestEnd(() => (window.onerror = before));
  return errors;
}

/** A call in which everything happens that a call tells of: it fails when all of it was told. */
async function whole(element: SynthflowCall, agent: Awaited<ReturnType<typeof place>>['agent']): Promise<void> {
  button(element).click();
  await until(element, 'active');
  agent.say('{"type":"hello"}');
  await oneEvent(element, 'synthflow-message');
  element.mute();
  await element.updateComplete;
  agent.close(1011);
  await until(element, 'failed');
}

describe('a page that interferes', () => {
  it('with listeners that throw changes nothing', async () => {
    watchConsole();
    const errors = catchErrors();
    const { element, agent } = await place();
    const told = record(element, ...types);
    for (const type of types) {
      element.addEventListener(type, () => {
        throw new Error('a page that does not work');
      });
    }
    await whole(element, agent);
    expect(new Set(told.map(({ type }) => type))).to.deep.equal(new Set(types));
    expect(told.at(-1)!.type).to.equal('synthflow-end');
    expect(errors.length).to.equal(told.length);
  });

  for (const type of types) {
    it(`by hanging up in ${type} ends the call there, if there is one, and the next call works`, async () => {
      watchConsole();
      const contexts = watchContexts();
      const { streams } = watchMicrophone();
      const { element, agent } = await place();
      const told = record(element, 'synthflow-end');
      element.addEventListener(type, () => void element.stop(), { once: true });
      button(element).click();
      if (type === 'synthflow-before-start' || type === 'synthflow-end' || type === 'synthflow-error') {
        await until(element, 'active');
        agent.close(1011);
      } else if (type === 'synthflow-message' || type === 'synthflow-mute') {
        await until(element, 'active');
        if (type === 'synthflow-mute') element.mute();
        else agent.say('{"type":"hello"}');
      }
      while (told.length === 0) await oneEvent(element, 'synthflow-end');
      await element.stop();
      expect(contexts.every(({ state }) => state === 'closed')).to.equal(true);
      expect(streams.every((stream) => stream.getTracks().every(({ readyState }) => readyState === 'ended'))).to.equal(
        true,
      );
      expect(told.length).to.equal(1);
      button(element).click();
      await until(element, 'active');
    });
  }

  for (const status of statuses.filter((status) => !['idle', 'ended', 'failed'].includes(status))) {
    it(`by hiding it while ${status} leaves the call as it is`, async () => {
      const screen = fakeWakeLock();
      const { element, agent } = await place();
      await lead(element, agent, status);
      screen.show(false);
      screen.show(true);
      await element.updateComplete;
      expect(element.status).to.equal(status);
      await element.stop();
      expect(element.status).to.equal('ended');
      screen.show(true);
      expect(screen.held).to.equal(0);
    });

    it(`by taking it away while ${status} ends the call, and the next one works`, async () => {
      const contexts = watchContexts();
      const { element, agent } = await place(html`<synthflow-call></synthflow-call>`);
      const parent = element.parentElement!;
      const told = record(element, 'synthflow-end');
      await lead(element, agent, status);
      const ended = oneEvent(element, 'synthflow-end');
      element.remove();
      await ended;
      await element.stop();
      expect(element.status).to.equal('ended');
      expect(told.length).to.equal(1);
      expect(contexts.every(({ state }) => state === 'closed')).to.equal(true);
      if (status === 'requesting-microphone') return;
      parent.append(element);
      element.tokenProvider = async () => agent.url;
      agent.isReady = true;
      button(element).click();
      await until(element, 'active');
    });
  }
});
