/** Reasons about the pictures: as files, and as seen. */
import type { Reason } from "./reason.ts";

/** By code. */
export const PICTURE_REASONS = {
  // The pictures as files.
  image_not_found: {
    class: "retake",
    operator: "The {image} object is not in the bucket.",
    person: "We did not receive the picture of your {image}. Please upload it again.",
  },
  image_unsupported_format: {
    class: "retake",
    operator: "The {image} object is not a JPEG, PNG or WebP picture.",
    person:
      "We cannot open the picture of your {image}. Please upload it as a JPEG or PNG (on an iPhone: Most Compatible).",
  },
  image_corrupt: {
    class: "retake",
    operator: "The {image} picture is damaged and cannot be decoded.",
    person: "The picture of your {image} is damaged. Please take it again and upload it.",
  },
  image_too_small: {
    class: "retake",
    operator: "The {image} picture has too few pixels.",
    person: "The picture of your {image} is too small. Please take it with your phone's camera, not as a screenshot.",
  },
  image_too_large: {
    class: "retake",
    operator: "The {image} picture has more bytes or pixels than allowed.",
    person: "The picture of your {image} is too large. Please take it with your phone's normal camera settings.",
  },

  // The pictures as seen.
  image_blurred: {
    class: "retake",
    operator: "The {image} picture is blurred.",
    person: "The picture of your {image} is blurred. Hold the phone still and tap to focus.",
  },
  image_glare: {
    class: "retake",
    operator: "Glare covers part of the {image} picture.",
    person: "Light reflects on your {image}. Tilt it a little or move away from the lamp.",
  },
  image_too_dark: {
    class: "retake",
    operator: "The {image} picture is too dark.",
    person: "The picture of your {image} is too dark. Please take it in daylight.",
  },
  image_cropped: {
    class: "retake",
    operator: "Part of the {image} is outside the picture.",
    person: "Part of your {image} is cut off. Keep all four edges inside the picture.",
  },
  image_occluded: {
    class: "retake",
    operator: "Something covers part of the {image}.",
    person: "Something covers part of your {image}. Keep your fingers off the page.",
  },
  image_screen_or_copy: {
    class: "review",
    operator: "The {image} picture seems to show a screen or a printed copy.",
    person: "The picture of your {image} seems to show a screen or a copy. A person will look at it.",
  },
  document_multiple: {
    class: "retake",
    operator: "The {image} picture shows more than one document.",
    person: "Please photograph only your {image}, with no other document in the picture.",
  },
} as const satisfies Record<string, Reason>;
