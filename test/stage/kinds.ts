/** Kinds of submissions, with their pictures and the expected verdict. */
import type { ReasonCode, ImageRole } from "../../lib/reasons.ts";
import { notAnImage } from "../../dev/samples/files.ts";
import { emptyRoom, facelessPassportOf, licenceOf, passportOf, selfieOf, stampPage } from "./pictures.ts";

type Pictures = Readonly<Partial<Record<ImageRole, Uint8Array>>>;

interface Kind {
  /** The pictures in the bucket. A submission names its passport and selfie even if they are missing. */
  readonly pictures: (person: number) => Promise<Pictures>;
  readonly withStamp?: boolean;
  /** The expected failure; `undefined` for a success. */
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

/** Returns a kind by its name, as the general type. */
export const kindOf = (name: KindName): Kind => KINDS[name];
