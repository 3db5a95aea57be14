/** The surname and the given names of a passport. */
import { type FieldEvidence, plain, type PrintedValue } from "../evidence.ts";
import { type Mrz, uncoveredValues } from "../mrz/zone.ts";
import { hasText, NOT_READ, readCharacters } from "../printed.ts";
import type { PassportReading, PrintedField } from "../reading.ts";
import { compareNames, SILENT } from "./compare.ts";
import { profileOf } from "../states/profiles.ts";
import { alignNames, type Identifier, type PrintedNames, splitNames } from "./identifiers.ts";
import { noNameIn } from "./context.ts";
import { hasLatinLetters } from "./spelling.ts";
import { isMadeOf } from "./value.ts";

type Fields = PassportReading["fields"];

/**
 * What was read of both names. If both zones agree, the value is the page's spelling, without what stands around the
 * name.
 */
export function readNames(printed: Fields, { line1 }: Mrz): Record<Identifier, FieldEvidence> {
  const letters = line1.flatMap(({ line }) => line.names.split("<"));
  const fields = {
    surname: withoutNoName(printed.surname, letters),
    givenNames: withoutNoName(printed.givenNames, letters),
  };
  const characters = { surname: readCharacters(fields.surname), givenNames: readCharacters(fields.givenNames) };
  const values = { surname: fields.surname.value, givenNames: fields.givenNames.value };
  const readings = line1.map(({ line, from }) => {
    const names = alignNames(characters, splitNames(line.names));
    const asSpelled = compareNames(characters, names, values);
    const compared = withSounds(asSpelled, () => {
      const { sounds = {} } = profileOf(line.issuingState);
      return compareNames(respell(characters, sounds), names, respell(values, sounds));
    });
    return { from, line: { names, compared } };
  });
  const read = (name: Identifier): FieldEvidence => {
    // The first reading comes last: if both read the same letters, its view of whether they are shortened counts.
    const comparisons = new Map(
      readings.toReversed().map(({ line }) => [line.names[name]?.join(" ") ?? "", line.compared[name]]),
    );
    const compared = (letters: string) => comparisons.get(letters) ?? SILENT;
    return {
      printed: printedName(fields[name]),
      mrz: uncoveredValues(readings, ({ names }) => names[name]?.join(" ") ?? null),
      compare: (letters) => compared(letters).agreement,
      report: (letters, agreed) => plain(agreed ? (compared(letters).text ?? letters) : letters),
    };
  };
  return { surname: read("surname"), givenNames: read("givenNames") };
}

type Compared = ReturnType<typeof compareNames>;

/** If the MRZ does not have a name as it is spelled, it may have it by its sound. Its letters are reported then. */
function withSounds(asSpelled: Compared, compareSounds: () => Compared): Compared {
  if (asSpelled.surname.agreement !== "differs" && asSpelled.givenNames.agreement !== "differs") return asSpelled;
  const bySound = compareSounds();
  const better = (name: Identifier) =>
    asSpelled[name].agreement === "differs" && bySound[name].agreement !== "differs"
      ? ({ agreement: "partly", text: null } as const)
      : asSpelled[name];
  return { surname: better("surname"), givenNames: better("givenNames") };
}

/** Names with the sounds of a state's letters. */
function respell({ surname, givenNames }: PrintedNames, sounds: Readonly<Record<string, string>>): PrintedNames {
  const bySound = (name: string | null) =>
    Object.entries(sounds).reduce<string | null>(
      (text, [letters, spelling]) => text?.replaceAll(letters, spelling) ?? null,
      name?.toUpperCase().replaceAll(/[’‘`´ʼʻ]/gu, "'") ?? null,
    );
  return { surname: bySound(surname), givenNames: bySound(givenNames) };
}

/** The field; as not printed if it says that there is no such name. A name of the same letters is in the MRZ too. */
function withoutNoName(field: PrintedField, letters: readonly string[]): PrintedField {
  const noName = noNameIn(field.printed ?? "");
  return noName === null || letters.includes(noName)
    ? field
    : { printed: null, value: null, unreadable: "not_printed" };
}

/**
 * A name of the printed zone: the Latin value if the page prints Latin letters, else the characters of the page's own
 * script. A Latin value of a page without Latin letters was transliterated by the model, or copied from the MRZ.
 */
export function printedName(field: PrintedField): PrintedValue {
  const characters = readCharacters(field);
  if (characters === null) return NOT_READ;
  const { printed, value } = field;
  const isCompared = hasText(value) && hasLatinLetters(characters) && hasLatinLetters(value);
  if (!isCompared) return { value: characters, characters: printed, contradictory: false };
  return { value: value.trim(), characters: printed, contradictory: !isMadeOf(value, characters) };
}
