/** The visual inspection zone of a passport: labels and values beside the portrait, and the holder's signature. */
import { SMALLEST_PRINT } from "./draw-document.ts";
import { drawText } from "./draw-text.ts";
import { hasGlyphs } from "./glyphs.ts";
import type { SamplePassport } from "./passports.ts";
import { createRandom } from "./random.ts";

const LABEL = { size: SMALLEST_PRINT, color: "#5b6880", weight: 10 } as const;
const VALUE_SIZE = 92;
const FIRST_ROW = 450;
const ROW = 176;
const VALUE_BELOW_LABEL = 94;
const LEFT = 1_660;
const MIDDLE = 2_580;
const RIGHT = 3_490;

interface Field {
  readonly label: string;
  readonly text: string | null;
  readonly x: number;
  readonly row: number;
  readonly maxWidth: number;
}

/** SVG of the printed fields and the signature, in the page's pixels. */
export function drawFields(passport: SamplePassport): string {
  return fieldsOf(passport).map(drawField).join("") + signature(passport);
}

function fieldsOf({ printed, documentCode }: SamplePassport): readonly Field[] {
  const wide = (label: string, text: string | null, row: number, x = LEFT): Field => ({
    label,
    text,
    row,
    x,
    maxWidth: RIGHT - x,
  });
  const half = (label: string, text: string | null, row: number): Field => ({
    label,
    text,
    row,
    x: LEFT,
    maxWidth: MIDDLE - LEFT - 50,
  });
  const narrow = (label: string, text: string, row: number): Field => ({ label, text, row, x: 1_196, maxWidth: 400 });
  return [
    narrow("Type", documentCode, 0),
    narrow("Code", printed.issuingState ?? "", 1),
    { label: "Passport No.", text: printed.documentNumber, row: 0, x: LEFT, maxWidth: 1_330 },
    wide("Surname", printed.surname, 1),
    wide("Given names", printed.givenNames, 2),
    half("Nationality", printed.nationality, 3),
    wide("Personal No.", printed.personalNumber, 3, MIDDLE),
    half("Date of birth", printed.birthDate, 4),
    wide("Sex", printed.sex, 4, MIDDLE),
    wide("Place of birth", printed.placeOfBirth, 5),
    half("Date of issue", printed.issueDate, 6),
    wide("Authority", "SAMPLE OFFICE", 6, MIDDLE),
    half("Date of expiry", printed.expiryDate, 7),
  ];
}

/** A field that the state does not print has no label either. */
function drawField({ label, text, x, row, maxWidth }: Field): string {
  if (text === null) return "";
  const baseline = FIRST_ROW + row * ROW;
  return (
    drawText({ text: label, x, baseline, ...LABEL }) +
    drawText({
      text: inOurLetters(text),
      x,
      baseline: baseline + VALUE_BELOW_LABEL,
      size: VALUE_SIZE,
      maxWidth,
      weight: 12,
      tracking: 4,
    })
  );
}

/**
 * Pages of some states print a value in two scripts, `native/LATIN`. Where our font lacks the script (it has Latin, Greek
 * and Cyrillic), the picture shows the Latin letters only.
 */
export function inOurLetters(text: string): string {
  if (hasGlyphs(text)) return text;
  const parts = text.split("/").filter(hasGlyphs);
  return parts.length === 0 ? text : parts.join("/");
}

/** A scribble of loops that leans to the right. */
function signature({ seed }: SamplePassport): string {
  const random = createRandom(seed + 9);
  let path = "M0 0c20 -70 60 -120 70 -60s-60 80 -20 70";
  for (let loop = 0; loop < 7; loop++) {
    const height = 34 + random.below(70);
    const width = 44 + random.below(50);
    path += `c${width / 3} ${-height} ${width} ${-height} ${width * 0.7} 0s${-width * 0.3} ${20 + random.below(26)} ${width * 0.3} ${-4 - random.below(10)}`;
  }
  return (
    `<path transform="translate(2590 1752) skewX(-12)" d="${path}" fill="none" stroke="#1f3a8a" stroke-width="8" stroke-linecap="round" stroke-linejoin="round"/>` +
    drawText({ text: "Holder's signature", x: MIDDLE, baseline: 1_846, ...LABEL })
  );
}
