/**
 * The sample pictures: what a person would send, drawn here, as the JPEGs of a phone's camera.
 *
 * The same arguments give the same bytes on every machine with the same packages: no font of the system is used.
 * The stand-ins know what a picture shows from its pixels alone: see `marks-geometry.ts`.
 */
import pLimit from "p-limit";
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
  /** Without marks, the stand-ins know nothing of a picture: they really have to read it. */
  readonly marked?: boolean;
}

// A photo is drawn in one of Node's four threads for half a second. One of them stays free for files and network names.
const limit = pLimit(3);

/** Gives up the pictures that wait to be drawn. */
export const stopDrawing = () => limit.clearQueue();

/** A photo of a passport's data page. `face` is the person in the portrait, the holder by default; `null` leaves it empty. */
export const drawPassportPhoto = ({
  passport,
  face = passport.seed,
  ...shot
}: Shot & { readonly passport: SamplePassport; readonly face?: number | null }) =>
  take(LANDSCAPE, shot, () => drawPassportScene(passport, face));

/** A selfie with these people in it, at most three, the largest face first; without any, a picture of an empty room. */
export const drawSelfie = ({ faces, ...shot }: Shot & { readonly faces: readonly number[] }) =>
  take(UPRIGHT, shot, () => drawSelfieScene(faces));

type NumberedShot = Shot & { readonly number: number };

/** A photo of a passport's page with the sample stamp of this number. */
export const drawStampPage = ({ number, ...shot }: NumberedShot) => take(LANDSCAPE, shot, () => drawStampScene(number));

/** A photo of a driving licence, whose holder is the person of this number: a document with a face that is no passport. */
export const drawDrivingLicence = ({ number, ...shot }: NumberedShot) =>
  take(LANDSCAPE, shot, () => drawLicenceScene(number));

function take(size: typeof LANDSCAPE, { marked = true, ...shot }: Shot, drawScene: () => Promise<string[]>) {
  return limit(async () => {
    const scene = await drawScene();
    return photograph({ ...size, ...shot, drawing: marked ? scene : scene.map(withoutMarks) });
  });
}
