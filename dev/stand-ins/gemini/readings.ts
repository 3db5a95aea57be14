/** What the stand-in of Gemini "sees": the answer that a model without mistakes would give about the pictures sent. */
import type { MrzReading, PassportReading, PrintedField, StampReading } from "../../../lib/passport/reading.ts";
import type { Box } from "../../samples/box.ts";
import { facesIn, type Mark, type MarkReading } from "../../samples/marks.ts";
import { forEachField, genuineReading, samplePassport } from "../../samples/passports.ts";
import type { GenerateRequest } from "./request.ts";
import { stampReadingOf } from "../../samples/stamps.ts";

/** What a request can ask for. */
export const GEMINI_KINDS = ["passport", "mrz", "stamp", "face"] as const;
export type GeminiKind = (typeof GEMINI_KINDS)[number];

/** What a request asks for. Its schema says it; without a schema, its number of pictures does. */
export function kindOf({ schema, images }: GenerateRequest): GeminiKind {
  const asked = new Set(Object.keys(schema?.properties ?? {}));
  if (asked.has("verdict")) return "face";
  if (asked.has("stampPresent")) return "stamp";
  if (asked.has("line1")) return "mrz";
  return asked.size === 0 && images.length === 2 ? "face" : "passport";
}

/** The marks by which a script's rules can tell calls of each kind apart. */
const TELLING_MARKS: Record<GeminiKind, readonly Mark["kind"][]> = {
  passport: ["page", "mrz", "card"],
  mrz: ["page", "mrz"],
  stamp: ["stamp"],
  face: ["face"],
};

/** The numbers of the marks that tell calls of this kind apart. */
export function numbersOf(kind: GeminiKind, readings: readonly MarkReading[]): readonly number[] {
  const telling = readings.flatMap(({ marks }) => marks.filter((mark) => TELLING_MARKS[kind].includes(mark.kind)));
  return [...new Set(telling.map(({ number }) => number))];
}

/** The answer to a request of this kind, before it is brought into the form asked for. */
export function answerTo(kind: GeminiKind, readings: readonly MarkReading[]): object {
  if (kind === "face") return compareFaces(readings);
  const [first = { width: 0, height: 0, marks: [] }] = readings;
  return { passport: readPassport, mrz: readMrz, stamp: readStamp }[kind](first);
}

function readPassport(reading: MarkReading): PassportReading {
  const pages = reading.marks.filter(({ kind }) => kind === "page");
  const [page] = pages;
  if (page === undefined) {
    // Nothing is known of a picture without marks.
    if (reading.marks.length === 0) return nothingRead("unclear", null);
    const isCard = reading.marks.some(({ kind }) => kind === "card");
    return nothingRead(isCard ? "driving_licence" : "no_document", "not_printed");
  }
  // A model reads sideways text as badly as blurred text.
  if (!page.upright) return { ...nothingRead("passport", "blurred"), quality: ["blurred"] };
  const genuine = genuineReading(samplePassport(page.number));
  const zone = reading.marks.find(({ kind, number }) => kind === "mrz" && number === page.number)?.mrzBox;
  return {
    ...genuine,
    mrzBox: zone === undefined ? genuine.mrzBox : inThousandths(zone, reading),
    quality: new Set(pages.map(({ number }) => number)).size > 1 ? ["several_documents"] : genuine.quality,
  };
}

type Missing = PrintedField["unreadable"];

const unreadField = (unreadable: Missing): PrintedField => ({ printed: null, value: null, unreadable });

function nothingRead(documentKind: PassportReading["documentKind"], unreadable: Missing): PassportReading {
  return {
    mrz: { line1: null, line2: null, unreadable },
    mrzBox: null,
    quality: [],
    instructionsSeen: null,
    documentKind,
    fields: forEachField(() => unreadField(unreadable)),
  };
}

/** `[top, left, bottom, right]`, as Gemini gives boxes. */
function inThousandths({ left, top, right, bottom }: Box, { width, height }: MarkReading): number[] {
  const share = (value: number, whole: number) => Math.round((Math.min(Math.max(value, 0), whole) / whole) * 1000);
  return [share(top, height), share(left, width), share(bottom, height), share(right, width)];
}

function readMrz({ marks }: MarkReading): MrzReading {
  const mark = marks.find(({ kind }) => kind === "mrz") ?? marks.find(({ kind }) => kind === "page");
  const unread = (unreadable: Missing) => ({ line1: null, line2: null, unreadable });
  if (mark === undefined) return unread(marks.length === 0 ? null : "not_printed");
  return mark.upright ? genuineReading(samplePassport(mark.number)).mrz : unread("blurred");
}

function readStamp({ marks }: MarkReading): StampReading {
  const mark = marks.find(({ kind }) => kind === "stamp");
  if (mark?.upright === true) return stampReadingOf(mark.number);
  // Stamps without marks are not judged here. The form takes yes or no: yes, and no text, is "could not be read".
  const isUnknown = marks.length === 0;
  const stampPresent = mark !== undefined || isUnknown;
  const nothing = unreadField(isUnknown ? null : stampPresent ? "blurred" : "not_printed");
  return {
    quality: mark === undefined ? [] : ["blurred"],
    instructionsSeen: null,
    stampPresent,
    kind: null,
    country: nothing,
    date: nothing,
    place: nothing,
    text: null,
  };
}

/** Compares the largest face of the first picture, the passport's, with the largest of the second, the selfie's. */
function compareFaces(readings: readonly MarkReading[]) {
  // Nothing is known of a picture without marks: an answer about its faces would be invented.
  if (readings.some(({ marks }) => marks.length === 0)) {
    const reason = "These are not sample pictures: this stand-in cannot compare them.";
    return { facesInPassport: 1, facesInSelfie: 1, verdict: "cannot_compare", reason };
  }
  const [passport = [], selfie = []] = readings.map(facesIn);
  const [[holder], [person]] = [passport, selfie];
  const [verdict, reason] =
    holder === undefined || person === undefined
      ? ["cannot_compare", "A face is missing."]
      : holder.person === person.person
        ? ["same_person", "The shape of eyes, nose and jaw agrees."]
        : ["different_people", "The shape of nose and jaw differs."];
  return { facesInPassport: passport.length, facesInSelfie: selfie.length, verdict, reason };
}
