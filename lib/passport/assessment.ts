/** The form of what the rules say about a passport: part of the sealed result, from which its JSON Schema is made. */
import * as z from "zod/mini";
import { CENTURY_SOURCES } from "./dates/calendar.ts";
import { FIELD_STATES, MRZ_SOURCES } from "./evidence.ts";
import { CHECK_DIGITS } from "./mrz/lines.ts";
import { REPAIRS } from "./mrz/repair.ts";

/** The fields of a passport, in the order of the result. */
export const PASSPORT_FIELDS = [
  "surname",
  "givenNames",
  "documentNumber",
  "issuingState",
  "nationality",
  "birthDate",
  "sex",
  "issueDate",
  "expiryDate",
  "personalNumber",
  "placeOfBirth",
] as const;

type PrintedOnly = "issueDate" | "placeOfBirth";

/** The fields that the machine readable zone has too. */
export const FIELDS_IN_BOTH_ZONES = PASSPORT_FIELDS.filter(
  (name): name is Exclude<typeof name, PrintedOnly> => name !== "issueDate" && name !== "placeOfBirth",
);

const nullableText = z.nullable(z.string());

/** One thing that was read, and where. */
const source = z.object({
  zone: z.enum(["printed", "mrz", "mrz_second_reading", "mrz_reader"]),
  /** As the zone says it, normalised: MRZ names with spaces for fillers, MRZ dates as `YYMMDD`. */
  value: z.string(),
  /** Printed zone only: the characters as printed. */
  printed: nullableText,
  /** MRZ only: whether the field's own check digit holds; `none` if it has none. */
  checkDigit: z.nullable(z.enum(["holds", "fails", "none"])),
  /** MRZ only: a character, the check digit or the place of this value comes from a repair. */
  repaired: z.boolean(),
});

/** A field: its best supported value, how far it can be trusted, and what was read. */
const field = z.object({ value: nullableText, state: z.enum(FIELD_STATES), sources: z.array(source) });

/** A date, as `YYYY-MM-DD` or as much of it as is known, and where its century comes from. */
const dateField = z.extend(field, { centurySource: z.nullable(z.enum(CENTURY_SOURCES)) });

const fieldsSchema = z.object({
  surname: field,
  givenNames: field,
  documentNumber: field,
  issuingState: field,
  nationality: field,
  birthDate: dateField,
  sex: field,
  issueDate: dateField,
  expiryDate: dateField,
  personalNumber: field,
  placeOfBirth: field,
});

const checkDigitState = z.enum(["passed", "failed"]);

/** The machine readable zone that the checks are about. */
const mrzSchema = z.object({
  /** The two lines, normalised and repaired if that was possible; null if one could not be read. */
  line1: nullableText,
  line2: nullableText,
  documentCode: nullableText,
  checkDigits: z.nullable(
    z.object({
      documentNumber: checkDigitState,
      birthDate: checkDigitState,
      expiryDate: checkDigitState,
      personalNumber: checkDigitState,
      composite: checkDigitState,
    }),
  ),
  /** How the second line was repaired; null if it stands as read. */
  repaired: z.nullable(z.enum(REPAIRS)),
  repairedFields: z.array(z.enum(CHECK_DIGITS)),
  /** The names may be shortened, so that they are beginnings only. */
  namesShortened: z.boolean(),
  /** Which reading the lines come from. */
  line1From: z.nullable(z.enum(MRZ_SOURCES)),
  line2From: z.nullable(z.enum(MRZ_SOURCES)),
  /** What the model's second reading of the MRZ came to: it says the same, says something else, or said nothing. */
  secondReading: z.enum(["none", "agrees", "differs", "unreadable"]),
});

/** What the result publishes of an assessment: its checks are explained elsewhere. */
export const assessmentSchema = z.object({ fields: fieldsSchema, mrz: mrzSchema });

export type AssessedFields = z.infer<typeof fieldsSchema>;
export type AssessedField = z.infer<typeof field>;
export type AssessedDate = z.infer<typeof dateField>;
export type FieldSource = z.infer<typeof source>;
export type FieldName = (typeof PASSPORT_FIELDS)[number];
export type MrzDetails = z.infer<typeof mrzSchema>;
