/** The answers about one record that are kept in Redis, each sealed for its field. */
import { describeError } from "../../lib/errors.ts";
import type { Logger } from "../../lib/observe/logger.ts";
import type { CachedRecord, RecordCache } from "../../lib/queue/record-cache.ts";
import type { Envelope } from "../../lib/record/envelope.ts";
import { openField, sealField } from "./sealed-field.ts";

interface SealedAnswersOptions {
  readonly kycId: number;
  /** What was kept when the run began. */
  readonly cached: CachedRecord;
  readonly cache: Pick<RecordCache, "keep">;
  readonly envelope: Envelope;
  readonly log: Logger;
}

/** Opens the answers of a record. */
export function createSealedAnswers({ kycId, cached, cache, envelope, log }: SealedAnswersOptions) {
  const writes: Promise<void>[] = [];
  return {
    /** A kept value; `undefined` if it is missing or does not open. */
    open: (field: string): unknown => openField(envelope, kycId, field, cached),

    /** Keeps a value in the background. A failure is only logged: the price of a lost answer is one more call. */
    keep(field: string, value: unknown): void {
      const write = cache.keep(kycId, field, sealField(envelope, kycId, field, value)).catch((error: unknown) => {
        log.warn({ cause: describeError(error) }, "a paid answer was not kept: a retry would pay again");
      });
      writes.push(write);
    },

    /** Resolves when every write has ended. */
    kept: async (): Promise<void> => void (await Promise.all(writes)),
  };
}
