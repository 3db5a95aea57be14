/**
 * The form in which the samples describe passports of one issuing state.
 *
 * A name is written `PRINTED`, `PRINTED=MRZ LETTERS` where the two differ, and `.../native` where the page carries
 * another script too. The MRZ letters are written out by hand, so that the rules for transliteration are not their own
 * judge. In number formats `A` stands for a letter, `9` for a digit, `X` for either; everything else for itself.
 */

/** Names of one language. */
export interface NameStock {
  readonly surnames: readonly string[];
  /** Surnames of women, where the language bends them. */
  readonly surnamesFemale?: readonly string[];
  readonly male: readonly string[];
  readonly female: readonly string[];
}

/** How a page prints its dates: `12 MAR 1990`, `12 MAR/MAR 1990`, `12.03.1990`, `12/03/1990`, `12 03 1990`, `1990-03-12`. */
export type DateStyle = "month_name" | "month_name_bilingual" | "dots" | "slashes" | "spaces" | "iso";

/** How a state's passports are filled in. */
export interface StateProfile {
  readonly stateName: string;
  /** ICAO three-letter code as in the MRZ (`D` for Germany). */
  readonly issuingState: string;
  /** The nationality's code, where it is not the issuing state's. */
  readonly nationality?: string;
  /** How the page prints the nationality. */
  readonly nationalityPrinted: string;
  readonly documentCodes: readonly string[];
  /** As printed: may hold spaces or signs that the MRZ leaves out. */
  readonly numberFormat: string;
  readonly personalNumberFormat?: string;
  /** Optional data of the MRZ that is not printed as a personal number. */
  readonly optionalDataFormat?: string;
  readonly dateStyle: DateStyle;
  readonly emptyOptionalCheckDigit: "0" | "<";
  readonly truncation: "cut" | "initials";
  readonly names: NameStock;
  readonly places: readonly string[];
}

type Defaulted = "emptyOptionalCheckDigit" | "documentCodes" | "dateStyle" | "truncation";

/** A profile with what most states do where nothing else is said. */
export function describeState(
  profile: Omit<StateProfile, Defaulted> & Partial<Pick<StateProfile, Defaulted>>,
): StateProfile {
  return {
    documentCodes: ["P"],
    dateStyle: "month_name",
    emptyOptionalCheckDigit: "0",
    truncation: "cut",
    ...profile,
  };
}
