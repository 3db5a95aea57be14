/**
 * The one catalogue of everything that can be wrong with a verification.
 *
 * Checks in a result name their reasons with these codes, and a failed result's `failureCode` is one of them. Each says
 * who can do what about it:
 *
 * - `retake`: the person can mend it with a better picture or the right document;
 * - `review`: a human should look; never the person's fault by itself;
 * - `final`: another picture of the same document would not help;
 * - `system`: ours or a provider's trouble; the person is only asked to try again.
 *
 * `{image}` in a text is replaced by what the picture shows: see {@link describeReason}.
 */

/** The pictures a submission may carry. */
export const IMAGE_ROLES = ["passport", "selfie", "stamp"] as const;
export type ImageRole = (typeof IMAGE_ROLES)[number];

export const REASON_CLASSES = ["retake", "review", "final", "system"] as const;
export type ReasonClass = (typeof REASON_CLASSES)[number];

interface Reason {
  readonly class: ReasonClass;
  /** For the operator: what happened. */
  readonly operator: string;
  /** For the person: what to do. */
  readonly person: string;
}

const TRY_AGAIN_LATER =
  "We could not finish the check. This is not your fault: please submit your pictures again later.";

const NOTHING_TO_DO = "This needs nothing from you: we only read a part of your passport once instead of twice.";

