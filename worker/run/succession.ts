/**
 * Which verdicts a submission may replace, although they are `ocr_complete`. A submission with other pictures can arrive
 * after a run has looked for it, and before the run's verdict is committed. The run looks again after its save, and leaves a
 * sealed note for that submission. Only that run can know that the other submission came before the verdict, so only that run
 * writes the note: no repeated request, and nobody without our key, has a complete record verified again. A submission that
 * makes way passes on its own notes.
 */
import * as z from "zod/mini";
import type { CachedRecord, RecordCache } from "../../lib/queue/record-cache.ts";
import type { Envelope } from "../../lib/record/envelope.ts";
import type { QueuedSubmission } from "../../lib/submission.ts";
import { openField, sealField } from "./sealed-field.ts";

interface SuccessionOptions {
  readonly cache: Pick<RecordCache, "keep">;
  readonly envelope: Envelope;
}

const noteSchema = z.array(z.string());
const fieldOf = ({ id }: QueuedSubmission) => `replaces:${id}`;

/** Writes and reads the notes. */
export function createSuccession({ cache, envelope }: SuccessionOptions) {
  /** The ids of the submissions whose verdicts this one may replace. */
  const replacedBy = (submission: QueuedSubmission, cached: CachedRecord): readonly string[] =>
    noteSchema.safeParse(openField(envelope, submission.kycId, fieldOf(submission), cached)).data ?? [];

  return {
    replacedBy,

    /** Lets `later` replace what `earlier` may replace, and the verdicts about the submissions `also`. */
    async passOn(
      later: QueuedSubmission,
      earlier: QueuedSubmission,
      cached: CachedRecord,
      also: readonly string[] = [],
    ): Promise<void> {
      const replaced = [...replacedBy(earlier, cached), ...also];
      if (replaced.length === 0) return;
      const field = fieldOf(later);
      await cache.keep(later.kycId, field, sealField(envelope, later.kycId, field, replaced));
    },
  };
}
