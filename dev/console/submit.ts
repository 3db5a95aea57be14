/** What the backend does when a person has sent in pictures, step by step. The page shows each step. */
import { randomUUID } from "node:crypto";
import { IMAGE_ROLES } from "../../lib/reasons.ts";
import type { Backend } from "../stack/backend.ts";
import { drawPictures, submitCase, type StandIns } from "../stack/run-case.ts";
import type { SampleCase } from "../samples/cases.ts";
import type { Happenings, PictureKeys } from "./happenings.ts";

const USER_ID = 1_000;

/** Ids of records that nobody has made, for the case in which the record is missing. */
const FIRST_UNKNOWN_ID = 900_000_000_000;

/** What is submitted: a sample case, or somebody's own pictures in the same form. */
export type Draft = Omit<SampleCase, "person" | "expected">;

interface SubmitOptions {
  readonly backend: Backend;
  readonly dependencies: StandIns;
  readonly happenings: Happenings;
}

/** Makes the function that submits: it resolves with the `kycId` as soon as the record exists, and goes on in the background. */
export function createSubmit({ backend, dependencies, happenings }: SubmitOptions) {
  async function carryOn(kycId: number, draft: Draft, keys: PictureKeys): Promise<void> {
    const pictures = await drawPictures(draft);
    for (const image of IMAGE_ROLES) {
      const bytes = pictures[image];
      if (bytes === undefined) continue;
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
    const { status, body } = await submitCase(backend, draft, { userId: USER_ID, kycId, ...inRow(keys) });
    happenings.add(kycId, { kind: "answered", status, body });
  }

  return async function submit(draft: Draft): Promise<number> {
    const folder = `kyc/${randomUUID()}`;
    const named = IMAGE_ROLES.filter((image) => image !== "stamp" || draft.withStamp === true);
    const keys: PictureKeys = Object.fromEntries(named.map((image) => [image, `${folder}/${image}.jpg`]));
    const kycId =
      draft.hasRecord !== false
        ? await backend.records.insertRecord({ userId: USER_ID, ...inRow(keys) })
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

/** The keys under the names that the table and the API have for them. */
const inRow = ({ passport: passportKey, selfie: selfieKey, stamp: stampKey }: PictureKeys) => ({
  passportKey,
  selfieKey,
  stampKey,
});
