/**
 * The operator's view of `kyc_verification`: single records, recent verdicts, and sealing them anew. Verdicts are written
 * by `database.ts` alone.
 */
import pg from "pg";

const SESSION = "BEGIN; SET LOCAL TIME ZONE 'UTC'; SET LOCAL lock_timeout = '5s'";

/** A record as the operator's commands need it; times are ISO 8601 in UTC. */
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

const toRow = ({ id, ...row }: Row): VerificationRow => ({ kycId: Number(id), ...row });

/** Opens the backend's table for an operator. */
export function createRecords({ url }: { url: string }) {
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 5_000, query_timeout: 60_000 });
  // The command in flight rejects by itself.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", () => {});

  async function transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    try {
      await client.query(SESSION);
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  }

  const select = (condition: string, values: readonly unknown[]) =>
    transaction(async (client) => {
      const { rows } = await client.query<Row>(`SELECT ${COLUMNS} FROM kyc_verification WHERE ${condition}`, [
        ...values,
      ]);
      return rows.map(toRow);
    });

  return {
    /** One record; `undefined` where there is none. */
    async read(kycId: number): Promise<VerificationRow | undefined> {
      const [row] = await select("id = $1", [kycId]);
      return row;
    },

    /** Records with a verdict of the last hours, in batches by id. */
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

    /** How many results are sealed with another key than this one. */
    async countSealedOtherwise(keyId: number): Promise<number> {
      const { rows } = await pool.query<{ count: string }>(
        `SELECT count(*) FROM kyc_verification WHERE octet_length("ocrResult") > 1 AND get_byte("ocrResult", 1) <> $1`,
        [keyId],
      );
      return Number(rows[0]?.count ?? 0);
    },

    /** Seals one batch of results anew; resolves with the last id, or `undefined` when none was left. */
    resealBatch: ({ keyId, afterId, limit, reseal }: ResealBatch): Promise<number | undefined> =>
      transaction(async (client) => {
        const { rows } = await client.query<{ id: string; sealed: Buffer }>(
          `SELECT id, "ocrResult" AS sealed FROM kyc_verification
           WHERE id > $1 AND octet_length("ocrResult") > 1 AND get_byte("ocrResult", 1) <> $2
           ORDER BY id LIMIT $3 FOR UPDATE`,
          [afterId, keyId, limit],
        );
        for (const { id, sealed } of rows) {
          await client.query(`UPDATE kyc_verification SET "ocrResult"=$1 WHERE id=$2`, [
            reseal(Number(id), sealed),
            id,
          ]);
        }
        const last = rows.at(-1);
        return last === undefined ? undefined : Number(last.id);
      }),

    /** The table's columns with their types, and the server's time zone. Throws where the table is not there. */
    async describeTable(): Promise<{ columns: ReadonlyMap<string, string>; timeZone: string }> {
      const { rows } = await pool.query<{ name: string; type: string }>(
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
         WHERE attrelid = 'public.kyc_verification'::regclass AND attnum > 0 AND NOT attisdropped`,
      );
      const zone = await pool.query<{ zone: string }>("SELECT current_setting('TimeZone') AS zone");
      return { columns: new Map(rows.map(({ name, type }) => [name, type])), timeZone: zone.rows[0]?.zone ?? "" };
    },

    /** Ends the connection. */
    close: (): Promise<void> => pool.end(),
  };
}

export type Records = ReturnType<typeof createRecords>;

interface ResealBatch {
  readonly keyId: number;
  readonly afterId: number;
  readonly limit: number;
  readonly reseal: (kycId: number, sealed: Buffer) => Buffer;
}
