/** Reasons about the faces and the stamp. */
import { TRY_AGAIN_LATER, type Reason } from "./reason.ts";

/** By code. */
export const PEOPLE_REASONS = {
  // The faces.
  face_not_found: {
    class: "retake",
    operator: "No face was found in the {image} picture.",
    person: "We found no face in the picture of your {image}. Please take it again, upright and in good light.",
  },
  face_multiple: {
    class: "review",
    operator: "The {image} picture shows more than one face; the largest one was compared.",
    person: "More than one face is in the picture of your {image}. A person will look at it.",
  },
  face_mismatch: {
    class: "retake",
    operator: "The face in the selfie is not similar enough to the one in the passport.",
    person: "The selfie does not match the photo in your passport. Take a new selfie facing the camera, in good light.",
  },
  face_uncertain: {
    class: "review",
    operator: "The fallback engine compared the faces: a person has to look at the pictures.",
    person: "A person will compare your selfie with your passport.",
  },
  face_not_comparable: {
    class: "system",
    operator: "No engine could compare the faces: look at CompreFace, and whether FACE_MATCH_FALLBACK is on.",
    person: TRY_AGAIN_LATER,
  },

  // The stamp.
  stamp_not_found: {
    class: "review",
    operator: "No stamp was found on the stamp page.",
    person: "We found no stamp in the picture of your stamp page. A person will look at it.",
  },
  stamp_not_legible: {
    class: "review",
    operator: "The stamp could not be read.",
    person: "We could not read your stamp. A person will look at it.",
  },
} as const satisfies Record<string, Reason>;
