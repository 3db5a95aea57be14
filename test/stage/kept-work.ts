/** What a job has kept of its work, opened with the result's key. */
import * as z from "zod/mini";
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { jobDataSchema } from "../../lib/submission.ts";
import type { QueueTool } from "../queue-tool.ts";

/** Looks into the jobs of a stage. */
export function openKeptWork(tool: QueueTool, environment: Readonly<Record<string, string>>) {
  const envelope = createEnvelope({ keys: parseKeyring(environment["KYC_ENCRYPTION_KEYS"] ?? "") });

  const dataOf = async (kycId: number) =>
    jobDataSchema.safeParse((await tool.queue.getJob(`kyc-${kycId}`))?.data).data ?? undefined;

  return {
    /** The data of a record's job; `undefined` where it has none. */
    dataOf,

    /** The names of the steps whose outcome is kept. */
    async stepsOf(kycId: number): Promise<string[]> {
      const kept = (await dataOf(kycId))?.kept;
      if (kept === undefined) return [];
      const opened: unknown = JSON.parse(envelope.open(kycId, Buffer.from(kept, "base64")));
      return Object.keys(z.record(z.string(), z.unknown()).parse(opened));
    },
  };
}

export type KeptWork = ReturnType<typeof openKeptWork>;
