const pitchHz = 440;
const amplitude = 0.1 * 0x7fff; // -20 dBFS
const chunkMs = 20;

/**
 * A tone of 440 Hz.
 * @returns The next 20 ms of it at each call.
 */
export function createTone(sampleRate: number): () => Int16Array {
  let position = 0;
  return () =>
    Int16Array.from({ length: (sampleRate * chunkMs) / 1000 }, () =>
      Math.round(amplitude * Math.sin((2 * Math.PI * pitchHz * position++) / sampleRate)),
    );
}

/**
 * Calls `send` every 20 ms; after a hold-up as often as was missed, up to 10 times at once.
 * @returns Ends it.
 */
export function pace(send: () => void): () => void {
  let dueMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    dueMs = Math.max(dueMs, nowMs - 10 * chunkMs);
    for (; dueMs <= nowMs; dueMs += chunkMs) send();
  }, chunkMs / 2);
  return () => clearInterval(timer);
}
