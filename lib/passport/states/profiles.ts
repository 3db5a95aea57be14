/**
 * What is particular to the passports of a state, one line a state. A state without a line here follows the defaults.
 *
 * Sources: ICAO Doc 9303 part 3, section 6 and the states' own pages in PRADO, the Council of the EU's register of
 * documents, for the spelling of umlauts, names in one identifier and the form of numbers; for the term, the laws that are
 * named beside it where there is one, else PRADO. They were written down from memory. Only what all valid passports of a state have in common stands here.
 */
import type { Orthography, UmlautStyle } from "../names/spelling.ts";

/** What is particular to a state's passports. */
export interface StateProfile {
  /** How the MRZ spells umlauts: `two` letters or `one`. */
  readonly umlauts?: "two" | "one";
  /** Its pages print names without marks. */
  readonly plain?: true;
  /** The MRZ may carry a whole name in one identifier. */
  readonly oneName?: true;
  /** The form of document numbers: `9` a digit, `A` a letter, `X` either; alternatives parted by spaces. */
  readonly number?: string;
  /** The terms in years for which it issues passports to adults. */
  readonly years?: readonly number[];
  /** Its terms may be years of the Hijri calendar. */
  readonly hijriYears?: true;
  /** A replacement keeps the expiry date of the passport that it replaces, so that any term is possible. */
  readonly keepsExpiry?: true;
  /** Months that an early renewal may have added to the term. */
  readonly extraMonths?: number;
  /** Whose form a personal number has that tells the date of birth. */
  readonly personal?: string;
}

