// The scale is 32768 both ways: a PCM16 value then survives the round trip bit for bit, and small signals keep their level.
// No dither: the noise of a microphone lies far above one step.

/**
 * Converts float samples to PCM16: `clamp(round(x * 32768))`, NaN becomes 0.
 * Audio thread: never allocates, blocks or throws.
 * @param output - Receives the samples, in the byte order of the machine (little-endian wherever a browser runs).
 * @param length - How many samples to convert. Default: all of `input`.
 * @param outputOffset - Where in `output` the first one goes.
 * @param inputOffset - Where in `input` the first one lies.
 */
export function floatToPcm16(
  input: Float32Array,
  output: Int16Array,
  length = input.length,
  outputOffset = 0,
  inputOffset = 0,
): void {
  for (let i = 0; i < length; i++) {
    // NaN passes through Math.max and Math.min; storing it in an Int16Array makes it 0.
    output[outputOffset + i] = Math.max(-32768, Math.min(32767, Math.round(input[inputOffset + i]! * 32768)));
  }
}

/**
 * Converts PCM16 samples to floats from -1 up to, not including, 1.
 * Audio thread: never allocates, blocks or throws.
 * @param length - How many samples to convert. Default: all of `input`.
 */
export function pcm16ToFloat(input: Int16Array, output: Float32Array, length = input.length): void {
  for (let i = 0; i < length; i++) output[i] = input[i]! / 32768;
}
