/** The characters of the zone, and which of them may stand where in a passport's two lines (ICAO Doc 9303 part 4). */

/** Characters in a row of a passport's zone. */
export const ROW_LENGTH = 44;

/** In the order of the line reader's output, where a blank comes before them. */
export const ALPHABET = "<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const LETTERS = ALPHABET.slice(11);
const DIGITS = ALPHABET.slice(1, 11);

/** For each place of a line, the indices in the alphabet of what may stand there. */
export type Grammar = readonly (readonly number[])[];

const indicesOf = (characters: string) => Array.from(characters, (character) => ALPHABET.indexOf(character));

const grammar = (charactersAt: (place: number) => string): Grammar =>
  Array.from({ length: ROW_LENGTH }, (_, place) => indicesOf(charactersAt(place)));

/** Any letter may come first: a visa's line must be read as what it is. */
export const FIRST_LINE: Grammar = grammar((place) => (place === 0 ? LETTERS : `${LETTERS}<`));

/** The second line by its fields: number, nationality, birth date, sex, expiry date, optional data, and their check digits. */
export const SECOND_LINE: Grammar = grammar((place) => {
  if (place < 9) return ALPHABET;
  if (place === 19 || place === 27 || place === 43) return DIGITS;
  if (place === 20) return "MFX<";
  if (place >= 10 && place < 13) return `${LETTERS}<`;
  if (place >= 28 && place < 42) return ALPHABET;
  return `${DIGITS}<`;
});
