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
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let lengthBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    lengthBytes += value.byteLength;
    if (lengthBytes > limitBytes) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
