/** Loudest sample of a note: soft beside speech. */
const peak = 0.06;
/** How long a call may take until it rings, and from one ring to the next, in ms: a quick one makes no sound. */
const [patienceMs, periodMs] = [800, 3000];

/** Two soft notes, one after the other. */
function play(context: AudioContext, volume: number, hertz: readonly number[], lengthS: number): void {
  hertz.forEach((hz, index) => {
    const at = context.currentTime + (index * lengthS) / 2;
    const [oscillator, envelope] = [context.createOscillator(), context.createGain()];
    oscillator.frequency.value = hz;
    envelope.gain.setValueAtTime(0, at);
    envelope.gain.linearRampToValueAtTime(peak * volume, at + 0.02);
    envelope.gain.setTargetAtTime(0, at + 0.03, lengthS / 6);
    oscillator.connect(envelope).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + lengthS);
  });
}

/** How long {@link hangUpTone} is heard, in ms. */
export const hangUpToneMs = 270;

/** Says that the call is over. */
export const hangUpTone = (context: AudioContext, volume: number): void => play(context, volume, [587, 440], 0.18);

/**
 * Rings until it is ended.
 * @param now - The context and volume (0 to 1) to ring with, asked for each time.
 * @returns What ends it.
 */
export function ring(now: () => readonly [context: AudioContext, volume: number]): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const ringIn = (ms: number) => {
    timer = setTimeout(() => {
      play(...now(), [659, 784], 0.6);
      ringIn(periodMs);
    }, ms);
  };
  ringIn(patienceMs);
  return () => clearTimeout(timer);
}
