const headerType = { first: 2, last: 4 };
const serial = 1;

/**
 * Packets of mono Opus as an Ogg file (RFC 3533, RFC 7845), one to a page.
 * @param packetSamples - What each packet stands for, at 48 kHz.
 */
export function writeOggOpus(packets: readonly Uint8Array[], packetSamples: number): Uint8Array {
  const head = Buffer.alloc(19);
  head.write('OpusHead');
  head[8] = 1; // version
  head[9] = 1; // channel
  head.writeUInt32LE(48_000, 12);
  const tags = Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(8)]);
  const pages = [writePage(head, 0, 0, headerType.first), writePage(tags, 1, 0, 0)];
  packets.forEach((packet, i) => {
    const type = i === packets.length - 1 ? headerType.last : 0;
    pages.push(writePage(packet, i + 2, (i + 1) * packetSamples, type));
  });
  return Buffer.concat(pages);
}

/** The packets of an Ogg file of one stream, without its two headers. */
export function readOggPackets(file: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const segmentCount = file[at + 26]!;
    const lengths = file.subarray(at + 27, at + 27 + segmentCount);
    at += 27 + segmentCount;
    for (const length of lengths) {
      parts.push(file.subarray(at, at + length));
      at += length;
      // A packet goes on while its segments are full.
      if (length === 255) continue;
      packets.push(Buffer.concat(parts));
      parts = [];
    }
  }
  return packets.slice(2);
}

function writePage(packet: Uint8Array, number: number, position: number, type: number): Uint8Array {
  const segments = [...Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
  const header = Buffer.alloc(27 + segments.length);
  header.write('OggS');
  header[5] = type;
  header.writeBigUInt64LE(BigInt(position), 6);
  header.writeUInt32LE(serial, 14);
  header.writeUInt32LE(number, 18);
  header[26] = segments.length;
  header.set(segments, 27);
  const page = Buffer.concat([header, packet]);
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

/** CRC-32 of the polynomial 0x04c11db7, neither reflected nor inverted (RFC 3533 §6). */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}
