/**
 * A stroke font of our own, in the manner of OCR-B: pictures look the same on every machine, fonts installed or not.
 *
 * A glyph is its width and an SVG path of strokes. Capitals stand between y = 0 and the baseline at y = 100; small
 * letters begin at y = 34 and descend to y = 129. The pen has round ends.
 */

import { LATIN_LOOKALIKES, OTHER_SCRIPTS } from "./glyphs-other-scripts.ts";

/** A character's width without the gap to the next one, and its strokes. */
export interface Glyph {
  readonly width: number;
  readonly path: string;
}

const glyph = (width: number, path: string): Glyph => ({ width, path });

const ROUND = "M32 0C9 0 0 15 0 50S9 100 32 100S64 85 64 50S55 0 32 0Z";
const BOWL = "M0 100V0H28C45 0 54 12 54 28S45 56 28 56H0";
const STEM_AND_BOWL = "M0 52C4 40 12 34 23 34C38 34 46 48 46 67S38 100 23 100C12 100 4 94 0 82";
const BOWL_AND_STEM = "M46 52C42 40 34 34 23 34C8 34 0 48 0 67S8 100 23 100C34 100 42 94 46 82";
const HUMP = "M0 56C4 42 12 34 23 34C37 34 44 43 44 58V100";
const SMALL_ROUND = "M24 34C9 34 0 48 0 67S9 100 24 100S48 86 48 67S39 34 24 34Z";
const SMALL_A = "M4 44C9 37 15 34 24 34C37 34 44 41 44 54V100M44 64H22C8 64 0 71 0 82S8 100 19 100C31 100 40 94 44 84";

