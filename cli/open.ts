/** Opens the commands' dependencies from the configuration, and closes them when the command ends. */
import type * as z from "zod/mini";
import { readOperatorConfig, type OperatorConfig } from "../lib/config.ts";
import { createEnvelope, EnvelopeError, type Envelope } from "../lib/record/envelope.ts";
import { QueueUnavailableError } from "../lib/errors.ts";
import { openQueue, type VerificationQueue } from "../lib/queue/queue.ts";
import { createRecords, RecordsUnavailableError, type Records } from "../lib/record/records.ts";
import { openedResultSchema } from "../lib/result.ts";
import { counted } from "./command.ts";
import { codeOf, DependencyError } from "./doctor/dependency.ts";

export type Result = z.infer<typeof openedResultSchema>;

/** The dependencies of a command. */
export interface Opened {
  readonly config: OperatorConfig;
  readonly records: Records;
  readonly queue: VerificationQueue;
  readonly envelope: Envelope;
}

/** Runs `work` with the table, the queue and the keys. Throws {@link ConfigError} and {@link DependencyError}. */
export async function withDependencies<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const config = readOperatorConfig();
  await using resources = new AsyncDisposableStack();
  const records = createRecords({ url: config.POSTGRES_URL });
  resources.defer(() => records.close());
  let connectionError: Error | undefined;
  const queue = openQueue(config, (error) => {
    connectionError = error;
  });
  resources.defer(() => queue.close());
  try {
    return await work({ config, records, queue, envelope: createEnvelope({ keys: config.KYC_ENCRYPTION_KEYS }) });
  } catch (error) {
    if (error instanceof RecordsUnavailableError) throw new DependencyError("PostgreSQL", codeOf(error));
    if (error instanceof QueueUnavailableError)
      throw new DependencyError("Redis", codeOf(error.cause) ?? codeOf(connectionError));
    throw error;
  }
}

/** Why a result does not open. */
export interface Unopened {
  readonly why: EnvelopeError["why"] | "other_version";
  readonly message: string;
}

/** Opens a sealed result. */
export function openResult(
  { envelope }: Pick<Opened, "envelope">,
  kycId: number,
  sealed: Buffer,
): { readonly result: Result } | { readonly unopened: Unopened } {
  let text: string;
  try {
    text = envelope.open(kycId, sealed);
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return { unopened: { why: error.why, message: error.message } };
  }
  const parsed = openedResultSchema.safeParse(parseJson(text));
  if (parsed.success) return { result: parsed.data };
  const message = "It opens, but this command does not know its version: use the command of the service's release.";
  return { unopened: { why: "other_version", message } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many results do not open, by reason. */
export type UnopenedCounts = Readonly<Record<Unopened["why"], number>>;

export const NONE_UNOPENED: UnopenedCounts = { unknown_key: 0, damaged: 0, other_version: 0 };

/** Counts one more result that does not open. */
export const addUnopened = (counts: UnopenedCounts, { why }: Unopened): UnopenedCounts => ({
  ...counts,
  [why]: counts[why] + 1,
});

/** Writes a sentence for each reason why results do not open. */
export function describeUnopened({ unknown_key, damaged, other_version }: UnopenedCounts): string[] {
  const say = (count: number, one: string, many: string) =>
    count === 0 ? [] : [`${counted(count, "result")} ${count === 1 ? one : many}`];
  return [
    ...say(
      unknown_key,
      "is sealed with a key that is not configured: add it to KYC_ENCRYPTION_KEYS.",
      "are sealed with keys that are not configured: add them to KYC_ENCRYPTION_KEYS.",
    ),
    ...say(
      damaged,
      "is damaged or was sealed for another record, and opens with no key.",
      "are damaged or were sealed for other records, and open with no key.",
    ),
    ...say(
      other_version,
      "is of a version that this command does not know.",
      "are of a version that this command does not know.",
    ),
  ];
}
