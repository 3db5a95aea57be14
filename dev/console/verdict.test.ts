import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { FinalError } from "../../lib/errors.ts";
import { assessPassport } from "../../lib/passport/assess.ts";
import { failureResult, successResult, type Verification } from "../../lib/result.ts";
import type { ReasonCode } from "../../lib/reasons.ts";
import { sampleVerification } from "../../test/readings/sample-verification.ts";
import { genuineReading, samplePassport } from "../samples/passports.ts";
import { APPROVED_MESSAGE, PERSON_LOOKS_MESSAGE, RELIED_ON, verdictOf } from "./verdict.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };
const ABOUT = { kycId: 7, submission: undefined, attempts: 1, completedAt: TODAY, version: "0.1.0" };
const passport = samplePassport(7, TODAY);
const [line1, line2] = passport.mrz;
const SOUND = {
  reading: genuineReading(passport),
  reader: { line1, line2, reason: null },
  today: TODAY,
  policy: POLICY,
};
const FALLBACK = {
  engine: "gemini",
  similarity: null,
  threshold: 0.75,
  facesInPassport: 1,
  facesInSelfie: 1,
} as const;

const resultOf = (overrides: Partial<Verification> = {}) => successResult(ABOUT, sampleVerification(TODAY, overrides));
const judge = (overrides: Partial<Verification> = {}) => verdictOf(resultOf(overrides));
const aboutOf = ({ findings }: ReturnType<typeof verdictOf>) => findings.flatMap(({ about }) => about);

test("a result is shown as verified only if nobody has to look at it", () => {
  const { tone, title, findings, personMessage } = judge();
  assert.deepEqual([tone, title, findings, personMessage], ["good", "Verified", [], APPROVED_MESSAGE]);
});

test("a person must look at faces that the fallback compared", () => {
  const verdict = judge({ faceMatch: FALLBACK });
  assert.deepEqual(
    [verdict.tone, verdict.title, verdict.personMessage],
    ["fair", "A person must look", PERSON_LOOKS_MESSAGE],
  );
  assert.deepEqual(
    verdict.findings.map(({ about, tone, code }) => [about, tone, code]),
    [[["face_match"], "fair", "face_uncertain"]],
  );
});

test("an expired passport and a holder under age are not verified, and the person learns why", () => {
  const expired = judge({ assessment: assessPassport({ ...SOUND, today: new Date("2066-11-22T12:00:00Z") }) });
  assert.deepEqual([expired.tone, expired.title], ["bad", "Not verified"]);
  assert.match(expired.personMessage ?? "", /^Your passport has expired/);
  const policy = { ...POLICY, minimumAgeYears: 150 };
  const young = judge({ assessment: assessPassport({ ...SOUND, policy }), faceMatch: FALLBACK });
  assert.deepEqual([young.tone, young.title], ["bad", "Not verified"]);
  assert.match(young.personMessage ?? "", /^You are not old enough/);
  assert.deepEqual(
    young.findings.map(({ code, tone }) => [code, tone]),
    [
      ["holder_under_age", "bad"],
      ["face_uncertain", "fair"],
    ],
  );
});

test("new pictures are asked for only if they solve all that is wrong", () => {
  const reading = { ...SOUND.reading, quality: ["blurred" as const] };
  const assessment = assessPassport({ ...SOUND, reading });
  const blurred = judge({ assessment });
  assert.deepEqual([blurred.tone, blurred.short], ["bad", "new pictures"]);
  assert.match(blurred.personMessage ?? "", /is blurred/);
  assert.equal(judge({ assessment, faceMatch: FALLBACK }).title, "A person must look");
});

test("a person must look if a required check was not done or is missing", () => {
  const result = resultOf();
  const checks = result.checks.filter(({ name }) => name !== "age");
  const without = verdictOf({ ...result, checks });
  assert.deepEqual([without.title, aboutOf(without)], ["A person must look", ["age"]]);
  const off = judge({ assessment: assessPassport({ ...SOUND, reader: "off" }) });
  assert.deepEqual([off.title, aboutOf(off)], ["A person must look", ["second_reader"]]);
});

test("a person must look at a warning by the rules of the state, and at a contradictory field", () => {
  const result = resultOf();
  const checks = result.checks.map((check) =>
    check.name === "state_rules" ? { ...check, state: "warning" as const } : check,
  );
  assert.deepEqual(aboutOf(verdictOf({ ...result, checks })), ["state_rules"]);
  const { fields } = result.passport;
  const surname = { ...fields.surname, state: "conflict" as const };
  const contradictory = verdictOf({ ...result, passport: { ...result.passport, fields: { ...fields, surname } } });
  assert.deepEqual([contradictory.title, aboutOf(contradictory)], ["A person must look", ["surname"]]);
});

test("a failure says who must act, and without a result there is no verdict", () => {
  const fail = (code: ReasonCode) => verdictOf(failureResult(ABOUT, new FinalError("", code, { image: "selfie" })));
  assert.deepEqual([fail("face_mismatch").tone, fail("face_mismatch").short], ["bad", "new pictures"]);
  assert.equal(fail("ocr_quota_exhausted").title, "Could not be checked");
  assert.deepEqual([fail("ocr_refused").tone, fail("ocr_refused").personMessage], ["fair", PERSON_LOOKS_MESSAGE]);
  assert.deepEqual([verdictOf(null).title, verdictOf(null).personMessage], ["No verdict", null]);
});

test("the guide relies on the same checks and says the same", async () => {
  const policy = await readFile(join(import.meta.dirname, "../../examples/serverpod/lib/src/kyc/policy.dart"), "utf8");
  const names = ["required", "requiredSinceVersion2"].flatMap((name) => {
    const [, set = ""] = new RegExp(`const ${name} = \\{([^}]*)\\}`).exec(policy) ?? [];
    return [...set.matchAll(/'(\w+)'/g)].map(([, check]) => check);
  });
  assert.deepEqual(new Set(names), new Set(RELIED_ON));
  // Dart joins adjacent texts.
  const texts = policy.replaceAll(/'\s+'/g, "");
  for (const message of [APPROVED_MESSAGE, PERSON_LOOKS_MESSAGE]) assert.ok(texts.includes(`'${message}'`), message);
});
