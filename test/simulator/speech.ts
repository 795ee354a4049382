/** A sine of the visitor's 48 kHz, or of another rate; the level is its RMS. */
export function tone(hz: number, seconds: number, levelDbfs = -20, sampleRate = 48_000): Int16Array {
  const peak = 10 ** (levelDbfs / 20) * Math.SQRT2 * 32768;
  return Int16Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) =>
    Math.round(peak * Math.sin((2 * Math.PI * hz * i) / sampleRate)),
  );
}

/** A sweep from 200 to 3000 Hz that is like itself at one place only, so that a copy can be recognised. */
export function sweep(seconds: number, sampleRate = 48_000): Int16Array {
  return Int16Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => {
    const at = i / sampleRate;
    return Math.round(8000 * Math.sin(2 * Math.PI * (200 * at + (1400 * at * at) / seconds)));
  });
}

/** Silence of the visitor's 48 kHz. */
export const silence = (seconds: number): Int16Array => new Int16Array(Math.round(seconds * 48_000));

export function join(...parts: Int16Array[]): Int16Array {
  const joined = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The samples of binary messages put together; their bytes may be cut anywhere. */
export function samplesOf(messages: readonly Uint8Array[]): Int16Array {
  const bytes = Buffer.concat(messages);
  return new Int16Array(new Uint8Array(bytes).buffer, 0, bytes.length >> 1);
}

/** How alike two sounds are at the best delay of `other` up to `maxDelay` samples: 1 is the same but for loudness. */
export function likeness(one: Int16Array, other: Int16Array, maxDelay: number): number {
  let best = 0;
  for (let delay = 0; delay <= maxDelay; delay++) {
    let product = 0;
    let oneEnergy = 0;
    let otherEnergy = 0;
    for (let i = 0; i < one.length; i++) {
      const a = one[i]!;
      const b = other[i + delay] ?? 0;
      product += a * b;
      oneEnergy += a * a;
      otherEnergy += b * b;
    }
    best = Math.max(best, product / Math.sqrt(oneEnergy * otherEnergy || 1));
  }
  return best;
}

/** RMS in dBFS. */
export function levelDbfs(samples: Int16Array): number {
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
  return 10 * Math.log10(energy / samples.length / 32768 ** 2);
}
