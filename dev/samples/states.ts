/**
 * How passports of each issuing state are filled in: one state a line in `states.tsv`.
 *
 * A name is written `PRINTED`, `PRINTED=MRZ LETTERS` where the two differ, and `.../native` where the page carries
 * another script too. The MRZ letters are typed by hand, because the transliteration rules are under test. A state
 * without names has those of the line above. In number formats `A` is a letter, `9` a digit, `X` either; every other
 * character is itself.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";

const list = z.pipe(
  z.string(),
  z.transform((cell) => cell.split(";").map((item) => item.trim())),
);

const stateSchema = z.object({
  stateName: z.string(),
  /** ICAO three-letter code as in the MRZ (`D` for Germany). */
  issuingState: z.string(),
  /** The nationality's code, if it is not the issuing state's. */
  nationality: z.optional(z.string()),
  nationalityPrinted: z.string(),
  documentCodes: z.prefault(list, "P"),
  /** As printed: may hold spaces or signs that the MRZ leaves out. */
  numberFormat: z.string(),
  personalNumberFormat: z.optional(z.string()),
  /** Optional data of the MRZ that is not printed as a personal number. */
  optionalDataFormat: z.optional(z.string()),
  /** `12 MAR 1990`, `12 MAR/MAR 1990`, `12.03.1990`, `12/03/1990`, `12 03 1990`, `1990-03-12`. */
  dateStyle: z._default(
    z.enum(["month_name", "month_name_bilingual", "dots", "slashes", "spaces", "iso"]),
    "month_name",
  ),
  emptyOptionalCheckDigit: z._default(z.enum(["0", "<"]), "0"),
  truncation: z._default(z.enum(["cut", "initials"]), "cut"),
  surnames: list,
  /** Surnames of women, if the language bends them. */
  surnamesFemale: z.optional(list),
  male: list,
  female: list,
  places: list,
});

/** The passports of one issuing state. */
export type StateProfile = z.infer<typeof stateSchema>;

/** The passports that are drawn from: successive seeds go through them in turn. */
export const STATE_PROFILES: readonly StateProfile[] = readStates();

function readStates(): readonly StateProfile[] {
  const [head = "", ...lines] = readFileSync(join(import.meta.dirname, "states.tsv"), "utf8")
    .trimEnd()
    .split("\n");
  const columns = head.split("\t");
  let before: Readonly<Record<string, string>> = {};
  return lines.map((line) => {
    const cells = Array.from(line.split("\t"), (cell, index) => [columns[index] ?? "", cell] as const);
    const state = Object.fromEntries(cells.filter(([, cell]) => cell !== ""));
    const { surnames, surnamesFemale, male, female } = state.surnames === undefined ? before : state;
    before = state.surnames === undefined ? before : state;
    return stateSchema.parse({ ...state, surnames, surnamesFemale, male, female });
  });
}
