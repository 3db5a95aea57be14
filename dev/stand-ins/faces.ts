/** The faces that the marks of a sample picture name. */
import { areaOf } from "../samples/box.ts";
import type { MarkReading } from "../samples/marks.ts";

/** A face of a numbered person; its box is in pixels of the picture as sent. */
export type MarkedFace = ReturnType<typeof facesIn>[number];

/** The faces in a picture, the largest first. */
export function facesIn({ marks }: MarkReading) {
  return marks
    .filter(({ kind }) => kind === "face")
    .map(({ number, faceBox, box, upright }) => ({ person: number, box: faceBox ?? box, upright }))
    .toSorted((one, other) => areaOf(other.box) - areaOf(one.box));
}
