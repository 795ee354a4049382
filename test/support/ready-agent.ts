import { tone } from '../dsp/fixtures.js';
import { MockAgent } from './mock-socket.js';
import { onTestEnd } from './replace.js';

/** An agent on this machine that takes every call, and is ready at once unless it is told to wait. Gone with the test. */
export class ReadyAgent extends MockAgent {
  /** False: it takes the call and stays silent. */
  isReady = true;
  #isGone = false;

  constructor(url = `ws://localhost:9/${crypto.randomUUID()}`) {
    super(url);
    onTestEnd(() => {
      this.#isGone = true;
      this.stop();
    });
    void this.#takeCalls();
  }

  /** Chunks that the page has sent so far. */
  get chunks(): ArrayBuffer[] {
    return this.received.all.filter((message) => message instanceof ArrayBuffer);
  }

  /** Says that it is ready, once the page is. */
  async beReady(): Promise<void> {
    this.isReady = true;
    this.say('{"type":"status_agent_ready"}');
  }

  /** Speaks: a tone, in one message. */
  speak(seconds: number): void {
    const samples = Int16Array.from(tone(16_000 * seconds, 16_000, 440), (sample) => sample * 32_767);
    this.say(new Uint8Array(samples.buffer));
  }

  async #takeCalls(): Promise<void> {
    for (let calls = 1; ; calls++) {
      await this.sockets.count(calls);
      // Not inside the constructor of the socket.
      await Promise.resolve();
      if (this.#isGone) return;
      this.socket.accept();
      if (this.isReady) this.beReady();
    }
  }
}
