import type { SampleRing } from './sample-ring.js';

/** RMS of -45 dBFS in PCM16: a pause, in which any two places are as good as each other. */
const QUIET = 184;
/** How finely likeness is told, in whole numbers: V8 allocates a fraction that a call answers. */
const FINE = 10_000;

/**
 * Finds how far from a place the sound is most like it: a pitch period or a few of them. From one to the other a splice
 * is not heard.
 * Audio thread: never allocates, blocks or throws; some 60 µs at 16 kHz.
 * @param from - Where the piece to be compared begins, as an offset in the ring.
 * @param window - Its length in samples.
 * @param direction - -1 looks before the piece, 1 after it.
 * @param stride - Of how many samples one is looked at. 1 up to 16 kHz, more would take long above.
 * @param leastLikeness - Correlation in %, 100 where two places are the same, below which nothing is found.
 * @returns The lag in samples; 0 if nothing like it was found; `maxLag` itself in a pause.
 */
export function findLag(
  ring: SampleRing,
  from: number,
  window: number,
  direction: -1 | 1,
  minLag: number,
  maxLag: number,
  stride: number,
  leastLikeness: number,
): number {
  if (isPause(ring, from, window, stride) && isPause(ring, from + direction * maxLag, window, stride)) return maxLag;
  let found = 0;
  let likeness = leastLikeness * FINE;
  for (let lag = minLag; lag < maxLag; lag += stride) {
    const is = compare(ring, from, from + direction * lag, window, stride);
    if (is > likeness) {
      found = lag;
      likeness = is;
    }
  }
  // Between the lags that were looked at.
  const near = found;
  for (let lag = near - stride + 1; near > 0 && lag < near + stride; lag++) {
    if (lag < minLag || lag >= maxLag) continue;
    const is = compare(ring, from, from + direction * lag, window, stride);
    if (is > likeness) {
      found = lag;
      likeness = is;
    }
  }
  return found;
}

function isPause(ring: SampleRing, at: number, window: number, stride: number): boolean {
  let sum = 0;
  for (let i = 0; i < window; i += stride) sum += ring.at(at + i) ** 2;
  return sum < (QUIET * QUIET * window) / stride;
}

/** In %, times {@link FINE}. */
function compare(ring: SampleRing, a: number, b: number, window: number, stride: number): number {
  let both = 0;
  let first = 0;
  let second = 0;
  for (let i = 0; i < window; i += stride) {
    const x = ring.at(a + i);
    const y = ring.at(b + i);
    both += x * y;
    first += x * x;
    second += y * y;
  }
  // Two pieces of one shape but not of one loudness are no match: 100 only where they are the same.
  return Math.round((200 * FINE * both) / (first + second || 1));
}
