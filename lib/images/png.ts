/** Cleans PNG files before a decoder sees them. */
import { crc32 } from "node:zlib";
import { plainExif } from "./exif.ts";

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const CHUNK_OVERHEAD_BYTES = 12;
/**
 * The chunks with the picture itself (PNG, third edition, section 11). `eXIf` also counts: it holds the orientation.
 */
const PICTURE_CHUNKS: ReadonlySet<string> = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

/** As many as a file of 500 MB has in chunks of the usual 8 KB. Each chunk costs a decoder far more than its bytes. */
const MAX_CHUNKS = 65_536;

/**
 * Keeps only the picture's chunks. Texts and profiles are compressed: hundreds of them, each of which decompresses to
 * 50 MB, fit into a file of a usual size. The decoder refuses bytes that are not a chunk.
 *
 * @throws {RangeError} if there are more chunks than any real picture has.
 */
export function keepPictureChunks(png: Buffer): Buffer {
  const kept = [png.subarray(0, SIGNATURE_BYTES)];
  let at = SIGNATURE_BYTES;
  let hasExif = false;
  for (let chunks = 1; at + CHUNK_OVERHEAD_BYTES <= png.length; chunks += 1) {
    if (chunks > MAX_CHUNKS) throw new RangeError("The PNG has too many chunks");
    const end = at + CHUNK_OVERHEAD_BYTES + png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    if (PICTURE_CHUNKS.has(type)) kept.push(png.subarray(at, end));
    // A PNG may have only one eXIf chunk: ignore further ones.
    if (type === "eXIf" && !hasExif) kept.push(exifChunk(png.subarray(at + 8, end - 4)));
    hasExif ||= type === "eXIf";
    at = end;
  }
  return Buffer.concat(kept);
}

function exifChunk(exif: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from("eXIf", "latin1"), plainExif(exif)]);
  const chunk = Buffer.alloc(CHUNK_OVERHEAD_BYTES - 4 + data.length);
  chunk.writeUInt32BE(data.length - 4, 0);
  chunk.set(data, 4);
  chunk.writeUInt32BE(crc32(data), chunk.length - 4);
  return chunk;
}
