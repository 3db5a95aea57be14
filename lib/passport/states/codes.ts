/**
 * Codes of states and organisations as machine readable zones carry them (ICAO Doc 9303 part 3, section 5).
 *
 * Mostly ISO 3166-1, with exceptions: Germany is `D`, Kosovo `RKS`, British nationals other than citizens have codes of
 * their own, and so have organisations, refugees and people without a nationality.
 */
import { states as libraryStates } from "mrz";

/** Issuer and nationality of ICAO's specimens. */
export const SPECIMEN_STATE = "UTO";

/** Codes that the library's table lacks. */
const MORE_STATES: Readonly<Record<string, string>> = {
  XMP: "Parliamentary Assembly of the Mediterranean",
  XAA: "Interparliamentary Assembly",
  [SPECIMEN_STATE]: "Utopia",
};

/** Other ways to write a code. */
const SAME_CODE: ReadonlyMap<string, string> = new Map([
  ["DEU", "D"],
  ["XKX", "RKS"],
  ["XXK", "RKS"],
  ["KOS", "RKS"],
  ["GER", "D"],
  // Codes that older passports still print.
  ["ZIM", "ZWE"],
  ["ROM", "ROU"],
  ["ZAR", "COD"],
  ["BUR", "MMR"],
  ["TMP", "TLS"],
  ["YUG", "SRB"],
  ["SCG", "SRB"],
  ["SUN", "RUS"],
  ["CSK", "CZE"],
  ["DDR", "D"],
  ["BDS", "BRB"],
  ["UAE", "ARE"],
]);

/** Codes of sports bodies (IOC, FIFA) that are no codes of states: a page may print them, and a model may write them. */
const SPORT_CODES: ReadonlyMap<string, string> = new Map(
  (
    "ALG DZA ANG AGO ARU ABW ASA ASM BAH BHS BAN BGD BAR BRB BER BMU BHU BTN BIZ BLZ BOT BWA BRU BRN BUL BGR CAM KHM CAY CYM " +
    "CGO COG CHA TCD CHI CHL CRC CRI CRO HRV DEN DNK EQG GNQ ESA SLV FIJ FJI GAM GMB GEQ GNQ GRE GRC GRN GRD GUA GTM GUI GIN " +
    "HAI HTI HON HND INA IDN IRI IRN ISV VIR IVB VGB KSA SAU KUW KWT LAT LVA LBA LBY LES LSO LIB LBN MAD MDG MAS MYS MAW MWI " +
    "MGL MNG MON MCO MRI MUS MTN MRT MYA MMR NCA NIC NED NLD NEP NPL NGR NGA OMA OMN PAR PRY PHI PHL PLE PSE POR PRT " +
    "PUR PRI RSA ZAF SAM WSM SEY SYC SIN SGP SKN KNA SLO SVN SOL SLB SRI LKA SUD SDN SUI CHE TAN TZA TGA TON TOG TGO TPE TWN " +
    "URU URY VAN VUT VIE VNM VIN VCT ZAM ZMB ENG GBR SCO GBR WAL GBR NIR GBR"
  )
    .match(/[A-Z]{3} [A-Z]{3}/g)
    ?.map((pair) => [pair.slice(0, 3), pair.slice(4)] as const) ?? [],
);

