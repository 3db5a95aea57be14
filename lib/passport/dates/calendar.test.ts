import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addDays,
  ageRange,
  asGregorian,
  birthDateCandidates,
  existsInCalendar,
  expiryDateCandidates,
  formatDate,
  isFuller,
  parseIsoDate,
  resolveCentury,
  sameKnownParts,
  toMrzDate,
} from "./calendar.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const date = (text: string) => {
  const parsed = parseIsoDate(text);
  assert.ok(parsed, text);
  return parsed;
};
const births = (yymmdd: string) => birthDateCandidates(yymmdd, TODAY).map(formatDate);
const expiries = (yymmdd: string) => expiryDateCandidates(yymmdd, TODAY).map(formatDate);

test("dates of birth lie in the past, the latest first, and at most 120 years ago", () => {
  assert.deepEqual(births("900214"), ["1990-02-14"]);
  assert.deepEqual(births("261122"), ["2026-11-22", "1926-11-22"]);
  assert.deepEqual(births("261123"), ["1926-11-23"]);
  assert.deepEqual(births("050101"), ["2005-01-01"]);
  assert.deepEqual(births("060101"), ["2006-01-01", "1906-01-01"]);
});

test("dates of expiry lie within 50 years of today", () => {
  assert.deepEqual(expiries("330213"), ["2033-02-13"]);
  assert.deepEqual(expiries("190101"), ["2019-01-01"]);
  assert.deepEqual(expiries("770101"), ["1977-01-01"]);
  assert.deepEqual(expiries("760101"), ["2076-01-01", "1976-01-01"]);
});

test("a date that the calendar does not have is not a date", () => {
  assert.deepEqual(births("900230"), []);
  assert.deepEqual(births("901301"), []);
  assert.deepEqual(births("900100").length, 1);
  assert.deepEqual(expiries("330229"), []);
  assert.deepEqual(expiries("3302<<"), []);
  assert.deepEqual(births("9O0214"), []);
  assert.deepEqual(births("000229"), ["2000-02-29"]);
});

test("a date of birth may have unknown parts", () => {
  assert.deepEqual(births("80<<<<"), ["1980"]);
  assert.deepEqual(births("8005<<"), ["1980-05"]);
  assert.deepEqual(births("800000"), ["1980"]);
  assert.deepEqual(births("<<<<<<"), []);
  assert.equal(formatDate(date("1980-00-00")), "1980");
  assert.equal(formatDate(date("1980-XX-XX")), "1980");
  assert.equal(toMrzDate(date("1980-05")), "8005<<");
});

test("dates are compared by the parts that both of them know, and the fuller one knows more", () => {
  const dates = ["1990", "1990-03", "1990-03-12"].map(date);
  for (const [index, one] of dates.entries()) {
    for (const [place, other] of dates.entries()) {
      assert.ok(sameKnownParts(one, other));
      assert.equal(isFuller(one, other), index > place);
    }
  }
  for (const other of ["1991", "1990-04", "1990-03-13"])
    assert.ok(!sameKnownParts(date("1990-03-12"), date(other)), other);
});

test("the printed century counts where the MRZ allows it", () => {
  const possible = birthDateCandidates("211122", TODAY);
  assert.deepEqual(resolveCentury(possible, date("1921-11-22")), {
    date: date("1921-11-22"),
    centurySource: "viz",
  });
  assert.equal(resolveCentury(possible, date("1821-11-22"))?.date.year, 2021);
  assert.equal(resolveCentury(possible, null)?.centurySource, "inferred");
  assert.equal(resolveCentury([], null), null);
});

test("an age changes on the birthday", () => {
  const age = (birth: string, today: string) => ageRange(date(birth), new Date(today));
  assert.deepEqual(age("2008-11-22", "2026-11-22"), { youngest: 18, oldest: 18 });
  assert.deepEqual(age("2008-11-23", "2026-11-22"), { youngest: 17, oldest: 17 });
  assert.deepEqual(age("2008-02-29", "2026-02-28"), { youngest: 17, oldest: 17 });
  assert.deepEqual(age("2008-02-29", "2026-03-01"), { youngest: 18, oldest: 18 });
  assert.deepEqual(age("2008", "2026-11-22"), { youngest: 17, oldest: 18 });
  assert.deepEqual(age("2008-11", "2026-11-22"), { youngest: 17, oldest: 18 });
});

test("texts of another form are no dates", () => {
  for (const text of ["", "1990", "1990-02", "1990-02-14"]) assert.equal(parseIsoDate(text) === null, text === "");
  for (const text of ["14.02.1990", "90-02-14", "1990-2-14", "1990-02-14T00:00", "ignore"]) {
    assert.equal(parseIsoDate(text), null);
  }
});

test("every day of the calendar survives the way through the MRZ", () => {
  fc.assert(
    fc.property(fc.integer({ min: -40_000, max: -1 }), (days) => {
      const birth = addDays(date("2026-11-22"), days);
      assert.ok(existsInCalendar(birth));
      assert.ok(births(toMrzDate(birth)).includes(formatDate(birth)));
      assert.deepEqual(parseIsoDate(formatDate(birth)), birth);
    }),
  );
});

test("exactly the calendar's dates exist", () => {
  const parts = fc.record({ year: fc.integer({ min: 1900, max: 2100 }), month: fc.nat(14), day: fc.nat(33) });
  fc.assert(
    fc.property(parts, ({ year, month, day }) => {
      const js = new Date(Date.UTC(year, month - 1, day));
      const same = js.getUTCFullYear() === year && js.getUTCMonth() === month - 1 && js.getUTCDate() === day;
      assert.equal(existsInCalendar({ year, month, day }), same);
    }),
  );
});

test("a date of another calendar is found among the dates that the MRZ can mean", () => {
  const found = (text: string) => formatDate(asGregorian(date(text), birthDateCandidates("900305", TODAY)));
  for (const text of ["2533-03-05", "1368-12-14", "1410-08-08", "1410-08-07", "1982-06-26"])
    assert.equal(found(text), "1990-03-05", text);
  for (const text of ["2533-03-06", "1368-11-14", "1410-08-18", "1990-05-03"]) assert.equal(found(text), text);
});

test("a date that may be of our calendar is not taken for the same day of another one", () => {
  const [read, sameInBuddhistYears] = [date("2533-03-05"), date("1990-03-05")];
  assert.equal(formatDate(asGregorian(read, [read, sameInBuddhistYears])), "2533-03-05");
});
