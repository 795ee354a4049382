import { expect, fixture, html, oneEvent } from '@open-wc/testing';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { fakeWakeLock, watchConsole, watchContexts, watchMicrophone } from '../support/browser-fakes.js';
import { button, lead, part, place, record, statuses, until } from '../support/calls.js';
import { Deferred } from '../support/deferred.js';
import { ManualClock } from '../support/manual-clock.js';
import { onTestEnd, replace } from '../support/replace.js';

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

/** More turns than the question for consent goes through until it is seen. */
const allTurns = 8;

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
};

const panelIsOpen = (element: SynthflowCall) => element.shadowRoot!.querySelector('.panel')!.matches(':popover-open');

describe('the question for consent, at every turn after the click', () => {
  afterEach(() => {
    for (const key of Object.keys(localStorage)) if (key.startsWith('synthflow')) localStorage.removeItem(key);
  });

  /** Asks, lets so many turns pass, and hands over what the click has started. */
  async function ask(turn: number) {
    const text = `I agree to ${crypto.randomUUID()}.`;
    const { element, agent } = await place(html`<synthflow-call consent=${text}></synthflow-call>`);
    const told = record(element, 'synthflow-before-start', 'synthflow-end');
    const starts: Promise<boolean>[] = [element.start()];
    await turns(turn);
    return { element, agent, told, starts };
  }
  const accept = async (element: SynthflowCall) => {
    await element.updateComplete;
    part(element, 'accept')!.click();
  };
  type Asked = Awaited<ReturnType<typeof ask>>;

  /** What takes the question back: nothing starts, and the panel is closed. */
  const refusals: Record<string, (asked: Asked) => unknown> = {
    'stop()': ({ element }) => element.stop(),
    Escape: async ({ element }) => {
      await element.updateComplete;
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    },
    'its own “not now”': async ({ element }) => {
      await element.updateComplete;
      part(element, 'panel')!.querySelector<HTMLElement>('.plain')!.click();
    },
    'taking the element away': async ({ element }) => {
      const around = element.parentElement!;
      element.remove();
      await turns(1);
      around.append(element);
    },
    'disabling it, and accepting': async ({ element }) => {
      element.disabled = true;
      await accept(element);
    },
    'a page that cancels the start, and accepting': async ({ element }) => {
      element.addEventListener('synthflow-before-start', (event) => event.preventDefault(), { once: true });
      await accept(element);
    },
  };
  for (const [name, refuse] of Object.entries(refusals)) {
    it(`is taken back by ${name}: no call, and the next click asks or calls again`, async () => {
      for (let turn = 0; turn <= allTurns; turn += 1) {
        const asked = await ask(turn);
        const { element, told, starts } = asked;
        await refuse(asked);
        expect(await starts[0], `turn ${turn}`).to.equal(false);
        await element.updateComplete;
        expect([element.status, panelIsOpen(element)], `turn ${turn}`).to.deep.equal(['idle', false]);
        expect(told.filter(({ type }) => type === 'synthflow-end')).to.be.empty;
        if (turn < allTurns) continue;
        element.disabled = false;
        const again = element.start();
        await element.updateComplete;
        part(element, 'accept')?.click();
        expect(await again).to.equal(true);
        await element.stop();
      }
    });
  }

  /** What leaves it as it is: accepting then makes one call. (A page has only so many AudioContexts: all but the last are cancelled.) */
  const others: Record<string, (asked: Asked) => unknown> = {
    'start() again': ({ element, starts }) => starts.unshift(element.start()),
    'another click': ({ element }) => button(element).click(),
    'moving the element': ({ element }) => element.parentElement!.prepend(element),
    'leaving the page, and coming back': () => dispatchEvent(new PageTransitionEvent('pagehide')),
    'hiding the tab': () => {
      const screen = fakeWakeLock();
      screen.show(false);
      screen.show(true);
    },
  };
  for (const [name, interfere] of Object.entries(others)) {
    it(`bears ${name}`, async () => {
      for (let turn = 0; turn <= allTurns; turn += 1) {
        const asked = await ask(turn);
        const { element, told, starts } = asked;
        const isLast = turn === allTurns;
        if (!isLast) element.addEventListener('synthflow-before-start', (event) => event.preventDefault());
        await interfere(asked);
        await accept(element);
        if (isLast) await until(element, 'active');
        // Where it was asked for again, the first is over.
        const outcomes = await Promise.all(starts);
        expect(outcomes.slice(1).some(Boolean), `turn ${turn}`).to.equal(false);
        expect(outcomes[0], `turn ${turn}`).to.equal(isLast && name !== 'another click');
        expect(told.map(({ type }) => type)).to.deep.equal(['synthflow-before-start']);
        await element.updateComplete;
        expect(part(element, 'consent')).to.equal(null);
        await element.stop();
        expect(told.length).to.equal(isLast ? 2 : 1);
      }
    });
  }

  it('bears a second click on “accept”', async () => {
    const { element, told, starts } = await ask(allTurns);
    const yes = part(element, 'accept')!;
    yes.click();
    yes.click();
    expect(await starts[0]).to.equal(true);
    expect(told.length).to.equal(1);
  });

  it('bears the call of another element, which the accepted one replaces', async () => {
    const { element, agent, starts } = await ask(allTurns);
    const { element: other } = await place(undefined, agent);
    expect(await other.start()).to.equal(true);
    await accept(element);
    expect(await starts[0]).to.equal(true);
    expect(other.status).to.equal('ended');
  });

  it('is gone where it was given elsewhere and the page starts the call', async () => {
    const { element, starts } = await ask(allTurns);
    localStorage.setItem(`synthflow-call consent: ${element.consent}`, 'x');
    expect(await element.start()).to.equal(true);
    expect(await starts[0]).to.equal(false);
    await element.updateComplete;
    expect(part(element, 'consent')).to.equal(null);
  });
});

