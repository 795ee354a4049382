/**
 * Makes whole 16-bit samples of a stream whose messages may end in the middle of one.
 * @returns Takes a message and answers the samples that it completes; an odd byte is kept for the next one.
 */
export function joinSamples(): (message: ArrayBuffer) => ArrayBuffer {
  let rest = new Uint8Array();
  return (message) => {
    if (rest.length + (message.byteLength & 1) === 0) return message;
    const bytes = new Uint8Array(rest.length + message.byteLength);
    bytes.set(rest);
    bytes.set(new Uint8Array(message), rest.length);
    const end = bytes.length & ~1;
    rest = bytes.slice(end);
    return bytes.buffer.slice(0, end);
  };
}
