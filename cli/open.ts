/** The neighbours that commands ask, opened from the configuration and closed when the command is done. */
import type * as z from "zod/mini";
import { readOperatorConfig, type OperatorConfig } from "../lib/config.ts";
import { createEnvelope, type Envelope } from "../lib/envelope.ts";
import { createQueue, type VerificationQueue } from "../lib/queue.ts";
import { createRecords, type Records } from "../lib/records.ts";
import { connectForCaller } from "../lib/redis.ts";
import { resultSchema } from "../lib/result.ts";

export type Result = z.infer<typeof resultSchema>;

interface Opened {
  readonly config: OperatorConfig;
  readonly records: Records;
  readonly queue: VerificationQueue;
  readonly envelope: Envelope;
}

/** Runs `work` with the table, the queue and the keys. Throws {@link ConfigError}. */
export async function withNeighbours<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const config = readOperatorConfig();
  await using resources = new AsyncDisposableStack();
  const records = createRecords({ url: config.POSTGRES_URL });
  resources.defer(() => records.close());
  const queue = createQueue({
    redis: connectForCaller(config.REDIS_URL, { cluster: config.REDIS_CLUSTER === "on", onError: () => {} }),
    prefix: config.KYC_QUEUE_PREFIX,
    attempts: 1,
    backoffMs: 1,
  });
  resources.defer(() => queue.close());
  return await work({ config, records, queue, envelope: createEnvelope({ keys: config.KYC_ENCRYPTION_KEYS }) });
}

/** What `open` returns; `undefined` where a result does not open. */
export function tryOpen(open: () => Result): Result | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

/** Opens a sealed result. Throws {@link EnvelopeError}, or where it is not a result of this version. */
export function openResult(envelope: Envelope, kycId: number, sealed: Buffer): Result {
  return resultSchema.parse(JSON.parse(envelope.open(kycId, sealed)));
}
