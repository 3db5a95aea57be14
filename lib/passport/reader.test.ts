/** The model, which reads both zones, beside the independent reader of the MRZ. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildReading, mrzOf, type Page, readerOf } from "../../test/readings/build-reading.ts";
import { assessPassport } from "./assess.ts";
import { FIELDS_IN_BOTH_ZONES, type FieldName } from "./assessment.ts";
import type { MrzReading, PassportReading, ReaderReading } from "./reading.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };

const PAGE: Page = { optional: "30630956789012", printed: { personalNumber: "30630956789012" } };
const GENUINE = buildReading(PAGE);
const { line1, line2 } = mrzOf(PAGE);
const UNSURE: ReaderReading = { line1: null, line2: null, reason: "unsure" };
const NO_ZONE: ReaderReading = { line1: null, line2: null, reason: "no_zone" };

function assess(reading: PassportReading, reader?: ReaderReading, secondMrz?: MrzReading) {
  const assessment = assessPassport({ reading, reader, secondMrz, today: TODAY, policy: POLICY });
  const check = assessment.checks.find(({ name }) => name === "second_reader");
  assert.ok(check);
  const reasons = check.reasons.map(({ code, field }) => (field === undefined ? code : `${code} ${field}`));
  return { ...assessment, second: [check.state, ...reasons].join(" ") };
}

const statesOf = ({ fields }: ReturnType<typeof assess>) =>
  new Set(FIELDS_IN_BOTH_ZONES.map((name) => fields[name].state));

test("a reader that is sure of both lines confirms what both zones say", () => {
  const assessment = assess(GENUINE, readerOf(PAGE));
  assert.deepEqual(statesOf(assessment), new Set(["confirmed"]));
  assert.equal(assessment.second, "passed");
  assert.deepEqual([assessment.mrz.line1From, assessment.mrz.line2From], ["reader", "reader"]);
  assert.deepEqual(
    assessment.fields.sex.sources.map(({ zone }) => zone),
    ["printed", "mrz", "mrz_reader"],
  );
});

test("without the reader nothing is confirmed, and the check says why", () => {
  for (const [reader, second] of [
    ["off", "not_executed reader_off"],
    [undefined, "not_executed reader_not_run"],
    [UNSURE, "not_executed reader_unsure"],
  ] as const) {
    const assessment = assess(GENUINE, reader);
    assert.deepEqual(statesOf(assessment), new Set(["agreed"]));
    assert.equal(assessment.second, second);
    assert.equal(assessment.needsSecondReading, false);
  }
});

test("one sure line confirms its own fields only", () => {
  const first = assess(GENUINE, { line1, line2: null, reason: "unsure" });
  assert.deepEqual([first.fields.surname.state, first.fields.birthDate.state], ["confirmed", "agreed"]);
  assert.equal(first.second, "not_executed reader_unsure line2");
  const second = assess(GENUINE, { line1: null, line2, reason: "unsure" });
  assert.deepEqual([second.fields.surname.state, second.fields.birthDate.state], ["agreed", "confirmed"]);
  assert.equal(second.second, "not_executed reader_unsure line1");
});

test("the reader alone confirms with the page where the model read no MRZ", () => {
  const reading = { ...GENUINE, mrz: { line1: null, line2: null, unreadable: "glare" as const } };
  assert.deepEqual(statesOf(assess(reading, readerOf(PAGE))), new Set(["confirmed"]));
});

test("a reader that is sure that there is no such zone: nothing rests on the MRZ that the model reports", () => {
  const assessment = assess(GENUINE, NO_ZONE);
  assert.deepEqual(statesOf(assessment), new Set(["single_source"]));
  assert.equal(assessment.second, "warning reader_found_no_zone");
  assert.equal(assessment.needsSecondReading, false);
  const none = assess({ ...GENUINE, mrz: { line1: null, line2: null, unreadable: "not_printed" } }, NO_ZONE);
  assert.equal(none.second, "not_executed reader_unsure");
});

/** Both zones of the model wrong alike, all check digits right. */
const CONSISTENT: Readonly<Partial<Record<FieldName, Page>>> = {
  surname: { ...PAGE, names: "SMYTHE<<JOHN", printed: { ...PAGE.printed, surname: "SMYTHE" } },
  givenNames: { ...PAGE, names: "SMITH<<JON", printed: { ...PAGE.printed, givenNames: "JON" } },
  documentNumber: { ...PAGE, number: "925665461" },
  nationality: { ...PAGE, nationality: "FRA" },
  birthDate: { ...PAGE, birth: "900113", printed: { ...PAGE.printed, birthDate: ["13 JAN /JAN 90", "1990-01-13"] } },
  sex: { ...PAGE, sex: "F" },
};

