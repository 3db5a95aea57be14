/** Kinds of submissions, and the verdict that the pictures of each call for. */
import type { ReasonCode, ImageRole } from "../../lib/reasons.ts";
import { notAnImage } from "../../dev/samples/files.ts";
import { emptyRoom, facelessPassportOf, licenceOf, passportOf, selfieOf, stampPage } from "./pictures.ts";

type Pictures = Readonly<Partial<Record<ImageRole, Uint8Array>>>;

interface Kind {
  /** What is in the bucket for a person. A picture that is left out is not there, although the submission names it. */
  readonly pictures: (person: number) => Promise<Pictures>;
  readonly withStamp?: boolean;
  /** `undefined` is a success. */
  readonly failure?: { readonly code: ReasonCode; readonly image: ImageRole };
}

export const KINDS = {
  match: {
    pictures: async (person) => ({ passport: await passportOf(person), selfie: await selfieOf(person) }),
  },
  stamped: {
    pictures: async (person) => ({
      passport: await passportOf(person),
      selfie: await selfieOf(person),
      stamp: await stampPage(person),
    }),
    withStamp: true,
  },
  mismatch: {
    pictures: async (person) => ({ passport: await passportOf(person), selfie: await selfieOf(person + 1) }),
    failure: { code: "face_mismatch", image: "selfie" },
  },
  noFace: {
    pictures: async (person) => ({ passport: await passportOf(person), selfie: await emptyRoom() }),
    failure: { code: "face_not_found", image: "selfie" },
  },
  faceless: {
    pictures: async (person) => ({ passport: await facelessPassportOf(person), selfie: await selfieOf(person) }),
    failure: { code: "face_not_found", image: "passport" },
  },
  licence: {
    pictures: async (person) => ({ passport: await licenceOf(person), selfie: await selfieOf(person) }),
    failure: { code: "document_not_passport", image: "passport" },
  },
  missing: {
    pictures: async (person) => ({ passport: await passportOf(person) }),
    failure: { code: "image_not_found", image: "selfie" },
  },
  text: {
    pictures: async (person) => ({ passport: await passportOf(person), selfie: notAnImage() }),
    failure: { code: "image_unsupported_format", image: "selfie" },
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/** A kind by its name, as the general type. */
export const kindOf = (name: KindName): Kind => KINDS[name];
