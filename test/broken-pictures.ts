/** Uploads that a decoder refuses, or that are useless. */
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

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
