import { expect } from '@open-wc/testing';
import { attack, everyWire } from '../support/hostile-agent.js';

// The long form, a hundred thousand messages, is in test/lifecycle.
describe('an agent that sends whatever it likes', () => {
  for (const choice of everyWire) {
    const { protocol, codec, framing, bind } = choice;
    it(`is survived: ${protocol} ${codec} ${framing}${bind ? ', bound' : ''}`, async () => {
      const { faults, playedBytes } = await attack(choice, 500, 3);
      expect(faults).to.be.empty;
      expect(playedBytes).to.be.greaterThan(0);
    });
  }
});
