import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { samplePassport } from "../../../dev/samples/passports.ts";
import { compareIdentifier, compareNames, nameVariants, splitNames } from "./compare.ts";
import { canBeSpelled, spellingsOf, umlautStyle, type UmlautStyle } from "./spelling.ts";

const TODAY = new Date("2026-11-22T12:00:00Z");

const compare = (printed: string, letters: string, shortened = false, umlauts: UmlautStyle = "either") =>
  compareIdentifier(printed, letters.split("<"), { shortened, umlauts }).agreement;

const AGREE: readonly (readonly [string, string])[] = [
  ["Müller", "MULLER"],
  ["MÜLLER", "MUXXLLER"],
  ["GROẞMANN", "GROSSMANN"],
  ["Großmann", "GROSSMANN"],
  ["ÅKESSON", "AKESSON"],
  ["PEÑA", "PENXXA"],
  ["PEÑA", "PENA"],
  ["SØREN", "SOEREN"],
  ["KJÆR", "KJAER"],
  ["CŒURET", "COEURET"],
  ["ÞÓRÐUR", "THORDUR"],
  ["ĐORĐEVIĆ", "DORDEVIC"],
  ["ŁÓDŹ", "LODZ"],
  ["IŞIK", "ISIK"],
  ["ışık", "ISIK"],
  ["İBRAHİM", "IBRAHIM"],
  ["KOOĲMAN", "KOOIJMAN"],
  ["NGUYỄN", "NGUYEN"],
  ["ĐẶNG", "DANG"],
  ["TÉMÍTỌPẸ́", "TEMITOPE"],
  ["O'BRIEN", "OBRIEN"],
  ["O’BRIEN", "OBRIEN"],
  ["G‘ULOMOV", "GULOMOV"],
  ["D'ARTAGNAN", "DARTAGNAN"],
  ["SMITH-JONES", "SMITH<JONES"],
  ["ST. JOHN", "ST<JOHN"],
  ["ÉTIENNE, NOËL", "ETIENNE<NOEL"],
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

test("umlauts agree in the way in which the issuing state spells them, and in part in the other way", () => {
  const cases = [
    ["MÜLLER", "MUELLER", "MULLER"],
    ["DR. MÜLLER", "MUELLER", "MULLER"],
    ["JÄGER", "JAEGER", "JAGER"],
    ["SJÖSTRÖM", "SJOESTROEM", "SJOSTROM"],
    ["ÅKESSON", "AAKESSON", "AKESSON"],
  ] as const;
  for (const [printed, two, one] of cases) {
    assert.equal(compare(printed, two, false, "two_letters"), "agrees");
    assert.equal(compare(printed, one, false, "two_letters"), "partly");
    assert.equal(compare(printed, two, false, "one_letter"), "partly");
    assert.equal(compare(printed, one, false, "one_letter"), "agrees");
    assert.equal(compare(printed, one, false, "either"), "agrees");
    assert.equal(compare(printed, two, false, "either"), "agrees");
  }
  assert.equal(compare("ĐORĐEVIĆ", "DJORDJEVIC"), "partly");
});

test("a letter lost behind an umlaut does not make two names one", () => {
  // AGÜERO read as AGÜRO.
  assert.equal(compare("AGÜRO", "AGUERO", false, "one_letter"), "partly");
  assert.equal(compare("AGÜRO", "AGUERO", false, "either"), "partly");
  assert.equal(compare("AGÜRO", "AGUEERO", false, "two_letters"), "differs");
});

test("other names do not", () => {
  const cases = [
    ["MULLER", "MUELLER"],
    ["MÜLLER", "MILLER"],
    ["SØREN", "SOREN"],
    ["SMITH JONES", "SMITHJONES"],
    ["ANNA", "ANNA<MARIA"],
    ["ANNA MARIA", "ANNA"],
    ["SMITHK", "SMITH"],
    ["ЮДИН/IUDIM", "IUDIN"],
    ["WING LI", "WING"],
  ] as const;
  for (const [printed, letters] of cases) assert.equal(compare(printed, letters), "differs", `${printed} ${letters}`);
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
  for (const printed of ["الرشيد", "王", "გელაშვილი", "김"]) assert.equal(compare(printed, "SMITH"), "incomparable");
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
  assert.equal(compare("CHAYAPA", "CHAYAPA<D", true), "differs");
  assert.equal(compare("CHAYAPA DEJTHAMRONG KRASUANG", "CHAYAPA<DEJTHAMRONG<K", false), "differs");
});

test("the name field is split at the double filler", () => {
  const split = (names: string) => {
    const { umlauts, ...rest } = splitNames(names.padEnd(39, "<"), "GBR");
    assert.equal(umlauts, "either");
    return rest;
  };
  assert.deepEqual(split("VAN<DER<BERG<<ANNA<MARIA"), {
    surname: ["VAN", "DER", "BERG"],
    givenNames: ["ANNA", "MARIA"],
    shortened: false,
  });
  assert.deepEqual(split("ARKFREITH"), { surname: ["ARKFREITH"], givenNames: [], shortened: false });
  assert.deepEqual(split("<<RAJESH"), { surname: [], givenNames: ["RAJESH"], shortened: false });
  assert.equal(splitNames(`${"A".repeat(20)}<<${"B".repeat(17)}`, "GBR").shortened, true);
  assert.equal(splitNames(`${"A".repeat(20)}<<${"B".repeat(16)}<`, "GBR").shortened, true);
  assert.equal(splitNames(`${"A".repeat(20)}<<${"B".repeat(15)}<<`, "GBR").shortened, false);
  assert.equal(splitNames(`${"A".repeat(37)}<<`, "GBR").shortened, true);
});

test("a single name may be printed in either place", () => {
  const mrz = splitNames("SUKARNO".padEnd(39, "<"), "GBR");
  assert.equal(compareNames({ surname: "SUKARNO", givenNames: null }, mrz).surname.agreement, "agrees");
  const other = compareNames({ surname: null, givenNames: "SUKARNO" }, mrz);
  assert.equal(other.givenNames.agreement, "agrees");
  assert.equal(other.surname.agreement, "elsewhere");
});

test("a page with one line for the whole name", () => {
  const mrz = splitNames("TAN<<AH<KOW".padEnd(39, "<"), "GBR");
  assert.equal(compareNames({ surname: null, givenNames: "TAN AH KOW" }, mrz).givenNames.agreement, "agrees");
  assert.equal(compareNames({ surname: "TAN AH KOW", givenNames: null }, mrz).surname.agreement, "agrees");
  assert.equal(compareNames({ surname: null, givenNames: "TAN AH KOV" }, mrz).givenNames.agreement, "differs");
});

test("a surname that leaves no room for given names says nothing about them", () => {
  const mrz = splitNames("A".repeat(39), "GBR");
  const { surname, givenNames } = compareNames({ surname: "A".repeat(45), givenNames: "ANNA" }, mrz);
  assert.deepEqual([surname.agreement, givenNames.agreement], ["partly", "incomparable"]);
});

test("a page without names cannot be compared", () => {
  const mrz = splitNames("TAN<<AH<KOW".padEnd(39, "<"), "GBR");
  const { surname, givenNames } = compareNames({ surname: null, givenNames: null }, mrz);
  assert.deepEqual([surname.agreement, givenNames.agreement], ["incomparable", "incomparable"]);
});

test("every sample's printed name agrees with its MRZ letters", () => {
  for (let seed = 0; seed < 1500; seed++) {
    const { surname, givenNames, mrzSurname, mrzGivenNames, issuingState } = samplePassport(seed, TODAY);
    const sample = (printed: string, letters: string) =>
      compare(printed, letters.replaceAll(" ", "<"), false, umlautStyle(issuingState));
    assert.equal(sample(surname, mrzSurname), "agrees", surname);
    if (givenNames !== "") assert.equal(sample(givenNames, mrzGivenNames), "agrees", givenNames);
  }
});

test("one letter taken for another never agrees in a plain name", () => {
  const names = fc.stringMatching(/^[A-Z]{2,12}( [A-Z]{2,12})?$/);
  fc.assert(
    fc.property(names, fc.nat(), fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"), (name, at, letter) => {
      const place = at % name.length;
      const wrong = name.slice(0, place) + letter + name.slice(place + 1);
      fc.pre(wrong !== name && name.charAt(place) !== " " && nameVariants(wrong).length === 1);
      fc.pre(nameVariants(name).length === 1);
      assert.equal(compare(wrong, name.replaceAll(" ", "<")), "differs");
    }),
  );
});

test("long names with many spellings are compared in linear time", () => {
  // Four spellings of each letter: with backtracking this would not end.
  const spellings = spellingsOf("Й".repeat(120));
  assert.ok(spellings);
  assert.equal(canBeSpelled(spellings, "IYJ".repeat(30)), true);
  assert.equal(canBeSpelled(spellings, `${"I".repeat(60)}X`), false);
});