const GLYPHS: Readonly<Record<string, Glyph>> = {
  " ": glyph(30, ""),
  A: glyph(64, "M0 100L32 0L64 100M12 66H52"),
  B: glyph(56, "M28 48C48 48 56 60 56 74S48 100 30 100H0V0H28C43 0 50 11 50 24S43 48 28 48H0"),
  C: glyph(58, "M58 14C50 5 43 0 34 0C12 0 0 22 0 50S12 100 34 100C43 100 50 95 58 86"),
  D: glyph(58, "M0 0V100H22C46 100 58 80 58 50S46 0 22 0Z"),
  E: glyph(50, "M50 0H0V100H50M0 48H42"),
  F: glyph(48, "M48 0H0V100M0 48H40"),
  G: glyph(60, "M58 14C50 5 43 0 34 0C12 0 0 22 0 50S12 100 34 100C44 100 53 96 60 89V54H38"),
  H: glyph(58, "M0 0V100M58 0V100M0 48H58"),
  I: glyph(32, "M0 0H32M16 0V100M0 100H32"),
  J: glyph(44, "M14 0H44V70C44 90 34 100 20 100C12 100 5 97 0 91"),
  K: glyph(56, "M0 0V100M54 0L0 60M20 40L56 100"),
  L: glyph(48, "M0 0V100H48"),
  M: glyph(66, "M0 100V0L33 58L66 0V100"),
  N: glyph(58, "M0 100V0L58 100V0"),
  O: glyph(64, ROUND),
  P: glyph(54, BOWL),
  Q: glyph(64, `${ROUND}M40 72L66 104`),
  R: glyph(56, `${BOWL}M28 56L56 100`),
  S: glyph(
    54,
    "M52 13C46 5 38 0 28 0C12 0 2 10 2 25C2 40 12 45 28 49C44 53 54 59 54 75C54 91 43 100 27 100C15 100 6 95 0 86",
  ),
  T: glyph(60, "M0 0H60M30 0V100"),
  U: glyph(58, "M0 0V64C0 88 11 100 29 100S58 88 58 64V0"),
  V: glyph(62, "M0 0L31 100L62 0"),
  W: glyph(78, "M0 0L18 100L39 22L60 100L78 0"),
  X: glyph(60, "M0 0L60 100M60 0L0 100"),
  Y: glyph(60, "M0 0L30 50L60 0M30 50V100"),
  Z: glyph(56, "M0 0H56L0 100H56"),
  a: glyph(44, SMALL_A),
  b: glyph(46, `M0 0V100${STEM_AND_BOWL}`),
  c: glyph(42, "M42 44C37 37 31 34 24 34C9 34 0 48 0 67S9 100 24 100C31 100 37 97 42 90"),
  d: glyph(46, `M46 0V100${BOWL_AND_STEM}`),
  e: glyph(46, "M0 66H46C46 46 38 34 23 34S0 48 0 67S9 100 25 100C33 100 39 97 44 91"),
  f: glyph(30, "M32 2C30 1 27 0 24 0C15 0 10 6 10 17V100M0 36H28"),
  g: glyph(
    46,
    "M46 34V104C46 120 38 129 23 129C14 129 7 126 2 121M46 52C42 40 34 34 23 34C8 34 0 47 0 65S8 96 23 96C34 96 42 90 46 80",
  ),
  h: glyph(44, `M0 0V100${HUMP}`),
  i: glyph(4, "M2 34V100M2 9V10"),
  j: glyph(16, "M14 34V110C14 123 9 129 0 129M14 9V10"),
  k: glyph(42, "M0 0V100M40 34L0 74M14 62L42 100"),
  l: glyph(12, "M2 0V86C2 95 5 100 12 100"),
  m: glyph(72, "M0 34V100M0 54C4 41 11 34 20 34C31 34 36 42 36 56V100M36 54C40 41 47 34 56 34C67 34 72 42 72 56V100"),
  n: glyph(44, `M0 34V100${HUMP}`),
  o: glyph(48, SMALL_ROUND),
  p: glyph(46, `M0 34V128${STEM_AND_BOWL}`),
  q: glyph(46, `M46 34V128${BOWL_AND_STEM}`),
  r: glyph(28, "M0 34V100M0 58C4 42 12 34 22 34H28"),
  s: glyph(
    40,
    "M38 42C33 37 27 34 20 34C8 34 2 41 2 50C2 59 9 63 20 66C32 69 40 73 40 83C40 93 32 100 20 100C12 100 5 97 0 90",
  ),
  t: glyph(30, "M12 12V82C12 94 17 100 26 100H30M0 36H30"),
  u: glyph(44, "M0 34V76C0 91 7 100 21 100C32 100 40 92 44 78M44 34V100"),
  v: glyph(46, "M0 34L23 100L46 34"),
  w: glyph(64, "M0 34L16 100L32 46L48 100L64 34"),
  x: glyph(44, "M0 34L44 100M44 34L0 100"),
  y: glyph(46, "M0 34L23 98M46 34L22 106C17 122 12 128 0 128"),
  z: glyph(42, "M0 34H42L0 100H42"),
  "0": glyph(52, "M26 0C9 0 0 20 0 50S9 100 26 100S52 80 52 50S43 0 26 0Z"),
  "1": glyph(44, "M4 20L24 0V100M4 100H44"),
  "2": glyph(54, "M2 22C6 7 15 0 27 0C42 0 51 10 51 25C51 45 30 58 2 100H54"),
  "3": glyph(52, "M4 0H50L24 40C42 40 52 52 52 69C52 88 41 100 24 100C13 100 5 96 0 88"),
  "4": glyph(56, "M40 100V0L0 70H56"),
  "5": glyph(52, "M48 0H8L4 44C10 38 17 36 25 36C42 36 52 48 52 67C52 88 41 100 23 100C13 100 5 96 0 88"),
  "6": glyph(54, "M40 0C18 22 0 46 0 70C0 88 11 100 27 100S54 88 54 70S43 40 27 40C16 40 7 45 2 54"),
  "7": glyph(52, "M0 0H52L18 100"),
  "8": glyph(
    54,
    "M27 47C13 47 4 38 4 24S13 0 27 0S50 10 50 24S41 47 27 47C11 47 0 58 0 73S11 100 27 100S54 89 54 73S43 47 27 47Z",
  ),
  "9": glyph(54, "M14 100C36 78 54 54 54 30C54 12 43 0 27 0S0 12 0 30S11 60 27 60C38 60 47 55 52 46"),
  "<": glyph(48, "M48 14L0 50L48 86"),
  ">": glyph(48, "M0 14L48 50L0 86"),
  ".": glyph(4, "M2 98V99"),
  ",": glyph(8, "M7 96L1 114"),
  ":": glyph(4, "M2 44V45M2 98V99"),
  ";": glyph(8, "M6 44V45M7 96L1 114"),
  "!": glyph(4, "M2 0V68M2 98V99"),
  "?": glyph(44, "M0 16C5 5 13 0 23 0C36 0 44 8 44 21C44 40 23 42 23 66V70M23 98V99"),
  "-": glyph(32, "M0 56H32"),
  _: glyph(56, "M0 116H56"),
  "+": glyph(48, "M24 28V84M0 56H48"),
  "=": glyph(48, "M0 42H48M0 70H48"),
  "/": glyph(40, "M40 -8L0 108"),
  "(": glyph(20, "M20 -8C6 8 0 28 0 50S6 92 20 108"),
  ")": glyph(20, "M0 -8C14 8 20 28 20 50S14 92 0 108"),
  "'": glyph(4, "M2 0V24"),
  "’": glyph(10, "M9 0C11 12 8 20 1 26"),
  ʻ: glyph(10, "M1 26C-1 14 2 6 9 0"),
  '"': glyph(20, "M2 0V24M18 0V24"),
  "&": glyph(64, "M62 100L12 26C8 10 16 0 28 0C40 0 46 9 44 20C42 36 0 44 0 74C0 90 10 100 26 100C46 100 58 82 60 58"),
  "#": glyph(56, "M18 0L8 100M48 0L38 100M4 32H56M0 68H52"),
  "*": glyph(40, "M20 8V52M0 19L40 41M40 19L0 41"),
  "%": glyph(64, "M58 0L6 100M14 0A14 18 0 1 0 14.1 0ZM50 64A14 18 0 1 0 50.1 64Z"),
  "°": glyph(28, "M14 0A14 14 0 1 0 14.1 0Z"),
  "№": glyph(100, "M0 100V0L52 100V0M84 30A16 18 0 1 0 84.1 30ZM68 84H100"),
  "·": glyph(4, "M2 55V56"),
  Æ: glyph(86, "M0 100L38 0H86M18 66H44M44 0V100H86M44 48H80"),
  Œ: glyph(92, "M92 0H34C12 0 0 20 0 50S12 100 34 100H92M48 0V100M48 48H86"),
  Ø: glyph(64, `${ROUND}M2 106L62 -6`),
  Ĳ: glyph(92, "M0 0H32M16 0V100M0 100H32M62 0H92V70C92 90 82 100 68 100C60 100 53 97 48 91"),
  Ł: glyph(50, "M4 0V100H50M-8 66L28 38"),
  Đ: glyph(62, "M4 0V100H26C50 100 62 80 62 50S50 0 26 0ZM-8 48H28"),
  Þ: glyph(52, "M0 0V100M0 22H26C43 22 52 33 52 48S43 74 26 74H0"),
  ẞ: glyph(56, "M0 100V28C0 10 10 0 26 0H52L28 36C46 36 56 48 56 68C56 88 46 100 24 100"),
  æ: glyph(
    78,
    "M2 44C7 37 13 34 20 34C32 34 38 41 38 54V82C34 94 27 100 18 100C8 100 0 93 0 82S8 64 20 64H78C78 46 71 34 57 34C46 34 40 42 38 54M38 72C38 90 46 100 58 100C66 100 71 97 76 91",
  ),
  œ: glyph(
    82,
    "M22 34C8 34 0 48 0 67S8 100 22 100S42 86 42 67S36 34 22 34ZM42 66H82C82 46 75 34 61 34S42 48 42 67S50 100 63 100C70 100 76 97 80 91",
  ),
  ø: glyph(48, `${SMALL_ROUND}M2 106L46 28`),
  ł: glyph(14, "M6 0V86C6 95 9 100 14 100M-6 62L18 44"),
  đ: glyph(52, `M46 0V100${BOWL_AND_STEM}M24 16H58`),
  ð: glyph(48, `${SMALL_ROUND}M48 66C48 40 36 18 16 2M10 24L38 8`),
  þ: glyph(46, `M0 0V128${STEM_AND_BOWL}`),
  ß: glyph(
    48,
    "M0 100V26C0 10 9 0 22 0S42 9 42 22C42 38 24 38 24 48C24 58 48 60 48 80C48 93 39 100 26 100C21 100 17 99 14 97",
  ),
  ı: glyph(4, "M2 34V100"),
};

