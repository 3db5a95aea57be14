/** What each property of a result means: the descriptions in `docs/result.schema.json`. */

const under = (path: string, words: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(words).map(([name, text]) => [`${path}.${name}`, text]));

const FIELDS = {
  surname: "The primary identifier. A person with one name may have it here or in givenNames.",
  givenNames: "The secondary identifier.",
  documentNumber: "The passport's number.",
  issuingState: "ICAO's code of the issuing state or organisation, such as UZB; D for Germany.",
  nationality: "ICAO's code of the nationality.",
  birthDate: "The date of birth.",
  sex: "M, F, or X for unspecified.",
  issueDate: "The date of issue. Only the printed zone has it, so it is never confirmed.",
  expiryDate: "The date of expiry.",
  personalNumber: "The personal number, or the data that the state prints in its place. Many passports have neither.",
  placeOfBirth: "The place of birth. Only the printed zone has it, so it is never confirmed.",
};

const SOURCES = {
  sources: "Every reading of the field, and where it was read.",
  "sources.zone":
    "printed: the fields in plain text. mrz: the machine readable zone, the two lines at the bottom. mrz_second_reading: the same lines, read again by the model in a separate request. mrz_reader: the same lines, read by an independent reader that has not seen the model's answer.",
  "sources.value": "What this zone says, normalised: MRZ names with spaces for fillers, MRZ dates as YYMMDD.",
  "sources.printed": "The characters as printed; null in the MRZ.",
  "sources.checkDigit":
    "MRZ only: whether the value's own check digit holds; none if no check digit covers the value; null in the printed zone.",
  "sources.repaired": "Whether a misread character, check digit or place in the line was repaired.",
};

const STATE =
  "How far the value can be trusted. confirmed: the printed zone and a line of the MRZ that the independent reader is sure of say the same, and any check digit over the value holds. agreed: both zones say the same, but only the model has read them. checked: a check holds, but no second zone says the whole value. single_source: only one zone has the value, and nothing can check it. conflict: zones disagree, or a check digit contradicts the value. missing: nothing was read.";

const BOTH = {
  version: "The version of the result's format.",
  kycId: "The record's id.",
  userId: "The person, as submitted. Null in the watchdog's verdicts.",
  completedAt: "When the verdict was reached: ISO 8601, UTC.",
  attempts: "The attempt that reached this verdict, counted from 1; 0 in the watchdog's verdicts.",
  timings: "How long the parts took. Not in the watchdog's verdicts.",
  "timings.queuedMs": "Milliseconds from the submission to the start of the run that reached this verdict.",
  "timings.stepsMs": "Milliseconds of each step of that run. Steps run at the same time, so they do not add up.",
  submission:
    "The submission that this verdict is about. Null in the watchdog's verdicts, which are not about a single submission.",
  "submission.id": "A new id for each request, also for a repeated one.",
  "submission.submittedAt": "When the service accepted the submission: ISO 8601, UTC.",
  "submission.passportKey":
    "The passport's object key, as submitted. Compare the keys with those that you have stored.",
  "submission.selfieKey": "The selfie's object key, as submitted.",
  "submission.stampKey": "The stamp page's object key, as submitted; null if there was none.",
  calls:
    "The calls to providers, in the order in which they ended: all calls of the run that reached this verdict, and the calls of earlier runs that the vision model charged for. Calls run at the same time, so their times do not add up.",
  "calls.provider": "storage, gemini or compreface.",
  "calls.purpose": "The purpose of the call: passport, selfie, stamp, mrz (the second reading) or face_match.",
  "calls.outcome": "answered, or the reason's code if there was no usable answer; aborted if the call was given up.",
  "calls.durationMs": "Milliseconds from the request to the whole answer.",
  "calls.tokens": "The tokens that the vision model charges for. Absent if it charges nothing.",
  "calls.tokens.model": "The model's name.",
  "calls.tokens.inputTokens": "Tokens of the question, pictures included.",
  "calls.tokens.outputTokens": "Tokens of the answer, thinking included, as they are billed.",
  producedBy: "What produced this result.",
  "producedBy.service": "The program's name.",
  "producedBy.version": "The program's version.",
};

const stampField = (name: string, text: string) => ({
  [`stamp.${name}`]: text,
  [`stamp.${name}.printed`]: "The characters as stamped; null if they could not be read.",
  [`stamp.${name}.value`]: "The same, normalised: dates as YYYY-MM-DD, states as ICAO codes.",
});

const SUCCESS = {
  ...BOTH,
  status:
    "The record's status. ocr_complete means that the passport was read and the faces match. It does not mean that everything is right: look at the checks.",
  passport: "The passport as it was read.",
  "passport.fields": "The passport's fields, each with its evidence.",
  ...under("passport.fields", FIELDS),
  "passport.mrz": "The machine readable zone.",
  stamp: "The stamp page as it was read; null if no stamp page was submitted.",
  "stamp.present": "Whether there is a stamp on the page.",
  "stamp.kind": "entry, exit, visa, registration or other; null if it is not known.",
  ...stampField("country", "The state that stamped."),
  ...stampField("date", "The stamp's date."),
  ...stampField("place", "The place, such as a border crossing."),
  "stamp.text": "All of the stamp's text.",
  faceMatch: "How the face in the selfie compares with the one in the passport.",
  checks: "Every check, also those that were not executed.",
  evidence:
    "What the vision model and the reader of the MRZ reported, before any rule was applied. The rules can be run over it again.",
  "evidence.passport": "The reading of the passport's page.",
  "evidence.secondMrz": "The model's second reading of the MRZ, if there was one.",
  "evidence.reader": "What the independent reader of the MRZ read: off, or its two lines. Absent if it gave no answer.",
  "evidence.reader.line1": "The first line; null if the reader is not sure of it.",
  "evidence.reader.line2": "The second line; null if the reader is not sure of it.",
  "evidence.reader.reason":
    "Why a line is missing. no_zone: the reader searched the whole picture and found no such lines. unsure: it could not read them with certainty, or not finish its search.",
};

