/**
 * The backend's table `kyc_verification`, which this service reads and updates but never creates or alters.
 *
 * Serverpod's columns are `timestamp without time zone` and are read as UTC. So every statement that uses a time runs
 * in a transaction whose time zone is UTC. (`SET LOCAL` also works behind a pooler, unlike start-up options.)
 */
import pg from "pg";
import { DatabaseUnavailableError, StuckColumnError } from "../errors.ts";
import { openPool } from "./pool.ts";
import { codeOf, isNoSuchTime } from "./sqlstate.ts";

const SUCCESS_UPDATE = `UPDATE kyc_verification SET status='ocr_complete', "ocrResult"=$1, "reviewedAt"=NOW() WHERE id=$2`;
const FAILURE_UPDATE = `UPDATE kyc_verification SET status='ocr_failed', "ocrResult"=$1, "reviewedAt"=NOW() WHERE id=$2`;

/** `"reviewedAt"` as text with full microseconds, independent of the session's time zone and date style. */
const STATE = `status::text, extract(epoch from "reviewedAt")::text AS "reviewedAt",
  CASE WHEN status::text LIKE 'ocr%' THEN "ocrResult" END AS sealed`;

/** The channel on which a backend can listen for verdicts. */
const VERDICT_CHANNEL = "kyc_verdict";

/** The verdicts a job may write. */
export type Verdict = "ocr_complete" | "ocr_failed";

/** The part of a record that a job needs. */
export interface RecordState {
  readonly status: string;
  /** The fence: `"reviewedAt"` in seconds since 1970, to the microsecond; `null` if nobody has decided yet. */
  readonly reviewedAt: string | null;
  /** The sealed result, if the row has a verdict of ours. */
  readonly sealed: Uint8Array | null;
}

/** The outcome of a save: `refused` if `mayWrite` returned false. */
export type SaveOutcome = "saved" | "refused" | "missing";

