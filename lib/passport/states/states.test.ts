/** Rules of single states: every entry is used, and none flags what its state issues. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildReading, type Page, readerOf } from "../../../test/readings/build-reading.ts";
import { flagsOf } from "../../../test/readings/flags-of.ts";
import { assessPassport } from "../assess.ts";
import { isStateCode } from "./codes.ts";
import { personFromNumber, SCHEMES } from "./personal-number.ts";
import { PROFILES } from "./profiles.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };

function codesOf(page: Page, check: string): string[] {
  const { checks } = assessPassport({ reading: buildReading(page), today: TODAY, policy: POLICY });
  return checks.find(({ name }) => name === check)?.reasons.map(({ code, field }) => `${code} ${field}`) ?? [];
}

test("every entry is of a state, says something, and names a scheme that there is; every scheme is some state's", () => {
  for (const [code, profile] of Object.entries(PROFILES)) {
    assert.ok(isStateCode(code), code);
    assert.ok(Object.keys(profile).length > 0, code);
    if (profile.personal !== undefined) assert.ok(profile.personal in SCHEMES, code);
  }
  const used = new Set(Object.values(PROFILES).map(({ personal }) => personal));
  for (const scheme of Object.keys(SCHEMES)) assert.ok(used.has(scheme), scheme);
});

/** A number of the form. */
const fill = (form: string) => form.replaceAll("A", "C").replaceAll("9", "7").replaceAll("X", "P");

for (const [state, { number = "" }] of Object.entries(PROFILES).filter(([, profile]) => profile.number)) {
  test(`numbers of ${state}: each form passes, and a look-alike in one is seen`, () => {
    for (const form of number.split(" ")) {
      assert.deepEqual(codesOf({ state, number: fill(form) }, "state_rules"), [], form);
      const digit = form.indexOf("9");
      const misread = `${fill(form).slice(0, digit)}O${fill(form).slice(digit + 1)}`;
      const isOtherForm = number
        .split(" ")
        .some((other) => new RegExp(`^${other.replaceAll("9", "[0-9]").replaceAll("A", "[A-Z]")}$`).test(misread));
      const expected = isOtherForm ? [] : ["document_number_form documentNumber"];
      assert.deepEqual(codesOf({ state, number: misread }, "state_rules"), expected, misread);
    }
  });
}

test("numbers of diplomatic and service passports have forms of their own", () => {
  const page: Page = { state: "CZE", number: "D1234567" };
  assert.deepEqual(codesOf(page, "state_rules"), ["document_number_form documentNumber"]);
  for (const code of ["PD", "PS", "PO"]) assert.deepEqual(codesOf({ ...page, code }, "state_rules"), []);
});

test("terms: whole years give or take a day, and what a renewal may add", () => {
  const page = (expiry: string, state = "FRA"): Page => ({
    state,
    number: "12AB34567",
    expiry: expiry.slice(2).replaceAll("-", ""),
    printed: { expiryDate: expiry, issueDate: "2023-03-01" },
  });
  for (const expiry of ["2033-03-01", "2033-02-28", "2033-03-02", "2028-03-01", "2030-02-28"]) {
    assert.deepEqual(codesOf(page(expiry), "state_rules"), [], expiry);
  }
  for (const expiry of ["2033-03-11", "2033-05-01", "2031-03-01"]) {
    assert.deepEqual(codesOf(page(expiry), "state_rules"), ["validity_unusual expiryDate"], expiry);
  }
  assert.deepEqual(codesOf({ ...page("2033-11-20", "GBR"), number: "123456789" }, "state_rules"), []);
});

const TERMS: readonly (readonly [state: string, issueDate: string, expiryDate: string])[] = [
  // Six years, up to the day before the date of issue.
  ["D", "2023-03-01", "2029-02-28"],
  ["D", "2023-03-01", "2029-03-01"],
  ["D", "2023-03-01", "2033-02-28"],
  ["MEX", "2026-10-01", "2027-10-01"],
  ["MEX", "2025-03-01", "2028-03-01"],
  ["MEX", "2023-03-01", "2029-03-01"],
  ["MEX", "2023-03-01", "2033-03-01"],
  ["CUB", "2023-03-01", "2029-03-01"],
  ["ECU", "2023-03-01", "2029-03-01"],
  ["YEM", "2023-03-01", "2029-02-28"],
  ["SYR", "2023-03-01", "2029-03-01"],
  ["IRQ", "2023-03-01", "2031-02-28"],
  ["LBY", "2023-03-01", "2031-03-01"],
  ["UKR", "2025-03-01", "2029-03-01"],
  // Years of the Hijri calendar: five are 1772 days.
  ["SAU", "2024-03-01", "2029-01-06"],
  ["SAU", "2024-03-01", "2029-03-01"],
  // An emergency passport.
  ["FRA", "2026-11-01", "2027-05-31"],
  // Up to a birthday of the holder, who was born on 12 January.
  ["HUN", "2023-03-01", "2029-01-12"],
  ["HUN", "2023-03-01", "2033-01-12"],
  // Up to the age of 100.
  ["BLR", "2024-03-01", "2060-01-12"],
  // A replacement that keeps the expiry date of the passport before it.
  ["AUS", "2024-05-17", "2031-09-02"],
  ["KOR", "2024-05-17", "2031-09-02"],
];

