import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { samplePassport } from "../../../dev/samples/passports.ts";
import { compareNames } from "./compare.ts";
import { alignNames, type PrintedNames, splitNames } from "./identifiers.ts";
import { isFiliation, unknownContext, wordsOf } from "./context.ts";
import { canBeSpelled, spellingsOf } from "./spelling.ts";
import { isMadeOf } from "./value.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");

/** How a printed surname goes with the letters of the MRZ. */
function compare(printed: string, letters: string, shortened = false) {
  const mrz = { surname: letters.split("<"), givenNames: null, shortened };
  return compareNames({ surname: printed, givenNames: null }, mrz).surname.agreement;
}

/** How both printed names go with the name field of the MRZ, and what is reported for them. */
function compareField(printed: PrintedNames, field: string) {
  const mrz = alignNames(printed, splitNames(field.padEnd(39, "<")));
  return compareNames(printed, mrz);
}

const AGREE: readonly (readonly [string, string])[] = [
  ["O'BRIEN", "OBRIEN"],
  ["O’BRIEN", "OBRIEN"],
  ["G‘ULOMOV", "GULOMOV"],
  ["D'ARTAGNAN", "DARTAGNAN"],
  ["SMITH-JONES", "SMITH<JONES"],
  ["ST. JOHN", "ST<JOHN"],
  ["VAN DER BERG", "VAN<DER<BERG"],
  ["KING JR.", "KING"],
  ["KING JR.", "KING<JR"],
  ["MUSTERMANN GEB. GABLER", "MUSTERMANN"],
  ["DUPONT ÉPOUSE MARTIN", "DUPONT"],
  ["ONO (OHNO)", "ONO"],
  ["ЮДИН/IUDIN", "IUDIN"],
  ["الرشيد/AL-RASHID", "AL<RASHID"],
];

test("printed names agree with their MRZ spellings", () => {
  for (const [printed, letters] of AGREE) assert.equal(compare(printed, letters), "agrees", `${printed} ${letters}`);
});

test("marks agree only where the MRZ's letters come from no other letters", () => {
  for (const [printed, letters] of [
    ["MÜLLER", "MUXXLLER"],
    ["PEÑA", "PENXXA"],
  ] as const)
    assert.equal(compare(printed, letters), "agrees", printed);
  const open = [
    // The letter without its mark leaves the same trace.
    ["MÜLLER", "MULLER"],
    ["ÅKESSON", "AKESSON"],
    ["PEÑA", "PENA"],
    ["ĐORĐEVIĆ", "DORDEVIC"],
    ["ŁÓDŹ", "LODZ"],
    ["İBRAHİM", "IBRAHIM"],
    ["NGUYỄN", "NGUYEN"],
    ["TÉMÍTỌPẸ́", "TEMITOPE"],
    ["ÉTIENNE, NOËL", "ETIENNE<NOEL"],
    // Two letters leave the same trace.
    ["SCHRÖDER", "SCHROEDER"],
    ["SCHRÖDER", "SCHRODER"],
    ["GROẞMANN", "GROSSMANN"],
    ["SØREN", "SOEREN"],
    ["KJÆR", "KJAER"],
    ["ÞÓRÐUR", "THORDUR"],
    ["ÅKESSON", "AAKESSON"],
    ["CŒURET", "COEURET"],
    ["ĐORĐEVIĆ", "DJORDJEVIC"],
    ["AGÜRO", "AGUERO"],
    ["GYŐZŐ", "GYOEZOE"],
    ["SZŰCS", "SZUECS"],
    // No letter of Unicode has this mark.
    ["ROS\u0303SI", "ROSSI"],
    ["SØRENSEN", "SORENSEN"],
  ] as const;
  for (const [printed, letters] of open) assert.equal(compare(printed, letters), "partly", printed);
  assert.equal(compare("SCHRODER", "SCHROEDER"), "differs");
});

test("printed names differ from the MRZ of another name", () => {
  const cases = [
    ["MULLER", "MUELLER"],
    ["MÜLLER", "MILLER"],
    ["SMITHK", "SMITH"],
    ["ЮДИН/IUDIM", "IUDIN"],
    ["ANNA MARIE", "ANNA<MARIA"],
    ["MARA.", "MARIA"],
    ["SMITH-JONES", "SMITH<BROWN"],
    ["ANNA B.", "ANNA<MARIA"],
    ["AHMAD ROSLI", "AHMAD<BIN<ALI"],
    ["BIN", "BINTI"],
  ] as const;
  for (const [printed, letters] of cases) assert.equal(compare(printed, letters), "differs", `${printed} ${letters}`);
});

