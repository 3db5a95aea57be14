import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { FinalError } from "../../lib/errors.ts";
import { assessPassport } from "../../lib/passport/assess.ts";
import { failureResult, successResult, type Verification } from "../../lib/result.ts";
import { sampleVerification } from "../../test/sample-verification.ts";
import { genuineReading, samplePassport } from "../samples/passports.ts";
import { RELIED_ON, verdictOf } from "./verdict.ts";

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

const judge = (overrides: Partial<Verification> = {}) =>
  verdictOf(successResult(ABOUT, sampleVerification(TODAY, overrides)));

test("only what nobody has to look at any more is verified", () => {
  assert.deepEqual(judge(), { tone: "good", title: "Verified", short: "verified", why: [] });
});

test("faces that the fallback compared ask for a human", () => {
  const { tone, title, why } = judge({ faceMatch: FALLBACK });
  assert.deepEqual([tone, title], ["fair", "Read and compared: a human has to look (face_match)"]);
  assert.match(why.join(), /^face_match: The fallback engine compared the faces/);
});

test("an expired passport and a holder under age have failed, in red and by name", () => {
  const inFortyYears = new Date("2066-11-22T12:00:00Z");
  const expired = judge({ assessment: assessPassport({ ...SOUND, today: inFortyYears }) });
  assert.deepEqual([expired.tone, expired.title], ["bad", "Read and compared, but failed: dates"]);
  assert.match(expired.why.join(), /The passport has expired/);
  const policy = { ...POLICY, minimumAgeYears: 150 };
  const young = judge({ assessment: assessPassport({ ...SOUND, policy }), faceMatch: FALLBACK });
  assert.deepEqual(
    [young.tone, young.title],
    ["bad", "Read and compared, but failed: age; a human has to look (face_match)"],
  );
});

test("what is relied on and was not done asks for a human, a missing stamp page does not", () => {
  const result = successResult(ABOUT, sampleVerification(TODAY));
  const checks = result.checks.filter(({ name }) => name !== "age");
  assert.equal(verdictOf({ ...result, checks }).title, "Read and compared: a human has to look (age)");
});

test("without the second reader, a human has to look", () => {
  const assessment = assessPassport({ ...SOUND, reader: "off" });
  assert.equal(judge({ assessment }).title, "Read and compared: a human has to look (second_reader)");
});

test("a warning by the rules of the state asks for a human", () => {
  const result = successResult(ABOUT, sampleVerification(TODAY));
  const checks = result.checks.map((check) =>
    check.name === "state_rules" ? { ...check, state: "warning" as const } : check,
  );
  assert.equal(verdictOf({ ...result, checks }).title, "Read and compared: a human has to look (state_rules)");
});

test("a failure and a missing result are not successes", () => {
  const failed = failureResult(ABOUT, new FinalError("", "face_mismatch", { image: "selfie" }));
  assert.deepEqual([verdictOf(failed).tone, verdictOf(failed).short], ["bad", "face_mismatch"]);
  assert.equal(verdictOf(null).title, "No verdict");
});

test("the guide relies on the same checks", async () => {
  const guide = await readFile(join(import.meta.dirname, "../../docs/calling-from-serverpod.md"), "utf8");
  const names = ["required", "requiredSinceVersion2"].flatMap((name) => {
    const [, set = ""] = new RegExp(`const ${name} = \\{([^}]*)\\}`).exec(guide) ?? [];
    return [...set.matchAll(/'(\w+)'/g)].map(([, check]) => check);
  });
  assert.deepEqual(new Set(names), new Set(RELIED_ON));
});