for (const [name, page] of Object.entries(CONSISTENT)) {
  test(`the same wrong value in both zones of the model is a conflict beside a reader that is right: ${name}`, () => {
    assert.equal(assess(buildReading(page)).second, "not_executed reader_not_run");
    const assessment = assess(buildReading(page), readerOf(PAGE));
    assert.equal(assessment.second, `warning readers_disagree ${name}`);
    const field = FIELDS_IN_BOTH_ZONES.find((one) => one === name);
    assert.ok(field);
    assert.equal(assessment.fields[field].state, "conflict");
    assert.equal(assessment.needsSecondReading, false);
  });
}

test("check digits decide between the model and the reader where they can", () => {
  const misread = { ...GENUINE, mrz: { ...GENUINE.mrz, line2: (line2 ?? "").replace("900112", "900172") } };
  const assessment = assess(misread, readerOf(PAGE));
  assert.equal(assessment.fields.birthDate.state, "confirmed");
  assert.equal(assessment.second, "passed");
  assert.equal(assessment.needsSecondReading, false);

  const wrongReader = { line1, line2: (line2 ?? "").replace("900112", "900172"), reason: null };
  assert.equal(assess(GENUINE, wrongReader).fields.birthDate.state, "agreed");
});

test("where no digit can decide, a page that goes with the reader settles it, and the check still says so", () => {
  const misread = { ...GENUINE, mrz: { ...GENUINE.mrz, line1: (line1 ?? "").replace("SMITH", "SMYTH") } };
  const assessment = assess(misread, readerOf(PAGE));
  assert.deepEqual([assessment.fields.surname.state, assessment.fields.surname.value], ["checked", "SMITH"]);
  assert.equal(assessment.second, "warning readers_disagree surname");
});

const EMPTY_OR_OTHER: readonly (readonly [FieldName, string, Page])[] = [
  ["personalNumber", "empty", { optional: "" }],
  ["personalNumber", "other data", { optional: "7Q" }],
  ["birthDate", "unknown", { birth: "<<<<<<" }],
];

for (const [name, what, other] of EMPTY_OR_OTHER) {
  test(`one reading has a value where the other one is sure of ${what}: ${name}`, () => {
    const page: Page = { state: "NLD", optional: "998783522", printed: { personalNumber: "998783522" } };
    const contradicted = assess(buildReading(page), readerOf({ ...page, ...other }));
    assert.deepEqual(
      [contradicted.fields[name].state, contradicted.second],
      ["conflict", `warning readers_disagree ${name}`],
    );
    // The page goes with the reader.
    const settled = assess({ ...buildReading(page), mrz: mrzOf({ ...page, ...other }) }, readerOf(page));
    assert.deepEqual([settled.fields[name].state, settled.second], ["checked", `warning readers_disagree ${name}`]);
    // The model's line does not hold.
    const misread = { ...mrzOf(page), line2: (mrzOf(page).line2 ?? "").slice(0, 43) + "X" };
    const doubtful = assess({ ...buildReading(page), mrz: misread }, readerOf({ ...page, ...other }));
    assert.equal(doubtful.fields[name].state, "conflict");
    // Both read the same, and no value: nothing disagrees.
    const alike = assess(buildReading({ ...page, ...other }), readerOf({ ...page, ...other }));
    assert.equal(alike.second, "passed");
  });
}

test("the model is asked again only about a line that is in doubt and that the reader is not sure of", () => {
  const doubtful = buildReading({ ...PAGE, printed: { ...PAGE.printed, surname: "SCHMIDT" } });
  assert.equal(assess(doubtful).needsSecondReading, true);
  assert.equal(assess(doubtful, UNSURE).needsSecondReading, true);
  assert.equal(assess(doubtful, readerOf(PAGE)).needsSecondReading, false);
  assert.equal(assess(doubtful, { line1, line2: null, reason: "unsure" }).needsSecondReading, false);
  assert.equal(assess(doubtful, { line1: null, line2, reason: "unsure" }).needsSecondReading, true);
  assert.equal(assess(doubtful, NO_ZONE).needsSecondReading, false, "there is no line to read again");
});

test("a second look of the model that finds no lines leaves the page's word alone", () => {
  const doubtful = buildReading({ ...PAGE, printed: { ...PAGE.printed, sex: "F" } });
  const notThere = { line1: null, line2: null, unreadable: "not_printed" } as const;
  const { fields } = assess(doubtful, undefined, notThere);
  assert.deepEqual([fields.documentNumber.state, fields.surname.state], ["single_source", "single_source"]);
  // No second reading came about: the first one stands.
  const refused = assess(doubtful, undefined, { ...notThere, unreadable: null });
  assert.equal(refused.fields.documentNumber.state, "agreed");
});
