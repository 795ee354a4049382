/** Big-endian to machine order and back (RFC 3551 §4.5.11). Every machine that runs a browser is little-endian. */
export const swapBytes = (samples: ArrayBuffer): ArrayBuffer =>
  new Uint8Array(samples).map((_, i, bytes) => bytes[i ^ 1]!).buffer;
