import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../dev/samples/random.ts";
import { samplePassport } from "../dev/samples/passports.ts";
import { misread } from "./misreadings.ts";
import { isClean, report } from "./report.ts";
import { type Row, runRulesEval } from "./run-rules.ts";
import { isTrue } from "./truth.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const SIZE = { ordinary: 600, ofEachKind: 40, seed: 1, today: TODAY };

const summary = runRulesEval(SIZE);

test("no wrong value is confirmed and no genuine passport flagged", () => {
  assert.ok(isClean(summary), report(summary));
  assert.equal(summary.ordinaryStates.get("issueDate")?.single_source, SIZE.ordinary);
});

test("a single broken promise is enough for the report to fail", () => {
  const broken = (change: Partial<Row>) => (rows: readonly Row[]) =>
    rows.map((row, index) => (index === 0 ? { ...row, ...change } : row));
  const { genuine, misread: wrong, inOneZone, inBothZones } = summary;
  for (const change of [
    { genuine: broken({ flagged: 1 })(genuine) },
    { genuine: broken({ readAgain: 1 })(genuine) },
    { misread: broken({ agreedReadAgain: 1 })(wrong) },
    { inOneZone: broken({ agreedAlone: 1 })(inOneZone) },
    { inBothZones: broken({ agreedBesideReader: 1 })(inBothZones) },
  ])
    assert.equal(isClean({ ...summary, ...change }), false);
});

test("every kind is drawn, and beside a reader that is right hardly any wrong value stays silent", () => {
  const { genuine, misread: wrong, inOneZone, inBothZones } = summary;
  for (const { kind, drawn } of [...genuine, ...wrong, ...inOneZone, ...inBothZones]) assert.ok(drawn > 0, kind);
  const total = (count: (row: Row) => number) => inBothZones.reduce((sum, row) => sum + count(row), 0);
  assert.ok(total((row) => row.silentBesideReader) * 50 <= total((row) => row.drawn));
  // The eval sees what is wrong: without the reader, the same mistake in both zones agrees.
  assert.ok(total((row) => row.agreedAlone) * 2 > total((row) => row.drawn));
});

test("the same seed gives the same figures", () => {
  const run = () => report(runRulesEval({ ...SIZE, ordinary: 50, ofEachKind: 3 }));
  assert.equal(run(), run());
});

test("truth ignores missing marks and signs, and nothing else", () => {
  const passport = { ...samplePassport(2, TODAY), surname: "JÄGER-WEIẞ", documentNumber: "C01X00T47" };
  assert.ok(isTrue(passport, "surname", "Jager Weiẞ"));
  assert.ok(!isTrue(passport, "surname", "JÄGER"));
  assert.ok(!isTrue(passport, "surname", "JÄGÉR-WEIẞ"));
  assert.ok(!isTrue(passport, "documentNumber", "CO1X00T47"));
});

test("misreadings change a text by one character", () => {
  const random = createRandom(1);
  assert.equal(misread("A", "blind_swap", "AK", random), "K");
  assert.equal(misread("12", "transposition", "0123456789", random), "21");
  assert.equal(misread("11", "transposition", "0123456789", random), null);
  assert.equal(misread("5", "dropped_character", "0123456789", random), "");
});
