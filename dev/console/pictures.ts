/** A record's pictures for the page: small copies, and where the faces are that were compared. */
import sharp from "sharp";
import { reasonOf } from "../../lib/errors.ts";
import type { Storage } from "../../lib/providers/storage/storage.ts";
import { describeReason, type ImageRole } from "../../lib/reasons.ts";
import type { Box } from "../samples/box.ts";
import type { MarkReading } from "../samples/marks.ts";
import type { Backend } from "../stack/backend.ts";
import type { Dependencies } from "../stack/dependencies.ts";
import { detectFaces, isUnmarked, see } from "../stand-ins/compreface/faces.ts";
import type { FollowedRecord } from "./happenings.ts";
import { findKey } from "./outcome.ts";

const RECORD_PX = 1_600;
const FACE_ROLES = ["passport", "selfie"] as const;

interface PicturesOptions {
  readonly backend: Backend;
  readonly storage: Pick<Storage, "fetchImage">;
  readonly dependencies: Pick<Dependencies, "compreface" | "faces">;
}

/** A small copy as a JPEG, or a sentence that says why it is missing. */
export type Preview = Buffer | string;

/** Opens the pictures of records. */
export function createPictures({ backend, storage, dependencies }: PicturesOptions) {
  /** A small copy of a submitted picture; `undefined` if the record names none. */
  async function show(record: FollowedRecord, image: ImageRole): Promise<Preview | undefined> {
    const key = await findKey(backend, record, image);
    if (key === undefined) return undefined;
    try {
      return await previewOf(await storage.fetchImage(key, image, new AbortController().signal), RECORD_PX);
    } catch (error) {
      const reason = reasonOf(error);
      return reason === undefined ? "The picture could not be fetched." : describeReason(reason, image).operator;
    }
  }

  return {
    show,

    /** Who compares these faces, and the largest face of each picture, in parts of its width and height. */
    async findFaces(record: FollowedRecord) {
      const previews = await Promise.all(FACE_ROLES.map((image) => show(record, image)));
      const seen = await see(previews.map((preview) => (Buffer.isBuffer(preview) ? preview : Buffer.alloc(0))));
      const faces = await detectFaces(seen, dependencies.faces).catch(() => []);
      const boxes = FACE_ROLES.map((image, index) => [image, relative(faces[index]?.[0]?.box, seen[index]?.reading)]);
      return { comparedBy: nameOf(dependencies, isUnmarked(seen)), boxes: Object.fromEntries(boxes) };
    },
  };
}

export type RecordPictures = ReturnType<typeof createPictures>;

function nameOf({ compreface }: PicturesOptions["dependencies"], isReal: boolean): string {
  if (compreface === undefined) return "CompreFace";
  return isReal ? "the local face engine" : "the stand-in of CompreFace";
}

function relative(box: Box | undefined, picture: MarkReading | undefined) {
  if (box === undefined || picture === undefined) return null;
  const { width, height } = picture;
  return { left: box.left / width, top: box.top / height, right: box.right / width, bottom: box.bottom / height };
}

/** A copy that fits into a square, turned upright. */
export async function previewOf(bytes: Uint8Array, sidePx: number): Promise<Preview> {
  try {
    return await sharp(bytes)
      .autoOrient()
      .resize(sidePx, sidePx, { fit: "inside", withoutEnlargement: true })
      .jpeg({ quality: 80 })
      .toBuffer();
  } catch (error) {
    const isHuge = error instanceof Error && error.message.includes("pixel limit");
    return isHuge
      ? "The picture has too many pixels to be shown."
      : "This file is not a picture that a browser can show.";
  }
}
