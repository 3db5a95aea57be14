/** The input of the stand-ins' networks: a rectangle of a picture, turned and scaled, as planes of floats. */
import sharp, { type Sharp } from "sharp";
import type { Box } from "../samples/box.ts";

/** A point in pixels of a picture. */
export type Point = readonly [x: number, y: number];

/** Decoded pixels, RGB. `scale` leads from them to the pixels of the file. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  readonly scale: number;
}

/** What part of a picture is sampled: the output's size, where its first pixel is, and one step right and down. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly origin: Point;
  readonly right: Point;
  readonly down: Point;
}

/** Larger pictures are shrunk first: a face of 200 pixels is enough. */
const MAX_SIDE = 1_600;

/** Decodes a picture as its pixels are stored. Rejects for bytes that are not a picture. */
export async function decode(bytes: Uint8Array): Promise<Picture> {
  const image = sharp(bytes, { failOn: "none" });
  const { width } = await image.metadata();
  image.resize({ width: MAX_SIDE, height: MAX_SIDE, fit: "inside", withoutEnlargement: true });
  return pixelsOf(image.flatten({ background: "#fff" }), width);
}

/** The pixels of an image without transparency, which had this width before it was resized. */
export async function pixelsOf(image: Sharp, originalWidth: number): Promise<Picture> {
  const raw = image.toColourspace("srgb").raw({ depth: "uchar" });
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data, scale: originalWidth / info.width };
}

/** An upright view of a rectangle. */
export function viewOf({ left, top, right, bottom }: Box, { width, height }: Pick<View, "width" | "height">): View {
  return { width, height, origin: [left, top], right: [(right - left) / width, 0], down: [0, (bottom - top) / height] };
}

/** Three planes of values from 0 to 255; outside of the picture is black. */
export function sample({ width, height, pixels }: Picture, view: View): Float32Array {
  const plane = view.width * view.height;
  const planes = new Float32Array(3 * plane);
  // A step over several pixels takes their mean, or fine patterns would turn into noise.
  const step = Math.max(1, Math.round(Math.hypot(...view.right)));
  for (let index = 0; index < plane * step * step; index++) {
    const column = (index % (view.width * step)) / step;
    const row = Math.floor(index / (view.width * step)) / step;
    const x = Math.round(view.origin[0] + column * view.right[0] + row * view.down[0]);
    const y = Math.round(view.origin[1] + column * view.right[1] + row * view.down[1]);
    if (x < 0 || y < 0 || x >= width || y >= height) continue;
    const to = Math.floor(row) * view.width + Math.floor(column);
    const from = (y * width + x) * 3;
    for (let channel = 0; channel < 3; channel++) {
      const at = channel * plane + to;
      planes[at] = (planes[at] ?? 0) + (pixels[from + channel] ?? 0) / (step * step);
    }
  }
  return planes;
}
