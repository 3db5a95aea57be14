/** Uploads that are no usable picture. */
import { deflateSync, crc32 } from "node:zlib";

/** A text file under a picture's name. */
export const notAnImage = (): Buffer =>
  Buffer.from("This is a text file that somebody has renamed to selfie.jpg.\n".repeat(40));

/** The start of an iPhone's HEIC file: its `ftyp` box and an empty `meta` box. */
export const heicFile = (): Buffer =>
  Buffer.concat([
    Buffer.from([0, 0, 0, 24]),
    Buffer.from("ftypheic\0\0\0\0mif1heic", "latin1"),
    Buffer.from([0, 0, 0, 12]),
    Buffer.from("meta\0\0\0\0", "latin1"),
    Buffer.alloc(4_096),
  ]);

/** A small PNG whose header promises 50,000 x 50,000 pixels: decoded, it would take 7.5 GB. */
export function bombPng(side = 50_000): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(1_000_000));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk("IHDR", header),
    pngChunk("IDAT", rows),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)]);
}

/** A JPEG that ends in the middle. */
export const truncated = (jpeg: Buffer): Buffer => jpeg.subarray(0, Math.floor(jpeg.length / 2));
