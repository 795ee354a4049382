import { expect } from '@open-wc/testing';
import { keepAwake } from '../../src/call/keep-awake.js';
import { fakeWakeLock } from '../support/browser-fakes.js';
import { nextTask } from '../support/inbox.js';
import { replace } from '../support/replace.js';

describe('keepAwake', () => {
  it('keeps the screen on until it is let go', async () => {
    const screen = fakeWakeLock();
    const letSleep = keepAwake();
    await nextTask();
    expect(screen.held).to.equal(1);
    letSleep();
    await nextTask();
    expect(screen.held).to.equal(0);
  });

  it('asks again when the page is shown again, and not while it is hidden', async () => {
    const screen = fakeWakeLock();
    const letSleep = keepAwake();
    await nextTask();
    screen.show(false);
    await nextTask();
    expect([screen.asked, screen.held]).to.deep.equal([1, 0]);
    screen.show(true);
    await nextTask();
    expect([screen.asked, screen.held]).to.deep.equal([2, 1]);
    letSleep();
    screen.show(false);
    screen.show(true);
    await nextTask();
    expect([screen.asked, screen.held]).to.deep.equal([2, 0]);
  });

  it('lets go of what is granted afterwards', async () => {
    const screen = fakeWakeLock();
    keepAwake()();
    await nextTask();
    expect([screen.asked, screen.held]).to.deep.equal([1, 0]);
  });

  it('does without where it is refused, or not known', async () => {
    const screen = fakeWakeLock();
    screen.isRefused = true;
    keepAwake()();
    await nextTask();
    replace(navigator, 'wakeLock', undefined);
    keepAwake()();
  });
});
