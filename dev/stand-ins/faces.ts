/** The faces that the marks of a sample picture name. */
import { areaOf, type Box, type MarkReading } from "../samples/marks.ts";

/** A face of a numbered person; its box is in pixels of the picture as sent. */
export interface MarkedFace {
  readonly person: number;
  readonly box: Box;
  readonly upright: boolean;
}

/** The faces in a picture, the largest first. */
export function facesIn({ marks }: MarkReading): readonly MarkedFace[] {
  return marks
    .filter(({ kind }) => kind === "face")
    .map(({ number, faceBox, box, upright }) => ({ person: number, box: faceBox ?? box, upright }))
    .toSorted((one, other) => areaOf(other.box) - areaOf(one.box));
}
