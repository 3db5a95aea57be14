/** Follows the verdicts of all records while a soak runs. */
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { resultSchema } from "../../lib/result.ts";
import type { Result } from "../../dev/stack/backend.ts";
import type { Stage } from "../stage/stage.ts";
import type { WrittenVerdict } from "../stage/verdict-log.ts";

/** A verdict, opened. */
export interface OpenedVerdict extends WrittenVerdict {
  readonly result: Result;
}

/** Opens the watch. */
export function createVerdictWatch({ environment, verdicts }: Pick<Stage, "environment" | "verdicts">) {
  const envelope = createEnvelope({ keys: parseKeyring(environment["KYC_ENCRYPTION_KEYS"] ?? "") });
  const ofRecords = new Map<number, OpenedVerdict[]>();
  const unreadable: string[] = [];
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
      unreadable.push(`record ${entry.kycId}: a verdict cannot be read: ${String(error)}`);
    }
  }

  return {
    /** Verdicts that do not open, or are not what is published: every one is one too many. */
    unreadable: unreadable as readonly string[],

    /** Takes in new verdicts; resolves with how many there are in all. */
    async update(): Promise<number> {
      for (const entry of await verdicts.since(last)) {
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