/** English short names in use that are not the ones of ISO 3166-1. */
const MORE_NAMES: Readonly<Record<string, string>> = {
  "UNITED KINGDOM": "GBR",
  "GREAT BRITAIN": "GBR",
  UK: "GBR",
  "UNITED STATES": "USA",
  UAE: "ARE",
  "FEDERAL REPUBLIC OF GERMANY": "D",
  "CZECH REPUBLIC": "CZE",
  "PEOPLES REPUBLIC OF CHINA": "CHN",
  "RUSSIAN FEDERATION": "RUS",
  RUSSIA: "RUS",
  USSR: "RUS",
  "REPUBLIC OF KOREA": "KOR",
  "SOUTH KOREA": "KOR",
  TURKIYE: "TUR",
  VIETNAM: "VNM",
  "VIET NAM": "VNM",
  MOLDOVA: "MDA",
  "REPUBLIC OF MOLDOVA": "MDA",
  IRAN: "IRN",
  SYRIA: "SYR",
  TANZANIA: "TZA",
  BOLIVIA: "BOL",
  VENEZUELA: "VEN",
  BRUNEI: "BRN",
  LAOS: "LAO",
  TAIWAN: "TWN",
  "REPUBLIC OF CHINA": "TWN",
  KOSOVO: "RKS",
};

/** Nationalities as pages print them, if one state alone is meant. */
const NATIONALITIES: Readonly<Record<string, string>> = {
  GBR: "BRITISH,BRITISH CITIZEN,BRITISH SUBJECT",
  GBN: "BRITISH NATIONAL OVERSEAS",
  GBD: "BRITISH OVERSEAS TERRITORIES CITIZEN",
  GBO: "BRITISH OVERSEAS CITIZEN",
  GBP: "BRITISH PROTECTED PERSON",
  D: "DEUTSCH,GERMAN,ALLEMANDE",
  FRA: "FRANCAISE,FRENCH",
  ITA: "ITALIANA,ITALIAN",
  ESP: "ESPANOLA,SPANISH",
  PRT: "PORTUGUESA,PORTUGUESE",
  NLD: "NEDERLANDSE,DUTCH",
  BEL: "BELGE,BELG,BELGIAN",
  AUT: "OSTERREICH,AUSTRIAN",
  IRL: "IRISH,EIREANNACH",
  DNK: "DANSK,DANISH",
  SWE: "SVENSK,SWEDISH",
  NOR: "NORSK,NORWEGIAN",
  FIN: "SUOMI,FINNISH",
  POL: "POLSKIE,POLISH",
  ROU: "ROMANA,ROMANIAN",
  GRC: "HELLENIC,GREEK",
  HUN: "MAGYAR,HUNGARIAN",
  TUR: "TURK,TURKISH",
  UKR: "UKRAINIAN",
  CHN: "CHINESE",
  JPN: "JAPANESE",
  VNM: "VIETNAMESE",
  THA: "THAI",
  PHL: "FILIPINO,PHILIPPINE",
  IDN: "INDONESIAN",
  MYS: "MALAYSIAN",
  SGP: "SINGAPORE CITIZEN,SINGAPOREAN",
  IND: "INDIAN",
  PAK: "PAKISTANI",
  BGD: "BANGLADESHI",
  AUS: "AUSTRALIAN",
  CAN: "CANADIAN,CANADIENNE,CANADIAN/CANADIENNE",
  MEX: "MEXICANA,MEXICAN",
  BRA: "BRASILEIRO,BRASILEIRA,BRAZILIAN",
  ARG: "ARGENTINA,ARGENTINE",
  COL: "COLOMBIANA,COLOMBIAN",
  PER: "PERUANA,PERUVIAN",
  CHL: "CHILENA,CHILEAN",
  ZAF: "SOUTH AFRICAN",
  KEN: "KENYAN",
  ETH: "ETHIOPIAN",
  EGY: "EGYPTIAN",
  SYR: "SYRIAN",
  IRQ: "IRAQI",
  AFG: "AFGHAN",
  SOM: "SOMALI",
  ERI: "ERITREAN",
  XXA: "STATELESS,STAATENLOS,APATRIDE",
};

/** A name without marks, case, brackets and words of no weight. */
function nameKey(name: string): string {
  return name
    .replace(/\([^)]*\)|\[[^\]]*\]|\*/g, "")
    .normalize("NFD")
    .toUpperCase()
    .replace(/[^A-Z ]/g, "")
    .replace(/ +/g, " ")
    .trim();
}