describe('the mute button that is held when its call', () => {
  const ends: Record<string, (element: SynthflowCall, agent: Awaited<ReturnType<typeof place>>['agent']) => unknown> = {
    'is hung up': (element) => element.stop(),
    'is hung up by the agent': (_, agent) => agent.close(1000),
    'is lost': (_, agent) => agent.close(1011),
    'is taken away': (element) => element.remove(),
    'is replaced': async (_, agent) => (await place(undefined, agent)).element.start(),
    'loses the button': (element) => (element.noMute = true),
  };
  for (const [name, end] of Object.entries(ends)) {
    it(`${name} mutes again, and the next call is muted and can be unmuted`, async () => {
      watchConsole();
      const { element, agent } = await place(html`<synthflow-call muted></synthflow-call>`);
      const around = element.parentElement!;
      await lead(element, agent, 'active');
      const mute = part(element, 'mute')!;
      mute.setPointerCapture = () => {};
      const isMuted = (wanted: boolean) =>
        new Promise<void>((resolve) =>
          element.addEventListener('synthflow-mute', ({ muted }) => muted === wanted && resolve()),
        );
      const heard = isMuted(false);
      mute.dispatchEvent(new PointerEvent('pointerdown', { pointerId: 1, bubbles: true }));
      await heard;
      const off = isMuted(true);
      await end(element, agent);
      await off;
      expect(element.muted).to.equal(true);
      // Let go when there is no button any more, or another one.
      mute.dispatchEvent(new PointerEvent('pointerup', { pointerId: 1, bubbles: true }));
      if (element.status === 'active') await element.stop();
      if (!element.isConnected) around.append(element);
      element.noMute = false;
      while (!['ended', 'failed'].includes(element.status)) await oneEvent(element, 'synthflow-status');
      agent.isReady = true;
      expect(await element.start()).to.equal(true);
      await element.updateComplete;
      expect(element.muted).to.equal(true);
      part(element, 'mute')!.click();
      expect(element.muted).to.equal(false);
    });
  }

  it('is over before it counts as held leaves it muted', async () => {
    for (const end of [(element: SynthflowCall) => void element.stop(), (element: SynthflowCall) => element.remove()]) {
      const { element, agent } = await place(html`<synthflow-call muted></synthflow-call>`);
      await lead(element, agent, 'active');
      part(element, 'mute')!.setPointerCapture = () => {};
      const clock = new ManualClock();
      clock.install();
      onTestEnd(() => clock.uninstall());
      part(element, 'mute')!.dispatchEvent(new PointerEvent('pointerdown', { pointerId: 1, bubbles: true }));
      end(element);
      await turns(allTurns);
      clock.advance(1000);
      clock.uninstall();
      expect([element.status, element.muted]).to.deep.equal(['ended', true]);
    }
  });
});

describe('devices that are listed late', () => {
  /** A card in a call, whose visitor has asked for the menu. */
  async function askForMenu(template = html`<synthflow-call variant="card"></synthflow-call>`) {
    const { element, agent } = await place(template);
    await lead(element, agent, 'active');
    const listed = new Deferred<MediaDeviceInfo[]>();
    replace(navigator.mediaDevices, 'enumerateDevices', () => listed.promise);
    part(element, 'settings')!.click();
    await turns(allTurns);
    return {
      element,
      answer: async () => {
        listed.resolve([]);
        await turns(allTurns);
        await element.updateComplete;
      },
    };
  }

  it('open the menu, also when the call is over by then', async () => {
    const { element, answer } = await askForMenu();
    await element.stop();
    await answer();
    expect(panelIsOpen(element)).to.equal(true);
    expect(element.shadowRoot!.querySelector('.panel input')).not.to.equal(null);
  });

  it('open nothing where the element is taken away meanwhile, nor when it comes back', async () => {
    const { element, answer } = await askForMenu();
    const around = element.parentElement!;
    element.remove();
    await turns(allTurns);
    await answer();
    around.append(element);
    await element.updateComplete;
    expect(element.shadowRoot!.querySelector('.panel input')).to.equal(null);
    expect(panelIsOpen(element)).to.equal(false);
  });

  it('open nothing where the card is closed meanwhile', async () => {
    const { element, answer } = await askForMenu(html`<synthflow-call variant="icon"></synthflow-call>`);
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    await element.updateComplete;
    await answer();
    expect(element.shadowRoot!.querySelector('.panel input')).to.equal(null);
  });

  it('are answered to a page whose element is gone', async () => {
    const listed = new Deferred<MediaDeviceInfo[]>();
    replace(navigator.mediaDevices, 'enumerateDevices', () => listed.promise);
    const element = await fixture<SynthflowCall>(html`<synthflow-call></synthflow-call>`);
    const devices = element.devices();
    element.remove();
    listed.resolve([]);
    expect(await devices).to.deep.equal({ microphones: [], speakers: [] });
  });
});
