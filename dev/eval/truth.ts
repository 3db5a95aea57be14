/** Whether a reported value is the sample's own. It shares no code with the rules under test. */
import type { PrintedFieldName } from "../../lib/passport/reading.ts";
import type { SamplePassport } from "../samples/passports.ts";

/** Letters without their marks: marks that leave no trace in the MRZ are not what `confirmed` speaks of. */
const bareLetters = (name: string) =>
  name
    .toUpperCase()
    .normalize("NFD")
    .replaceAll(/[^\p{L}]/gu, "");

const bareCharacters = (number: string) => number.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");

/** Whether the value is what the passport really says. */
export function isTrue(passport: SamplePassport, field: PrintedFieldName, value: string): boolean {
  if (field === "surname" || field === "givenNames") {
    // The text in brackets is another spelling, which the MRZ leaves out.
    return [passport[field], passport[field].replace(/\(.*\)/, "")].map(bareLetters).includes(bareLetters(value));
  }
  if (field === "personalNumber") {
    return bareCharacters(value) === bareCharacters(passport.personalNumber ?? passport.mrz[1].slice(28, 42));
  }
  return value === passport[field];
}
