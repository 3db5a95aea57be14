/**
 * How passports of each issuing state are filled in: one state a line in `states.tsv`.
 *
 * A name is written `PRINTED`, `PRINTED=MRZ LETTERS` where the two differ, and `.../native` where the page carries
 * another script too. The MRZ letters are typed by hand, because the transliteration rules are under test. In number
 * formats `A` is a letter, `9` a digit, `X` either; every other character is itself.
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
  /** `MON` is the month's name. */
  dateFormat: z._default(z.string(), "DD MON YYYY"),
  /** What the MRZ has as the check digit of empty optional data: both are allowed. */
  emptyOptionalCheckDigit: z._default(z.enum(["0", "<"]), "0"),
  /** How names that do not fit are shortened: cut off at the end, or later given names reduced to initials first. */
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

const [columns = [], ...rows] = readFileSync(join(import.meta.dirname, "states.tsv"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t"));

/** The passports that are drawn from: successive seeds go through them in turn. */
export const STATE_PROFILES: readonly StateProfile[] = rows.map((cells) => {
  const entries = cells.map((cell, index) => [columns[index] ?? "", cell] as const);
  return stateSchema.parse(Object.fromEntries(entries.filter(([, cell]) => cell !== "")));
});
