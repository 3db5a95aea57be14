/**
 * The sample pictures: what a person would send, drawn here, as the JPEGs of a phone's camera.
 *
 * The same arguments give the same bytes on every machine with the same packages: no font of the system is used.
 * The stand-ins know what a picture shows from its pixels alone: see `marks-geometry.ts`.
 */
import { LANDSCAPE, UPRIGHT } from "./draw-document.ts";
import { withoutMarks } from "./draw-mark.ts";
import { drawLicenceScene } from "./draw-licence.ts";
import { drawPassportScene } from "./draw-passport.ts";
import { drawSelfieScene } from "./draw-selfie.ts";
import { drawStampScene } from "./draw-stamp.ts";
import type { SamplePassport } from "../passports.ts";
import { photograph, type Photo } from "./photo.ts";

/** How a picture is taken. */
interface Shot extends Pick<Photo, "exifOrientation" | "widthPx"> {
  /** Another number gives another shot of the same thing: table, angle, noise. */
  readonly photoSeed?: number;
  /** Without marks, the stand-ins know nothing of a picture: they really have to read it. */
  readonly marked?: boolean;
}

/** A photo of a passport's data page. `face` is the person in the portrait, the holder by default; `null` leaves it empty. */
export async function drawPassportPhoto({
  passport,
  face = passport.seed,
  photoSeed = passport.seed,
  ...shot
}: Shot & { readonly passport: SamplePassport; readonly face?: number | null }): Promise<Buffer> {
  return take({ ...LANDSCAPE, drawing: await drawPassportScene(passport, face, photoSeed), seed: photoSeed }, shot);
}

/** A selfie with these people in it, at most three, the largest face first; without any, a picture of an empty room. */
export async function drawSelfie({
  faces,
  photoSeed = faces[0] ?? 0,
  ...shot
}: Shot & { readonly faces: readonly number[] }): Promise<Buffer> {
  return take({ ...UPRIGHT, drawing: await drawSelfieScene(faces, photoSeed), seed: photoSeed + 1_000 }, shot);
}

type NumberedShot = Shot & { readonly number: number };

/** A photo of a passport's page with the sample stamp of this number. */
export async function drawStampPage({ number, photoSeed = number, ...shot }: NumberedShot): Promise<Buffer> {
  return take({ ...LANDSCAPE, drawing: await drawStampScene(number, photoSeed), seed: photoSeed + 2_000 }, shot);
}

/** A photo of a driving licence, whose holder is the person of this number: a document with a face that is no passport. */
export async function drawDrivingLicence({ number, photoSeed = number, ...shot }: NumberedShot): Promise<Buffer> {
  return take({ ...LANDSCAPE, drawing: await drawLicenceScene(number, photoSeed), seed: photoSeed + 3_000 }, shot);
}

function take({ drawing, ...scene }: Photo, { marked = true, ...shot }: Omit<Shot, "photoSeed">): Promise<Buffer> {
  return photograph({ ...scene, ...shot, drawing: marked ? drawing : drawing.map(withoutMarks) });
}
