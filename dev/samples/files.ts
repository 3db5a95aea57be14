/** Uploads that are not pictures, or not of a kind that can be read. */

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
  const length = Buffer.alloc(4);
  length.writeUInt32BE(8 + content.length);
  return Buffer.concat([length, Buffer.from(name), content]);
}