for (const [state, issueDate, expiryDate] of TERMS) {
  test(`a genuine page of ${state}, from ${issueDate} to ${expiryDate}`, () => {
    const page: Page = {
      state,
      expiry: expiryDate.slice(2).replaceAll("-", ""),
      printed: { issueDate, expiryDate },
    };
    assert.deepEqual(flagsOf(page, { reader: readerOf(page) }), []);
  });
}

/** Numbers of people born on 12 January 1990: made up, their serial parts too. */
const NUMBERS: Readonly<Record<string, readonly [male: string, female: string | null]>> = {
  BEL: ["90011200105", "90011200204"],
  BGR: ["9001120027", "9001120037"],
  CZE: ["9001120005", "9051120005"],
  DNK: ["120190-0001", "120190-0002"],
  EST: ["39001120010", "49001120010"],
  FIN: ["120190-001A", "120190-002B"],
  ISL: ["120190-0009", null],
  JMBG: ["1201990000000", "1201990005000"],
  KAZ: ["900112300000", "900112400000"],
  NOR: ["12019000100", "12019000200"],
  POL: ["90011200017", "90011200024"],
  ROU: ["1900112000010", "2900112000010"],
  SWE: ["19900112-0017", "19900112-0025"],
  UZB: ["31201900000000", "41201900000000"],
  ZAF: ["9001125000080", "9001124999080"],
};

for (const scheme of Object.keys(SCHEMES)) {
  test(`personal numbers of ${scheme} tell the date of birth and the sex`, () => {
    const [male, female] = NUMBERS[scheme] ?? assert.fail("no numbers");
    const born = { year: scheme === "JMBG" ? "990" : "90", month: "01", day: "12" };
    assert.deepEqual(personFromNumber(scheme, male), { ...born, sex: female === null ? null : "M" });
    if (female !== null) assert.deepEqual(personFromNumber(scheme, female), { ...born, sex: "F" });
    assert.equal(personFromNumber(scheme, "X"), null);
  });
}

test("a personal number tells each day of a month, and no other day", () => {
  for (const day of ["01", "31"]) assert.equal(personFromNumber("POL", `9001${day}00017`)?.day, day);
  for (const day of ["00", "32"]) assert.equal(personFromNumber("POL", `9001${day}00017`), null);
});

test("a personal number says nothing against a date of birth of which only the year is known", () => {
  const page: Page = {
    state: "POL",
    number: "AB1234567",
    birth: "90<<<<",
    optional: "91011000017",
    printed: { birthDate: ["1990", "1990-00-00"], personalNumber: "91011000017" },
  };
  assert.deepEqual(codesOf(page, "state_rules"), []);
});

test("a personal number that tells another day or sex is reported, and one that is far from it is not", () => {
  const page = (personal: string, more: Page = {}): Page => ({
    state: "POL",
    number: "AB1234567",
    optional: personal,
    ...more,
    printed: { personalNumber: personal, ...more.printed },
  });
  assert.deepEqual(codesOf(page("90011200017"), "state_rules"), []);
  assert.deepEqual(codesOf(page("90011300017"), "state_rules"), ["personal_number_mismatch birthDate"]);
  assert.deepEqual(codesOf(page("90011200024"), "state_rules"), ["personal_number_mismatch sex"]);
  assert.deepEqual(codesOf(page("65123100017"), "state_rules"), []);
  assert.deepEqual(codesOf(page("90991200017"), "state_rules"), []);
});

