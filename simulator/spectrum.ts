/**
 * The strongest frequency of some samples, in Hz, from 40 Hz to half the sample rate.
 * A steady tone is found to within 1 Hz from 8192 samples at 48 kHz; that a tone of 1000 Hz was recorded at 44.1 kHz and
 * sent as 48 kHz shows as 1088 Hz.
 * @returns 0 for silence and for fewer than 256 samples.
 */
export function dominantHz(samples: Int16Array, sampleRate: number): number {
  let size = 256;
  while (size * 2 <= samples.length && size < 8192) size *= 2;
  if (samples.length < size) return 0;

  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size);
    real[i] = samples[i]! * hann;
  }
  transform(real, imaginary);

  const power = (bin: number): number => real[bin]! ** 2 + imaginary[bin]! ** 2;
  let peak = 0;
  for (let bin = Math.max(2, Math.ceil((40 * size) / sampleRate)); bin < size / 2 - 1; bin++) {
    if (peak === 0 || power(bin) > power(peak)) peak = bin;
  }
  if (power(peak) === 0) return 0;

  // The top of the parabola through the logarithms of the peak and its neighbours.
  const [left, middle, right] = [peak - 1, peak, peak + 1].map((bin) => Math.log(power(bin) + 1e-9)) as [
    number,
    number,
    number,
  ];
  const curve = left - 2 * middle + right;
  const offset = curve === 0 ? 0 : (0.5 * (left - right)) / curve;
  return ((peak + offset) * sampleRate) / size;
}

/** Fourier transform in place; the length is a power of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j]!, real[i]!];
      [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
    }
  }
  for (let length = 2; length <= size; length *= 2) {
    for (let k = 0; k < length / 2; k++) {
      const cos = Math.cos((-2 * Math.PI * k) / length);
      const sin = Math.sin((-2 * Math.PI * k) / length);
      for (let top = k; top < size; top += length) {
        const bottom = top + length / 2;
        const re = real[bottom]! * cos - imaginary[bottom]! * sin;
        const im = real[bottom]! * sin + imaginary[bottom]! * cos;
        real[bottom] = real[top]! - re;
        imaginary[bottom] = imaginary[top]! - im;
        real[top]! += re;
        imaginary[top]! += im;
      }
    }
  }
}
