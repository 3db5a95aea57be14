/** Reads the answers that Redis keeps for a record, with the result's key. */
import * as z from "zod/mini";
import { createEnvelope, parseKeyring } from "../../../lib/record/envelope.ts";
import type { QueueTool } from "../../servers/queue-tool.ts";

const answerSchema = z.object({ calls: z.array(z.object({ purpose: z.string() })) });

/** Opens the hashes of a stage's records. */
export function openKeptWork(tool: QueueTool, environment: Readonly<Record<string, string>>) {
  const envelope = createEnvelope({ keys: parseKeyring(environment["KYC_ENCRYPTION_KEYS"] ?? "") });

  /** Reads the sealed answers of a record, by field name. */
  async function answersOf(kycId: number): Promise<ReadonlyMap<string, Buffer>> {
    const fields = Object.entries(await tool.redis.hgetall(keyOf(kycId)));
    const paid = fields.filter(([name]) => name.startsWith("paid:"));
    return new Map(paid.map(([name, sealed]) => [name, Buffer.from(sealed, "base64")]));
  }

  return {
    answersOf,

    /** The purposes of the kept answers, in alphabetical order. */
    async purposesOf(kycId: number): Promise<string[]> {
      const opened = [...(await answersOf(kycId))].map(([field, sealed]) =>
        answerSchema.parse(JSON.parse(envelope.open(kycId, sealed, `kyc_${field}`))),
      );
      return opened.flatMap(({ calls }) => calls.map(({ purpose }) => purpose)).toSorted();
    },

    /** Writes an answer into Redis, as an attacker without our key can. */
    plant: async (kycId: number, field: string, sealed: Uint8Array): Promise<void> =>
      void (await tool.redis.hset(keyOf(kycId), field, Buffer.from(sealed).toString("base64"))),
  };
}

export type KeptWork = ReturnType<typeof openKeptWork>;

/** The key of a record's hash. */
export const keyOf = (kycId: number) => `bull:kyc:${kycId}`;
