/** Whether a reported value is the sample's own. It shares no code with the rules under test. */
import type { PrintedFieldName } from "../lib/passport/reading.ts";
import type { SamplePassport } from "../dev/samples/passports.ts";

const bareLetters = (name: string) =>
  name
    .toUpperCase()
    .normalize("NFKD")
    .replaceAll(/[^\p{L}]/gu, "");
const marksOf = (name: string) => name.normalize("NFKC").match(/[^ -~]/g) ?? [];

const bareCharacters = (number: string) => number.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");

/** Whether the value is what the passport really says. A mark over a letter may be missing, and none may be added. */
export function isTrue(passport: SamplePassport, field: PrintedFieldName, value: string): boolean {
  if (field === "surname" || field === "givenNames") {
    const name = passport[field].normalize("NFKC");
    // The text in brackets is another spelling, which the MRZ leaves out.
    const spellings = [name, name.replace(/\(.*\)/, "")].map(bareLetters);
    return spellings.includes(bareLetters(value)) && marksOf(value).every((mark) => name.includes(mark));
  }
  if (field === "personalNumber") {
    return bareCharacters(value) === bareCharacters(passport.personalNumber ?? passport.mrz[1].slice(28, 42));
  }
  return value === passport[field];
}
