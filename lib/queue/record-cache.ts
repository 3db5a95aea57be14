/**
 * Everything that Redis holds of a record except its job, in one hash `{prefix}:kyc:{kycId}` with an expiry:
 *
 * ```
 * latest            the record's latest submission, as JSON
 * fence:{id}        "reviewedAt" when the submission {id} first ran; empty for NULL; set once
 * paid:{question}   the answer to a question that was paid for, sealed
 * calls:{id}        the calls to providers by earlier runs of the submission {id}, sealed
 * replaceable       the submission whose `ocr_complete` may be replaced, sealed
 * alone:{id}        the numbers of stalls at which the submission {id} began to run alone, without an end since
 * ```
 *
 * If the hash is lost, the worker pays again, and at worst verifies the pictures of an older submission. It overwrites no
 * decision, because the record's status decides that. It uses a sealed value only if it opens for this record and question.
 */
import { parseLatest, type QueuedSubmission } from "../submission.ts";
import { withinPatience } from "./patience.ts";
import { unlessWrongType, type RedisConnection } from "./redis.ts";

/**
 * Longer than the longest `KYC_STUCK_TIMEOUT_MIN`: while a job waits, `latest` may be the only copy of a submission
 * that was answered 202.
 */
const WAITS_AT_MOST_S = 8 * 24 * 3_600;
/** After the verdict: longer than a backend takes to repeat a call, or to submit a failed record again. */
const DECIDED_EXPIRES_AFTER_S = 6 * 3_600;

/** Replaces the latest submission, unless it has changed since it was read. Safe to repeat. */
const REPLACE_LATEST = `
  local latest = redis.call("HGET", KEYS[1], "latest") or ""
  if latest ~= ARGV[1] and latest ~= ARGV[2] then return 0 end
  redis.call("HSET", KEYS[1], "latest", ARGV[2])
  redis.call("EXPIRE", KEYS[1], ARGV[3])
  return 1`;

/** The content of a record's hash when it was read. */
export interface CachedRecord {
  readonly latest: QueuedSubmission | undefined;
  /** The values, by field name. */
  readonly fields: Readonly<Record<string, string>>;
}

/** How long to wait for Redis before a QueueUnavailableError. */
const PATIENCE_MS = 5_000;

/**
 * Opens the records' hashes. The first two verbs try once; the others try twice, then throw a QueueUnavailableError.
 */
export function createRecordCache({ redis, prefix }: { redis: RedisConnection; prefix: string }) {
  const keyOf = (kycId: number) => `${prefix}:kyc:${kycId}`;
  const patiently = <T>(ask: () => Promise<T>) => withinPatience(PATIENCE_MS, ask);

  return {
    /** Makes a submission the record's latest. Sends its commands before it returns. */
    setLatest: async (submission: QueuedSubmission): Promise<void> => {
      const key = keyOf(submission.kycId);
      await Promise.all([redis.hset(key, "latest", JSON.stringify(submission)), redis.expire(key, WAITS_AT_MOST_S)]);
    },

    /** Does the same, unless the record was submitted again after `seen` was read. Resolves with whether it did. */
    replaceLatest: async (submission: QueuedSubmission, seen: CachedRecord): Promise<boolean> => {
      const args = [seen.fields["latest"] ?? "", JSON.stringify(submission), WAITS_AT_MOST_S];
      return (await redis.eval(REPLACE_LATEST, 1, keyOf(submission.kycId), ...args)) === 1;
    },

    /** Reads the whole hash of a record. */
    read: (kycId: number): Promise<CachedRecord> =>
      patiently(async () => {
        const fields = await redis.hgetall(keyOf(kycId));
        return { latest: parseLatest(kycId, fields["latest"]), fields };
      }),

    /** Reads the record's latest submission; `undefined` if the hash does not have it. */
    readLatest: (kycId: number): Promise<QueuedSubmission | undefined> =>
      patiently(async () => parseLatest(kycId, await unlessWrongType(redis.hget(keyOf(kycId), "latest")))),

    /**
     * Sets the fence of a submission, unless it has one. Resolves with the first fence, which is the one that counts.
     */
    setFence: (
      { kycId, id }: QueuedSubmission,
      reviewedAt: string | null,
      { latest, fields }: CachedRecord,
    ): Promise<string | null> =>
      patiently(async () => {
        const [key, field] = [keyOf(kycId), `fence:${id}`];
        const known = fields[field];
        if (known !== undefined) return readFence(known);
        const [isFirst] = await Promise.all([
          redis.hsetnx(key, field, reviewedAt ?? ""),
          // Without a latest submission, the hash is new and has no expiry yet.
          latest === undefined ? redis.expire(key, WAITS_AT_MOST_S) : undefined,
        ]);
        return isFirst === 1 ? reviewedAt : readFence(await redis.hget(key, field));
      }),

    /** Writes one field of the record's hash. */
    keep: (kycId: number, field: string, value: string): Promise<void> =>
      patiently(async () => void (await redis.hset(keyOf(kycId), field, value))),

    /** Shortens the expiry of the hash after the record's verdict. */
    settle: (kycId: number): Promise<void> =>
      patiently(async () => void (await redis.expire(keyOf(kycId), DECIDED_EXPIRES_AFTER_S))),

    /**
     * Notes that a submission begins to run alone. Resolves with how often it did so before and did not end. The number
     * of stalls identifies a run, so that a command that is sent twice counts once.
     */
    countAlone: ({ kycId, id }: QueuedSubmission, stalls: number): Promise<number> =>
      patiently(async () => {
        const [key, field] = [keyOf(kycId), `alone:${id}`];
        const noted = (await redis.hget(key, field))?.split(",") ?? [];
        const earlier = noted.filter((run) => run !== String(stalls));
        await redis.hset(key, field, [...earlier, stalls].join(","));
        return earlier.length;
      }),

    /** Deletes that count when a run ends, in any way but a crash. */
    forgetAlone: ({ kycId, id }: QueuedSubmission): Promise<void> =>
      patiently(async () => void (await redis.hdel(keyOf(kycId), `alone:${id}`))),
  };
}

export type RecordCache = ReturnType<typeof createRecordCache>;

const readFence = (text: string | null) => (text === "" ? null : text);
