/**
 * One character after another misread, in either zone, in every place of every field: nothing wrong may come out as
 * `confirmed` or `agreed`, with any second reading. The truth is compared letter by letter; marks on letters have a test of
 * their own.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildReading, mrzOf, type Page, readerOf } from "../../test/readings/build-reading.ts";
import { assessPassport } from "./assess.ts";
import { PASSPORT_FIELDS } from "./assessment.ts";
import { BLIND_CLASSES } from "./mrz/check-digits.ts";
import type { MrzReading, PassportReading, PrintedFieldName } from "./reading.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 180, allowSpecimen: false };
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS = "0123456789";
const MRZ_CHARACTERS = `${LETTERS}${DIGITS}<`;

const PAGES: readonly Page[] = [
  {},
  {
    state: "D",
    names: "MUELLER<WEISS<<JOERG<KARL",
    number: "C01X00T47",
    optionalDigit: "<",
    printed: { surname: "MÜLLER-WEIß", givenNames: "JÖRG KARL", nationality: ["DEUTSCH", "D"] },
  },
  {
    state: "UZB",
    names: "OKTAMOV<<GAYRAT",
    number: "FA1234567",
    optional: "30630956789012",
    sex: "F",
    printed: { surname: "O‘KTAMOV", givenNames: "G‘AYRAT", personalNumber: "30630956789012" },
  },
  { state: "IDN", names: "SUKARNO", number: "X1234567", printed: { surname: "SUKARNO", givenNames: null } },
  { state: "IND", names: "<<RAVI<KUMAR", printed: { surname: null, givenNames: "RAVI KUMAR" } },
  { state: "SGP", names: "TAN<AH<KOW", sex: "<", printed: { surname: "TAN", givenNames: "AH KOW" } },
  {
    state: "THA",
    names: "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K",
    number: "AA1234567",
    birth: "80<<<<",
    printed: {
      surname: "NILAVADHANANANDA",
      givenNames: "CHAYAPA DEJTHAMRONG KRASUANG",
      birthDate: ["1980", "1980-00-00"],
    },
  },
];

const bare = (text: string) =>
  text
    .toUpperCase()
    .normalize("NFD")
    .replaceAll(/[^\p{L}\p{N}]/gu, "");

let judged = 0;

/**
 * What is `confirmed` or `agreed` and not what the page says. In turn without the reader and with one that reads it right:
 * both each time would find little more.
 */
function wrongOnes(truth: PassportReading, reading: PassportReading, secondMrz?: MrzReading): string[] {
  const right = { line1: truth.mrz.line1, line2: truth.mrz.line2, reason: null };
  const reader = judged++ % 5 < 2 ? right : undefined;
  const { fields } = assessPassport({ reading, secondMrz, reader, today: TODAY, policy: POLICY });
  return PASSPORT_FIELDS.filter((name) => {
    const { value, state } = fields[name];
    const { value: whole, printed } = truth.fields[name];
    const isTrue = [whole, printed].some((text) => text !== null && bare(text) === bare(value ?? ""));
    // A date of which only a part is known.
    const isPart = value !== null && whole !== null && whole.replaceAll("-00", "") === value;
    return (state === "confirmed" || state === "agreed") && !isTrue && !isPart;
  }).map((name) => `${name} ${fields[name].value}`);
}

/** Every text that differs from the given one in one place: another character, one more, one less, two exchanged. */
function* misreadings(text: string, alphabet: string): Generator<string> {
  for (let place = 0; place < text.length; place++) {
    const [before, at, after] = [text.slice(0, place), text.charAt(place), text.slice(place + 1)];
    yield before + after;
    yield before + at + at + after;
    if (after !== "") yield before + after.charAt(0) + at + after.slice(1);
    // A third of the alphabet in each place, another one in the next: the next test has all swaps that check digits miss.
    const others = [...alphabet].filter((character, index) => character !== at && index % 3 === place % 3);
    for (const character of others) yield before + character + after;
  }
}

const alphabetOf = (name: PrintedFieldName) => {
  if (name.endsWith("Date")) return DIGITS;
  if (name === "documentNumber" || name === "personalNumber") return LETTERS + DIGITS;
  return name === "sex" ? "MFX" : LETTERS;
};

