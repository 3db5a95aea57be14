/**
 * The marks that sample pictures carry, and where things stand relative to them.
 *
 * A mark is a QR code of version 1 (21 x 21 modules) around the text `KYC1:<KIND>:<number>`. It is written in capitals,
 * because those fit the code's compact alphanumeric mode; larger modules survive a smaller picture. Lengths here are in
 * mark sides (the 21 modules without the quiet zone), from the mark's top left corner, x to the right and y down.
 */
import { mapBox, type Box } from "./box.ts";

/**
 * What a mark can say: this is the data page of the sample passport with the mark's number, its machine readable zone, a
 * face (the number is the person), a page with that sample stamp, that sample driving licence, or a place that shows no
 * face on purpose.
 */
export const MARK_KINDS = ["page", "mrz", "face", "stamp", "card", "blank"] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** Modules along one side of a mark. */
export const MARK_MODULES = 21;
/** White modules that a reader needs around a mark. */
export const QUIET_MODULES = 4;
/** The largest number that fits beside every kind. */
export const MAX_MARK_NUMBER = 999_999_999;

/** Units of a drawn portrait (see `portrait.ts`) per mark side. */
export const PORTRAIT_UNITS_PER_MARK = 104;
/** The mark's centre in portrait units; the face's centre is the origin. */
export const FACE_MARK_CENTRE = { x: 245, y: 40 } as const;
/** A face as a detector boxes it, in portrait units. */
const FACE: Box = { left: -100, top: -128, right: 100, bottom: 128 };

const inSides = (centre: number) => (offset: number) => (offset - centre) / PORTRAIT_UNITS_PER_MARK + 0.5;

/** The face beside a `face` mark. */
export const FACE_AREA = mapBox(FACE, inSides(FACE_MARK_CENTRE.x), inSides(FACE_MARK_CENTRE.y));

const QUIET = QUIET_MODULES / MARK_MODULES;

/** The machine readable zone to the left of an `mrz` mark, the mark and its quiet zone included. */
export const MRZ_AREA: Box = { left: -9.8, top: -QUIET, right: 1 + QUIET, bottom: 1 + QUIET };

/** The text inside a mark. Throws a RangeError for a number that is no integer from 0 to {@link MAX_MARK_NUMBER}. */
export function markText(kind: MarkKind, number: number): string {
  if (!Number.isInteger(number) || number < 0 || number > MAX_MARK_NUMBER) {
    throw new RangeError(`a mark's number is an integer from 0 to ${MAX_MARK_NUMBER}`);
  }
  return `KYC1:${kind.toUpperCase()}:${number}`;
}

/** The kind and number that a code's text names; undefined if the code is not a mark. */
export function parseMarkText(text: string): { kind: MarkKind; number: number } | undefined {
  const [, name, digits] = /^KYC1:([A-Z]+):(\d{1,9})$/i.exec(text) ?? [];
  const kind = MARK_KINDS.find((known) => known === name?.toLowerCase());
  return kind === undefined ? undefined : { kind, number: Number(digits) };
}
