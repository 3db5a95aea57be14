/** Follows the verdicts of all records while a soak runs. */
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { resultSchema } from "../../lib/result.ts";
import type { Result } from "../../dev/stack/backend.ts";
import type { Stage } from "../stage/stage.ts";
import type { WrittenVerdict } from "../stage/verdict-log.ts";

/** Numbers are given before a commit: an entry may show up after others with higher numbers. */
const OVERLAP = 500;

/** A verdict, opened. */
export interface OpenedVerdict extends WrittenVerdict {
  readonly result: Result;
}

/** Opens the watch. */
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
    /** What is wrong with a verdict of a record that does not open, or is not what is published. */
    unreadableOf: (kycId: number): string | undefined => unreadable.get(kycId),

    /** Takes in new verdicts; resolves with how many there are in all. */
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

    /** The verdicts of a record, as far as they are known, the first one first. */
    of: (kycId: number): readonly OpenedVerdict[] => ofRecords.get(kycId) ?? [],
  };
}

export type VerdictWatch = ReturnType<typeof createVerdictWatch>;