/** Accents around x = 0, for a capital: small letters wear the upper ones lower. */
const ACCENTS: Readonly<Record<string, string>> = {
  "\u0300": "M-11 -31L6 -17",
  "\u0301": "M11 -31L-6 -17",
  "\u0302": "M-15 -17L0 -31L15 -17",
  "\u0303": "M-18 -18C-12 -31 -5 -29 0 -24S12 -17 18 -30",
  "\u0304": "M-16 -23H16",
  "\u0306": "M-16 -31C-13 -15 13 -15 16 -31",
  "\u0307": "M0 -24V-23",
  "\u0308": "M-13 -24V-23M13 -24V-23",
  "\u030a": "M0 -38A10 10 0 1 0 .1 -38Z",
  "\u030b": "M1 -31L-14 -17M19 -31L4 -17",
  "\u030c": "M-15 -31L0 -17L15 -31",
  "\u0309": "M-9 -30C-7 -37 9 -37 9 -30C9 -25 0 -25 0 -18",
  "\u0323": "M0 117V118",
  "\u0326": "M3 112L-4 128",
  "\u0327": "M0 100L-3 110C7 109 11 113 10 119S1 129 -9 127",
  "\u0328": "M10 100C-4 110 -4 126 14 124",
};

/** The horn of Vietnamese stands at the letter's upper right corner instead. */
const HORN = "\u031b";
const HORN_PATH = "M-4 10C12 10 16 0 12 -12";
const BELOW = new Set(["\u0323", "\u0326", "\u0327", "\u0328"]);
const SMALL_SHIFT = 30;
const STACKED = 18;
const ASCENDING = /[bdfhklt]/;
// Letters that carry a stroke instead of an accent have no decomposition of their own.
const SAME_SHAPE: Readonly<Record<string, string>> = {
  Ð: "Đ",
  "‘": "ʻ",
  ʼ: "’",
  "´": "’",
  "`": "ʻ",
  "–": "-",
  "‐": "-",
};
const MISSING = glyph(50, "M0 0H50V100H0ZM0 0L50 100M50 0L0 100");

