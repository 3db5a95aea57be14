/**
 * What the vision model is asked to report about an image: evidence, never a verdict.
 *
 * The reply is untrusted text. It is parsed here with bounds on every string, so that an overlong, looping or
 * out-of-alphabet value never reaches the rules in this folder. Field names follow ICAO Doc 9303.
 *
 * Order matters: Gemini emits required properties in the order of the schema, so what is copied from the image comes
 * before what is interpreted.
 */
import * as z from "zod/mini";

/** Why a value could not be read. */
export const UNREADABLE_REASONS = ["blurred", "glare", "cropped", "occluded", "not_printed"] as const;

/** What the model may say about the picture itself. */
export const QUALITY_ISSUES = [
  "blurred",
  "glare",
  "too_dark",
  "cropped",
  "occluded",
  "screen_or_copy",
  "several_documents",
] as const;

/** Kinds of document the model may name; `unclear` if it cannot tell. */
export const DOCUMENT_KINDS = [
  "passport",
  "identity_card",
  "driving_licence",
  "other_document",
  "no_document",
  "unclear",
] as const;

export type QualityIssue = (typeof QUALITY_ISSUES)[number];

/** What no document prints: all but letters, marks, digits, spaces and usual signs. `CONTROL` finds control characters. */
const FOREIGN = /[^\p{L}\p{M}\p{N}\p{P}\p{Zs}\p{Cc}°<|+]|[{};\\$^=~]/gu;
const CONTROL = /\p{Cc}|:\/\//u;