test("more words in one zone, another order, and words that are joined agree in part", () => {
  const cases = [
    ["SMITH JONES", "SMITHJONES"],
    ["GIL DONG", "GILDONG"],
    ["GIL 길 DONG", "GILDONG"],
    ["ANNA", "ANNA<MARIA"],
    ["ANNA MARIA", "ANNA"],
    ["MARIA ANNA", "ANNA<MARIA"],
    ["LIM AH TEK @ LIM SENG", "LIM<AH<TEK"],
    ["ANNE-MARIE", "ANNEMARIE<LOUISE"],
    ["ANNA Ö.", "ANNA<OZLEM"],
    ["ANNA K.", "ANNA<KATHARINA<LOUISE"],
    ["MARIE-ANNE LOUISE", "ANNE<MARIE"],
  ] as const;
  for (const [printed, letters] of cases) assert.equal(compare(printed, letters), "partly", `${printed} ${letters}`);
});

test("words around a name weaken nothing where they are known to be no part of it", () => {
  const cases = [
    "DR.MERZ",
    "DR.HC. MERZ",
    "DIPL.-ING. MERZ",
    "MAG.DR. MERZ",
    "MERZ, BSC",
    "MERZ usage DUPONT",
    "MERZ Nom d'usage : DUPONT",
    "MERZ e/v JANSEN",
    "MERZ w/v JANSEN",
    "Surname: MERZ",
    "Perekonnanimi: MERZ",
    "NOM/SURNAME MERZ",
    "MERZ (MAERZ)",
    "МЭРЦ/MERZ",
    "MERZ/MAERZ",
    "MERZ JR.",
  ];
  for (const printed of cases) assert.equal(compare(printed, "MERZ"), "agrees", printed);
  assert.equal(compare("MERZ DUPONT", "MERZ"), "partly");
});

test("Cyrillic alone agrees only in part, because many spellings would", () => {
  const cases = [
    ["ЩЕРБАКОВ", "SHCHERBAKOV"],
    ["ЩЕРЕВ", "SHTEREV"],
    ["ХРИСТОВ", "HRISTOV"],
    ["ХАРИТОНОВ", "KHARITONOV"],
    ["ГРИГОРЕНКО", "HRYHORENKO"],
    ["ЮРІЙ", "YURII"],
    ["ЮЛИЯ", "IULIIA"],
    ["ПОДЪЯЧЕВ", "PODIEIACHEV"],
    ["ПЪРВАНОВА", "PARVANOVA"],
    ["ИЛЬЯ", "ILIA"],
    ["ЂОРЂЕВИЋ", "DORDEVIC"],
    ["ЖИВКОВИЋ", "ZIVKOVIC"],
    ["ЦОЙ", "TSOI"],
  ] as const;
  for (const [printed, letters] of cases) assert.equal(compare(printed, letters), "partly", printed);
  assert.equal(compare("ЦОЙ", "KIM"), "differs");
});

test("scripts without a table cannot be compared", () => {
  for (const printed of ["الرشيد", "王", "გელაშვილი", "김"]) assert.equal(compare(printed, "SMITH"), "silent");
});