interface DatabaseOptions {
  readonly url: string;
  /** How many connections at most. */
  readonly connections: number;
  readonly connectTimeoutMs?: number;
  /** How long to wait for an answer, and how long the server waits for the next statement of a transaction. */
  readonly queryTimeoutMs?: number;
  /** How long to wait for a locked row. */
  readonly lockTimeoutMs?: number;
  /** Whether each verdict also sends `NOTIFY kyc_verdict` with the record's id. */
  readonly notify?: boolean;
  /** Called when an idle connection breaks. The pool replaces it automatically. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** Opens a small pool on the backend's database. Every verb throws {@link DatabaseUnavailableError}. */
export function createDatabase({
  connectTimeoutMs = 5_000,
  queryTimeoutMs = 10_000,
  lockTimeoutMs = 5_000,
  notify = false,
  ...options
}: DatabaseOptions) {
  const pool = openPool({ ...options, name: "kyc-service", connectTimeoutMs, queryTimeoutMs });

  // Without the idle timeout, a server that does not notice a lost client would keep the rows locked for hours.
  const begin = `BEGIN; SET LOCAL TIME ZONE 'UTC'; SET LOCAL lock_timeout = ${lockTimeoutMs};
    SET LOCAL idle_in_transaction_session_timeout = ${queryTimeoutMs}`;

  /** The statement that commits a verdict: one round trip, with or without the notification. The id is an integer. */
  const commitOf = (kycId: number) => (notify ? `NOTIFY ${VERDICT_CHANNEL}, '${BigInt(kycId)}'; COMMIT` : "COMMIT");

  return {
    /**
     * Reads the state of a record; `undefined` if it does not exist. Waits while the watchdog decides about the record:
     * otherwise a job that starts meanwhile would find its fence broken when it saves.
     */
    readState: async (kycId: number): Promise<RecordState | undefined> => {
      // One round trip and one transaction. It only locks, so skip the fsync.
      const sql = `SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL synchronous_commit = off; ${lockRow(kycId)}`;
      return rowsOf(await answerOf(pool.query<RecordState>(sql)))[0];
    },

    /**
     * Writes a verdict if `mayWrite` agrees. It calls `mayWrite` while the row is locked, so that no other decision
     * comes between the answer and the update. With `stuckSince`, a record counts as missing if it has not been in
     * review for so long, or if its row is locked. PostgreSQL delivers the notification only if the verdict is
     * committed. Rethrows an error of `mayWrite` unchanged.
     */
    saveVerdict: async ({ kycId, status, sealed, mayWrite, stuckSince }: Save): Promise<SaveOutcome> => {
      const client = await answerOf(pool.connect());
      let isOver = false;
      try {
        const locking = client.query<RecordState>(`${begin}; ${lockRow(kycId, stuckSince)}`);
        const [state] = rowsOf(await answerOf(locking));
        const isWritten = state !== undefined && (await mayWrite(state));
        if (isWritten) {
          const update = status === "ocr_complete" ? SUCCESS_UPDATE : FAILURE_UPDATE;
          const { rowCount } = await answerOf(client.query(update, [sealed, kycId]));
          // A trigger of the table's owner can skip the update without an error.
          if (rowCount !== 1) throw new DatabaseUnavailableError("nothing was updated");
        }
        await answerOf(client.query(isWritten ? commitOf(kycId) : "COMMIT"));
        isOver = true;
        if (isWritten) return "saved";
        return state === undefined ? "missing" : "refused";
      } finally {
        // On failure, end the connection: that rolls back without waiting for a server that may be down.
        client.release(!isOver);
      }
    },

    /**
     * Lists records that have been in review for longer than some minutes, by id above `afterId`.
     *
     * @throws {StuckColumnError} if the column is not a timestamp of the table.
     */
    listInReview: async (since: InReviewSince, afterId: number, limit: number): Promise<number[]> => {
      const sql = `SET LOCAL TIME ZONE 'UTC'; SELECT id FROM kyc_verification
        WHERE ${isInReview(since)} AND id > ${BigInt(afterId)} ORDER BY id LIMIT ${BigInt(limit)}`;
      const answer = await answerOf(pool.query<{ id: string }>(sql)).catch((error: unknown) => {
        throw isNoSuchTime(codeOf(error)) ? new StuckColumnError() : error;
      });
      return rowsOf(answer).map(({ id }) => Number(id));
    },

    /** Resolves when the database answers. */
    ping: async (): Promise<void> => void (await answerOf(pool.query("SELECT 1"))),

    /** Ends all connections. */
    close: (): Promise<void> => pool.end(),
  };
}

export type Database = ReturnType<typeof createDatabase>;

interface Save {
  readonly kycId: number;
  readonly status: Verdict;
  readonly sealed: Buffer;
  readonly mayWrite: (state: RecordState) => Promise<boolean> | boolean;
  readonly stuckSince?: InReviewSince;
}

/** The column that says since when a record is in review, and how many minutes it must have been. */
export interface InReviewSince {
  readonly column: string;
  readonly minutes: number;
}

const isInReview = ({ column, minutes }: InReviewSince) =>
  `status='in_review' AND ${pg.escapeIdentifier(column)} < NOW() - make_interval(secs => ${minutes * 60})`;

/** Builds the query without parameters, because a query with several statements takes none. The id is an integer. */
function lockRow(kycId: number, since?: InReviewSince): string {
  const select = `SELECT ${STATE} FROM kyc_verification WHERE id=${BigInt(kycId)}`;
  return since === undefined ? `${select} FOR UPDATE` : `${select} AND ${isInReview(since)} FOR UPDATE SKIP LOCKED`;
}

/** The rows of the last of several statements. node-postgres' types do not cover several statements. */
const rowsOf = <T extends pg.QueryResultRow>(answer: pg.QueryResult<T> | pg.QueryResult<T>[]): T[] =>
  [answer].flat().at(-1)?.rows ?? [];

/** Turns PostgreSQL's errors into ours. Keeps only the code, because its messages can contain values and host names. */
async function answerOf<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    throw new DatabaseUnavailableError(codeOf(error) ?? "no answer");
  }
}