test("a lost filler between the names is reported, but not where the state writes one name", () => {
  const printed = { surname: "KHAN", givenNames: "ALI" };
  const run = "mrz_names_run_together surname";
  assert.deepEqual(codesOf({ state: "FRA", names: "KHAN<ALI", printed }, "printed_zone_against_mrz"), [run]);
  assert.deepEqual(codesOf({ state: "PAK", names: "KHAN<ALI", printed }, "printed_zone_against_mrz"), []);
  // One line for both names, which the model has divided.
  const line = { surname: ["LI, NA", "LI"], givenNames: ["LI, NA", "NA"] } as const;
  assert.deepEqual(codesOf({ state: "CHN", names: "LI<NA", printed: line }, "printed_zone_against_mrz"), [run]);
  const page: Page = { state: "PAK", names: "KHAN<ALI", printed };
  const reading = buildReading(page);
  reading.mrz.line1 = (reading.mrz.line1 ?? "").slice(0, -1);
  const { checks } = assessPassport({ reading, today: TODAY, policy: POLICY });
  assert.ok(checks.some(({ reasons }) => reasons.some(({ code }) => code === "mrz_names_run_together")));
});

const SPECIMENS: readonly (readonly [page: Page, state: string])[] = [
  [
    {
      state: "D",
      names: "MUSTERMANN<<ERIKA",
      birth: "640812",
      printed: { surname: "MUSTERMANN", givenNames: "ERIKA", birthDate: "1964-08-12" },
    },
    "failed",
  ],
  [{ state: "D", names: "MUSTERMANN<<ERIKA", printed: { surname: "MUSTERMANN", givenNames: "ERIKA" } }, "warning"],
  [{ state: "NLD", number: "SPECI2014" }, "failed"],
  ...(
    [
      ["LVA", "PARAUDZIŅA", "ANDRA", "failed"],
      ["LTU", "PAVARDENIS", "VARDENIS", "failed"],
      ["SVN", "VZOREC", "JANA", "failed"],
      ["MYS", "SPESIMEN", "ALI", "failed"],
      ["FIN", "MEIKÄLÄINEN", "MAIJA", "warning"],
      ["JPN", "GAIMU", "SAKURA", "warning"],
      ["AUS", "CITIZEN", "JANE", "warning"],
      ["ESP", "ESPAÑOLA ESPAÑOLA", "CARMEN", "warning"],
    ] as const
  ).map(([issuer, surname, givenNames, verdict]): [Page, string] => {
    const names = `${surname}<<${givenNames}`.normalize("NFD").replaceAll(/\p{M}/gu, "").replaceAll(" ", "<");
    return [{ state: issuer, number: "T1", names, printed: { surname, givenNames } }, verdict];
  }),
  [{ names: "UK<SPECIMEN<<ANGELA<ZOE", printed: { surname: "UK SPECIMEN", givenNames: "ANGELA ZOE" } }, "failed"],
  [{ state: "CZE", names: "VZOR<<JANA", printed: { surname: "VZOR", givenNames: "JANA" } }, "failed"],
  [
    {
      state: "FRA",
      number: "12AB34567",
      names: "SPECIMEN<<JEAN",
      printed: { surname: "SPÉCIMEN", givenNames: "JEAN" },
    },
    "failed",
  ],
  [{ state: "CZE", names: "VZOR<<JAN", printed: { surname: "VZÓR", givenNames: "JAN" } }, "failed"],
  [{ state: "POL", names: "WZOR<<ANNA", printed: { surname: "WZÓR", givenNames: "ANNA" } }, "failed"],
  [{ state: "ESP", names: "ESPECIMEN<<ANA", printed: { surname: "ESPÉCIMEN", givenNames: "ANA" } }, "failed"],
];

for (const [page, state] of SPECIMENS) {
  test(`a specimen that a state publishes is known as one: ${page.names ?? page.number}`, () => {
    const { checks } = assessPassport({ reading: buildReading(page), today: TODAY, policy: POLICY });
    const check = checks.find(({ name }) => name === "document_type");
    assert.equal(check?.state, state);
    assert.equal(check?.reasons[0]?.code, "specimen_document");
  });
}

test("an ordinary name is a specimen's with its date of birth", () => {
  const page: Page = {
    state: "EST",
    number: "T1",
    names: "JOEORG<<JAAK<KRISTJAN",
    birth: "800108",
    printed: { surname: "JÕEORG", givenNames: "JAAK-KRISTJAN", birthDate: "1980-01-08" },
  };
  assert.deepEqual(codesOf(page, "document_type"), ["specimen_document surname"]);
  const other: Page = { ...page, birth: "900112", printed: { ...page.printed, birthDate: "1990-01-12" } };
  assert.deepEqual(codesOf(other, "document_type"), []);
});

test("people with an ordinary name of a specimen are not taken for one", () => {
  const page: Page = {
    state: "CAN",
    number: "AB123456",
    names: "MARTIN<<SARAH",
    printed: { surname: "MARTIN", givenNames: "SARAH" },
  };
  assert.deepEqual(flagsOf(page, { reader: readerOf(page) }), []);
});
