import { expect } from '@open-wc/testing';
import fc from 'fast-check';
import { LineQuality } from '../../src/call/line-quality.js';

/** Hears a line every 50 ms that loses so much of each second; answers after how many ms it first was as expected. */
function hear(
  line: LineQuality,
  seconds: number,
  figures: (atMs: number) => { droppedMs?: number; concealedMs?: number },
  fromMs = 0,
): (boolean | number)[][] {
  const changes: (boolean | number)[][] = [];
  for (let atMs = fromMs; atMs < fromMs + seconds * 1000; atMs += 50) {
    const wasPoor = line.isPoor;
    const { droppedMs = 0, concealedMs = 0 } = figures(atMs);
    line.hear(atMs, droppedMs, concealedMs);
    if (line.isPoor !== wasPoor) changes.push([atMs, line.isPoor]);
  }
  return changes;
}

describe('the quality of a line', () => {
  it('is good where nothing is lost', () => {
    expect(hear(new LineQuality(), 60, () => ({}))).to.deep.equal([]);
  });

  it('is poor once a second of what the visitor said was dropped, and good 5 s after the last of it', () => {
    const changes = hear(new LineQuality(), 20, (atMs) => ({ droppedMs: Math.min(atMs, 2000) }));
    expect(changes.map(([, isPoor]) => isPoor)).to.deep.equal([true, false]);
    expect(changes[0]![0]).to.equal(1000);
    expect(changes[1]![0]).to.be.within(6800, 7050);
  });

  it('is poor once the agent was interrupted four times in 5 s, and not for a pause between its sentences', () => {
    const gaps = (everyMs: number, gapMs: number) => (atMs: number) => ({
      concealedMs: Math.floor(atMs / everyMs) * gapMs,
    });
    expect(hear(new LineQuality(), 60, gaps(2000, 600)), 'pauses').to.deep.equal([]);
    expect(hear(new LineQuality(), 60, gaps(1000, 300))).to.deep.equal([[4000, true]]);
  });

  it('does not flicker where the losses are about as many as it takes', () => {
    // Between a fifth of a second and a second in 5 s, now more, now less.
    const changes = hear(new LineQuality(), 60, (atMs) => ({ droppedMs: Math.floor(atMs / 1250) * 250 }));
    expect(changes.length).to.be.below(2);
  });

  it('is poor for 5 s after it broke, however long it was away', () => {
    for (const awayMs of [500, 15_000]) {
      const line = new LineQuality();
      hear(line, 10, () => ({}));
      line.break(10_000);
      expect(line.isPoor).to.equal(true);
      line.break(10_000 + awayMs);
      expect(line.isPoor).to.equal(true);
      const [change] = hear(line, 10, () => ({}), 10_000 + awayMs);
      expect(change![1]).to.equal(false);
      expect(change![0]).to.be.within(15_000 + awayMs, 15_100 + awayMs);
    }
  });

  it('becomes good again, whatever has happened, in 5 s without a loss', () => {
    const step = fc.record({
      passMs: fc.nat(3000),
      droppedMs: fc.nat(500),
      concealedMs: fc.nat(500),
      isBreak: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const line = new LineQuality();
        let [atMs, dropped, concealed] = [0, 0, 0];
        for (const { passMs, droppedMs, concealedMs, isBreak } of steps) {
          atMs += passMs;
          if (isBreak) line.break(atMs);
          line.hear(atMs, (dropped += droppedMs), (concealed += concealedMs));
        }
        hear(line, 5.2, () => ({ droppedMs: dropped, concealedMs: concealed }), atMs + 50);
        expect(line.isPoor).to.equal(false);
      }),
    );
  });
});
