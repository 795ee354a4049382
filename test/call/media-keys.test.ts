import { expect } from '@open-wc/testing';
import { takeMediaKeys } from '../../src/call/media-keys.js';
import { fakeMediaSession } from '../support/browser-fakes.js';
import { replace } from '../support/replace.js';

describe('takeMediaKeys', () => {
  function take() {
    const pressed: string[] = [];
    const keys = takeMediaKeys('A call', {
      hangup: () => pressed.push('hangup'),
      togglemicrophone: () => pressed.push('togglemicrophone'),
    });
    return { keys, pressed };
  }

  it('names the call, and hangs up and mutes by a headset’s keys', () => {
    const session = fakeMediaSession('hangup', 'togglemicrophone');
    const { pressed } = take();
    expect(session.metadata!.title).to.equal('A call');
    session.handlers.get('togglemicrophone')!();
    session.handlers.get('hangup')!();
    expect(pressed).to.deep.equal(['togglemicrophone', 'hangup']);
  });

  it('tells the system whether the microphone is on', () => {
    const session = fakeMediaSession('hangup', 'togglemicrophone');
    const { keys } = take();
    keys.setMuted(false);
    keys.setMuted(true);
    expect(session.microphones).to.deep.equal([true, false]);
  });

  it('gives all back to the page', () => {
    const session = fakeMediaSession('hangup', 'togglemicrophone');
    const { keys } = take();
    keys.setMuted(false);
    keys.release();
    expect(session.metadata).to.equal(session.before);
    expect([...session.handlers.keys()]).to.be.empty;
    expect(session.microphones.at(-1)).to.equal(false);
  });

  it('takes the keys that a browser knows: for others it throws', () => {
    const session = fakeMediaSession('hangup');
    const { keys } = take();
    expect([...session.handlers.keys()]).to.deep.equal(['hangup']);
    keys.release();
    expect([...session.handlers.keys()]).to.be.empty;
  });

  it('does without where the browser has none', () => {
    replace(navigator, 'mediaSession', undefined);
    const { keys } = take();
    keys.setMuted(true);
    keys.release();
  });
});
