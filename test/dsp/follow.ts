/**
 * How much of a sound is in a recording that may have been stretched: each piece of 40 ms is looked for within 50 ms of where
 * the piece before it was found, and up to 400 ms later where it is not there: after a gap.
 * @param start - Where in the recording the sound begins, in samples.
 * @returns For each piece that is no pause, the correlation at its best place, and how much later than the begin that is.
 */
export function follow(sound: Float32Array, recording: Float32Array, sampleRate: number, start: number) {
  const length = Math.round(0.04 * sampleRate);
  const reach = Math.round(0.05 * sampleRate);
  const found: { correlation: number; laterMs: number }[] = [];
  let shift = start;
  for (let at = 0; at + length <= sound.length; at += length) {
    const piece = sound.subarray(at, at + length);
    const power = piece.reduce((sum, value) => sum + value * value, 0);
    if (power < 1e-4 * length) continue;
    let [most, place] = [-1, shift];
    for (let by = shift - reach; by <= shift + (most < 0.7 ? 8 : 1) * reach; by++) {
      let [both, other] = [0, 0];
      for (let i = 0; i < length; i++) {
        const value = recording[at + by + i] ?? 0;
        both += piece[i]! * value;
        other += value * value;
      }
      const correlation = both / Math.sqrt(power * other + 1e-12);
      if (correlation > most) [most, place] = [correlation, by];
    }
    found.push({ correlation: most, laterMs: ((place - start) * 1000) / sampleRate });
    shift = place;
  }
  return found;
}