export const REASONS = {
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

  // The document.
  document_not_passport: {
    class: "retake",
    operator: "The passport picture does not show a passport's data page.",
    person: "This does not look like a passport. Please photograph the page with your photo.",
  },
  document_kind_unclear: {
    class: "review",
    operator:
      "Gemini takes the document for another kind, but its machine readable zone is a passport's, with all digits right.",
    person: "We are not sure what kind of document this is. A person will look at it.",
  },
  document_code_unexpected: {
    class: "review",
    operator: "The machine readable zone's document code does not begin with P, as a passport's does.",
    person: "A person will look at your document.",
  },
  passport_unreadable: {
    class: "retake",
    operator: "Neither the machine readable zone nor the printed fields could be read.",
    person:
      "We could not read your passport. Photograph the page with your photo in good light, with all edges visible.",
  },
  mrz_not_read: {
    class: "retake",
    operator: "The machine readable zone could not be read.",
    person:
      "We could not read the two lines at the bottom of your passport. Please make sure they are sharp and visible.",
  },
  mrz_check_digit_failed: {
    class: "review",
    operator: "A check digit of the machine readable zone does not hold.",
    person: "We could not read the bottom lines of your passport without doubt. A person will look at them.",
  },
  mrz_repaired: {
    class: "review",
    operator: "The machine readable zone was misread and repaired in the only way that satisfies every check digit.",
    person: "A person will look at the bottom lines of your passport.",
  },
  mrz_viz_mismatch: {
    class: "review",
    operator: "A printed field and the machine readable zone disagree.",
    person: "Two places in your passport seem to say different things. A person will look at it.",
  },
  reading_contradictory: {
    class: "review",
    operator:
      "Gemini copied one thing from the page and reported another for the same field: compare the field with the picture.",
    person: "We could not read a field of your passport without doubt. A person will look at it.",
  },
  mrz_blind_swap_unconfirmed: {
    class: "review",
    operator: "A printed field and the machine readable zone differ by a swap that check digits cannot see.",
    person: "We could not read every character of your passport without doubt. A person will look at it.",
  },
  // The second reader said nothing, so a value was read by one reader only. No verification fails for it.
  reader_off: {
    class: "system",
    operator: "The second reader is switched off, so no field is confirmed: see MRZ_READER.",
    person: NOTHING_TO_DO,
  },
  reader_not_run: {
    class: "system",
    operator: "The second reader gave no answer, so no field is confirmed: see the worker's log.",
    person: NOTHING_TO_DO,
  },
  reader_unsure: {
    class: "system",
    operator:
      "The second reader is not sure of what it read, so no field of that line is confirmed: look at the picture.",
    person: NOTHING_TO_DO,
  },
  reader_found_no_zone: {
    class: "review",
    operator: "Gemini reports a machine readable zone, and the second reader is certain that the picture shows none.",
    person: "We are not sure of the two lines at the bottom of your passport. A person will look at them.",
  },
  readers_disagree: {
    class: "review",
    operator: "Gemini and the second reader read different characters in the machine readable zone.",
    person: "We could not read the two lines at the bottom of your passport without doubt. A person will look at them.",
  },
  field_not_legible: {
    class: "review",
    operator: "A field that every passport carries could not be read.",
    person: "We could not read every field of your passport. A person will look at it.",
  },
  mrz_names_run_together: {
    class: "review",
    operator:
      "The page prints two names, and the machine readable zone has no gap between them: a filler may have been lost in reading.",
    person: "We could not tell your names apart in the bottom lines of your passport. A person will look at them.",
  },
  mrz_not_found_again: {
    class: "review",
    operator: "A second look at the machine readable zone did not find its two lines, so nothing in them counts.",
    person: "We are not sure of the two lines at the bottom of your passport. A person will look at them.",
  },
  birth_date_unknown: {
    class: "review",
    operator: "The passport itself says that the date of birth is not known, so the age cannot be told.",
    person: "Your passport does not say your date of birth. A person will look at it.",
  },
  validity_unusual: {
    class: "review",
    operator:
      "From the date of issue to the date of expiry is no term for which passports are issued: compare both dates with the picture.",
    person: "We could not read the dates in your passport without doubt. A person will look at them.",
  },
  document_number_form: {
    class: "review",
    operator:
      "The document number is not of the form that this state uses, and one look-alike would make it so (O for 0, for example): compare it with the picture.",
    person: "We could not read the number of your passport without doubt. A person will look at it.",
  },
  personal_number_mismatch: {
    class: "review",
    operator:
      "The personal number tells another date of birth or sex than the passport: compare them with the picture.",
    person: "We could not read every number in your passport without doubt. A person will look at it.",
  },
  date_impossible: {
    class: "review",
    operator: "A date does not exist in the calendar.",
    person: "A date in your passport could not be read. A person will look at it.",
  },
  dates_inconsistent: {
    class: "review",
    operator: "The dates of birth, issue and expiry contradict each other.",
    person: "The dates in your passport do not fit together. A person will look at them.",
  },
  document_expired: {
    class: "final",
    operator: "The passport has expired.",
    person: "Your passport has expired. Please use a valid one.",
  },
  document_expires_soon: {
    class: "review",
    operator: "The passport expires soon.",
    person: "Your passport expires soon: please think of renewing it. A person will look at your document.",
  },
  holder_under_age: {
    class: "final",
    operator: "The holder is younger than the configured minimum age.",
    person: "You are not old enough for this service yet. Please come back when you are.",
  },
  specimen_document: {
    class: "final",
    operator: "The document is a specimen: its name, number or state is that of a published sample.",
    person: "This is a specimen, not a real passport. Please use your own passport.",
  },
  text_addressed_to_reader: {
    class: "review",
    operator: "The {image} picture carries text that addresses its reader or an AI.",
    person: "A person will look at the picture of your {image}.",
  },

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
    operator: "The fallback engine compared the faces; its verdict needs a human look.",
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

  // The machinery.
  storage_unavailable: {
    class: "system",
    operator: "The object storage did not answer as it should: look at it, and at S3_ENDPOINT.",
    person: TRY_AGAIN_LATER,
  },
  storage_refused: {
    class: "system",
    operator:
      "The object storage refused access: check S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION and the bucket's grants.",
    person: TRY_AGAIN_LATER,
  },
  ocr_unavailable: {
    class: "system",
    operator: "Gemini did not answer as it should: look at its status page, and at the way to GEMINI_BASE_URL.",
    person: TRY_AGAIN_LATER,
  },
  ocr_bad_output: {
    class: "system",
    operator:
      "Gemini's answer was cut off, empty or not of the asked form, each time: if it happens often, try another GEMINI_MODEL.",
    person: TRY_AGAIN_LATER,
  },
  // It would refuse again: there is no use in submitting the same pictures.
  ocr_refused: {
    class: "review",
    operator: "Gemini refused to process the picture, and would again: a human has to read it.",
    person: "We could not read your document by machine. A person will look at it.",
  },
  ocr_rate_limited: {
    class: "system",
    operator: "Gemini's rate limit outlasted the time this record may take: raise the quota, or KYC_STUCK_TIMEOUT_MIN.",
    person: TRY_AGAIN_LATER,
  },
  ocr_quota_exhausted: {
    class: "system",
    operator: "Gemini's daily quota is used up, or its credits: raise the quota, pay, or wait until it is renewed.",
    person: TRY_AGAIN_LATER,
  },
  ocr_misconfigured: {
    class: "system",
    operator: "Gemini refused the request: check GEMINI_API_KEY and GEMINI_MODEL.",
    person: TRY_AGAIN_LATER,
  },
  face_match_unavailable: {
    class: "system",
    operator: "CompreFace did not answer as it should: look at its containers, and at COMPREFACE_URL.",
    person: TRY_AGAIN_LATER,
  },
  face_match_misconfigured: {
    class: "system",
    operator:
      "CompreFace refused the request: check COMPREFACE_URL and that COMPREFACE_API_KEY belongs to a verification service.",
    person: TRY_AGAIN_LATER,
  },
  worker_crashed: {
    class: "system",
    operator: "The worker died each time it ran this job: look at its memory and at its last log lines.",
    person: TRY_AGAIN_LATER,
  },
  processing_timeout: {
    class: "system",
    operator:
      "The record stayed in review longer than KYC_STUCK_TIMEOUT_MIN: see that workers run, and that the backend submits what it sets in review.",
    person: TRY_AGAIN_LATER,
  },
  internal_error: {
    class: "system",
    operator: "An unexpected error in the worker: see its log.",
    person: TRY_AGAIN_LATER,
  },
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;

/** Whether a text is a code of the catalogue. */
export const isReasonCode = (code: string): code is ReasonCode => Object.hasOwn(REASONS, code);

const IMAGE_NAMES: Record<ImageRole, string> = { passport: "passport", selfie: "selfie", stamp: "stamp page" };

/** The class and the two texts of a reason, with `{image}` filled in. */
export function describeReason(code: ReasonCode, image: ImageRole = "passport"): Reason {
  const reason = REASONS[code];
  const fill = (text: string) => text.replaceAll("{image}", IMAGE_NAMES[image]);
  return { class: reason.class, operator: fill(reason.operator), person: fill(reason.person) };
}
