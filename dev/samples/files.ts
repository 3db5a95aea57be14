/** Uploads that are no usable picture. */
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

/** A text file under a picture's name. */
export function notAnImage(): Buffer {
  return Buffer.from("This is a text file that somebody has renamed to selfie.jpg.\n".repeat(40));
}

/** An iPhone's HEIC file as far as its boxes go: `ftyp` with the brands, an empty `meta`, and `mdat` with nothing in it. */
export function heicFile(): Buffer {
  const handler = box("hdlr", Buffer.from("\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0", "latin1"));
  return Buffer.concat([
    box("ftyp", Buffer.from("heic\0\0\0\0mif1MiHEheic", "latin1")),
    box("meta", Buffer.concat([Buffer.alloc(4), handler])),
    box("mdat", Buffer.alloc(4_096)),
  ]);
}

/** A box of the ISO base media file format: its length, its name, its content. */
function box(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length);
  header.write(name, 4, "latin1");
  return Buffer.concat([header, content]);
}

/** A small PNG whose header promises `sidePx` x `sidePx` pixels: decoded, 50,000 x 50,000 would take 7.5 GB. */
export function bombPng(sidePx = 50_000): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(sidePx, 0);
  header.writeUInt32BE(sidePx, 4);
  // 8 bits, RGB.
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(Buffer.alloc(1_000_000))),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}

/** A JPEG that ends in the middle, as an upload that broke off. */
export function truncated(jpeg: Buffer): Buffer {
  return jpeg.subarray(0, Math.floor(jpeg.length / 2));
}

/** A sound JPEG of 20 x 20 pixels: a thumbnail instead of a photo. */
export function tinyPicture(): Promise<Buffer> {
  const gradient = Buffer.from(Array.from({ length: 20 * 20 * 3 }, (_, index) => (index * 7) % 256));
  return sharp(gradient, { raw: { width: 20, height: 20, channels: 3 } })
    .jpeg()
    .toBuffer();
}
