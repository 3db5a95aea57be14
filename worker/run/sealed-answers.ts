/** Keeps the answers about one record in Redis, each sealed for its field. */
import { describeError } from "../../lib/errors.ts";
import type { Logger } from "../../lib/observe/logger.ts";
import type { CachedRecord, RecordCache } from "../../lib/queue/record-cache.ts";
import type { Envelope } from "../../lib/record/envelope.ts";
import { openField, sealField } from "./sealed-field.ts";

interface SealedAnswersOptions {
  readonly kycId: number;
  /** The record's hash when the run began. */
  readonly cached: CachedRecord;
  readonly cache: Pick<RecordCache, "keep">;
  readonly envelope: Envelope;
  readonly log: Logger;
}

/** Creates the verbs that open and keep a record's answers. */
export function createSealedAnswers({ kycId, cached, cache, envelope, log }: SealedAnswersOptions) {
  const writes: Promise<void>[] = [];
  return {
    /** Opens a kept value; `undefined` if it is missing or does not open. */
    open: (field: string): unknown => openField(envelope, kycId, field, cached),

    /** Keeps a value in the background. Only logs a failure: a lost answer costs one more call. */
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