const FAILURE = {
  ...BOTH,
  status: "The record's status. ocr_failed means that the verification ended without a result.",
  failureCode: "The code of the reason. New codes may be added.",
  class:
    "Who can act. retake: the person, with a better picture or the right document. review: a person should look. final: another picture of the same document would not help. system: the service or a provider failed, and the person may try again.",
  image: "The picture that the failure is about; null if it is not about a picture.",
  message: "For the operator: what happened.",
  personMessage: "For the person: what to do.",
  facts: "Facts about the failure, such as a similarity or an HTTP status.",
};

const FIELD = {
  value: "The best supported value; null if no value is supported. Dates are YYYY-MM-DD, or the known part of it.",
  state: STATE,
  ...SOURCES,
};

const MRZ = {
  line1: "The first line, normalised; null if it could not be read.",
  line2: "The second line, normalised, and repaired if possible; null if it could not be read.",
  documentCode: "The first two characters: a passport's begin with P.",
  checkDigits: "The five check digits of the second line; null if it could not be read.",
  "checkDigits.documentNumber": "Over the document number.",
  "checkDigits.birthDate": "Over the date of birth.",
  "checkDigits.expiryDate": "Over the date of expiry.",
  "checkDigits.personalNumber": "Over the personal number.",
  "checkDigits.composite": "Over all of these together.",
  repaired:
    "How the second line was repaired: the length of a run of fillers, or characters taken for their look-alikes. Null if it was not repaired.",
  repairedFields: "The repaired fields. They are never confirmed.",
  namesShortened: "The names may be cut off, so that only their beginnings are there.",
  line1From:
    "The reading that the first line comes from: the model's first or second one, or the independent reader's.",
  line2From: "The reading that the second line comes from: the soundest one.",
  secondReading:
    "The outcome of the model's second reading. none: there was none, or it got no answer. agrees: it says the same. differs: it says something else. unreadable: it said nothing.",
};

const FACE_MATCH = {
  engine: "What compared the faces. gemini is the fallback, and a person should look at its match.",
  similarity: "CompreFace's similarity, 0.0 to 1.0. Null if Gemini compared, because it measures nothing.",
  threshold: "Faces with this similarity or more count as the same.",
  facesInPassport: "Faces seen in the passport's picture. The largest one was compared.",
  facesInSelfie: "Faces seen in the selfie. The largest one was compared. A lower bound if both pictures show several.",
};

const CHECK = {
  name: "What was checked. liveness, forgery, sanctions and chip are never executed by this service.",
  state:
    "passed: nothing is wrong. warning: a person should look. failed: the check does not hold. not_executed: the check was not made.",
  reasons: "Why the check did not pass.",
  "reasons.code": "The code of the reason. New codes may be added.",
  "reasons.class": "Who can act: retake, review, final or system, as in a failed result.",
  "reasons.image": "The picture that the reason is about.",
  "reasons.field":
    "The passport's field, or the check digit, that the reason is about; null if it is not about a field.",
  "reasons.message": "For the operator: what was found.",
  "reasons.personMessage": "For the person: what to do.",
};

const PASSPORT_READING = {
  mrz: "The two lines, character by character.",
  mrzBox: "Where the lines are: top, left, bottom and right in thousandths of the picture's height and width.",
  quality: "What the model says about the picture.",
  instructionsSeen: "Text in the picture that addresses its reader. It changes no value.",
  documentKind: "What the model calls the document. It can fail a verification, but never make it pass.",
  fields: "The printed fields.",
  ...under("fields", FIELDS),
};

const MRZ_READING = {
  line1: "The first line as the model copied it.",
  line2: "The second line as the model copied it.",
  unreadable: "Why the lines could not be read; null if they could.",
};

const PRINTED_FIELD = {
  printed: "The characters as printed.",
  value: "The model's normalised form of them.",
  unreadable: "Why the field could not be read; null if it could.",
};

/** Descriptions by the part's name and the path within it. */
export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ...under("success", SUCCESS),
  ...under("failure", FAILURE),
  ...under("field", FIELD),
  ...under("dateField", {
    ...FIELD,
    centurySource:
      "Where the century comes from: viz if it is printed, inferred if only the MRZ's two digits are known; null if there is no date.",
  }),
  ...under("mrz", MRZ),
  ...under("faceMatch", FACE_MATCH),
  ...under("check", CHECK),
  ...under("passportReading", PASSPORT_READING),
  ...under("mrzReading", MRZ_READING),
  ...under("printedField", PRINTED_FIELD),
};
