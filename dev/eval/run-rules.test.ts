import assert from "node:assert/strict";
import { test } from "node:test";
import { isClean, report } from "./report.ts";
import { runRulesEval } from "./run-rules.ts";
import { isTrue } from "./truth.ts";
import { samplePassport } from "../samples/passports.ts";
import { BLIND_PAIRS, misread } from "./misreadings.ts";
import { createRandom } from "../samples/random.ts";
import { judgeMisread } from "./judge.ts";
import { misreadTrial } from "./trials.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const SIZE = { genuine: 600, misread: 2000, ofEachKind: 20, seed: 1, today: TODAY };

test("no wrong value is confirmed and no genuine passport flagged", () => {
  const summary = runRulesEval(SIZE);
  assert.deepEqual(summary.wrongConfirmed, []);
  assert.deepEqual(summary.flagged, []);
  assert.ok(isClean(summary));
  assert.equal(summary.blindSwaps, 1832);
  const text = report(summary);
  assert.match(text, /Wrong values confirmed or agreed \(must be 0\): 0/);
});

test("every kind is drawn, and beside a reader that is right hardly any wrong value stays silent", () => {
  const { genuine, inOneZone, inBothZones } = runRulesEval({ ...SIZE, genuine: 0, misread: 0 }).kinds;
  for (const { kind, drawn } of [...genuine, ...inOneZone, ...inBothZones]) assert.ok(drawn > 0, kind);
  const total = (count: (row: (typeof inBothZones)[number]) => number) =>
    inBothZones.reduce((sum, row) => sum + count(row), 0);
  assert.ok(total((row) => row.silentBesideReader) * 50 <= total((row) => row.drawn));
});

test("the same seed gives the same figures", () => {
  const run = () => report(runRulesEval({ ...SIZE, genuine: 50, misread: 100, ofEachKind: 3 }));
  assert.equal(run(), run());
});

test("the judge sees a wrong value that is confirmed", () => {
  const trial = misreadTrial(5, TODAY);
  const { fields } = trial.assessment;
  const documentNumber = { ...fields.documentNumber, state: "confirmed" as const, value: "WRONG" };
  const misreadings = [{ kind: "look_alike", zone: "printed", target: "documentNumber" }] as const;
  const forged = { ...trial, misreadings, assessment: { ...trial.assessment, fields: { ...fields, documentNumber } } };
  assert.equal(judgeMisread(forged).wrongConfirmed.filter(({ field }) => field === "documentNumber").length, 1);
});

test("truth ignores marks and signs, and nothing else", () => {
  const passport = { ...samplePassport(2, TODAY), surname: "JÄGER-WEIẞ", documentNumber: "C01X00T47" };
  assert.ok(isTrue(passport, "surname", "Jager Weiẞ"));
  assert.ok(!isTrue(passport, "surname", "JÄGER"));
  assert.ok(!isTrue(passport, "documentNumber", "CO1X00T47"));
});

test("misreadings change a text by one character", () => {
  const random = createRandom(1);
  assert.equal(misread("A", "blind_swap", "AK", random), "K");
  assert.equal(misread("12", "transposition", "0123456789", random), "21");
  assert.equal(misread("11", "transposition", "0123456789", random), null);
  assert.equal(misread("5", "dropped_character", "0123456789", random), "");
  assert.equal(BLIND_PAIRS.length, 5 * 4 + 5 * (4 * 3) + 4 * (3 * 2));
});
