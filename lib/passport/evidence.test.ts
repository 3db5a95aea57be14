import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Agreement,
  AGREEMENTS,
  type Digits,
  type FieldEvidence,
  type MrzValue,
  STANDINGS,
  TABLE,
  type MrzSource,
} from "./evidence.ts";
import { weigh } from "./weigh.ts";

/** A printed value and up to two of the MRZ; `A` is what is printed, and others go with it as `others` says. */
function evidence(mrz: readonly MrzValue[], others: Agreement = "differs", printed = true): FieldEvidence {
  return {
    printed: { value: printed ? "A" : null, characters: null, contradictory: false },
    mrz,
    compare: (value) => (value === "A" ? "agrees" : others),
  };
}

const read = (from: MrzSource, value: string, digits: Digits): MrzValue => ({
  from,
  value,
  digits,
  repaired: digits === "repaired",
});

const WIDTH = 26;
const columns = (cells: readonly string[]) =>
  cells
    .map((cell) => cell.padEnd(14))
    .join("")
    .trimEnd();
const PRINTED = ["A", "partly A", "blind", "B", "nothing"] as const;

/** The states of a page that prints the first reading's value, in the five ways of the table's columns. */
function statesOf(first: MrzValue | null, later: MrzValue | null): string {
  const mrz = [first, later].filter((value) => value !== null);
  const states = AGREEMENTS.map((agreement) => {
    const printed = { value: agreement === "silent" ? null : "A", characters: null, contradictory: false };
    // A page that goes with A goes with no other value, and one that says something else goes with B.
    const compare = (value: string): Agreement =>
      value === "A" ? agreement : agreement === "differs" || agreement === "blind" ? "agrees" : "differs";
    const { state, readersDisagree } = weigh({ printed, mrz, compare });
    return readersDisagree ? `${state} !` : state;
  });
  return columns(states);
}

const DIGITS = ["hold", "composite_fails", "repaired", "fail"] as const satisfies readonly Digits[];

/** Every combination of readings, each in a line: what the first and the later one say, and the state for each page. */
function everyCombination(): string[] {
  const describe = (value: MrzValue | null) => (value === null ? "-" : `${value.value} ${value.digits}`);
  const lines: string[] = [];
  for (const kind of [DIGITS, ["none"] as const]) {
    const firsts = [null, ...kind.map((digits) => read("first", "A", digits))];
    for (const from of ["second", "reader"] as const) {
      // Nothing is repaired in what the reader reads.
      const ways = kind.filter((digits) => from !== "reader" || digits !== "repaired");
      const laters = [null, ...["A", "B"].flatMap((value) => ways.map((digits) => read(from, value, digits)))];
      for (const first of firsts) {
        for (const later of laters) {
          if (later === null && from === "reader") continue;
          const readings = `${describe(first).padEnd(18)} ${from === "reader" ? "reader" : "second"} ${describe(later)}`;
          lines.push(`${readings.padEnd(45)}${statesOf(first, later)}`);
        }
      }
    }
  }
  return lines;
}

test("the table of states, and every combination of readings through it", (t) => {
  const table = STANDINGS.map(
    (standing) => standing.padEnd(WIDTH) + columns(AGREEMENTS.map((agreement) => TABLE[standing][agreement])),
  );
  t.assert.snapshot(
    [
      "THE TABLE: what the MRZ says, by what the printed zone says of it",
      " ".repeat(WIDTH) + columns(AGREEMENTS),
      ...table,
      "",
      "EVERY COMBINATION: the first reading, a later one, and the state for a page that prints this",
      "(! the readings disagree, and check digits cannot tell which is right)",
      " ".repeat(45) + columns(PRINTED),
      ...everyCombination(),
    ],
    { serializers: [(value: readonly string[]) => value.join("\n")] },
  );
});

test("the value that is reported: the MRZ's where check digits speak for it, else the printed one", () => {
  const valueOf = (mrz: readonly MrzValue[], others?: Agreement) => weigh(evidence(mrz, others)).reported.value;
  assert.equal(valueOf([read("first", "B", "hold")]), "B");
  assert.equal(valueOf([read("first", "B", "fail")]), "A");
  assert.equal(valueOf([read("first", "B", "none")]), "A");
  assert.equal(valueOf([read("first", "B", "none"), read("reader", "B", "none")]), "A");
  assert.equal(valueOf([read("first", "B", "hold"), read("reader", "A", "hold")]), "A");
  assert.equal(valueOf([read("first", "B", "composite_fails"), read("second", "C", "hold")]), "C");
});

test("readings that differ are a disagreement of the zones only if the page goes with neither, or no reader decides", () => {
  const disagreementOf = (...mrz: readonly MrzValue[]) => weigh(evidence(mrz, "differs")).disagreement;
  for (const digits of ["none", "hold"] as const) {
    assert.equal(disagreementOf(read("first", "B", digits), read("reader", "A", digits)), null, digits);
    assert.equal(disagreementOf(read("first", "B", digits), read("reader", "C", digits)), "differs", digits);
  }
  assert.equal(disagreementOf(read("first", "B", "none"), read("second", "A", "none")), "differs");
  assert.equal(disagreementOf(read("first", "B", "hold"), read("second", "A", "hold")), "blind");
});

test("a printed field that contradicts itself goes with nothing, and alone it is a conflict", () => {
  const printed = { value: "A", characters: "B", contradictory: true };
  const stateOf = (mrz: readonly MrzValue[]) => weigh({ printed, mrz, compare: () => "agrees" }).state;
  assert.equal(stateOf([read("reader", "A", "hold")]), "conflict");
  assert.equal(stateOf([]), "conflict");
});

const anyDigits = fc.constantFrom<Digits>("hold", "composite_fails", "repaired", "fail");
const anyValue = fc.constantFrom("A", "B", "C");

test("for every reading, confirmed means that the page and the reader say the same, and any digits hold", () => {
  const later = fc.constantFrom<MrzSource>("second", "reader");
  const others = fc.constantFrom<Agreement>("partly", "blind", "differs", "silent");
  for (const digits of [anyDigits, fc.constant<Digits>("none")]) {
    fc.assert(
      fc.property(anyValue, anyValue, digits, digits, later, others, fc.boolean(), (a, b, one, two, from, ...page) => {
        const mrz = [read("first", a, one), read(from, b, two)];
        const { state, reported } = weigh(evidence(mrz, ...page));
        if (state === "confirmed") {
          const sound = mrz.some(
            (value) => value.from === "reader" && value.value === "A" && /hold|none/.test(value.digits),
          );
          assert.ok(page[1] && sound && reported.value === "A");
        }
        if (state === "agreed") assert.ok(page[1] && reported.value === "A");
      }),
    );
  }
});
