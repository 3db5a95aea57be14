/** Follows the verdicts of all records while a soak runs. */
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { resultSchema } from "../../lib/result.ts";
import type { Result } from "../../dev/stack/backend.ts";
import type { Stage } from "../stage/stage.ts";
import type { WrittenVerdict } from "../stage/audit/verdict-log.ts";

/** PostgreSQL numbers entries before their commit, so an entry may become visible after entries with higher numbers. */
const OVERLAP = 500;

/** An opened verdict. */
export interface OpenedVerdict extends WrittenVerdict {
  readonly result: Result;
}

/** Creates the watch. */
export function createVerdictWatch({ environment, verdicts }: Pick<Stage, "environment" | "verdicts">) {
  const envelope = createEnvelope({ keys: parseKeyring(environment["KYC_ENCRYPTION_KEYS"] ?? "") });
  const ofRecords = new Map<number, OpenedVerdict[]>();
  const unreadable = new Map<number, string>();
  const seen = new Set<number>();
  let last = 0;

  function take(entry: WrittenVerdict): void {
    try {
      const result = resultSchema.parse(JSON.parse(envelope.open(entry.kycId, entry.ocrResult)));
      const verdicts = [...(ofRecords.get(entry.kycId) ?? []), { ...entry, result }];
      ofRecords.set(
        entry.kycId,
        verdicts.toSorted((one, other) => one.at - other.at),
      );
    } catch (error) {
      unreadable.set(entry.kycId, `a verdict cannot be read: ${String(error)}`);
    }
  }

  return {
    /** Why a verdict of a record cannot be read; `undefined` if all can. */
    unreadableOf: (kycId: number): string | undefined => unreadable.get(kycId),

    /** Reads new verdicts. Resolves with the number of all verdicts. */
    async update(): Promise<number> {
      const from = Math.max(0, last - OVERLAP);
      const known = Array.from({ length: OVERLAP + 1 }, (_, index) => from + index).filter((at) => seen.has(at));
      for (const entry of await verdicts.since(from, known)) {
        if (seen.has(entry.at)) continue;
        seen.add(entry.at);
        last = Math.max(last, entry.at);
        take(entry);
      }
      return seen.size;
    },

    /** The known verdicts of a record, the oldest first. */
    of: (kycId: number): readonly OpenedVerdict[] => ofRecords.get(kycId) ?? [],
  };
}

export type VerdictWatch = ReturnType<typeof createVerdictWatch>;
