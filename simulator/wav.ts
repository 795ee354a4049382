/** Speech as it lies in a WAV file. */
export interface Recording {
  /** In Hz. */
  sampleRate: number;
  /** Mono, 16 bit. */
  samples: Int16Array;
}

/**
 * Reads a WAV file of mono 16-bit PCM.
 * @throws RangeError when it is anything else: stereo, 24 bit, compressed, cut short.
 */
export function readWav(file: Uint8Array): Recording {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tag = (at: number): string => String.fromCharCode(...file.subarray(at, at + 4));
  if (file.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new RangeError('Not a WAV file.');

  let sampleRate = 0;
  for (let at = 12; at + 8 <= file.length;) {
    const length = view.getUint32(at + 4, true);
    const start = at + 8;
    if (start + length > file.length) throw new RangeError('The WAV file is cut short.');
    if (tag(at) === 'fmt ') {
      const isPcm16Mono =
        length >= 16 &&
        view.getUint16(start, true) === 1 &&
        view.getUint16(start + 2, true) === 1 &&
        view.getUint16(start + 14, true) === 16;
      if (!isPcm16Mono) throw new RangeError('The WAV file is not mono 16-bit PCM.');
      sampleRate = view.getUint32(start + 4, true);
    }
    if (tag(at) === 'data' && sampleRate > 0) {
      const samples = new Int16Array(length >> 1);
      for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(start + 2 * i, true);
      return { sampleRate, samples };
    }
    // RIFF pads every part to an even length.
    at = start + length + (length & 1);
  }
  throw new RangeError('The WAV file holds no sound.');
}

/** Writes mono 16-bit PCM as a WAV file, to listen to what a call recorded. */
export function writeWav({ sampleRate, samples }: Recording): Uint8Array {
  const file = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(file.buffer);
  const tag = (at: number, text: string): void => file.set(new TextEncoder().encode(text), at);
  tag(0, 'RIFF');
  view.setUint32(4, file.length - 8, true);
  tag(8, 'WAVE');
  tag(12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  tag(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, i) => view.setInt16(44 + 2 * i, sample, true));
  return file;
}
