import { expect } from '@open-wc/testing';
import { isRunning, next, type CallInput, type CallStatus } from '../../src/call/machine.js';

// Written down a second time on purpose: what a call may do is a promise to the page.
const everyStatus: Record<CallStatus, Partial<Record<CallInput, CallStatus>>> = {
  idle: { start: 'requesting-microphone' },
  'requesting-microphone': { granted: 'connecting', stop: 'ended', fail: 'failed' },
  connecting: { clientReady: 'waiting', stop: 'ended', fail: 'failed' },
  waiting: { agentReady: 'active', stop: 'ended', fail: 'failed' },
  active: { agentClosed: 'ended', lost: 'reconnecting', stop: 'ended', fail: 'failed' },
  reconnecting: { agentReady: 'active', stop: 'ended', fail: 'failed' },
  ended: { start: 'requesting-microphone' },
  failed: { start: 'requesting-microphone' },
};
const everyInput: Record<CallInput, true> = {
  start: true,
  granted: true,
  clientReady: true,
  agentReady: true,
  stop: true,
  agentClosed: true,
  lost: true,
  fail: true,
};
const statuses = Object.keys(everyStatus) as CallStatus[];
const inputs = Object.keys(everyInput) as CallInput[];

describe('a call’s life', () => {
  for (const status of statuses) {
    for (const input of inputs) {
      const after = everyStatus[status][input];
      it(after ? `goes from ${status} to ${after} with ${input}` : `stays ${status} with ${input}`, () => {
        expect(next(status, input)).to.equal(after ?? status);
      });
    }
  }

  it('never comes back to idle', () => {
    for (const status of statuses) {
      for (const input of inputs) if (status !== 'idle') expect(next(status, input)).not.to.equal('idle');
    }
  });

  it('can be ended and can fail from every status in which it runs, and only there', () => {
    const running = statuses.filter(isRunning);
    expect(running).to.deep.equal(['requesting-microphone', 'connecting', 'waiting', 'active', 'reconnecting']);
    for (const status of running) {
      expect([next(status, 'stop'), next(status, 'fail')]).to.deep.equal(['ended', 'failed']);
    }
  });

  it('can be started from every status in which it does not run, and only there', () => {
    for (const status of statuses) {
      expect(next(status, 'start') === 'requesting-microphone' && status !== 'requesting-microphone').to.equal(
        !isRunning(status),
      );
    }
  });
});
