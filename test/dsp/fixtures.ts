/** A seeded generator (mulberry32): numbers from 0 up to, not including, 1, the same at every run. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A tone from sample `start` on. */
export const tone = (length: number, rate: number, hz: number, amplitude = 0.5, start = 0): Float32Array =>
  Float32Array.from({ length }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * (start + i)) / rate));

/** RMS in dB below 1. */
export function rmsDb(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]! ** 2;
  return 10 * Math.log10(sum / samples.length);
}

/** Fits a sine of a known frequency by least squares: what it leaves over is noise, images and aliases. */
export function fitSine(samples: ArrayLike<number>, rate: number, hz: number, from: number) {
  const w = (2 * Math.PI * hz) / rate;
  let ss = 0;
  let sc = 0;
  let cc = 0;
  let ys = 0;
  let yc = 0;
  for (let i = from; i < samples.length; i++) {
    const s = Math.sin(w * i);
    const c = Math.cos(w * i);
    ss += s * s;
    sc += s * c;
    cc += c * c;
    ys += samples[i]! * s;
    yc += samples[i]! * c;
  }
  const determinant = ss * cc - sc * sc;
  const a = (ys * cc - yc * sc) / determinant;
  const b = (yc * ss - ys * sc) / determinant;
  let left = 0;
  for (let i = from; i < samples.length; i++) left += (samples[i]! - a * Math.sin(w * i) - b * Math.cos(w * i)) ** 2;
  return {
    amplitude: Math.hypot(a, b),
    delayMs: (-Math.atan2(b, a) / w / rate) * 1000,
    snrDb: 10 * Math.log10((a * a + b * b) / 2 / (left / (samples.length - from))),
  };
}

/** Where two streams first differ, to the last bit; -1 if nowhere. `deepEqual` takes minutes to describe long ones. */
export function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}

/** Runs `work` while making a typed array, a buffer or a view throws, or letting an array grow. */
export function withoutAllocation(work: () => void): void {
  const forbidden = ['ArrayBuffer', 'Int16Array', 'Float32Array', 'Float64Array'] as const;
  const saved = forbidden.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)!);
  const typedArray = Object.getPrototypeOf(Int16Array.prototype) as object;
  const growing = Object.getOwnPropertyDescriptor(Array.prototype, 'push')!;
  const copying = ['subarray', 'slice', 'map', 'filter', Symbol.iterator] as const;
  const savedCopying = copying.map((name) => Object.getOwnPropertyDescriptor(typedArray, name)!);
  const refuse = function (): never {
    throw new Error('allocated');
  };
  for (const name of forbidden) Object.defineProperty(globalThis, name, { value: refuse, configurable: true });
  for (const name of copying) Object.defineProperty(typedArray, name, { value: refuse, configurable: true });
  Object.defineProperty(Array.prototype, 'push', { value: refuse, configurable: true });
  try {
    work();
  } finally {
    Object.defineProperty(Array.prototype, 'push', growing);
    forbidden.forEach((name, i) => Object.defineProperty(globalThis, name, saved[i]!));
    copying.forEach((name, i) => Object.defineProperty(typedArray, name, savedCopying[i]!));
  }
}
