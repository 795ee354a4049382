import { expect, fixture, html } from '@open-wc/testing';
import '../../src/index.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { button, lead, part, place } from '../support/calls.js';
import { nextTask } from '../support/inbox.js';
import { replace } from '../support/replace.js';

const background = (element: SynthflowCall) => getComputedStyle(button(element));
const requested = () => performance.getEntriesByType('resource').map(({ name }) => name);

/** Two drawn images later every request that styles make has begun. */
async function drawn(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
}

describe('hostile values', () => {
  const hostile = [
    'url(/accent-was-here.png)',
    'red; background: url(/accent-was-here.png)',
    'red url(/accent-was-here.png)',
    '}</style><img src=/accent-was-here.png>',
    'image-set("/accent-was-here.png" 1x)',
    'var(--none, url(/accent-was-here.png))',
    'var(--synthflow-none, red) url(/accent-was-here.png)',
  ];
  for (const accent of hostile) {
    it(`make no request: accent="${accent}"`, async () => {
      const plain = await fixture<SynthflowCall>(html`<synthflow-call></synthflow-call>`);
      performance.clearResourceTimings();
      const element = await fixture<SynthflowCall>(html`<synthflow-call accent=${accent}></synthflow-call>`);
      await drawn();
      expect(background(element).backgroundImage).to.equal('none');
      expect(background(element).backgroundColor).to.equal(background(plain).backgroundColor);
      expect(requested().filter((url) => url.includes('accent-was-here'))).to.be.empty;
    });
  }

  it('do not keep a good accent from working', async () => {
    const element = await fixture<SynthflowCall>(html`<synthflow-call accent="rebeccapurple"></synthflow-call>`);
    expect(background(element).backgroundColor).to.equal('color(srgb 0.4 0.2 0.6)');
    element.accent = 'url(x)';
    await element.updateComplete;
    expect(background(element).backgroundColor).not.to.equal('color(srgb 0.4 0.2 0.6)');
  });

  const markup = '<img src=x onerror="globalThis.isBroken=1"><b>bold</b>';
  it('stay text in label and disclosure', async () => {
    const { element, agent } = await place(
      html`<synthflow-call label=${markup} disclosure=${markup}></synthflow-call>`,
    );
    expect(button(element).textContent!.trim()).to.equal(markup);
    await lead(element, agent, 'waiting');
    expect(part(element, 'disclosure')!.textContent).to.equal(markup);
    expect(element.shadowRoot!.querySelector('img, b')).to.equal(null);
    expect(globalThis).not.to.have.property('isBroken');
  });

  it('from the agent stay out of the page', async () => {
    const { element, agent } = await place();
    await lead(element, agent, 'active');
    const message = new Promise((resolve) => element.addEventListener('synthflow-message', resolve));
    agent.say(markup);
    await message;
    await element.updateComplete;
    expect(element.shadowRoot!.innerHTML).not.to.contain('isBroken');
  });
});

describe('before the click', () => {
  it('nothing is asked for: no request, no storage, no sound, no prompt', async () => {
    // The call of the test before is still ending.
    await nextTask();
    const used: string[] = [];
    const forbid = (target: object, ...names: string[]) => {
      for (const name of names) {
        // The call of the test before may have chunks under way, in Firefox also to what has closed: it looks for an open socket.
        const note = function () {
          used.push(name);
        };
        replace(target, name, Object.assign(note, { OPEN: WebSocket.OPEN }));
      }
    };
    forbid(globalThis, 'AudioContext', 'Worker', 'SharedWorker', 'WebSocket', 'EventSource', 'fetch', 'XMLHttpRequest');
    forbid(Storage.prototype, 'getItem', 'setItem');
    forbid(IDBFactory.prototype, 'open');
    forbid(CacheStorage.prototype, 'open');
    forbid(navigator.mediaDevices, 'getUserMedia', 'enumerateDevices');
    forbid(navigator.permissions, 'query');
    forbid(navigator, 'sendBeacon');
    forbid(WakeLock.prototype, 'request');
    forbid(MediaSession.prototype, 'setActionHandler');
    forbid(URL, 'createObjectURL');
    const cookies = document.cookie;
    performance.clearResourceTimings();
    const element = await fixture<SynthflowCall>(html`
      <synthflow-call
        token-endpoint="/api/synthflow/token"
        assistant-id="support"
        session-url="wss://example.com/"
        assets-url="/assets"
        worklet-url="/assets/worklet.js"
        accent="teal"
        theme="dark"
        muted
        volume="0.5"
        microphone-id="desk"
        speaker-id="desk"
      ></synthflow-call>
    `);
    button(element).dispatchEvent(new PointerEvent('pointerover', { bubbles: true, composed: true }));
    button(element).focus();
    element.theme = 'light';
    await element.updateComplete;
    await drawn();
    element.remove();
    expect(used).to.be.empty;
    expect(requested()).to.be.empty;
    expect(document.cookie).to.equal(cookies);
  });
});
