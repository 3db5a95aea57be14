/** What the backend does when a person has sent in pictures, step by step. The page shows each step. */
import { randomUUID } from "node:crypto";
import { IMAGE_ROLES } from "../../lib/reasons.ts";
import { drawPictures, submitCase } from "../stack/run-case.ts";
import type { SampleCase } from "../samples/cases.ts";
import type { Context } from "./context.ts";
import type { PictureKeys } from "./happenings.ts";

const USER_ID = 1_000;

/** Ids of records that nobody has made, for the case in which the record is missing. */
const FIRST_UNKNOWN_ID = 900_000_000_000;

/** What is submitted: a sample case, or somebody's own pictures in the same form. */
export type Draft = Omit<SampleCase, "person" | "expected">;

/** Submits. Resolves with the `kycId` as soon as the record exists, and goes on in the background. */
export async function submit(context: Context, draft: Draft): Promise<number> {
  const { backend, happenings } = context;
  const folder = `kyc/${randomUUID()}`;
  const named = IMAGE_ROLES.filter((image) => image !== "stamp" || draft.withStamp === true);
  const keys: PictureKeys = Object.fromEntries(named.map((image) => [`${image}Key`, `${folder}/${image}.jpg`]));
  const kycId =
    draft.hasRecord !== false
      ? await backend.records.insertRecord({ userId: USER_ID, ...keys })
      : FIRST_UNKNOWN_ID + (Date.now() % FIRST_UNKNOWN_ID);
  happenings.begin(kycId, draft.name, keys);
  carryOn(context, draft, kycId, keys).catch((error: unknown) => {
    const message = `The console could not submit: ${error instanceof Error ? error.message : String(error)}`;
    happenings.add(kycId, { kind: "trouble", message });
  });
  return kycId;
}

async function carryOn(context: Context, draft: Draft, kycId: number, keys: PictureKeys): Promise<void> {
  const { backend, dependencies, happenings } = context;
  const pictures = await drawPictures(draft);
  for (const image of IMAGE_ROLES) {
    const bytes = pictures[image];
    if (bytes === undefined) continue;
    await backend.upload(keys[`${image}Key`] ?? "", bytes);
    happenings.add(kycId, { kind: "uploaded", image, bytes: bytes.length });
  }
  if (draft.hasRecord !== false) {
    await backend.records.setInReview(kycId);
    happenings.add(kycId, { kind: "in_review" });
  }
  // One script at a time: it is meant for this submission's first calls.
  dependencies.gemini?.script(draft.gemini ?? []);
  dependencies.compreface?.script(draft.compreface ?? []);
  const { status, body } = await submitCase(backend, draft, { userId: USER_ID, kycId, ...keys });
  happenings.add(kycId, { kind: "answered", status, body });
}