/** A reading with its two halves of a printed field changed; a half that is undefined stays. */
function withField(page: Page, name: PrintedFieldName, printed: string | undefined, value: string | undefined) {
  const reading = buildReading(page);
  const field = reading.fields[name];
  reading.fields[name] = { ...field, printed: printed ?? field.printed, value: value ?? field.value };
  return reading;
}

test("a misreading in the printed zone, as printed, as normalised or in both, is neither confirmed nor agreed", () => {
  let readings = 0;
  const found: string[] = [];
  for (const page of PAGES) {
    const truth = buildReading(page);
    for (const name of PASSPORT_FIELDS) {
      const { printed, value } = truth.fields[name];
      const wrongValues = value === null ? [] : [...misreadings(value, alphabetOf(name))];
      const wrongPrints = printed === null ? [] : [...misreadings(printed, alphabetOf(name))];
      for (const reading of [
        ...wrongValues.map((wrong) => withField(page, name, undefined, wrong)),
        ...wrongPrints.map((wrong) => withField(page, name, wrong, undefined)),
        ...(printed === value ? wrongValues.map((wrong) => withField(page, name, wrong, wrong)) : []),
      ]) {
        readings++;
        found.push(...wrongOnes(truth, reading, readings % 2 === 0 ? mrzOf(page) : undefined));
      }
    }
  }
  assert.ok(readings > 5_000, String(readings));
  assert.deepEqual(found, []);
});

/** Each Latin letter with the marks that a reader may see over it. */
const MARKED: Readonly<Record<string, string>> = {
  A: "ÁÄÅĀĂĄ",
  C: "ÇĆČ",
  D: "ĐÐ",
  E: "ÉÈÊËĘĚ",
  G: "Ğ",
  I: "ÍÎİ",
  L: "Ł",
  N: "ÑŃ",
  O: "ÓÖØŐ",
  S: "ŚŠŞ",
  T: "ŢȚ",
  U: "ÚÜŮŰ",
  Y: "Ý",
  Z: "ŹŻŽ",
};

test("a mark over a letter of a printed name that leaves the same trace in the MRZ is neither confirmed nor agreed", () => {
  const found: string[] = [];
  for (const state of ["GBR", "FRA", "CZE", "ESP", "TUR", "TLS"]) {
    const page: Page = {
      state,
      names: "LACOSTE<DUNYAZ<<GIL",
      printed: { surname: "LACOSTE DUNYAZ", givenNames: "GIL" },
    };
    for (const name of ["surname", "givenNames"] as const) {
      const text = buildReading(page).fields[name].value ?? "";
      for (const [place, letter] of [...text].entries()) {
        for (const marked of MARKED[letter] ?? "") {
          const wrong = text.slice(0, place) + marked + text.slice(place + 1);
          for (const reader of [undefined, readerOf(page)]) {
            const reading = withField(page, name, wrong, wrong);
            const { fields } = assessPassport({ reading, reader, today: TODAY, policy: POLICY });
            if (fields[name].state !== "checked") found.push(`${state} ${wrong} ${fields[name].state}`);
          }
        }
      }
    }
  }
  assert.deepEqual(found, []);
});

test("a misreading in the MRZ is neither confirmed nor agreed, with any second reading", () => {
  let readings = 0;
  const found: string[] = [];
  for (const page of PAGES) {
    const truth = buildReading(page);
    const right = mrzOf(page);
    for (const line of ["line1", "line2"] as const) {
      for (const wrong of misreadings(right[line] ?? "", MRZ_CHARACTERS)) {
        const mrz = { ...right, [line]: wrong };
        const reading = { ...buildReading(page), mrz };
        // In turn: all three each time would find little more.
        const second = [undefined, right, mrz][readings++ % 3];
        found.push(...wrongOnes(truth, reading, second));
      }
    }
  }
  assert.ok(readings > 5_000, String(readings));
  assert.deepEqual(found, []);
});

