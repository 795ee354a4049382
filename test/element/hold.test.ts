import { expect, html } from '@open-wc/testing';
import { sendKeys } from '@web/test-runner-commands';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { lead, part, place, record, until } from '../support/calls.js';
import { ManualClock } from '../support/manual-clock.js';
import { onTestEnd } from '../support/replace.js';

const mute = (element: SynthflowCall) => part(element, 'mute')!;

async function muted(isMuted: boolean) {
  const { element, agent } = await place(html`<synthflow-call ?muted=${isMuted}></synthflow-call>`);
  await lead(element, agent, 'active');
  return element;
}

/** From here on time passes when the test says so. */
function startClock(): ManualClock {
  const clock = new ManualClock();
  clock.install();
  onTestEnd(() => clock.uninstall());
  return clock;
}

/** Resolves at the next change of the microphone. */
const changed = (element: SynthflowCall) =>
  new Promise<boolean>((resolve) =>
    element.addEventListener('synthflow-mute', ({ muted }) => resolve(muted), { once: true }),
  );

describe('the mute button that is held', () => {
  for (const key of ['Space', 'Enter']) {
    it(`by ${key} lets the visitor talk while muted, until it is let go`, async () => {
      const element = await muted(true);
      mute(element).focus();
      const clock = startClock();
      await sendKeys({ down: key });
      clock.advance(300);
      expect(element.muted).to.equal(false);
      await sendKeys({ up: key });
      clock.advance(0);
      expect(element.muted).to.equal(true);
    });

    it(`by ${key} shortly is pressed`, async () => {
      const element = await muted(true);
      mute(element).focus();
      const clock = startClock();
      await sendKeys({ press: key });
      clock.advance(0);
      expect(element.muted).to.equal(false);
      await sendKeys({ press: key });
      clock.advance(0);
      expect(element.muted).to.equal(true);
    });
  }

  const pointer = (type: string, init: PointerEventInit = {}) =>
    new PointerEvent(type, { pointerId: 1, bubbles: true, isPrimary: true, ...init });

  it('by the pointer lets the visitor talk while muted, and its click is none', async () => {
    const element = await muted(true);
    mute(element).setPointerCapture = () => {};
    const on = changed(element);
    mute(element).dispatchEvent(pointer('pointerdown'));
    expect(await on).to.equal(false);
    const off = changed(element);
    mute(element).dispatchEvent(pointer('pointerup'));
    mute(element).click();
    expect(await off).to.equal(true);
    expect(element.muted).to.equal(true);
    await new Promise((resolve) => setTimeout(resolve));
    mute(element).click();
    expect(element.muted, 'the next click counts').to.equal(false);
  });

  it('does nothing more while not muted', async () => {
    const element = await muted(false);
    mute(element).setPointerCapture = () => {};
    const events = record(element, 'synthflow-mute');
    const clock = startClock();
    mute(element).dispatchEvent(pointer('pointerdown'));
    clock.advance(1000);
    mute(element).dispatchEvent(pointer('pointerup'));
    await element.updateComplete;
    expect(events).to.be.empty;
  });

  it('works in an iframe, whose events are of other classes', async () => {
    const element = await muted(true);
    const frame = document.body.appendChild(document.createElement('iframe'));
    onTestEnd(() => frame.remove());
    frame.contentDocument!.body.append(element);
    await element.updateComplete;
    const { KeyboardEvent } = frame.contentWindow as Window & typeof globalThis;
    const key = (type: string) => mute(element).dispatchEvent(new KeyboardEvent(type, { key: ' ' }));
    const on = changed(element);
    key('keydown');
    expect(await on).to.equal(false);
    const off = changed(element);
    key('keyup');
    expect(await off).to.equal(true);
    await element.stop();
  });

  for (const [name, init] of Object.entries({
    'by the right mouse button': { button: 2 },
    'by the pointer with Control, which opens a menu on a Mac': { ctrlKey: true },
  })) {
    it(`${name} is not held`, async () => {
      const element = await muted(true);
      mute(element).setPointerCapture = () => {};
      const clock = startClock();
      mute(element).dispatchEvent(pointer('pointerdown', init));
      clock.advance(1000);
      expect(element.muted).to.equal(true);
      mute(element).dispatchEvent(pointer('pointerup', init));
      clock.advance(0);
      expect(element.muted).to.equal(true);
    });
  }

  it('is muted again when the call ends meanwhile', async () => {
    const element = await muted(true);
    mute(element).setPointerCapture = () => {};
    const on = changed(element);
    mute(element).dispatchEvent(pointer('pointerdown'));
    await on;
    void element.stop();
    await until(element, 'ended');
    expect(element.muted).to.equal(true);
  });
});
