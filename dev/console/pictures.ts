/** A record's pictures for the page: small copies, and where the faces are that were compared. */
import sharp from "sharp";
import { reasonOf } from "../../lib/errors.ts";
import { describeReason, type ImageRole } from "../../lib/reasons.ts";
import type { Box } from "../samples/box.ts";
import type { MarkReading } from "../samples/marks.ts";
import { detectFaces, isUnmarked, see } from "../stand-ins/compreface/faces.ts";
import type { Context } from "./context.ts";
import type { FollowedRecord } from "./happenings.ts";
import { keyOf } from "./outcome.ts";

const RECORD_PX = 1_600;
const FACE_ROLES = ["passport", "selfie"] as const;

/** A small copy of a submitted picture, or why it cannot be shown; `undefined` if the record names none. */
export async function showPicture({ backend, storage }: Context, record: FollowedRecord, image: ImageRole) {
  const key = keyOf(image, record, await backend.records.readRecord(record.kycId));
  if (key === undefined) return undefined;
  try {
    return await previewOf(await storage.fetchImage(key, image, new AbortController().signal), RECORD_PX);
  } catch (error) {
    const reason = reasonOf(error);
    return { why: reason === undefined ? "The picture could not be fetched." : describeReason(reason, image).operator };
  }
}

/** Who compares these faces, and the largest face of each picture, in parts of its width and height. */
export async function findFaces(context: Context, record: FollowedRecord) {
  const { compreface, faces: engine } = context.dependencies;
  const previews = await Promise.all(FACE_ROLES.map((image) => showPicture(context, record, image)));
  const seen = await see(previews.map((preview) => (Buffer.isBuffer(preview) ? preview : Buffer.alloc(0))));
  const faces = await detectFaces(seen, engine).catch(() => []);
  const boxes = FACE_ROLES.map((image, index) => [image, relative(faces[index]?.[0]?.box, seen[index]?.reading)]);
  const standIn = isUnmarked(seen) ? "the local face engine" : "the stand-in of CompreFace";
  return { comparedBy: compreface === undefined ? "CompreFace" : standIn, boxes: Object.fromEntries(boxes) };
}

function relative(box: Box | undefined, picture: MarkReading | undefined) {
  if (box === undefined || picture === undefined) return null;
  const { width, height } = picture;
  return { left: box.left / width, top: box.top / height, right: box.right / width, bottom: box.bottom / height };
}

/** A JPEG that fits into a square, turned upright; or why it cannot be made, without an error: the page expects it. */
export async function previewOf(bytes: Uint8Array, sidePx: number) {
  try {
    return await sharp(bytes)
      .autoOrient()
      .resize(sidePx, sidePx, { fit: "inside", withoutEnlargement: true })
      .jpeg({ quality: 80 })
      .toBuffer();
  } catch (error) {
    const isHuge = error instanceof Error && error.message.includes("pixel limit");
    if (isHuge) return { why: "The picture has too many pixels to be shown." };
    return { why: "This file is not a picture that a browser can show." };
  }
}
