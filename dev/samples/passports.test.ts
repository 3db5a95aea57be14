import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "mrz";
import { assessPassport } from "../../lib/passport/assess.ts";
import { passportReadingSchema } from "../../lib/passport/reading.ts";
import { genuineReading, samplePassport } from "./passports.ts";
import { STATE_PROFILES } from "./states.ts";

const POLICY = { minimumAgeYears: 18, expiresSoonDays: 30, allowSpecimen: false };
const TODAY = new Date("2026-11-22T12:00:00Z");
const SAMPLES = Array.from({ length: 1000 }, (_, seed) => samplePassport(seed, TODAY));

test("sample passports come from at least 30 issuing states", () => {
  assert.ok(new Set(STATE_PROFILES.map((profile) => profile.issuingState)).size >= 30);
  assert.ok(new Set(SAMPLES.map((passport) => passport.issuingState)).size >= 30);
});

test("the same seed and day give the same sample passport", () => {
  assert.deepEqual(samplePassport(77, TODAY), samplePassport(77, TODAY));
  assert.notDeepEqual(samplePassport(77, TODAY).mrz, samplePassport(127, TODAY).mrz);
});

test("every machine readable zone is valid, and every passport too", () => {
  for (const passport of SAMPLES) {
    assert.equal(parse(passport.mrz).valid, true, passport.mrz.join("\n"));
    assert.ok(passport.expiryDate > "2026-11-22");
    assert.ok(passport.issueDate < "2026-11-22");
    assert.ok(passport.birthDate < passport.issueDate);
  }
});

test("no sample passport gets a warning by a state's rules: a drawn personal number holds no date near the birth", () => {
  for (const day of ["2026-11-22", "2027-03-01", "2028-02-29"]) {
    const today = new Date(day);
    // The first draw of 1914 was 622203/3459 for somebody who was born on 1960-09-03.
    for (const seed of [1_914, ...Array.from({ length: 400 }, (_, index) => index)]) {
      const passport = samplePassport(seed, today);
      const { checks } = assessPassport({ reading: genuineReading(passport), today, policy: POLICY });
      const { state } = checks.find(({ name }) => name === "state_rules") ?? {};
      assert.notEqual(state, "warning", `${seed} on ${day}: ${passport.personalNumber} and ${passport.birthDate}`);
    }
  }
});

test("the names of sample passports come in their real shapes", () => {
  const some = (has: (passport: (typeof SAMPLES)[number]) => boolean) => assert.ok(SAMPLES.some(has));
  some((passport) => passport.surname.includes("Ü") && passport.mrzSurname.includes("UE"));
  some((passport) => /\p{Script=Cyrillic}/u.test(passport.printed.surname ?? ""));
  some((passport) => /\p{Script=Arabic}/u.test(passport.printed.surname ?? ""));
  some((passport) => /[ỄỖẦẶ]/.test(passport.surname));
  some((passport) => passport.surname.includes("'"));
  some((passport) => passport.surname.includes("-"));
  some((passport) => passport.givenNames === "");
  some((passport) => /[A-Z]$/.test(passport.mrz[0]));
  some((passport) => passport.mrz[0].startsWith("P<D<<"));
  some((passport) => passport.mrz[0].startsWith("PP"));
  some((passport) => passport.sex === "X");
  some((passport) => passport.personalNumber !== null);
  some((passport) => passport.mrz[1].at(42) === "<");
  some((passport) => /<{14}0.$/.test(passport.mrz[1]));
});

test("a genuine reading has the reply's form", () => {
  for (const passport of SAMPLES) passportReadingSchema.parse(genuineReading(passport));
});
