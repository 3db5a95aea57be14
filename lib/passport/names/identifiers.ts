/** The two identifiers of a name, as the MRZ has them, and which printed ones they are compared with. */
import { shortensNames } from "../mrz/lines.ts";

/** An identifier of a name (Doc 9303 part 3): the primary one is the surname, the secondary one the given names. */
export type Identifier = "surname" | "givenNames";

/** The name field of the MRZ in its parts; null if the MRZ says nothing about an identifier. */
export interface MrzNames {
  readonly surname: readonly string[] | null;
  readonly givenNames: readonly string[] | null;
  /** The name may have been shortened to fit, so that its parts can be beginnings only. */
  readonly shortened: boolean;
}

const parts = (text: string) => text.split(/<+/).filter((part) => part !== "");

/** Splits positions 6 to 44: the surname, a double filler, the given names. */
export function splitNames(field: string): MrzNames & Record<Identifier, readonly string[]> {
  const names = field.replace(/<+$/, "");
  const gap = names.indexOf("<<");
  const surname = parts(gap < 0 ? names : names.slice(0, gap));
  const givenNames = parts(gap < 0 ? "" : names.slice(gap));
  return { surname, givenNames, shortened: shortensNames(field) };
}

/** The printed names; null if the page prints none. */
export type PrintedNames = Readonly<Record<Identifier, string | null>>;

/**
 * The letters to compare with each printed identifier. A name in one identifier goes with the one field that the page
 * prints; and a surname that leaves no room for given names says nothing about them.
 */
export function alignNames(printed: PrintedNames, mrz: ReturnType<typeof splitNames>): MrzNames {
  const { surname, givenNames, shortened } = mrz;
  const [only, ...others] = [surname, givenNames].filter((letters) => letters.length > 0);
  const isAlone = only !== undefined && others.length === 0;
  if (isAlone && printed.surname !== null && printed.givenNames === null) {
    return { surname: only, givenNames: null, shortened };
  }
  if (isAlone && printed.surname === null && printed.givenNames !== null) {
    return { surname: null, givenNames: only, shortened };
  }
  return { surname, givenNames: shortened && givenNames.length === 0 ? null : givenNames, shortened };
}