/** One line, in characters that are compatible with what is printed: full-width letters and marks without width are gone. */
function inOneLine(value: string): string {
  // The acute accent alone stands for an apostrophe, and would become a space with an accent.
  const signs = value
    .replaceAll("´", "'")
    .replaceAll(/№|N\.?[º°]/gi, "No ")
    .replaceAll(/(?<=\p{L})ª/gu, "a.");
  const compatible = signs.normalize("NFKC").normalize("NFC");
  const line = compatible
    .replaceAll(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  // A model may write JSON's null as a text. A person of that name is printed with a capital.
  return line === "null" ? "" : line;
}

/** Fillers behind a text and quotation marks around it are not part of what a page prints. */
const withoutWrapping = (value: string) =>
  value.replace(/^"(.*)"$/u, "$1").replace(/(?<=[\p{L}\p{M}\p{N}.])\s*<+$/u, "");

/** A single sign that no document prints costs itself only; a text with more of them is not printed on any document. */
const withoutForeignSign = (value: string) =>
  (value.match(FOREIGN) ?? []).length === 1 ? value.replace(FOREIGN, " ").replaceAll(/ +/g, " ").trim() : value;

const isPrintable = (value: string) => !CONTROL.test(value) && value.search(FOREIGN) < 0;

/** A model can write one character without end: what is longer than this is not even looked at. */
const bounded = z.maxLength(1_000, { abort: true });

const text = (maxLength: number) =>
  z
    .string()
    .check(
      bounded,
      z.overwrite(inOneLine),
      z.overwrite(withoutWrapping),
      z.overwrite(withoutForeignSign),
      z.maxLength(maxLength),
      z.refine(isPrintable),
    );
const unreadable = z.nullable(z.enum(UNREADABLE_REASONS));

/**
 * One printed field: the characters as printed; the same value normalised (dates `YYYY-MM-DD`, sex `M`, `F` or `X`,
 * states as ICAO three-letter codes, names in the document's Latin letters); and why it is missing, when it is. A value
 * that no document prints (too long, markup) is dropped: it counts as not read.
 */
const printedField = z.catch(
  z.object({
    printed: z.nullable(text(120)),
    value: z.nullable(text(120)),
    unreadable,
  }),
  { printed: null, value: null, unreadable: null },
);

/** Fillers as HTML writes them, which a model may copy from its training. */
const withoutEntities = (value: string) => value.replaceAll(/&(?:lt|#60|#x3c);/gi, "<");

/** A line of the machine readable zone, as the model copied it: not yet normalised, never longer than two lines. */
const mrzLine = z.catch(
  z.nullable(
    z
      .string()
      .check(
        bounded,
        z.overwrite(withoutEntities),
        z.overwrite(inOneLine),
        z.maxLength(120),
        z.regex(/^[A-Za-z0-9<«‹ ]*$/),
      ),
  ),
  null,
);

/** The two lines of a TD3 machine readable zone, copied character by character. */
export const mrzReadingSchema = z.object({ line1: mrzLine, line2: mrzLine, unreadable });

/** Where something stands: `[top, left, bottom, right]` in thousandths of the image's height and width. */
const box = z.nullable(z.array(z.number().check(z.gte(0), z.lte(1000))).check(z.length(4)));

/** What a model writes that means to say that there is nothing: one of these words, and no others than those below. */
const NOTHING = new Set(["none", "null", "nil", "no", "nothing", "undefined", "false", "not", "n/a", "na", "-"]);
const AROUND_NOTHING = new Set(
  (
    "applicable there is are was were any such visible seen found detected present text texts instruction instructions " +
    "addressed addresses addressing to the a an of reader ai system user or in on image page picture document this that it " +
    "contains contain gives giving prompt prompts command commands"
  ).split(" "),
);

function saysNothing(text: string): boolean {
  const words = text
    .toLowerCase()
    .replaceAll(".", "")
    .match(/[^\s.,"'`[\]{}()]+/g) ?? ["none"];
  return (
    words.some((word) => NOTHING.has(word)) && words.every((word) => NOTHING.has(word) || AROUND_NOTHING.has(word))
  );
}

/** Text in the image that addresses a reader. Only whether there is any matters, so an endless one is cut. */
const instructionsSeen = z.catch(
  z.nullable(
    z.string().check(
      z.maxLength(500),
      z.overwrite((text) => (saysNothing(text) ? "" : text)),
    ),
  ),
  "too long",
);

/** The reply for a passport image. */
export const passportReadingSchema = z.object({
  mrz: mrzReadingSchema,
  mrzBox: box,
  quality: z.array(z.enum(QUALITY_ISSUES)).check(z.maxLength(14)),
  instructionsSeen,
  documentKind: z.enum(DOCUMENT_KINDS),
  fields: z.object({
    surname: printedField,
    givenNames: printedField,
    documentNumber: printedField,
    issuingState: printedField,
    nationality: printedField,
    birthDate: printedField,
    sex: printedField,
    issueDate: printedField,
    expiryDate: printedField,
    personalNumber: printedField,
    placeOfBirth: printedField,
  }),
});

/** The reply for a page with a stamp. */
export const stampReadingSchema = z.object({
  quality: z.array(z.enum(QUALITY_ISSUES)).check(z.maxLength(14)),
  instructionsSeen,
  stampPresent: z.boolean(),
  kind: z.nullable(z.enum(["entry", "exit", "visa", "registration", "other"])),
  country: printedField,
  date: printedField,
  place: printedField,
  text: z.catch(z.nullable(text(300)), null),
});

const sureLine = z.nullable(z.string().check(z.regex(/^[A-Z0-9<]{44}$/)));

/**
 * What the independent reader of the MRZ says: that it is switched off, or its lines. A line is null if the reader is
 * not sure of it; `no_zone` says that it searched the whole picture and found no such lines.
 */
export const readerReadingSchema = z.union([
  z.literal("off"),
  z.object({ line1: sureLine, line2: sureLine, reason: z.nullable(z.enum(["no_zone", "unsure"])) }),
]);

export type ReaderReading = z.infer<typeof readerReadingSchema>;
export type MrzReading = z.infer<typeof mrzReadingSchema>;
export type PrintedField = z.infer<typeof printedField>;
export type PassportReading = z.infer<typeof passportReadingSchema>;
/** The fields of the visual inspection zone (VIZ) that are asked for. */
export type PrintedFieldName = keyof PassportReading["fields"];
export type StampReading = z.infer<typeof stampReadingSchema>;
