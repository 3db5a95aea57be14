/** The catalogue of reasons: every text tells somebody what to do, for every picture it can be about. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeReason, IMAGE_ROLES, isReasonCode, REASONS, type ReasonCode } from "./reasons.ts";
import { REASON_CLASSES } from "./reasons/reason.ts";

const CODES = Object.keys(REASONS).filter(isReasonCode);

/** Every text of the catalogue, for every picture. */
const texts = CODES.flatMap((code) => IMAGE_ROLES.map((image) => ({ code, image, ...describeReason(code, image) })));

test("reason codes are snake_case, and only they are accepted as codes", () => {
  assert.ok(CODES.length >= 40);
  for (const code of CODES) assert.match(code, /^[a-z]+(_[a-z]+)*$/);
  for (const name of ["toString", "__proto__", "", "FACE_MISMATCH"]) assert.ok(!isReasonCode(name), name);
});

test("no reason's text has a placeholder left or an unfinished sentence", () => {
  for (const { code, image, operator, person } of texts) {
    for (const text of [operator, person]) {
      assert.doesNotMatch(text, /[{}]|undefined|\s\s/, `${code} ${image}`);
      assert.match(text, /^[A-Z][^\n]+[.?)]$/, `${code} ${image}`);
    }
  }
});

test("a reason's text about a picture names that picture", () => {
  assert.match(describeReason("face_not_found", "selfie").person, /\bselfie\b/);
  assert.match(describeReason("image_blurred", "stamp").operator, /\bstamp page\b/);
  assert.match(describeReason("image_corrupt").person, /\bpassport\b/);
});

/** Words that say what the person must do, or that a human will look. */
const SAYS_WHAT_TO_DO =
  /\b(please|hold|tilt|move|keep|photograph|take|use|submit|upload|check|a person will (look|compare)|do not need to do anything)\b/i;

test("every reason's text for the person says what happens next", () => {
  for (const { code, image, person } of texts) assert.match(person, SAYS_WHAT_TO_DO, `${code} ${image}`);
});

test("no reason's text for the person blames them or explains the machinery", () => {
  const words = /\b(fraud|fake|forged|invalid|error|fail(ed|ure)|MRZ|Gemini|CompreFace|OCR|API|Redis|null)\b/i;
  for (const { code, person } of texts) assert.doesNotMatch(person, words, code);
});

test("every class of reasons is used, and a system reason only asks the person to try again", () => {
  assert.deepEqual(new Set(CODES.map((code) => REASONS[code].class)), new Set(REASON_CLASSES));
  for (const { code, class: reasonClass, person } of texts) {
    if (reasonClass === "system")
      assert.match(person, /not your fault.*submit your pictures again|^You do not need to do anything/, code);
    else assert.doesNotMatch(person, /not your fault/, code);
  }
});

test("a reason that a human reviews does not ask the person to try again", () => {
  const reviewed = texts.filter(({ class: reasonClass }) => reasonClass === "review");
  assert.ok(reviewed.length >= 10);
  for (const { code, person } of reviewed) {
    assert.match(person, /A person will (look|compare)/, code);
    assert.doesNotMatch(person, /\b(upload|photograph|submit|take)\b/i, code);
  }
});

test("every system reason tells the operator where to look", () => {
  const system = texts.filter(({ class: reasonClass }) => reasonClass === "system");
  for (const { code, operator } of system) assert.match(operator, /: .{10,}/, code);
});

test("a reason about a setting names the setting for the operator", () => {
  const settings: Partial<Record<ReasonCode, RegExp>> = {
    storage_refused: /S3_ACCESS_KEY.*S3_SECRET_KEY.*S3_REGION/,
    ocr_misconfigured: /GEMINI_API_KEY.*GEMINI_MODEL/,
    face_match_misconfigured: /COMPREFACE_URL.*COMPREFACE_API_KEY/,
    processing_timeout: /KYC_STUCK_TIMEOUT_MIN/,
  };
  for (const [code, setting] of Object.entries(settings)) {
    assert.ok(isReasonCode(code));
    assert.match(describeReason(code).operator, setting);
  }
});

test("the catalogue has the codes that the backend relies on", () => {
  for (const code of ["face_mismatch", "face_not_found", "processing_timeout"]) assert.ok(isReasonCode(code), code);
});
