/**
 * What is particular to the passports of a state, one line a state. A state without a line here follows the defaults.
 *
 * Sources: for numbers, `isPassportNumber` of validator.js, and PRADO, the Council of the EU's register of documents, from
 * memory if validator.js lacks a form. For the term, the law or page that is named beside it, else PRADO, from memory.
 * Only what all valid ordinary passports of a state have in common stands here.
 */

/** What is particular to a state's passports. */
export interface StateProfile {
  /** The MRZ may carry a whole name in one identifier. */
  readonly oneName?: true;
  /** Letters that its MRZ may spell by their sounds, each before its spelling. */
  readonly sounds?: Readonly<Record<string, string>>;
  /** The form of the numbers of ordinary passports: `9` a digit, `A` a letter, `X` either; alternatives parted by spaces. */
  readonly number?: string;
  /** The terms in years for which it issues passports to adults. */
  readonly years?: readonly number[];
  /** Its terms may be years of the Hijri calendar. */
  readonly hijriYears?: true;
  /** Any term is possible: a replacement keeps the expiry date of the passport that it replaces, or the term ends at an age. */
  readonly anyTerm?: true;
  /** The last day is a birthday of the holder, up to a year before or after the term. */
  readonly endsOnBirthday?: true;
  /** Months that an early renewal may have added to the term. */
  readonly extraMonths?: number;
  /** Whose form a personal number has that tells the date of birth. */
  readonly personal?: string;
}

/** States with something of their own. */
export const PROFILES: Readonly<Record<string, StateProfile>> = {
  AFG: { oneName: true },
  ARE: { oneName: true },
  ARG: { number: "AAA999999" },
  ARM: { number: "AA9999999" },
  AUS: { number: "A9999999 AA9999999", anyTerm: true },
  AUT: { number: "A9999999 AA9999999" },
  AZE: { sounds: { X: "KH", Q: "G", C: "J" } },
  BEL: { number: "AA999999", personal: "BEL" },
  BGD: { oneName: true, number: "AA9999999 A99999999" },
  BGR: { number: "999999999", personal: "BGR" },
  BHR: { oneName: true },
  BIH: { personal: "JMBG" },
  // Up to the age of 100 for people over 63: Edict 200 of 2010 as of 2012, reported by moyby.com on 9 August 2012.
  BLR: { number: "AA9999999", anyTerm: true },
  BOL: { years: [6] },
  BRA: { number: "AA999999" },
  BTN: { oneName: true },
  CAN: { number: "AA999999 A999999AA", anyTerm: true },
  CHN: { number: "A99999999 AA9999999" },
  CRI: { years: [6] },
  CUB: { years: [6] },
  CZE: { number: "99999999", personal: "CZE" },
  // Six years before the 24th birthday: § 5 of the Passgesetz.
  D: { years: [6] },
  DJI: { oneName: true },
  DNK: { number: "999999999", personal: "DNK" },
  DOM: { years: [6] },
  ECU: { years: [6] },
  EGY: { oneName: true },
  ERI: { oneName: true },
  ESP: { number: "XXX999999 XX999999" },
  EST: { personal: "EST" },
  ETH: { oneName: true },
  FIN: { number: "AA9999999", personal: "FIN" },
  FRA: { number: "99AA99999" },
  GBR: { number: "999999999", extraMonths: 9 },
  GEO: { number: "99AA99999" },
  GRC: { number: "AA9999999" },
  HRV: { number: "999999999" },
  // Wikipedia, "Hungarian passport": five years up to the birthday after them, ten up to the one before.
  HUN: { endsOnBirthday: true },
  IDN: { oneName: true },
  IND: { oneName: true, number: "A9999999 AA999999" },
  IRL: { number: "A9999999 XX9999999" },
  IRQ: { oneName: true, years: [8] },
  ISL: { number: "A9999999", personal: "ISL" },
  ITA: { number: "XX9999999" },
  JOR: { oneName: true },
  JPN: { number: "AA9999999" },
  KAZ: { number: "A99999999", personal: "KAZ" },
  KEN: { oneName: true },
  KOR: { number: "A99999999 A999A9999", anyTerm: true },
  KWT: { oneName: true },
  LAO: { oneName: true },
  LBY: { oneName: true, years: [8] },
  LKA: { oneName: true },
  LTU: { personal: "EST" },
  LVA: { number: "XX9999999" },
  MDV: { oneName: true },
  MEX: { years: [6] },
  MKD: { personal: "JMBG" },
  MMR: { oneName: true },
  MNE: { personal: "JMBG" },
  MNG: { oneName: true },
  MRT: { oneName: true },
  MYS: { oneName: true, number: "A99999999", extraMonths: 6 },
  NGA: { number: "A99999999" },
  NOR: { number: "99999999 AAA999999", personal: "NOR" },
  NZL: { number: "AA999999" },
  OMN: { oneName: true },
  PAK: { oneName: true, number: "AA9999999" },
  PHL: { oneName: true, number: "A9999999A AA9999999" },
  POL: { number: "AA9999999", personal: "POL" },
  PRT: { number: "A999999 AA999999" },
  PSE: { oneName: true },
  QAT: { oneName: true },
  ROU: { number: "999999999 99999999", personal: "ROU" },
  RUS: { number: "999999999" },
  SAU: { oneName: true, hijriYears: true },
  SDN: { oneName: true },
  SGP: { oneName: true, number: "A9999999A", extraMonths: 9 },
  SLV: { years: [6] },
  SOM: { oneName: true },
  SRB: { number: "999999999", personal: "JMBG" },
  SSD: { oneName: true },
  SVK: { personal: "CZE" },
  SVN: { number: "AA9999999", personal: "JMBG" },
  SWE: { number: "99999999 AA9999999", personal: "SWE" },
  SYR: { years: [6] },
  THA: { number: "AA9999999" },
  TKM: { sounds: { W: "V" } },
  TLS: { oneName: true },
  TUR: { number: "A99999999", years: [4, 6, 8, 9] },
  TWN: { number: "999999999" },
  UKR: { number: "AA999999", years: [4] },
  USA: { number: "999999999 A99999999" },
  UZB: { sounds: { X: "KH", Q: "K", "O'": "U" }, number: "AA9999999", personal: "UZB" },
  YEM: { oneName: true, years: [6] },
  ZAF: { number: "A99999999", personal: "ZAF" },
};

/** What is particular to the passports of the state with this MRZ code. */
export const profileOf = (issuingState: string): StateProfile =>
  Object.hasOwn(PROFILES, issuingState) ? (PROFILES[issuingState] ?? {}) : {};
