/**
 * Specimens: ICAO's own (issuing state UTO), and those that states publish of their passports. Sources: PRADO, the Council
 * of the EU's register of documents, and the states' announcements of new passports.
 */
import type { WeighedFields } from "../fields.ts";
import { SPECIMEN_STATE } from "./codes.ts";

/** Words that stand in names and numbers of specimens only. */
const SPECIMEN_WORDS: ReadonlySet<string> = new Set(
  (
    "SPECIMEN SPECIM SPECIMENI SPESIMEN ESPECIMEN ESPECIME FACSIMILE VZOR VZOREC WZOR UZORAK PRIMERAK OBRAZETS MUESTRA " +
    "CONTOH MUSTERFRAU NAIDIS PARAUGS PARAUDZINA PAVYZDYS PAVARDENIS PAVARDENE YANGBEN"
  ).split(" "),
);
const SPECIMEN_NUMBER = /^SPECI\d*$/;

/** Names of published specimens, family name first. People may have such a name: the date of birth tells them apart. */
const PUBLISHED: Readonly<Record<string, readonly string[]>> = {
  "MUSTERMANN ERIKA": ["1964-08-12", "1957-09-12", "1983-08-12"],
  "MUSTERMANN GABRIELE": ["1945-09-12"],
  "MUSTERMANN MAX": [],
  "DE BRUIJN WILLEKE LISELOTTE": ["1965-03-10"],
  "ERIKSSON ANNA MARIA": ["1974-08-12", "1969-08-06"],
  "TRAVELER HAPPY": [],
  "MEIKALAINEN MAIJA": [],
  "MEIKALAINEN MATTI": [],
  "CITIZEN JANE": [],
  "CITIZEN JOHN": [],
  "GAIMU SAKURA": [],
  "GAIMU TARO": [],
  "ESPANOLA ESPANOLA CARMEN": [],
  "MARTIN SARAH": ["1985-01-01"],
  "JOEORG JAAK KRISTJAN": ["1980-01-08"],
  "MANNIK MARI LIIS": ["1971-01-01"],
  "TKACHENKO MARIANA": ["1991-08-24"],
};
/** People may well have this name. */
const NEEDS_DATE: ReadonlySet<string> = new Set([
  "ERIKSSON ANNA MARIA",
  "JOEORG JAAK KRISTJAN",
  "MANNIK MARI LIIS",
  "MARTIN SARAH",
  "TKACHENKO MARIANA",
]);

const words = (text: string) =>
  text
    .toUpperCase()
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^A-Z0-9]+/g, " ")
    .trim();

/** A field that tells a specimen; `sure` if nothing that was read there says otherwise. */
interface SpecimenField {
  readonly name: "issuingState" | "nationality" | "surname" | "givenNames" | "documentNumber";
  readonly sure: boolean;
}

/** The fields that tell that a document is a specimen. */
export function specimenFields(fields: WeighedFields): SpecimenField[] {
  const states = (["issuingState", "nationality"] as const).flatMap((name) =>
    found(fields, name, (value) => value === SPECIMEN_STATE),
  );
  const named = (["surname", "givenNames", "documentNumber"] as const).flatMap((name) =>
    found(fields, name, (value) =>
      words(value)
        .split(" ")
        .some((word) => SPECIMEN_WORDS.has(word) || SPECIMEN_NUMBER.test(word)),
    ),
  );
  return [...states, ...named, ...publishedSpecimen(fields)];
}

function found(fields: WeighedFields, name: SpecimenField["name"], tells: (value: string) => boolean): SpecimenField[] {
  const { sources } = fields[name].field;
  const telling = sources.filter(({ value }) => tells(value));
  return telling.length === 0 ? [] : [{ name, sure: telling.length === sources.length }];
}

function publishedSpecimen({ surname, givenNames, birthDate }: WeighedFields): SpecimenField[] {
  const name = words(`${surname.field.value ?? ""} ${givenNames.field.value ?? ""}`);
  if (!Object.hasOwn(PUBLISHED, name)) return [];
  const sure = PUBLISHED[name]?.includes(birthDate.field.value ?? "") ?? false;
  return sure || !NEEDS_DATE.has(name) ? [{ name: "surname", sure }] : [];
}
