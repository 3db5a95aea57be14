/** PNG files, before a decoder sees them. */

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const CHUNK_OVERHEAD_BYTES = 12;
/** What a picture is made of, and which way up it is (PNG, third edition, section 11). */
const PICTURE_CHUNKS: ReadonlySet<string> = new Set(["IHDR", "PLTE", "tRNS", "eXIf", "IDAT", "IEND"]);

/**
 * Drops all but the picture: texts and profiles are compressed as well, and hundreds of them, each of which unfolds into
 * fifty megabytes, fit into a file of a usual size. What is no chunk is left for the decoder to refuse.
 */
export function keepPictureChunks(png: Buffer): Buffer {
  const kept = [png.subarray(0, SIGNATURE_BYTES)];
  let at = SIGNATURE_BYTES;
  while (at + CHUNK_OVERHEAD_BYTES <= png.length) {
    const end = at + CHUNK_OVERHEAD_BYTES + png.readUInt32BE(at);
    if (PICTURE_CHUNKS.has(png.toString("latin1", at + 4, at + 8))) kept.push(png.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}
