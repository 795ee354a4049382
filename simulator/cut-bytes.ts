import type { Random } from './random.js';

/** What one message holds of what is said, without framing. */
export interface Piece {
  /** When it begins in what is said, in ms. */
  startMs: number;
  bytes: Uint8Array;
}

/** How what is said is cut into messages; the scenario's knobs of the same names. */
export interface CutOptions {
  messageMs: number;
  odd: boolean;
}

/** How samples lie in the bytes that are cut. */
export interface SampleBytes {
  sampleRate: number;
  sampleBytes: number;
  /** Whether a message must hold whole samples. */
  isWhole: boolean;
}

/** Cuts bytes into messages of one length, or of random ones; put together they are the bytes again. */
export function* cutBytes(
  bytes: Uint8Array,
  { sampleRate, sampleBytes, isWhole }: SampleBytes,
  { messageMs, odd }: CutOptions,
  random: Random,
): Generator<Piece> {
  const bytesPerMs = (sampleRate * sampleBytes) / 1000;
  const unit = isWhole ? sampleBytes : 1;
  const messageLength = Math.max(1, Math.round((messageMs * sampleRate) / 1000)) * sampleBytes;
  for (let at = 0, count = 0; at < bytes.length; count++) {
    const length = odd ? Math.floor(oddLength(count, random) / unit) * unit : messageLength;
    yield { startMs: at / bytesPerMs, bytes: bytes.subarray(at, at + length) };
    at += length;
  }
}

function oddLength(count: number, random: Random): number {
  if (count < 2) return count;
  const kind = random();
  if (kind < 0.05) return 0;
  if (kind < 0.1) return 1;
  return 1 + Math.floor(random() * 1280);
}
