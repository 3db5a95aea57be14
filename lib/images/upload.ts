/** Prepares uploads for a decoder: finds the format by the first bytes, and removes what the decoder must not see. */
import { keepOrientation } from "./exif.ts";
import { hasEndMark, hideFurtherPictures, withEndMark } from "./jpeg.ts";
import { keepPictureChunks } from "./png.ts";

type Format = "jpeg" | "png" | "webp" | "heic" | "unknown";

/** The formats that are decoded. */
export type PictureFormat = Exclude<Format, "heic" | "unknown">;

/** The bytes for a decoder, and from which severity on it refuses them. */
export interface Decodable {
  readonly bytes: Buffer;
  readonly failOn: "error" | "warning";
}

/** Finds a picture's format by its first bytes. File names and content types are not trusted. */
export function sniffFormat(bytes: Buffer): Format {
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return "jpeg";
  if (bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return "png";
  if (bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP") return "webp";
  if (bytes.toString("latin1", 4, 8) === "ftyp") return "heic";
  return "unknown";
}

/** Removes from an upload what the decoder must not see. Changes JPEG and WebP files in place. */
export function toDecodable(upload: Buffer, format: PictureFormat): Decodable {
  if (format === "png") return { bytes: keepPictureChunks(upload), failOn: "error" };
  keepOrientation(upload, format);
  if (format === "jpeg") hideFurtherPictures(upload);
  if (format === "webp" || hasEndMark(upload)) return { bytes: upload, failOn: "error" };
  // Once the end mark is added, the decoder reports missing pixels only as a warning.
  return { bytes: withEndMark(upload), failOn: "warning" };
}
