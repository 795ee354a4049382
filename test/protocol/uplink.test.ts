import { expect } from '@open-wc/testing';
import { Uplink } from '../../src/protocol/uplink.js';
import { seededRandom } from '../dsp/fixtures.js';

const chunkMs = 20;
const chunkBytes = 1920;
/** What may wait in the socket: less than 16 kB. */
const limitBytes = 8 * chunkBytes;

/** Sound of this level. A test knows each chunk by its number. */
function chunkOf(number: number, levelDbfs: number, bytes = chunkBytes): ArrayBuffer {
  const amplitude = Math.round(10 ** (levelDbfs / 20) * 32_768);
  const samples = new Int16Array(bytes / 2).fill(amplitude);
  numbers.set(samples.buffer, number);
  return samples.buffer;
}
const speech = (number: number) => chunkOf(number, -20);
const silence = (number: number) => chunkOf(number, -100);
let numbers = new Map<ArrayBuffer, number>();

/** A socket whose network takes bytes only when the test says so. */
class Network {
  bufferedAmount = 0;
  highest = 0;
  readonly sent: number[] = [];
  readonly released: number[] = [];
  readonly uplink: Uplink;

  /** Places of the chunks that were sent, among all that were pushed. */
  readonly indexes: number[] = [];

  constructor() {
    this.uplink = new Uplink({
      chunkBytes,
      bufferedBytes: () => this.bufferedAmount,
      send: (chunk, index) => this.#send(chunk, index),
      release: (chunk) => this.released.push(numbers.get(chunk)!),
    });
  }

