/**
 * The faces that a stand-in sees in a picture, and which of them are the same person's.
 *
 * In a sample picture, faces are where its marks say. A picture without any mark is somebody's own photo: it counts as
 * one face that matches only the same photo, told by a fingerprint that survives another encoding or size.
 */
import sharp from "sharp";
import type { Box, MarkReading } from "../samples/marks.ts";

/** Who a face belongs to: a numbered person, or whoever is on the photo with this fingerprint. */
export type Identity = { readonly person: number } | { readonly fingerprint: readonly number[] };

/** A face; its box is in pixels of the picture as sent. */
export interface Face {
  readonly identity: Identity;
  readonly box: Box;
  readonly upright: boolean;
}

/** The faces in a picture, the largest first. */
export async function facesIn(bytes: Uint8Array, { width, height, marks }: MarkReading): Promise<readonly Face[]> {
  if (marks.length === 0) {
    const fingerprint = await fingerprintOf(bytes);
    if (fingerprint === undefined) return [];
    const box = { left: width * 0.3, top: height * 0.2, right: width * 0.7, bottom: height * 0.7 };
    return [{ identity: { fingerprint }, box, upright: true }];
  }
  return marks
    .filter(({ kind }) => kind === "face")
    .map(({ number, faceBox, box, upright }) => ({ identity: { person: number }, box: faceBox ?? box, upright }))
    .toSorted((one, other) => areaOf(other.box) - areaOf(one.box));
}

/** The area of a box in square pixels. */
export function areaOf({ left, top, right, bottom }: Box): number {
  return (right - left) * (bottom - top);
}

const GRID = 32;
/** Correlation of two fingerprints. Another encoding or size of a photo stays above 0.99; other photos fall below. */
const SAME_PHOTO = 0.985;

/** Whether two faces are the same person's. */
export function isSamePerson(one: Identity, other: Identity): boolean {
  if ("person" in one) return "person" in other && one.person === other.person;
  if ("person" in other) return false;
  return one.fingerprint.reduce((sum, cell, index) => sum + cell * (other.fingerprint[index] ?? 0), 0) >= SAME_PHOTO;
}

/** A picture whose brightness varies less than this (root mean square, of 255) shows nothing at all. */
const MIN_CONTRAST = 3;

/** The picture shrunk to a few cells of grey, with mean 0 and length 1. Undefined for a blank picture. */
async function fingerprintOf(bytes: Uint8Array): Promise<readonly number[] | undefined> {
  const cells = await sharp(bytes, { failOn: "none" })
    .flatten({ background: "white" })
    .greyscale()
    .resize(GRID, GRID, { fit: "fill", kernel: "linear" })
    .toColourspace("b-w")
    .raw({ depth: "uchar" })
    .toBuffer();
  const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
  const length = Math.hypot(...cells.values().map((cell) => cell - mean));
  if (length / GRID < MIN_CONTRAST) return undefined;
  return Array.from(cells, (cell) => (cell - mean) / length);
}
