/**
 * How CompreFace's core finds and compares faces here. If all pictures of a request carry sample marks, the marks name
 * the people and similarities are scripted. If one has none, a real face engine looks at all of them.
 */
import { hash } from "node:crypto";
import { areaOf, mapBox, type Box } from "../../samples/box.ts";
import { facesIn, readMarks, UnreadableImageError, type MarkedFace, type MarkReading } from "../../samples/marks.ts";
import { similarityOf as measure, type LocalFaces } from "../local-faces/local-faces.ts";
import { refuse } from "../reply.ts";
import { API_ERRORS } from "./errors.ts";

/** A face that the detector reports. */
export interface DetectedFace {
  /** The number of the person whose face is marked. */
  readonly person?: number;
  /** What a face without a mark looks like. */
  readonly embedding?: Float32Array | undefined;
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

const NOTHING: MarkReading = { width: 0, height: 0, marks: [] };

/** The marks of a request's pictures, read before the faces are looked for. */
export type Seen = readonly { readonly bytes: Buffer; readonly reading: MarkReading }[];

/** Reads the marks. The API finds no face in tiny pictures, nor in bytes that are not an image. */
export function see(images: readonly Buffer[]): Promise<Seen> {
  return Promise.all(
    images.map(async (bytes) => {
      const reading = await readMarks(bytes).catch((error: unknown) => {
        if (error instanceof UnreadableImageError) return NOTHING;
        throw error;
      });
      return Math.min(reading.width, reading.height) < MIN_FACE_SIDE ? { bytes, reading: NOTHING } : { bytes, reading };
    }),
  );
}

/** The numbers of the people in some pictures, found or not. */
export function personsIn(seen: Seen): readonly number[] {
  return [...new Set(seen.flatMap(({ reading }) => facesIn(reading).map(({ person }) => person)))];
}

/** Whether a picture without marks is among them: the stand-in knows nothing about it. */
export const isUnmarked = (seen: Seen) => seen.some(({ reading }) => reading.width > 0 && reading.marks.length === 0);

/** The faces that the detector finds in each picture, the largest first. Rejects with code 41 if there is no engine. */
export function detectFaces(seen: Seen, engine: Pick<LocalFaces, "find"> | undefined) {
  const byEngine = isUnmarked(seen);
  return Promise.all(
    seen.map(async ({ bytes, reading }): Promise<readonly DetectedFace[]> => {
      if (reading.width === 0) return [];
      const imageSha256 = hash("sha256", bytes);
      const found = byEngine ? await engine?.find(bytes).catch(() => undefined) : markedFaces(reading, imageSha256);
      if (found === undefined) refuse(API_ERRORS.coreUnreachable);
      return found
        .map(({ box, ...face }) => ({ ...face, box: inside(box, reading), imageSha256 }))
        .filter(({ box }) => areaOf(box) > 0);
    }),
  );
}

function markedFaces(reading: MarkReading, imageSha256: string) {
  const shrink = Math.min(1, MAX_DETECT_SIDE / Math.max(reading.width, reading.height));
  const isSeen = ({ box, upright }: MarkedFace) =>
    upright && Math.min(box.right - box.left, box.bottom - box.top) * shrink >= MIN_FACE_SIDE;
  return facesIn(reading)
    .filter(isSeen)
    .map(({ person, box }) => ({ person, box, probability: 0.999 + 0.00099 * chance(`${imageSha256} ${box.left}`) }));
}

function inside(box: Box, { width, height }: MarkReading): Box {
  const upTo = (limit: number) => (side: number) => Math.round(Math.min(Math.max(side, 0), limit));
  return mapBox(box, upTo(width), upTo(height));
}

/** Similarity from 0 to 1: measured for real faces; for marked ones always the same, about what ArcFace gives. */
export function similarityOf(one: DetectedFace, other: DetectedFace): number {
  if (one.embedding !== undefined && other.embedding !== undefined) return measure(one.embedding, other.embedding);
  if (one.person === undefined || other.person === undefined) return 0;
  const isSame = one.person === other.person;
  if (isSame && one.imageSha256 === other.imageSha256) return 1;
  const pair = [`person ${one.person}`, `person ${other.person}`].toSorted().join(" ");
  return isSame ? 0.95 + 0.04 * chance(pair) : 0.02 + 0.18 * chance(pair);
}

/** A number from 0 to 1 that looks random but is always the same for a text. */
const chance = (text: string) => hash("sha256", text, "buffer").readUInt32BE() / 0xffff_ffff;
