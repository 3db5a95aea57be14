/** What the backend does when a person has sent in pictures, step by step. The page shows each step. */
import { randomUUID } from "node:crypto";
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Backend } from "../stack/backend.ts";
import type { Dependencies } from "../stack/dependencies.ts";
import { drawPictures, submitCase, type Pictures } from "../stack/run-case.ts";
import type { SampleCase } from "../samples/cases.ts";
import type { Happenings, PictureKeys } from "./happenings.ts";

const USER_ID = 1_000;

/** Ids of records that nobody has made, for the case in which the record is missing. */
const FIRST_UNKNOWN_ID = 900_000_000_000;

/** What is submitted: a sample case, or somebody's own pictures in the same form. */
export type Draft = Omit<SampleCase, "person" | "expected">;

interface SubmitOptions {
  readonly backend: Backend;
  readonly dependencies: Pick<Dependencies, "gemini" | "compreface">;
  readonly happenings: Happenings;
}

/** Makes the function that submits: it resolves with the `kycId` as soon as the record exists, and goes on in the background. */
export function createSubmit({ backend, dependencies, happenings }: SubmitOptions) {
  async function carryOn(kycId: number, draft: Draft, keys: PictureKeys): Promise<void> {
    for (const [image, bytes] of entriesOf(await drawPictures(draft))) {
      await backend.upload(keys[image] ?? "", bytes);
      happenings.add(kycId, { kind: "uploaded", image, bytes: bytes.length });
    }
    if (draft.hasRecord !== false) {
      await backend.records.setInReview(kycId);
      happenings.add(kycId, { kind: "in_review" });
    }
    // One script at a time: it is meant for this submission's first calls.
    dependencies.gemini?.script(draft.gemini ?? []);
    dependencies.compreface?.script(draft.compreface ?? []);
    const { passport: passportKey, selfie: selfieKey, stamp: stampKey } = keys;
    const submission = { userId: USER_ID, kycId, passportKey, selfieKey, stampKey };
    const { status, body } = await submitCase(backend, draft, submission);
    happenings.add(kycId, { kind: "answered", status, body });
  }

  return async function submit(draft: Draft): Promise<number> {
    const folder = `kyc/${randomUUID()}`;
    const named = IMAGE_ROLES.filter((image) => image !== "stamp" || draft.withStamp === true);
    const keys: PictureKeys = Object.fromEntries(named.map((image) => [image, `${folder}/${image}.jpg`]));
    const kycId =
      draft.hasRecord !== false
        ? await backend.records.insertRecord({
            userId: USER_ID,
            ...(keys.passport !== undefined && { passportKey: keys.passport }),
            ...(keys.selfie !== undefined && { selfieKey: keys.selfie }),
            ...(keys.stamp !== undefined && { stampKey: keys.stamp }),
          })
        : FIRST_UNKNOWN_ID + (Date.now() % FIRST_UNKNOWN_ID);
    happenings.begin(kycId, draft.name, keys);
    carryOn(kycId, draft, keys).catch((error: unknown) => {
      const message = `The console could not submit: ${error instanceof Error ? error.message : String(error)}`;
      happenings.add(kycId, { kind: "trouble", message });
    });
    return kycId;
  };
}

export type Submit = ReturnType<typeof createSubmit>;

function entriesOf(pictures: Pictures): [ImageRole, Uint8Array][] {
  return IMAGE_ROLES.flatMap((image) => {
    const bytes = pictures[image];
    return bytes === undefined ? [] : [[image, bytes]];
  });
}
