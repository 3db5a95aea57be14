/**
 * The operator's view of `kyc_verification`: single records, recent verdicts, and sealing results with a new key. Only
 * `database.ts` writes verdicts.
 */
import pg from "pg";
import { openPool } from "./pool.ts";
import { codeOf, isNoSuchTime } from "./sqlstate.ts";

const SESSION = "BEGIN; SET LOCAL TIME ZONE 'UTC'; SET LOCAL lock_timeout = '5s'";

/**
 * Thrown when PostgreSQL refuses a query or cannot be reached. `code` is its SQLSTATE, or Node's code of the failed
 * connection. Do not print the cause's message: it can contain values and host names.
 */
export class RecordsUnavailableError extends Error {
  override readonly name = "RecordsUnavailableError";
  readonly code: string | undefined;

  constructor(cause: unknown) {
    super("PostgreSQL refused or could not be reached", { cause });
    this.code = codeOf(cause);
  }
}

/** A column of the table, and the user's rights on it. */
export interface Column {
  readonly type: string;
  readonly canRead: boolean;
  readonly canUpdate: boolean;
}

/** A record for the operator's commands. Times are ISO 8601 in UTC. */
export interface VerificationRow {
  readonly kycId: number;
  readonly status: string;
  readonly createdAt: string | null;
  readonly reviewedAt: string | null;
  readonly sealed: Buffer | null;
}

interface Row extends Omit<VerificationRow, "kycId"> {
  readonly id: string;
}

const ISO = (column: string) => `to_char("${column}", 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "${column}"`;
const COLUMNS = `id, status::text, ${ISO("createdAt")}, ${ISO("reviewedAt")}, "ocrResult" AS sealed`;

/** Selects results of another key than $1. A result that is too short to name a key counts as sealed without one. */
const SEALED_OTHERWISE = `"ocrResult" IS NOT NULL
  AND CASE WHEN octet_length("ocrResult") > 1 THEN get_byte("ocrResult", 1) <> $1 ELSE true END`;

/** Opens the backend's table for an operator. Every verb throws {@link RecordsUnavailableError}. */
export function createRecords({ url }: { url: string }) {
  const timeouts = { connectTimeoutMs: 5_000, queryTimeoutMs: 60_000 };
  const pool = openPool({ url, name: "kyc-operator", connections: 1, ...timeouts });

  async function transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch(asUnavailable);
    try {
      await client.query(SESSION);
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {});
      return asUnavailable(error);
    } finally {
      client.release();
    }
  }

  const select = (condition: string, values: readonly unknown[]) =>
    transaction((client) => selectRows(client, condition, values));

  return {
    /** Reads one record; `undefined` if it does not exist. */
    async read(kycId: number): Promise<VerificationRow | undefined> {
      const [row] = await select("id = $1", [kycId]);
      return row;
    },

    /**
     * Reads from this column since when a record is in review, in milliseconds since 1970. `undefined` if the column is
     * missing, empty or not a time, or if the record does not exist.
     */
    readSince: (kycId: number, column: string): Promise<number | undefined> =>
      transaction((client) => selectSince(client, kycId, column)).catch(undefinedIfNoTime),

    /**
     * Lists records that have been in review for longer than some minutes by this column, the oldest first. `undefined`
     * if the column is not a time of the table.
     */
    listStuck: (stuck: StuckSince): Promise<readonly number[] | undefined> =>
      transaction((client) => selectStuck(client, stuck)).catch(undefinedIfNoTime),

    /** Yields the records with a verdict of the last hours, in batches by id. */
    async *decidedWithin(hours: number, batchSize = 200): AsyncGenerator<readonly VerificationRow[]> {
      let afterId = 0;
      for (;;) {
        const rows = await select(
          `"ocrResult" IS NOT NULL AND "reviewedAt" > NOW() - make_interval(secs => $1) AND id > $2 ORDER BY id LIMIT $3`,
          [hours * 3_600, afterId, batchSize],
        );
        if (rows.length > 0) yield rows;
        if (rows.length < batchSize) return;
        afterId = rows.at(-1)?.kycId ?? afterId;
      }
    },

    /** Counts the results that are sealed with another key than this one, or without a key. */
    countSealedOtherwise: (keyId: number): Promise<number> =>
      transaction((client) => countSealedOtherwise(client, keyId)),

    /** Seals one batch of results again, with the newest key. Skips results that do not open. */
    resealBatch: (batch: ResealBatch): Promise<ResealedBatch> => transaction((client) => resealBatch(client, batch)),

    /** Reads the table's columns and the server's time zone. Throws if the table does not exist. */
    describeTable: (): Promise<{ columns: ReadonlyMap<string, Column>; timeZone: string }> =>
      // Outside our transaction, whose time zone is always UTC.
      describe(pool).catch(asUnavailable),

    /** Ends the connection. */
    close: (): Promise<void> => pool.end(),
  };
}