test("shortened names are compared by the beginnings of their parts", () => {
  const partly = [
    ["CHAYAPA DEJTHAMRONG KRASUANG", "CHAYAPA<DEJTHAMRONG<K"],
    ["CHAYAPA DEJTHAMRONG KRASUANG", "CHAYAPA<D<KRAS"],
    ["CHAYAPA DEJTHAMRONG", "CHAYAPA<DEJTHAMRONG"],
    ["BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "BENNELONG<WOOLOOM<WARRAND<WARNAM"],
    ["GONÇALVES MÜLLER", "GONCALVES<MU"],
  ] as const;
  for (const [printed, letters] of partly) assert.equal(compare(printed, letters, true), "partly", letters);
  assert.equal(compare("CHAYAPA DEJTHAMRONG", "CHAYAPA<DEJTHAMRING", true), "differs");
  assert.equal(compare("CHAYAPA DEJTHAMRONG KRASUANG", "CHAYAPA<DEJTHAMRONG<KRA", false), "differs");
  assert.equal(compare("CHAYAPA DEJTHAMRONG KRASUANG", "CHAYAPA<DEJTHAMRONG<K", false), "partly", "an initial");
});

test("the name field is split at the double filler", () => {
  const split = (names: string) => splitNames(names.padEnd(39, "<"));
  assert.deepEqual(split("VAN<DER<BERG<<ANNA<MARIA"), {
    surname: ["VAN", "DER", "BERG"],
    givenNames: ["ANNA", "MARIA"],
    shortened: false,
  });
  assert.deepEqual(split("ARKFREITH"), { surname: ["ARKFREITH"], givenNames: [], shortened: false });
  assert.deepEqual(split("<<RAJESH"), { surname: [], givenNames: ["RAJESH"], shortened: false });
  assert.equal(splitNames(`${"A".repeat(20)}<<${"B".repeat(17)}`).shortened, true);
  assert.equal(splitNames(`${"A".repeat(20)}<<${"B".repeat(16)}<`).shortened, true);
  assert.equal(splitNames(`${"A".repeat(20)}<<${"B".repeat(15)}<<`).shortened, false);
  assert.equal(splitNames(`${"A".repeat(37)}<<`).shortened, true);
});

const agreements = (...args: Parameters<typeof compareField>) => {
  const { surname, givenNames } = compareField(...args);
  return [surname.agreement, surname.text, givenNames.agreement, givenNames.text];
};

test("a single name may be printed in either place", () => {
  assert.deepEqual(agreements({ surname: "SUKARNO", givenNames: null }, "SUKARNO"), [
    "agrees",
    "SUKARNO",
    "silent",
    null,
  ]);
  assert.deepEqual(agreements({ surname: null, givenNames: "SUKARNO" }, "SUKARNO"), [
    "silent",
    null,
    "agrees",
    "SUKARNO",
  ]);
  assert.deepEqual(agreements({ surname: "RAVI", givenNames: null }, "<<RAVI"), ["agrees", "RAVI", "silent", null]);
});

test("a page with one line for the whole name, in one field or in both", () => {
  const field = "WIDODO<<BUDI<HARTO";
  const line = "BUDI HARTO WIDODO";
  // The page does not say which words are the surname.
  const split = ["partly", "WIDODO", "partly", "BUDI HARTO"];
  assert.deepEqual(agreements({ surname: line, givenNames: line }, field), split);
  assert.deepEqual(agreements({ surname: line, givenNames: null }, field), split);
  assert.deepEqual(agreements({ surname: null, givenNames: line }, field), split);
  const [, , agreement] = agreements({ surname: null, givenNames: "BUDI HARTA WIDODO" }, field);
  assert.equal(agreement, "differs");
});

test("a suffix that the MRZ moves to the given names, and a middle name in one zone only", () => {
  const moved = agreements({ surname: "DELA CRUZ JR", givenNames: "JUAN" }, "DELA<CRUZ<<JUAN<JR");
  assert.deepEqual(moved, ["agrees", "DELA CRUZ", "agrees", "JUAN"]);
  const middle = agreements({ surname: "DELA CRUZ", givenNames: "JUAN" }, "DELA<CRUZ<<JUAN<SANTOS");
  assert.deepEqual(middle, ["agrees", "DELA CRUZ", "partly", "JUAN"]);
  const printed = agreements({ surname: "DELA CRUZ", givenNames: "JUAN SANTOS" }, "DELA<CRUZ<<JUAN");
  assert.deepEqual(printed, ["agrees", "DELA CRUZ", "partly", "JUAN SANTOS"]);
});

test("what the page has of a name that the MRZ has no room for, or leaves out, is reported too", () => {
  const reported = (printed: string, value: string, field: string) => {
    const names = { surname: "RAJAPAKSE", givenNames: printed };
    const mrz = alignNames(names, splitNames(field.padEnd(39, "<")));
    return compareNames(names, mrz, { surname: "RAJAPAKSE", givenNames: value }).givenNames.text;
  };
  const full = "HERATH MUDIYANSELAGE CHAMINDA BANDARA";
  assert.equal(reported(full, full, "RAJAPAKSE<<HERATH<MUDIYANSELAGE<CHAMIND"), full);
  assert.equal(reported("PIETER JOHANNES", "PIETER JOHANNES", "RAJAPAKSE<<PIETER"), "PIETER JOHANNES");
  assert.equal(reported("PIETER QUONDAM", "PIETER", "RAJAPAKSE<<PIETER"), "PIETER");
  assert.equal(reported("HAJI OMAR HAJI", "HAJI OMAR HAJI", "RAJAPAKSE<<HAJI<OMAR<HAJI"), "HAJI OMAR HAJI");
});

test("a surname that leaves no room for given names says nothing about them", () => {
  const [surname, , givenNames] = agreements({ surname: "A".repeat(45), givenNames: "ANNA" }, "A".repeat(39));
  assert.deepEqual([surname, givenNames], ["partly", "silent"]);
});

test("a given name that the MRZ has nowhere is another name", () => {
  assert.equal(compareField({ surname: "SMITH", givenNames: "JOHN" }, "SMITH").givenNames.agreement, "differs");
});

test("a name that stands in the other field, or in another order, is reported from where it stands", () => {
  const elsewhere = compareNames(
    { surname: null, givenNames: "SUKARNO" },
    { surname: ["SUKARNO"], givenNames: null, shortened: false },
  );
  assert.deepEqual(elsewhere.surname, { agreement: "partly", text: "SUKARNO" });
  const turned = agreements({ surname: "SMITH", givenNames: "MARIA ANNA" }, "SMITH<<ANNA<MARIA");
  assert.deepEqual(turned, ["agrees", "SMITH", "partly", "ANNA MARIA"]);
});

test("a word that the MRZ cuts off in the other field is not reported with this one", () => {
  const line = "BUDI HARTONO WIDODO";
  const mrz = { surname: ["WIDODO"], givenNames: ["BUDI", "HARTO"], shortened: true };
  assert.equal(compareNames({ surname: line, givenNames: line }, mrz).surname.text, "WIDODO");
});

test("a gap at either end of a name or beside another gap leaves no trace in the MRZ", () => {
  for (const name of ["ANNA - MARIA", "ANNA -MARIA", "ANNA-MARIA-", "-ANNA MARIA"])
    assert.ok(canBeSpelled(spellingsOf(name) ?? [], "ANNA<MARIA"), name);
});

test("a page without names that can be compared says nothing", () => {
  assert.deepEqual(agreements({ surname: "SUKARNO", givenNames: "王" }, "SUKARNO"), [
    "agrees",
    "SUKARNO",
    "silent",
    null,
  ]);
  assert.deepEqual(agreements({ surname: null, givenNames: null }, "TAN<<AH<KOW"), ["silent", null, "silent", null]);
});

test("the model's value is made of the printed words, or contradicts them", () => {
  for (const [value, printed] of [
    ["DUPONT", "DUPONT épouse MARTIN"],
    ["MUELLER", "MÜLLER"],
    ["MULLER", "Müller"],
    ["MARIA JOSE", "JOSÉ, MARÍA"],
    ["JEAN LUC", "JEAN-LUC"],
    ["XƏLİLOV", "XƏLİLOV/KHALILOV"],
  ] as const) {
    assert.ok(isMadeOf(value, printed), value);
  }
  for (const [value, printed] of [
    ["MILLER", "MÜLLER"],
    ["SMITH", "MARTIN"],
    ["ANNA MARIA", "ANNA"],
  ] as const) {
    assert.ok(!isMadeOf(value, printed), value);
  }
});

test("every sample's printed name agrees with its MRZ letters, in part where marks are open", () => {
  for (let seed = 0; seed < 1500; seed++) {
    const { surname, givenNames, mrzSurname, mrzGivenNames } = samplePassport(seed, TODAY);
    const letters = (name: string) => name.replaceAll(" ", "<");
    const printed = { surname, givenNames: givenNames === "" ? null : givenNames };
    const mrz = {
      surname: letters(mrzSurname).split("<"),
      givenNames: letters(mrzGivenNames).split("<"),
      shortened: false,
    };
    const found = compareNames(printed, mrz);
    assert.match(found.surname.agreement, /agrees|partly/, surname);
    if (givenNames !== "") assert.match(found.givenNames.agreement, /agrees|partly/, givenNames);
  }
});

test("one letter taken for another never agrees in a plain name", () => {
  const names = fc.stringMatching(/^[A-Z]{2,12}( [A-Z]{2,12})?$/);
  fc.assert(
    fc.property(names, fc.nat(), fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"), (name, at, letter) => {
      const place = at % name.length;
      const wrong = name.slice(0, place) + letter + name.slice(place + 1);
      fc.pre(wrong !== name && name.charAt(place) !== " ");
      // Words that may be no part of a name, such as MR and JR, and those that may be written in another way, such as BIN.
      const isPlain = (text: string) =>
        unknownContext(wordsOf(text), 0, 0).filter((word) => !isFiliation(word.text)).length === wordsOf(text).length;
      fc.pre(isPlain(name) && isPlain(wrong));
      const found = compare(wrong, name.replaceAll(" ", "<"));
      // Names are sets of words: of two words, one may stand for both where the other is the same.
      const isDoubled = [name, wrong].some((words) => new Set(words.split(" ")).size < words.split(" ").length);
      if (isDoubled) assert.notEqual(found, "agrees");
      else assert.equal(found, "differs");
    }),
  );
});

test("a name that is nothing but a suffix is compared like any other", () => {
  assert.equal(compare("AR", "JR"), "differs");
  assert.equal(compare("IX", "IV"), "differs");
  assert.equal(compare("AR IV", "JR<IV"), "differs");
  assert.equal(compare("JR", "JR"), "agrees");
  assert.equal(compare("SMITH", "SMITH<JR"), "agrees");
});

test("long names with many spellings are compared in linear time", () => {
  // Four spellings of each letter: with backtracking this would not end.
  const spellings = spellingsOf("Й".repeat(120));
  assert.ok(spellings);
  assert.equal(canBeSpelled(spellings, "IYJ".repeat(30)), true);
  assert.equal(canBeSpelled(spellings, `${"I".repeat(60)}X`), false);
});
