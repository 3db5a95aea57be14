/** The sample records of `npm start`, and their pictures where `requests.http` and the README expect them. */
import { type BackendOptions, createBackend } from "./backend.ts";
import { submissionOf } from "./run-case.ts";
import { drawPassportPhoto, drawSelfie, drawStampPage } from "../samples/drawing/draw.ts";
import { samplePassport } from "../samples/passports.ts";

/** The id of the first record; the others follow. */
export const FIRST_ID = 456;

/** A selfie that shows the passport's holder, one that shows somebody else, and a submission with a stamp page. */
export const SAMPLES = [
  { userId: 123, passportOf: 1, selfieOf: 1, withStamp: false },
  { userId: 124, passportOf: 2, selfieOf: 3, withStamp: false },
  { userId: 125, passportOf: 5, selfieOf: 5, withStamp: true },
] as const;

/**
 * Puts the records and their pictures there; resolves with what to submit. The records are not in review yet: the watchdog
 * would fail them while their reader is still reading.
 */
export async function putSamples({ firstId, ...stack }: BackendOptions & { readonly firstId: number }) {
  await using backend = createBackend(stack);
  // Not awaited one by one: threads draw them at the same time.
  return await Promise.all(
    SAMPLES.map(async (sample, index) => {
      const { passportOf, selfieOf } = sample;
      const submission = submissionOf({ ...sample, kycId: firstId + index });
      const { passportKey, selfieKey, stampKey } = submission;
      await backend.upload(passportKey, await drawPassportPhoto({ passport: samplePassport(passportOf) }));
      await backend.upload(selfieKey, await drawSelfie({ faces: [selfieOf] }));
      if (stampKey !== undefined) await backend.upload(stampKey, await drawStampPage({ number: passportOf }));
      await backend.records.insertRecord(submission);
      return submission;
    }),
  );
}