export type Records = ReturnType<typeof createRecords>;

async function selectRows(client: pg.PoolClient, condition: string, values: readonly unknown[]) {
  const { rows } = await client.query<Row>(`SELECT ${COLUMNS} FROM kyc_verification WHERE ${condition}`, [...values]);
  return rows.map(({ id, ...row }): VerificationRow => ({ kycId: Number(id), ...row }));
}

async function selectSince(client: pg.PoolClient, kycId: number, column: string): Promise<number | undefined> {
  const { rows } = await client.query<{ ms: string | null }>(
    `SELECT extract(epoch FROM ${pg.escapeIdentifier(column)}) * 1000 AS ms FROM kyc_verification WHERE id = $1`,
    [kycId],
  );
  const ms = rows[0]?.ms;
  return ms == null ? undefined : Math.floor(Number(ms));
}

async function selectStuck(client: pg.PoolClient, { column, minutes, limit }: StuckSince): Promise<readonly number[]> {
  const since = pg.escapeIdentifier(column);
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM kyc_verification WHERE status = 'in_review' AND ${since} < NOW() - make_interval(secs => $1)
     ORDER BY ${since} LIMIT $2`,
    [minutes * 60, limit],
  );
  return rows.map(({ id }) => Number(id));
}

function undefinedIfNoTime(error: unknown): undefined {
  if (error instanceof RecordsUnavailableError && isNoSuchTime(error.code)) return undefined;
  throw error;
}

async function countSealedOtherwise(client: pg.PoolClient, keyId: number): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) FROM kyc_verification WHERE ${SEALED_OTHERWISE}`,
    [keyId],
  );
  return Number(rows[0]?.count ?? 0);
}

async function resealBatch(
  client: pg.PoolClient,
  { keyId, afterId, limit, reseal }: ResealBatch,
): Promise<ResealedBatch> {
  const { rows } = await client.query<{ id: string; sealed: Buffer }>(
    `SELECT id, "ocrResult" AS sealed FROM kyc_verification
     WHERE ${SEALED_OTHERWISE} AND id > $2 ORDER BY id LIMIT $3 FOR UPDATE`,
    [keyId, afterId, limit],
  );
  const left: number[] = [];
  for (const { id, sealed } of rows) {
    const resealed = reseal(Number(id), sealed);
    if (resealed === undefined) left.push(Number(id));
    else await client.query(`UPDATE kyc_verification SET "ocrResult"=$1 WHERE id=$2`, [resealed, id]);
  }
  const last = rows.at(-1);
  return { lastId: last && Number(last.id), resealed: rows.length - left.length, left };
}

async function describe(pool: pg.Pool) {
  const { rows } = await pool.query<Column & { name: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type,
       has_column_privilege(attrelid, attnum, 'SELECT') AS "canRead",
       has_column_privilege(attrelid, attnum, 'UPDATE') AS "canUpdate"
     FROM pg_attribute WHERE attrelid = 'kyc_verification'::regclass AND attnum > 0 AND NOT attisdropped`,
  );
  const zone = await pool.query<{ zone: string }>("SELECT current_setting('TimeZone') AS zone");
  return {
    columns: new Map(rows.map(({ name, ...column }) => [name, column])),
    timeZone: zone.rows[0]?.zone ?? "",
  };
}

function asUnavailable(error: unknown): never {
  throw new RecordsUnavailableError(error);
}

interface StuckSince {
  readonly column: string;
  readonly minutes: number;
  readonly limit: number;
}

interface ResealBatch {
  readonly keyId: number;
  readonly afterId: number;
  readonly limit: number;
  /** Returns `undefined` if a result does not open; then the result stays unchanged. Never throws. */
  readonly reseal: (kycId: number, sealed: Buffer) => Buffer | undefined;
}

interface ResealedBatch {
  /** The id to continue from; `undefined` when no result is left. */
  readonly lastId: number | undefined;
  readonly resealed: number;
  /** The records whose results do not open. */
  readonly left: readonly number[];
}