test("a swap that check digits miss is neither confirmed nor agreed, in any place of a document number in either zone", () => {
  const found: string[] = [];
  const digits = "472913586";
  const pairs = BLIND_CLASSES.flatMap((characters) =>
    [...characters].flatMap((from) => [...characters].filter((to) => to !== from).map((to) => [from, to] as const)),
  );
  for (const [from, to] of pairs) {
    // A filler stands only behind the number's last letter or digit.
    for (let place = from === "<" ? 5 : 0; place < 9; place++) {
      const number = digits.slice(0, place) + (from === "<" ? "" : from + digits.slice(place + 1));
      const page: Page = { number };
      const swap = (text: string) => text.slice(0, place) + to + text.slice(place + 1);
      const wrong = swap(number.padEnd(9, "<")).replaceAll("<", "");
      const inMrz = buildReading(page);
      inMrz.mrz.line2 = swap(inMrz.mrz.line2 ?? "");
      for (const reading of [withField(page, "documentNumber", wrong, wrong), inMrz])
        found.push(...wrongOnes(buildReading(page), reading));
    }
  }
  assert.deepEqual(found, []);
});

test("a misread MRZ that the model copies into the normalised values is neither confirmed nor agreed", () => {
  const found: string[] = [];
  for (const name of ["surname", "givenNames", "documentNumber", "birthDate", "expiryDate", "sex"] as const) {
    const page: Page = {};
    const truth = buildReading(page);
    for (const wrong of misreadings(truth.fields[name].value ?? "", alphabetOf(name))) {
      const mrz = mrzSaying(name, wrong);
      if (mrz === null) continue;
      const reading = { ...withField(page, name, undefined, wrong), mrz };
      found.push(...wrongOnes(truth, reading), ...wrongOnes(truth, reading, mrzOf(page)));
    }
  }
  assert.deepEqual(found, []);
});

/** The MRZ of the plain page, but with another value in one field: all its check digits right. */
function mrzSaying(name: string, value: string): MrzReading | null {
  const date = value.replaceAll("-", "").slice(2);
  switch (name) {
    case "surname":
      return mrzOf({ names: `${value}<<JOHN` });
    case "givenNames":
      return mrzOf({ names: `SMITH<<${value}` });
    case "documentNumber":
      return value.length > 9 ? null : mrzOf({ number: value });
    case "birthDate":
      return date.length === 6 ? mrzOf({ birth: date }) : null;
    case "expiryDate":
      return date.length === 6 ? mrzOf({ expiry: date }) : null;
    default:
      return /^[MFX]$/.test(value) ? mrzOf({ sex: value.replace("X", "<") }) : null;
  }
}

test("a printed state's name is not outvoted by a code that the model made of the MRZ", () => {
  for (const [printed, wrong] of [
    ["AUSTRIA", "AUS"],
    ["NIGERIA", "NER"],
    ["SLOVAKIA", "SVN"],
    ["GBR", "GBD"],
    ["REPUBLIC OF KOREA", "PRK"],
  ] as const) {
    const page: Page = { nationality: wrong, printed: { nationality: [printed, wrong] } };
    const { fields } = assessPassport({ reading: buildReading(page), today: TODAY, policy: POLICY });
    assert.ok(!["confirmed", "agreed"].includes(fields.nationality.state), printed);
  }
});

test("two misreadings at once in numbers and dates are neither confirmed nor agreed", () => {
  const found: string[] = [];
  const page: Page = { number: "G12345678" };
  const truth = buildReading(page);
  // Blind to every check digit, in each zone another one, and both in the MRZ with a third in print.
  for (const mrzNumber of ["612345678", "Q12345678", "G1234567I", "GB2345678", "6B2345678"]) {
    for (const printed of ["612345678", "Q12345678", "G1234567I", "GB2345678", "G12345678"]) {
      if (mrzNumber === printed) continue;
      const reading = withField(page, "documentNumber", printed, printed);
      reading.mrz.line2 = mrzNumber + (reading.mrz.line2 ?? "").slice(9);
      found.push(...wrongOnes(truth, reading), ...wrongOnes(truth, reading, { ...reading.mrz }));
    }
  }
  for (const [left, right] of [
    ["500", "005"],
    ["138", "183"],
    ["27", "72"],
  ] as const) {
    const number = `A${left}12345`.slice(0, 9);
    const swapped = number.replace(left, right);
    const pageOfNumber: Page = { number };
    const reading = buildReading(pageOfNumber);
    reading.mrz.line2 = swapped.padEnd(9, "<") + (reading.mrz.line2 ?? "").slice(9);
    found.push(...wrongOnes(buildReading(pageOfNumber), reading));
  }
  assert.deepEqual(found, []);
});

