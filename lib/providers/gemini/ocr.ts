/** Reads documents with Gemini: one question for each picture, answered with evidence in our own form. */
import { FinalError, RateLimitError, TransientError } from "../../errors.ts";
import type { Gemini } from "./gemini.ts";
import type { Picture } from "../../images/images.ts";
import {
  mrzReadingSchema,
  passportReadingSchema,
  stampReadingSchema,
  type MrzReading,
  type PassportReading,
  type StampReading,
} from "../../passport/reading.ts";
import { MRZ_PROMPT, OCR_PROMPT, STAMP_PROMPT } from "./prompts.ts";

/** Reads passports and stamps. Every verb throws what {@link Gemini.ask} throws. */
export function createOcr({ gemini }: { gemini: Gemini }) {
  return {
    /** Reads a passport's data page. */
    readPassport: (page: Picture, signal: AbortSignal): Promise<PassportReading> =>
      gemini.ask({ purpose: "passport", prompt: OCR_PROMPT, pictures: [page], schema: passportReadingSchema }, signal),

    /**
     * Reads a machine readable zone a second time, from a picture that shows only the zone. Null if there is no second
     * reading (a refusal, a rate limit, an error on the last attempt): then the first reading counts, and the job goes
     * on.
     */
    async readMrzAgain(
      strip: Picture,
      { isLastAttempt }: { isLastAttempt: boolean },
      signal: AbortSignal,
    ): Promise<MrzReading | null> {
      try {
        return await gemini.ask(
          { purpose: "mrz", prompt: MRZ_PROMPT, pictures: [strip], schema: mrzReadingSchema },
          signal,
        );
      } catch (error) {
        const hopeless =
          error instanceof FinalError ||
          error instanceof RateLimitError ||
          (error instanceof TransientError && isLastAttempt);
        if (!hopeless) throw error;
        return null;
      }
    },

    /** Reads a page with a stamp. */
    readStamp: (page: Picture, signal: AbortSignal): Promise<StampReading> =>
      gemini.ask({ purpose: "stamp", prompt: STAMP_PROMPT, pictures: [page], schema: stampReadingSchema }, signal),
  };
}

export type Ocr = ReturnType<typeof createOcr>;