/** States with something of their own. */
export const PROFILES: Readonly<Record<string, StateProfile>> = {
  AFG: { plain: true, oneName: true },
  ARE: { plain: true, oneName: true },
  ARG: { umlauts: "one", number: "AAA999999" },
  ARM: { plain: true, number: "AA9999999" },
  AUS: { plain: true, number: "A9999999 AA9999999", keepsExpiry: true },
  AUT: { umlauts: "two", number: "A9999999 AA9999999" },
  AZE: { umlauts: "one" },
  BEL: { number: "AA999999", personal: "BEL" },
  BGD: { plain: true, oneName: true, number: "AA9999999 A99999999" },
  BGR: { plain: true, number: "999999999", personal: "BGR" },
  BHR: { plain: true, oneName: true },
  BHS: { plain: true },
  BIH: { personal: "JMBG" },
  BLR: { plain: true, number: "AA9999999" },
  BOL: { umlauts: "one", years: [6] },
  BRA: { umlauts: "one", number: "AA999999" },
  BRB: { plain: true },
  BRN: { plain: true },
  BTN: { plain: true, oneName: true },
  BWA: { plain: true },
  CAN: { number: "AA999999 A999999AA", keepsExpiry: true },
  CHE: { umlauts: "two" },
  CHL: { umlauts: "one" },
  CHN: { plain: true, number: "A99999999 AA9999999" },
  COL: { umlauts: "one" },
  CRI: { umlauts: "one", years: [6] },
  CUB: { umlauts: "one", years: [6] },
  CZE: { number: "99999999", personal: "CZE" },
  // Six years before the 24th birthday: § 5 of the Passgesetz.
  D: { umlauts: "two", years: [6] },
  DJI: { oneName: true },
  DMA: { plain: true },
  DNK: { umlauts: "two", number: "999999999", personal: "DNK" },
  DOM: { umlauts: "one", years: [6] },
  ECU: { umlauts: "one", years: [6] },
  EGY: { plain: true, oneName: true },
  ERI: { plain: true, oneName: true },
  ESP: { umlauts: "one", number: "AAA999999 AA999999" },
  EST: { umlauts: "two", personal: "EST" },
  ETH: { plain: true, oneName: true },
  FIN: { umlauts: "two", number: "AA9999999", personal: "FIN" },
  FJI: { plain: true },
  FRA: { number: "99AA99999" },
  FRO: { umlauts: "two" },
  GBR: { plain: true, number: "999999999", extraMonths: 9 },
  GEO: { plain: true, number: "99AA99999" },
  GHA: { plain: true },
  GMB: { plain: true },
  GRC: { plain: true, number: "AA9999999" },
  GRD: { plain: true },
  GRL: { umlauts: "two" },
  GTM: { umlauts: "one" },
  GUY: { plain: true },
  HKG: { plain: true },
  HND: { umlauts: "one" },
  HRV: { number: "999999999" },
  HUN: { umlauts: "two" },
  IDN: { plain: true, oneName: true },
  IND: { plain: true, oneName: true, number: "A9999999" },
  IRL: { number: "A9999999 AA9999999 A99999999" },
  IRN: { plain: true },
  IRQ: { plain: true, oneName: true, years: [8] },
  ISL: { umlauts: "two", number: "A9999999", personal: "ISL" },
  ISR: { plain: true },
  ITA: { number: "AA9999999" },
  JAM: { plain: true },
  JOR: { plain: true, oneName: true },
  JPN: { plain: true, number: "AA9999999" },
  KAZ: { umlauts: "one", plain: true, number: "A99999999", personal: "KAZ" },
  KEN: { plain: true, oneName: true },
  KGZ: { plain: true },
  KHM: { plain: true },
  KNA: { plain: true },
  KOR: { plain: true, number: "A99999999 A999A9999", keepsExpiry: true },
  KWT: { plain: true, oneName: true },
  LAO: { plain: true, oneName: true },
  LBN: { plain: true },
  LBR: { plain: true },
  LBY: { plain: true, oneName: true, years: [8] },
  LCA: { plain: true },
  LIE: { umlauts: "two" },
  LKA: { plain: true, oneName: true },
  LSO: { plain: true },
  LTU: { number: "99999999", personal: "EST" },
  LVA: { number: "AA9999999" },
  MDV: { plain: true, oneName: true },
  MEX: { umlauts: "one", years: [6] },
  MKD: { plain: true, personal: "JMBG" },
  MMR: { plain: true, oneName: true },
  MNE: { personal: "JMBG" },
  MNG: { plain: true, oneName: true },
  MRT: { oneName: true },
  MWI: { plain: true },
  MYS: { plain: true, oneName: true, number: "A99999999", personal: "MYS", extraMonths: 6 },
  NGA: { plain: true, number: "A99999999" },
  NIC: { umlauts: "one" },
  NOR: { umlauts: "two", number: "99999999 AAA999999", personal: "NOR" },
  NPL: { plain: true },
  NZL: { plain: true, number: "AA999999" },
  OMN: { plain: true, oneName: true },
  PAK: { plain: true, oneName: true, number: "AA9999999" },
  PAN: { umlauts: "one" },
  PER: { umlauts: "one" },
  PHL: { umlauts: "one", oneName: true, number: "A9999999A AA9999999" },
  PNG: { plain: true },
  POL: { number: "AA9999999", personal: "POL" },
  PRK: { plain: true },
  PRT: { umlauts: "one", number: "A999999 AA999999" },
  PRY: { umlauts: "one" },
  PSE: { plain: true, oneName: true },
  QAT: { plain: true, oneName: true },
  RKS: { personal: "JMBG" },
  ROU: { number: "999999999 99999999", personal: "ROU" },
  RUS: { plain: true, number: "999999999" },
  SAU: { plain: true, oneName: true, hijriYears: true },
  SDN: { plain: true, oneName: true },
  SGP: { plain: true, oneName: true, number: "A9999999A", extraMonths: 9 },
  SLE: { plain: true },
  SLV: { umlauts: "one", years: [6] },
  SOM: { plain: true, oneName: true },
  SRB: { number: "999999999", personal: "JMBG" },
  SSD: { plain: true, oneName: true },
  SVK: { personal: "CZE" },
  SVN: { number: "AA9999999", personal: "JMBG" },
  SWE: { umlauts: "two", number: "99999999 AA9999999", personal: "SWE" },
  SWZ: { plain: true },
  SYC: { plain: true },
  SYR: { plain: true, years: [6] },
  THA: { plain: true, number: "AA9999999" },
  TJK: { plain: true },
  TKM: { umlauts: "one" },
  TLS: { oneName: true },
  TTO: { plain: true },
  TUR: { umlauts: "one", number: "A99999999", years: [4, 6, 8, 9] },
  TWN: { plain: true, number: "999999999" },
  TZA: { plain: true },
  UGA: { plain: true },
  UKR: { plain: true, number: "AA999999", years: [4] },
  URY: { umlauts: "one" },
  USA: { plain: true, number: "999999999 A99999999" },
  UZB: { umlauts: "one", number: "AA9999999", personal: "UZB" },
  VCT: { plain: true },
  VEN: { umlauts: "one" },
  YEM: { plain: true, oneName: true, years: [6] },
  ZAF: { number: "A99999999", personal: "ZAF" },
  ZMB: { plain: true },
  ZWE: { plain: true },
};

const STYLES: Readonly<Record<"two" | "one", UmlautStyle>> = { two: "two_letters", one: "one_letter" };

/** What is particular to the passports of the state with this MRZ code. */
export const profileOf = (issuingState: string): StateProfile =>
  Object.hasOwn(PROFILES, issuingState) ? (PROFILES[issuingState] ?? {}) : {};

/** How the state with this MRZ code writes names. */
export function orthographyOf(issuingState: string): Orthography {
  const { umlauts, plain } = profileOf(issuingState);
  return { umlauts: umlauts === undefined ? "either" : STYLES[umlauts], printsMarks: plain !== true };
}