test("a sign that is lost in a number leaves the reported value as it is", () => {
  for (const [printed, optional] of [
    ["131052-308T", "131052<308T"],
    ["131052-308T", "131052308T"],
    ["850730/1234", "8507301234"],
    ["85.07.30-033.28", "85073003328"],
  ] as const) {
    const bareNumber = printed.replaceAll(/[^A-Z0-9]/g, "");
    for (const text of [printed, bareNumber]) {
      for (const value of [printed, bareNumber]) {
        const page: Page = { state: "LUX", optional, printed: { personalNumber: [text, value] } };
        for (const reader of [undefined, readerOf(page)]) {
          const { fields } = assessPassport({ reading: buildReading(page), reader, today: TODAY, policy: POLICY });
          assert.equal(fields.personalNumber.value, bareNumber);
          assert.equal(fields.personalNumber.state, reader === undefined ? "agreed" : "confirmed");
        }
      }
    }
  }
});

test("a letter of a script without a table confirms no letter of the MRZ", () => {
  const page: Page = { number: "A12345678", printed: { documentNumber: ["أ12345678", "A12345678"] } };
  const { fields } = assessPassport({
    reading: buildReading(page),
    reader: readerOf(page),
    today: TODAY,
    policy: POLICY,
  });
  assert.equal(fields.documentNumber.state, "checked");
});

test("a name that the MRZ has by its sound or short confirms nothing", () => {
  const pages: readonly Page[] = [
    { state: "AZE", names: "KHASIYEV<<GABIL", printed: { surname: "XASIYEV", givenNames: "QABİL" } },
    { state: "MYS", names: "MD<ALI<<MARIA<ANA", printed: { surname: "MOHAMMAD ALI", givenNames: "MA ANA" } },
  ];
  for (const page of pages) {
    const reading = buildReading(page);
    const { fields } = assessPassport({ reading, reader: readerOf(page), today: TODAY, policy: POLICY });
    assert.deepEqual([fields.surname.state, fields.givenNames.state], ["checked", "checked"]);
  }
});

test("a lost filler between the names, with both names on one printed line, confirms nothing", () => {
  for (const [line, surname, givenNames] of [
    ["សុខ ចន្ថា SOK CHANTHA", "SOK", "CHANTHA"],
    ["SOK CHANTHA", "SOK", "CHANTHA"],
    ["SOK, CHANTHA", "SOK", "CHANTHA"],
  ] as const) {
    const printed = { surname: [line, surname], givenNames: [line, givenNames] } as const;
    const reading = buildReading({ state: "KHM", names: "SOK<CHANTHA", printed });
    const reader = readerOf({ state: "KHM", names: "SOK<<CHANTHA" });
    for (const beside of [undefined, reader]) {
      const { fields } = assessPassport({ reading, reader: beside, today: TODAY, policy: POLICY });
      assert.ok(!["confirmed", "agreed"].includes(fields.surname.state), `${line} ${fields.surname.state}`);
    }
  }
});

test("a suffix that both zones have is not lost where the model or the order of the words leaves it out", () => {
  for (const [printed, value] of [
    ["BROWN IV", "IV"],
    ["IV BROWN", "IV BROWN"],
    ["IV BROWN", "BROWN IV"],
  ] as const) {
    const page: Page = { state: "USA", names: "BROWN<IV<<JOHN", printed: { surname: [printed, value] } };
    const reading = buildReading(page);
    const { fields } = assessPassport({ reading, reader: readerOf(page), today: TODAY, policy: POLICY });
    assert.equal(fields.surname.state, "checked");
    assert.match(fields.surname.value ?? "", /IV/);
  }
});
