/** Reasons about the document and its readings. */
import type { Reason } from "./reason.ts";

const NOTHING_TO_DO = "You do not need to do anything. We only read a part of your passport once instead of twice.";

/** By code. */
export const DOCUMENT_REASONS = {
  document_not_passport: {
    class: "retake",
    operator:
      "The picture does not show a passport's data page, and no two lines with correct check digits were read from it.",
    person: "We need the page of your passport with your photo. Please photograph that page.",
  },
  document_kind_unclear: {
    class: "review",
    operator:
      "Gemini does not call the document a passport, but a passport's lines or fields were read from it: look at the picture.",
    person: "We are not sure what kind of document this is. A person will look at it.",
  },
  document_code_unexpected: {
    class: "review",
    operator: "The first bottom line does not begin with P, as a passport's does: it may be a visa.",
    person: "We are not sure what kind of document this is. A person will look at it.",
  },
  passport_unreadable: {
    class: "retake",
    operator: "Neither the two bottom lines nor the printed fields could be read.",
    person:
      "We could not read your passport. Photograph the page with your photo in good light, with all edges visible.",
  },
  mrz_not_read: {
    class: "retake",
    operator: "The two bottom lines, or one of them, could not be read.",
    person:
      "We could not read the two lines at the bottom of your passport. Please make sure they are sharp and visible.",
  },
  mrz_check_digit_failed: {
    class: "review",
    operator:
      "A check digit in the two bottom lines is wrong: a character was misread, or the passport was printed like that.",
    person: "We could not read the bottom lines of your passport without doubt. A person will look at them.",
  },
  mrz_repaired: {
    class: "review",
    operator:
      "The two bottom lines were misread in one place (a character, or the number of fillers) and repaired in the only way that satisfies every check digit: compare them with the picture.",
    person: "A person will look at the bottom lines of your passport.",
  },
  mrz_viz_mismatch: {
    class: "review",
    operator: "The page and the two bottom lines say different things in this field.",
    person:
      "We could not match every field of your passport with the two lines at its bottom. A person will look at it.",
  },
  reading_contradictory: {
    class: "review",
    operator:
      "Gemini copied one thing from the page and reported another for the same field: compare the field with the picture.",
    person: "We could not read a field of your passport without doubt. A person will look at it.",
  },
  mrz_blind_swap_unconfirmed: {
    class: "review",
    operator:
      "The field as printed and in the two bottom lines differs by a character that check digits cannot tell apart: compare it with the picture.",
    person: "We could not read every character of your passport without doubt. A person will look at it.",
  },
  // The second reader gave no answer, so only one reader read the value. No verification fails because of that.
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
    operator:
      "Gemini reports two bottom lines, and the second reader searched the whole picture and found none: look at the picture.",
    person: "We are not sure of the two lines at the bottom of your passport. A person will look at them.",
  },
  readers_disagree: {
    class: "review",
    operator:
      "Gemini and the second reader read this field differently in the two bottom lines: compare it with the picture.",
    person: "We could not read the two lines at the bottom of your passport without doubt. A person will look at them.",
  },
  field_not_legible: {
    class: "review",
    operator: "A field that every passport carries could not be read, or not compared: look at the picture.",
    person: "We could not read every field of your passport. A person will look at it.",
  },
  mrz_names_run_together: {
    class: "review",
    operator:
      "The page prints two names, and the two bottom lines have no gap between them: a filler may have been lost in reading.",
    person: "We could not tell your names apart in the bottom lines of your passport. A person will look at them.",
  },
  mrz_not_found_again: {
    class: "review",
    operator:
      "A second look at the place of the two bottom lines did not find them, so nothing in them counts: look at the picture.",
    person: "We are not sure of the two lines at the bottom of your passport. A person will look at them.",
  },
  birth_date_unknown: {
    class: "review",
    operator: "The passport itself leaves the date of birth or a part of it open, so the age cannot be checked.",
    person: "Your passport does not give your whole date of birth. A person will look at it.",
  },
  validity_unusual: {
    class: "review",
    operator: "The time from issue to expiry is not a usual term of validity: compare both dates with the picture.",
    person: "We could not read the dates in your passport without doubt. A person will look at them.",
  },
  document_number_form: {
    class: "review",
    operator:
      "The document number does not have the form that this state uses, but would have it with one look-alike replaced (O for 0, for example): compare it with the picture.",
    person: "We could not read the number of your passport without doubt. A person will look at it.",
  },
  personal_number_mismatch: {
    class: "review",
    operator:
      "The personal number contains another date of birth or sex than the passport: compare them with the picture.",
    person: "We could not read every number in your passport without doubt. A person will look at it.",
  },
  date_impossible: {
    class: "review",
    operator: "A date was read that the calendar does not have, such as 30 February.",
    person: "A date in your passport could not be read. A person will look at it.",
  },
  dates_inconsistent: {
    class: "review",
    operator:
      "The dates of birth, issue and expiry that were read cannot all be right: one comes before another that must precede it, or lies in the future.",
    person: "The dates that we read in your passport do not fit together. A person will look at them.",
  },
  document_expired: {
    class: "final",
    operator: "The passport has expired.",
    person: "Your passport has expired. Please use a valid one.",
  },
  document_expires_soon: {
    class: "review",
    operator: "The passport expires soon.",
    person: "Your passport expires soon. Please renew it in time. A person will look at your document.",
  },
  holder_under_age: {
    class: "final",
    operator: "The holder is younger than the configured minimum age.",
    person: "You are not old enough for this service yet. Please come back when you are.",
  },
  specimen_document: {
    class: "final",
    operator: "The document looks like a specimen: its name, number or state is that of a published sample.",
    person: "This looks like a sample of a passport. Please use your own passport.",
  },
  text_addressed_to_reader: {
    class: "review",
    operator: "The {image} picture contains text that addresses its reader or an AI.",
    person: "A person will look at the picture of your {image}.",
  },
} as const satisfies Record<string, Reason>;