const CODES: ReadonlySet<string> = new Set(
  [...Object.keys(libraryStates), ...Object.keys(MORE_STATES)].filter((code) => !SAME_CODE.has(code)),
);

const LIBRARY_NAMES = Object.entries(libraryStates).map(
  ([code, name]) => [nameKey(name), SAME_CODE.get(code) ?? code] as const,
);

/** Short names that two states go by, such as Korea. */
const SHARED_NAMES: ReadonlySet<string> = new Set(
  Map.groupBy(LIBRARY_NAMES, ([name]) => name)
    .entries()
    .filter(([, entries]) => new Set(entries.map(([, code]) => code)).size > 1)
    .map(([name]) => name),
);

const CODES_BY_NAME: ReadonlyMap<string, string> = new Map([
  ...LIBRARY_NAMES,
  ...Object.entries(MORE_NAMES),
  ...Object.entries(NATIONALITIES).flatMap(([code, names]) =>
    names.split(",").map((name) => [nameKey(name), code] as const),
  ),
  [nameKey("Utopia"), SPECIMEN_STATE] as const,
]);

/** Whether a code is one that a machine readable zone may carry. */
export function isStateCode(code: string): boolean {
  return CODES.has(code);
}

/** What a code of the MRZ stands for, if several codes mean the same; itself if it is unknown or misread. */
export function mrzStateCode(code: string): string {
  return SAME_CODE.get(code) ?? code;
}

/** Codes of one family: a passport may have one in its MRZ and print another one, of a territory or a kind of nationality. */
const FAMILIES: readonly (readonly string[])[] = [
  "CHN HKG MAC",
  "DNK FRO GRL",
  "FIN ALA",
  "FRA GLP GUF MTQ MYT NCL PYF REU SPM WLF BLM MAF",
  "GBR GBD GBN GBO GBP GBS AIA BMU CYM FLK GGY GIB IMN IOT JEY MSR PCN SHN TCA VGB",
  "GBN HKG",
  "NLD ABW ANT BES CUW SXM",
  "NOR SJM",
  "NZL COK NIU TKL",
  "RKS UNK",
  "UNO UNA",
  "USA ASM GUM MNP PRI VIR",
].map((family) => family.split(" "));

/** Refugees, people without a nationality, and staff of organisations: a page may name the state that they come from. */
export const namesNoState = (code: string): boolean =>
  /^(?:XX[ABCX]|UN[AKO]|EUE|X(?:AA|BA|CC|CE|CO|DC|EC|ES|IM|MP|OM|PO))$/.test(code);

/** Whether two codes belong to the same family, so that a page may print one and the MRZ the other. */
export function belongsTogether(one: string, other: string): boolean {
  return one === other || FAMILIES.some((family) => family.includes(one) && family.includes(other));
}

/** The MRZ code of the one state that a text names by its English name; null when it names none, or may name several. */
export function stateNamed(text: string): string | null {
  const key = nameKey(text);
  return SHARED_NAMES.has(key) ? null : (CODES_BY_NAME.get(key) ?? null);
}

/** Made at first use, because it delays the start and few pages name a state by two letters. */
let regions: Intl.DisplayNames | undefined;

/** The MRZ code of the state that a text names by its ISO code of two letters; null when it names none. */
export function stateOfRegion(text: string): string | null {
  if (!/^[A-Z]{2}$/.test(text)) return null;
  regions ??= new Intl.DisplayNames("en", { type: "region" });
  return stateNamed(regions.of(text) ?? "");
}

/** The MRZ code that a text names by code or English name, e.g. `D` for `D<<`, `DEU` and `Germany`; null when it names none. */
export function stateCode(text: string): string | null {
  const code = text.toUpperCase().replace(/[^A-Z]/g, "");
  const same = SAME_CODE.get(code) ?? SPORT_CODES.get(code) ?? code;
  return CODES.has(same) ? same : stateNamed(text);
}
