import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDate, type PassportDate } from "./calendar.ts";
import { parsePrintedDate, printedDateAgrees } from "./printed.ts";

const MARCH: PassportDate = { year: 1990, month: 3, day: 12 };

test("every usual printed form of a date agrees with it", () => {
  const forms = [
    "12 MAR 1990",
    "12 MAR/MARS 90",
    "12 Mar/März 1990",
    "12.03.1990",
    "12/03/1990",
    "03/12/1990",
    "12 03 1990",
    "12-03-1990",
    "1990-03-12",
    "12031990",
    "12MAR1990",
    "12 DE MARZO DE 1990",
    "12 МАР / MAR 1990",
    "١٢/٠٣/١٩٩٠",
    "12 MAR 2533",
    "12 III 1990",
  ];
  for (const form of forms) assert.equal(printedDateAgrees(form, MARCH), true, form);
});

test("printed forms of another date contradict a date", () => {
  const forms = [
    "13 MAR 1990",
    "12 MAY 1990",
    "12 MAR 1991",
    "12.04.1990",
    "12.03.1890",
    "12.03.3990",
    "1990-12-03",
    "12 MAR 89",
  ];
  for (const form of forms) assert.equal(printedDateAgrees(form, MARCH), false, form);
});

test("a date in two calendars says what its Gregorian half does", () => {
  assert.equal(printedDateAgrees("12 MAR 1990 / 15 SHA 1410", MARCH), true);
  assert.equal(printedDateAgrees("12 3月/MAR 1990", MARCH), true);
  for (const form of [
    "12 3月/MAR 2090",
    "13 MAR 1990 / 15 SHA 1410",
    "12 APR 1990 / 15 SHA 1410",
    "12 MAR 1991 / 15 SHA 1410",
    "13/03/1990 15/08/1410",
    "12/03/1991 15/08/1410",
  ]) {
    assert.equal(printedDateAgrees(form, MARCH), false, form);
  }
});

test("other calendars, months of other languages, and words alone say nothing", () => {
  const forms = [
    "15/08/1410",
    "平成2年3月",
    "12/03/1990 15/08/1410",
    "15/08/1410 15.08.1410",
    "12 ожујка 1990",
    "NOVEMBER",
  ];
  for (const form of forms) {
    assert.equal(printedDateAgrees(form, MARCH), null, form);
  }
});

test("a short name that means another month elsewhere is no contradiction", () => {
  assert.equal(printedDateAgrees("12 MAR/NOV 1990", { ...MARCH, month: 11 }), true);
});

test("unknown parts of a printed date agree only with parts that are not known", () => {
  assert.equal(printedDateAgrees("00.00.1990", { year: 1990, month: null, day: null }), true);
  assert.equal(printedDateAgrees("01.00.1990", { year: 1990, month: null, day: null }), false);
  assert.equal(printedDateAgrees("1990", { year: 1990, month: null, day: null }), true);
  assert.equal(printedDateAgrees("XX MAR 1990", { year: 1990, month: 3, day: null }), true);
  assert.equal(printedDateAgrees("MAR 90", { year: 1990, month: 3, day: null }), true);
  assert.equal(printedDateAgrees("1990", MARCH), null);
});

test("a date is only taken from print where it can mean one date", () => {
  const parsed = (text: string) => {
    const date = parsePrintedDate(text);
    return date === null ? null : formatDate(date);
  };
  assert.equal(parsed("12 MAR 1990"), "1990-03-12");
  assert.equal(parsed("1990-03-12"), "1990-03-12");
  assert.equal(parsed("25.03.1990"), "1990-03-25");
  assert.equal(parsed("31.03.1990"), "1990-03-31");
  assert.equal(parsed("31 MAR 1990"), "1990-03-31");
  assert.equal(parsed("12.03.1990"), null);
  assert.equal(parsed("12 MAR 90"), null);
  assert.equal(parsed("15/08/1410"), null);
});
