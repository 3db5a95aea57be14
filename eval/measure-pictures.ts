/** How well pictures were read: the model's reading held against what was drawn, before any rule looks at it. */
import { PASSPORT_FIELDS } from "../lib/passport/assessment.ts";
import type { PrintedFieldName } from "../lib/passport/reading.ts";
import { printableParts } from "../dev/samples/drawing/draw-text.ts";
import { genuineReading, type SamplePassport } from "../dev/samples/passports.ts";
import type { PictureOutcome } from "./read-pictures.ts";
import { isTrue } from "./truth.ts";

/** What is measured for: a printed field, or a line of the MRZ. */
export type Measured = PrintedFieldName | "mrz line 1" | "mrz line 2";

/** The counts for one field. All count pictures, except the two about characters. */
const NOTHING = {
  /** The normalised value is exactly the one that was drawn, or null where none was. */
  valueExact: 0,
  /** The characters are exactly those that were drawn. */
  printedExact: 0,
  /** Characters that must be changed to turn what was read into what was drawn, and how many were drawn. */
  wrongCharacters: 0,
  drawnCharacters: 0,
  /** What the rules said: values they confirmed, wrong values among those, and conflicts. */
  confirmed: 0,
  confirmedWrong: 0,
  conflicts: 0,
};
type Counts = Readonly<typeof NOTHING>;

/** How well one field was read, over all pictures that were. */
export type Accuracy = Counts & { readonly pictures: number };

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

function measure(read: readonly Read[], of: (one: Read) => Counts): Accuracy {
  const found = read.map(of);
  const sum = (name: keyof Counts) => found.reduce((total, counts) => total + counts[name], 0);
  return {
    pictures: read.length,
    valueExact: sum("valueExact"),
    printedExact: sum("printedExact"),
    wrongCharacters: sum("wrongCharacters"),
    drawnCharacters: sum("drawnCharacters"),
    confirmed: sum("confirmed"),
    confirmedWrong: sum("confirmedWrong"),
    conflicts: sum("conflicts"),
  };
}

function measureField({ passport, reading, assessment }: Read, name: PrintedFieldName): Counts {
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

function measureLine(line: string | null, shown: string): Counts {
  const isExact = Number(line === shown);
  const wrongCharacters = editDistance(line ?? "", shown);
  return { ...NOTHING, valueExact: isExact, printedExact: isExact, wrongCharacters, drawnCharacters: shown.length };
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
