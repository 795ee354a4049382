/**
 * Reads a body as UTF-8 text, and no further than a limit whatever `Content-Length` claims.
 * @returns The text, or `undefined` when the body is longer than `limitBytes`; the rest is then not read.
 * @throws When the body breaks off, was read before, or is not UTF-8.
 */
export async function readCapped(
  body: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<string | undefined> {
  if (!body) return '';
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let lengthBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return decode(parts, lengthBytes);
    lengthBytes += value.byteLength;
    if (lengthBytes > limitBytes) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    parts.push(value);
  }
}

// One for all: making it costs Node more than what it does.
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The text of a body that came in parts.
 * @throws When it is not UTF-8.
 */
export function decode(parts: readonly Uint8Array[], lengthBytes: number): string {
  if (parts.length === 1) return decoder.decode(parts[0]);
  const bytes = new Uint8Array(lengthBytes);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return decoder.decode(bytes);
}
