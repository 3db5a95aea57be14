/** How well pictures were read: the model's reading held against what was drawn, before any rule looks at it. */
import { PASSPORT_FIELDS } from "../../lib/passport/assessment.ts";
import type { PrintedFieldName } from "../../lib/passport/reading.ts";
import { printableParts } from "../samples/draw-text.ts";
import { genuineReading, type SamplePassport } from "../samples/passports.ts";
import type { PictureOutcome } from "./read-pictures.ts";
import { isTrue } from "./truth.ts";

/** What is measured for: a printed field, or a line of the MRZ. */
export type Measured = PrintedFieldName | "mrz line 1" | "mrz line 2";

/** How well one field was read, over all pictures that were. */
export interface Accuracy {
  /** Pictures. */
  pictures: number;
  /** The normalised value is exactly the one that was drawn, or null where none was. */
  valueExact: number;
  /** The characters are exactly those that were drawn. */
  printedExact: number;
  /** Characters that must be changed to turn what was read into what was drawn, and how many were drawn. */
  wrongCharacters: number;
  drawnCharacters: number;
  /** What the rules said: values they confirmed, wrong values among those, and conflicts. */
  confirmed: number;
  confirmedWrong: number;
  conflicts: number;
}

export type Read = Extract<PictureOutcome, { reading: unknown }>;

/** The pictures that were read. */
export const readOnes = (outcomes: readonly PictureOutcome[]): Read[] =>
  outcomes.flatMap((o) => ("reading" in o ? [o] : []));

/** Insertions, deletions and replacements that turn one text into the other. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, character] of [...left].entries()) {
    const next = [i + 1];
    for (let j = 0; j < right.length; j++) {
      const replaced = (row[j] ?? 0) + (character === right[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

const composed = (text: string | null) => text?.normalize("NFC") ?? null;

/** What the picture shows of a field: characters of scripts that are not drawn are left out. */
function drawn(passport: SamplePassport, name: PrintedFieldName): string | null {
  const text = passport.printed[name];
  return text === null ? null : printableParts(text);
}

function measure(read: readonly Read[], of: (one: Read) => Omit<Accuracy, "pictures">): Accuracy {
  const total: Accuracy = {
    pictures: 0,
    valueExact: 0,
    printedExact: 0,
    wrongCharacters: 0,
    drawnCharacters: 0,
    confirmed: 0,
    confirmedWrong: 0,
    conflicts: 0,
  };
  for (const one of read) {
    const found = of(one);
    total.pictures++;
    total.valueExact += found.valueExact;
    total.printedExact += found.printedExact;
    total.wrongCharacters += found.wrongCharacters;
    total.drawnCharacters += found.drawnCharacters;
    total.confirmed += found.confirmed;
    total.confirmedWrong += found.confirmedWrong;
    total.conflicts += found.conflicts;
  }
  return total;
}

function measureField({ passport, reading, assessment }: Read, name: PrintedFieldName): Omit<Accuracy, "pictures"> {
  const expected = genuineReading(passport).fields[name];
  const field = reading.fields[name];
  const [printed, shown] = [composed(field.printed), composed(drawn(passport, name))];
  const { state, value } = assessment.fields[name];
  // The pictures are read by the model alone: what it says in both zones is agreed, and never more.
  const isConfirmed = (state === "confirmed" || state === "agreed") && value !== null;
  return {
    valueExact: Number(composed(field.value) === composed(expected.value)),
    printedExact: Number(printed === shown),
    wrongCharacters: editDistance(printed ?? "", shown ?? ""),
    drawnCharacters: shown?.length ?? 0,
    confirmed: Number(isConfirmed),
    confirmedWrong: Number(isConfirmed && !isTrue(passport, name, value)),
    conflicts: Number(state === "conflict"),
  };
}

function measureLine(line: string | null, shown: string): Omit<Accuracy, "pictures"> {
  const isExact = line === shown ? 1 : 0;
  const wrongCharacters = editDistance(line ?? "", shown);
  const rules = { confirmed: 0, confirmedWrong: 0, conflicts: 0 };
  return { valueExact: isExact, printedExact: isExact, wrongCharacters, drawnCharacters: shown.length, ...rules };
}

/** Measures every field and both lines. */
export function measurePictures(outcomes: readonly PictureOutcome[]): ReadonlyMap<Measured, Accuracy> {
  const read = readOnes(outcomes);
  return new Map<Measured, Accuracy>([
    ["mrz line 1", measure(read, (one) => measureLine(one.reading.mrz.line1, one.passport.mrz[0]))],
    ["mrz line 2", measure(read, (one) => measureLine(one.reading.mrz.line2, one.passport.mrz[1]))],
    ...PASSPORT_FIELDS.map((name) => [name, measure(read, (one) => measureField(one, name))] as const),
  ]);
}