  #send(chunk: ArrayBuffer, index: number): void {
    this.bufferedAmount += chunk.byteLength;
    this.highest = Math.max(this.highest, this.bufferedAmount);
    this.sent.push(numbers.get(chunk)!);
    this.indexes.push(index);
  }

  /** Takes nothing any more, until `take`. */
  jam(): void {
    this.bufferedAmount = 1_000_000;
  }

  take(bytes = Infinity): void {
    this.bufferedAmount = Math.max(0, this.bufferedAmount - bytes);
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('what the visitor says', () => {
  beforeEach(() => {
    numbers = new Map();
  });

  it('is sent at once and in order on a network that keeps up, each buffer given back once', () => {
    const network = new Network();
    for (const number of range(0, 200)) {
      network.uplink.push(number % 3 ? speech(number) : silence(number));
      network.take();
      expect(network.sent.at(-1)).to.equal(number);
    }
    expect(network.sent).to.deep.equal(range(0, 200));
    expect(network.released).to.deep.equal(range(0, 200));
    expect([network.uplink.sent, network.uplink.dropped]).to.deep.equal([200, 0]);
  });

  it('is sent before its buffer is given back', () => {
    const order: string[] = [];
    new Uplink({
      chunkBytes,
      bufferedBytes: () => 0,
      send: () => order.push('sent'),
      release: () => order.push('given back'),
    }).push(speech(0));
    expect(order).to.deep.equal(['sent', 'given back']);
  });

  it('waits here, where it can still be dropped, while the socket holds eight chunks', () => {
    const network = new Network();
    network.bufferedAmount = limitBytes;
    network.uplink.push(speech(0));
    expect(network.sent).to.deep.equal([]);
    network.bufferedAmount = limitBytes - 1;
    network.uplink.push(speech(1));
    expect(network.sent, 'one more, and the socket is full again').to.deep.equal([0]);
    network.take();
    network.uplink.push(speech(2));
    expect(network.sent).to.deep.equal([0, 1, 2]);
  });

  it('is not handed to an encoder beyond what the socket has room for: what that has can no longer be dropped', () => {
    const sent: number[] = [];
    let bufferedAmount = limitBytes;
    const uplink = new Uplink({
      chunkBytes,
      bufferedBytes: () => bufferedAmount,
      // Its packets come later.
      send: (_, index) => sent.push(index),
      release: () => {},
    });
    for (const number of range(0, 40)) uplink.push(speech(number));
    expect(sent).to.deep.equal([]);
    bufferedAmount = limitBytes - 2.5 * chunkBytes;
    uplink.push(speech(40));
    expect(sent).to.deep.equal([0, 1, 2]);
  });

  it('never lies in the socket by more than eight chunks and one', () => {
    const network = new Network();
    for (const number of range(0, 500)) {
      network.uplink.push(speech(number));
      network.take(700);
    }
    expect(network.highest).to.be.within(limitBytes, limitBytes + chunkBytes);
  });

  it('loses nothing in a stall of half a second', () => {
    const network = new Network();
    network.jam();
    for (const number of range(0, 25)) network.uplink.push(number % 2 ? speech(number) : silence(number));
    expect(network.released).to.deep.equal([]);
    network.take();
    for (const number of range(25, 60)) {
      network.uplink.push(speech(number));
      network.take();
    }
    expect(network.sent).to.deep.equal(range(0, 60));
    expect(network.uplink.dropped).to.equal(0);
  });

  it('loses its pauses first, the oldest of them before the others, when the stall is longer', () => {
    const network = new Network();
    network.jam();
    const silent = new Set([3, 4, 20, 30]);
    for (const number of range(0, 25)) network.uplink.push(silent.has(number) ? silence(number) : speech(number));
    expect(network.released).to.deep.equal([]);
    network.uplink.push(speech(25));
    expect(network.released).to.deep.equal([3]);
    network.uplink.push(speech(26));
    network.uplink.push(speech(27));
    expect(network.released).to.deep.equal([3, 4, 20]);
    network.uplink.push(speech(28));
    expect(network.released, 'no pause is left').to.deep.equal([3, 4, 20]);
    network.uplink.push(speech(29));
    network.uplink.push(silence(30));
    expect(network.released, 'a pause that comes last').to.deep.equal([3, 4, 20, 30]);
    expect(network.uplink.dropped).to.equal(4);
  });

  it('counts as a pause below −45 dBFS, not above', () => {
    for (const [levelDbfs, isPause] of [
      [-46, true],
      [-45.2, true],
      [-44.8, false],
      [-44, false],
    ] as const) {
      const network = new Network();
      network.jam();
      network.uplink.push(chunkOf(0, levelDbfs));
      for (const number of range(1, 27)) network.uplink.push(speech(number));
      expect(network.released, `${levelDbfs} dBFS`).to.deep.equal(isPause ? [0] : []);
    }
  });

  it('counts as speech at full negative scale', () => {
    const network = new Network();
    network.jam();
    const loud = new Int16Array(chunkBytes / 2).fill(-32_768).buffer;
    numbers.set(loud, 0);
    network.uplink.push(loud);
    for (const number of range(1, 27)) network.uplink.push(speech(number));
    expect(network.released).to.deep.equal([]);
  });

  it('loses its oldest words when there is more than a second and a half of them, with what the socket holds', () => {
    const network = new Network();
    network.jam();
    for (const number of range(0, 66)) network.uplink.push(speech(number));
    expect(network.released).to.deep.equal([]);
    network.uplink.push(speech(66));
    network.uplink.push(speech(67));
    expect(network.released).to.deep.equal([0, 1]);
    expect(network.uplink.dropped).to.equal(2);
    network.take();
    network.uplink.push(speech(68));
    expect(network.indexes, 'what was given up leaves a gap').to.deep.equal(network.sent);
    expect(network.indexes[0]).to.equal(2);
  });

  it('takes no more than a second and a half of memory on a network that stands for ten minutes, and goes on after it', () => {
    const network = new Network();
    network.jam();
    const total = (600 * 1000) / chunkMs;
    let mostWaiting = 0;
    for (let number = 0; number < total; number++) {
      network.uplink.push(chunkOf(number, -20, 32));
      mostWaiting = Math.max(mostWaiting, number + 1 - network.released.length);
    }
    expect(mostWaiting).to.equal(66);
    expect(network.uplink.dropped).to.equal(total - 66);
    network.take();
    const last = range(total, total + 30);
    for (const number of last) {
      network.uplink.push(speech(number));
      network.take();
    }
    expect(network.sent).to.deep.equal([...range(total - 66, total), ...last]);
    expect(network.uplink.sent).to.equal(66 + 30);
    expect(network.released.length).to.equal(total + 30);
  });

  it('keeps its order, its words before its pauses and every buffer, whatever the network does', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed);
      const network = new Network();
      const quality = random();
      const waiting = new Map<number, boolean>();
      let seen = 0;
      for (let number = 0; number < 400; number++) {
        const isSpeech = random() < 0.8;
        waiting.set(number, isSpeech);
        const wasSent = network.sent.length;
        network.uplink.push(chunkOf(number, isSpeech ? -20 : -100, 192));
        const sentNow = network.sent.slice(wasSent);
        for (const gone of network.released.slice(seen)) {
          const wasSpeech = waiting.get(gone);
          if (wasSpeech === undefined) expect.fail(`seed ${seed}: chunk ${gone} was given back twice`);
          waiting.delete(gone);
          if (!wasSpeech || sentNow.includes(gone)) continue;
          const hasPause = [...waiting.values()].includes(false);
          if (waiting.size < 66 || hasPause) expect.fail(`seed ${seed}: words were dropped before their time`);
        }
        seen = network.released.length;
        if (waiting.size > 66) expect.fail(`seed ${seed}: ${waiting.size} chunks wait`);
        network.take(random() < quality ? random() * 600 : 0);
      }
      for (const number of range(400, 500)) {
        network.take();
        network.uplink.push(speech(number));
      }
      const { sent, dropped } = network.uplink;
      expect(network.sent, `seed ${seed}: out of order`).to.deep.equal([...network.sent].sort((a, b) => a - b));
      expect(network.sent.length, `seed ${seed}`).to.equal(sent);
      expect(
        [...network.released].sort((a, b) => a - b),
        `seed ${seed}: buffers`,
      ).to.deep.equal(range(0, 500));
      expect(sent + dropped, `seed ${seed}`).to.equal(500);
    }
  });
});