/** Whether the font has every character of a text. */
export function hasGlyphs(text: string): boolean {
  return Array.from(characters.segment(text), ({ segment }) => glyphOf(segment)).every((found) => found !== MISSING);
}

/** Splits a text into what a reader takes for one character. */
export const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The glyph of one character (a letter with its accents counts as one); an unknown one is a crossed box. */
export function glyphOf(character: string): Glyph {
  const known = GLYPHS[SAME_SHAPE[character] ?? character];
  if (known !== undefined) return known;
  const [first = "", ...accents] = character.normalize("NFD");
  const letter = LATIN_LOOKALIKES[first] ?? first;
  const dotless = letter === "i" && accents.some((accent) => !BELOW.has(accent)) ? "ı" : letter;
  const base = GLYPHS[dotless] ?? OTHER_SCRIPTS[dotless];
  return base === undefined ? MISSING : accentuate(base, accents, letter);
}

/** Puts accents on a letter: a second one above stands on the first. */
function accentuate(base: Glyph, accents: readonly string[], letter: string): Glyph {
  const shift = /\p{Ll}/u.test(letter) && !ASCENDING.test(letter) ? SMALL_SHIFT : 0;
  let height = shift;
  let { path } = base;
  for (const accent of accents) {
    if (accent === HORN) {
      path += translate(HORN_PATH, base.width, shift);
    } else if (BELOW.has(accent)) {
      path += translate(ACCENTS[accent] ?? "", base.width / 2, 0);
    } else {
      path += translate(ACCENTS[accent] ?? "", base.width / 2, height);
      height -= STACKED;
    }
  }
  return glyph(base.width, path);
}

/** Moves a path of absolute M, L, C, S, V, H and A commands. */
function translate(path: string, dx: number, dy: number): string {
  return path.replace(/([MLCSVHA])([^MLCSVHAZ]*)/g, (_, command: string, list: string) => {
    const numbers = list
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    return command + numbers.map((number, index) => number + offset(command, index, dx, dy)).join(" ");
  });
}

function offset(command: string, index: number, dx: number, dy: number): number {
  if (command === "H") return dx;
  if (command === "V") return dy;
  // An arc's radii, rotation and flags stay; its end point moves.
  if (command === "A" && index < 5) return 0;
  const horizontal = command === "A" ? index === 5 : index % 2 === 0;
  return horizontal ? dx : dy;
}
