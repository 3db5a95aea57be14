/** Passports with known answers, check digits computed independently of this repository. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assessPassport } from "./assess.ts";
import { CHECK_DIGITS, readFirstLine } from "./mrz/lines.ts";
import { readAndRepairSecondLine } from "./mrz/repair.ts";
import { splitNames } from "./names/identifiers.ts";
import type { PassportReading, PrintedField, ReaderReading } from "./reading.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };

interface Vector {
  readonly name: string;
  readonly lines: readonly [string, string];
  /** Surname, given names, number, issuing state, nationality, birth, sex, expiry, personal number. */
  readonly printed: readonly (string | null)[];
  readonly failing?: readonly string[];
}

const VECTORS: readonly Vector[] = [
  {
    name: "ordinary",
    lines: ["P<GBRMUELLER<SMITH<<ANNA<MARIA<<<<<<<<<<<<<<", "9250764733GBR9002144F3302130<<<<<<<<<<<<<<<0"],
    printed: ["MÜLLER-SMITH", "ANNA MARIA", "925076473", "GBR", "GBR", "1990-02-14", "F", "2033-02-13", null],
  },
  {
    name: "code PP and a personal number",
    lines: ["PPUZBKARIMOV<<BEKZOD<<<<<<<<<<<<<<<<<<<<<<<<", "FA12345673UZB9506309M35062933063095678901238"],
    printed: ["KARIMOV", "BEKZOD", "FA1234567", "UZB", "UZB", "1995-06-30", "M", "2035-06-29", "30630956789012"],
  },
  {
    name: "Germany",
    lines: ["P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<", "C01X00T478D<<6408125F2702283<<<<<<<<<<<<<<<4"],
    printed: ["MUSTERMANN", "ERIKA", "C01X00T47", "D", "D", "1964-08-12", "F", "2027-02-28", null],
    failing: ["document_type failed specimen_document"],
  },
  {
    name: "Germany, with 0 as the check digit of nothing",
    lines: ["P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<", "C01X00T478D<<6408125F2702283<<<<<<<<<<<<<<04"],
    printed: ["MUSTERMANN", "ERIKA", "C01X00T47", "DEU", "Germany", "1964-08-12", "F", "2027-02-28", null],
    failing: ["document_type failed specimen_document"],
  },
  {
    name: "single name",
    lines: ["P<IDNSUKARNO<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "X1234567<7IDN8501019M3001019<<<<<<<<<<<<<<<8"],
    printed: ["SUKARNO", null, "X1234567", "IDN", "IDN", "1985-01-01", "M", "2030-01-01", null],
  },
  {
    name: "sex unspecified",
    lines: ["P<NZLSMITH<<ALEX<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "LA000000<7NZL8808084<3308084<<<<<<<<<<<<<<<0"],
    printed: ["SMITH", "ALEX", "LA000000", "NZL", "NZL", "1988-08-08", "X", "2033-08-08", null],
  },
  {
    name: "shortened name",
    lines: ["P<THANILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K", "AA12345678THA6802295F3307249<<<<<<<<<<<<<<<2"],
    printed: [
      "NILAVADHANANANDA",
      "CHAYAPA DEJTHAMRONG KRASUANG",
      "AA1234567",
      "THA",
      "THA",
      "1968-02-29",
      "F",
      "2033-07-24",
      null,
    ],
  },
  {
    name: "expired",
    lines: ["P<GBROLD<<PERSON<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "1234567897GBR4001016M1901012<<<<<<<<<<<<<<<6"],
    printed: ["OLD", "PERSON", "123456789", "GBR", "GBR", "1940-01-01", "M", "2019-01-01", null],
    failing: ["dates failed document_expired"],
  },
  {
    name: "30 February",
    lines: ["P<GBRBAD<<DATE<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "1234567897GBR9002306M3301018<<<<<<<<<<<<<<<6"],
    printed: ["BAD", "DATE", "123456789", "GBR", "GBR", "1990-02-30", "M", "2033-01-01", null],
    failing: ["dates failed date_impossible", "age not_executed field_not_legible"],
  },
  {
    name: "specimen",
    lines: ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"],
    printed: ["ERIKSSON", "ANNA MARIA", "L898902C3", "UTO", "UTO", "1974-08-12", "F", "2012-04-15", "ZE184226B"],
    failing: [
      "document_type failed specimen_document specimen_document specimen_document",
      "dates failed document_expired",
    ],
  },
];

const field = (value: string | null | undefined): PrintedField => ({
  printed: value ?? null,
  value: value ?? null,
  unreadable: value === null || value === undefined ? "not_printed" : null,
});

const readerOf = ({ lines: [line1, line2] }: Vector): ReaderReading => ({ line1, line2, reason: null });

function readingOf({ lines, printed }: Vector): PassportReading {
  return {
    mrz: { line1: lines[0], line2: lines[1], unreadable: null },
    mrzBox: null,
    quality: [],
    instructionsSeen: null,
    documentKind: "passport",
    fields: {
      surname: field(printed[0]),
      givenNames: field(printed[1]),
      documentNumber: field(printed[2]),
      issuingState: field(printed[3]),
      nationality: field(printed[4]),
      birthDate: field(printed[5]),
      sex: field(printed[6]),
      issueDate: field("2018-03-01"),
      expiryDate: field(printed[7]),
      personalNumber: field(printed[8]),
      placeOfBirth: field("LEEDS"),
    },
  };
}

for (const vector of VECTORS) {
  test(`${vector.name}: all five check digits hold, and nothing was repaired`, () => {
    const line = readAndRepairSecondLine(vector.lines[1]);
    assert.deepEqual(
      CHECK_DIGITS.filter((digit) => line?.checkDigits[digit] !== true),
      [],
    );
    assert.equal(line?.repair, null);
  });

  test(`${vector.name}: no field in conflict, and only the expected checks do not pass`, () => {
    const reading = readingOf(vector);
    // A specimen that expired in 2012 cannot have been issued later.
    if (vector.name === "specimen") reading.fields.issueDate = field("2007-04-16");
    const { fields, checks, needsSecondReading } = assessPassport({
      reading,
      reader: readerOf(vector),
      today: TODAY,
      policy: POLICY,
    });
    const conflicts = Object.entries(fields).filter(([, { state }]) => state === "conflict");
    assert.deepEqual(
      conflicts.map(([name]) => name),
      vector.name === "30 February" ? ["birthDate"] : [],
    );
    // Most vectors are of states without rules of their own.
    const notPassed = checks.filter(({ name, state }) => state !== "passed" && name !== "state_rules");
    assert.deepEqual(
      notPassed.map(({ name, state, reasons }) => `${name} ${state} ${reasons.map(({ code }) => code).join(" ")}`),
      vector.failing ?? [],
    );
    assert.equal(needsSecondReading, false);
  });
}

test("the fields of the ordinary vector have their values and states", () => {
  const [ordinary] = VECTORS;
  assert.ok(ordinary);
  const { fields, mrz, holderAgeYears } = assessPassport({
    reading: readingOf(ordinary),
    reader: readerOf(ordinary),
    today: TODAY,
    policy: POLICY,
  });
  assert.equal(fields.surname.value, "MÜLLER-SMITH");
  assert.equal(fields.surname.state, "checked", "UE may be an Ü or two letters");
  assert.equal(fields.givenNames.state, "confirmed");
  assert.equal(fields.birthDate.value, "1990-02-14");
  assert.equal(fields.birthDate.centurySource, "viz");
  assert.equal(fields.issueDate.state, "single_source");
  assert.equal(fields.personalNumber.state, "missing");
  assert.equal(holderAgeYears, 36);
  assert.deepEqual(mrz.checkDigits, {
    documentNumber: "passed",
    birthDate: "passed",
    expiryDate: "passed",
    personalNumber: "passed",
    composite: "passed",
  });
});

test("a letter in the last place marks the names as shortened", () => {
  for (const { name, lines } of VECTORS) {
    const line = readFirstLine(lines[0]);
    assert.ok(line);
    assert.equal(splitNames(line.names).shortened, name === "shortened name");
  }
});

test("the specimen passes with a warning where specimens are allowed", () => {
  const specimen = VECTORS.find(({ name }) => name === "specimen");
  assert.ok(specimen);
  const policy = { ...POLICY, allowSpecimen: true };
  const { checks } = assessPassport({ reading: readingOf(specimen), today: new Date("2010-01-01"), policy });
  const check = checks.find(({ name }) => name === "document_type");
  assert.equal(check?.state, "warning");
});
