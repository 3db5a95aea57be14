/** How CompreFace's core would find and compare the faces of the sample pictures. */
import { createHash } from "node:crypto";
import { readMarks, UnreadableImageError, type Box, type MarkReading } from "../../samples/marks.ts";
import { areaOf, facesIn, isSamePerson, type Face, type Identity } from "../faces.ts";

/** A face that the detector reports. */
export interface DetectedFace {
  readonly identity: Identity;
  /** Whole pixels of the picture as sent, inside of it. */
  readonly box: Box;
  readonly probability: number;
  /** The picture that it was found in. */
  readonly imageSha256: string;
}

/** The core shrinks a picture to this before it looks for faces. */
const MAX_DETECT_SIDE = 640;
/** In the shrunk picture; smaller faces are missed. */
const MIN_FACE_SIDE = 20;
/** Of the InsightFace builds, which have the ArcFace model. */
const DEFAULT_THRESHOLD = 0.8;

/** The numbers of the people in some pictures, found or not; none for what is no picture. */
export async function personsIn(images: readonly Uint8Array[]): Promise<readonly number[]> {
  const readings = await Promise.all(images.map((bytes) => readMarks(bytes).catch(toNothing)));
  const faces = readings.flatMap(({ marks }) => marks.filter(({ kind }) => kind === "face"));
  return [...new Set(faces.map(({ number }) => number))];
}

/** Bytes that are no image are to the API's caller a picture without a face. */
function toNothing(error: unknown): MarkReading {
  if (error instanceof UnreadableImageError) return { width: 0, height: 0, marks: [] };
  throw error;
}

/** The faces that the detector finds in a picture, the largest first. */
export async function detectFaces(bytes: Uint8Array, threshold = DEFAULT_THRESHOLD): Promise<readonly DetectedFace[]> {
  if (threshold < 0 || threshold > 1) return [];
  const reading = await readMarks(bytes).catch(toNothing);
  if (reading.width === 0) return [];
  const imageSha256 = createHash("sha256").update(bytes).digest("hex");
  const shrink = Math.min(1, MAX_DETECT_SIDE / Math.max(reading.width, reading.height));
  return (await facesIn(bytes, reading))
    .filter(({ box, upright }) => upright && shortSide(box) * shrink >= MIN_FACE_SIDE)
    .map((face) => toDetected(face, reading, imageSha256))
    .filter(({ box, probability }) => areaOf(box) > 0 && probability > threshold);
}

function shortSide({ left, top, right, bottom }: Box): number {
  return Math.min(right - left, bottom - top);
}

function toDetected({ identity, box }: Face, { width, height }: MarkReading, imageSha256: string): DetectedFace {
  const inside = (value: number, limit: number) => Math.round(Math.min(Math.max(value, 0), limit));
  return {
    identity,
    box: {
      left: inside(box.left, width),
      top: inside(box.top, height),
      right: inside(box.right, width),
      bottom: inside(box.bottom, height),
    },
    probability: 0.999 + 0.00099 * chance(`${imageSha256} ${box.left}`),
    imageSha256,
  };
}

/** Similarity from 0 to 1, always the same for two faces: about what ArcFace gives for selfies against documents. */
export function similarityOf(one: DetectedFace, other: DetectedFace): number {
  const isSame = isSamePerson(one.identity, other.identity);
  if (isSame && one.imageSha256 === other.imageSha256) return 1;
  const pair = [nameOf(one.identity), nameOf(other.identity)].toSorted().join(" ");
  return isSame ? 0.95 + 0.04 * chance(pair) : 0.02 + 0.18 * chance(pair);
}

function nameOf(identity: Identity): string {
  return "person" in identity ? `person ${identity.person}` : identity.fingerprint.join(" ");
}

/** A number from 0 to 1 that looks random but is always the same for a text. */
export function chance(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE() / 0xffff_ffff;
}
