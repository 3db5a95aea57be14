/** The backend's table, and what the backend does with it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Pool } from "pg";
import * as z from "zod/mini";

/** As Serverpod's own driver does: a time without a time zone is in UTC, also when the table's default makes it. */
const SESSION_IN_UTC = "-c timezone=UTC";

const id = z.pipe(z.string(), z.transform(Number));

const recordSchema = z.object({
  id,
  userId: id,
  status: z.string(),
  passportKey: z.nullable(z.string()),
  selfieKey: z.nullable(z.string()),
  stampKey: z.nullable(z.string()),
  ocrResult: z.nullable(z.instanceof(Uint8Array)),
  reviewedAt: z.nullable(z.date()),
  createdAt: z.date(),
});

/** A row of `kyc_verification`, as the backend sees it. */
export type VerificationRecord = z.infer<typeof recordSchema>;

/** What the backend knows when it makes a record; what is left out gets the table's default. */
interface NewRecord {
  readonly kycId?: number;
  readonly userId: number;
  readonly passportKey?: string | undefined;
  readonly selfieKey?: string | undefined;
  readonly stampKey?: string | undefined;
  readonly status?: string;
  readonly createdAt?: Date;
}

/** Creates the backend's table, which the service itself never does, in the database of the URL, if it is not there. */
export async function createVerificationTable(url: string): Promise<void> {
  const pool = connect(url);
  try {
    const sql = await readFile(join(import.meta.dirname, "serverpod-table.sql"), "utf8");
    await pool.query(sql.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"));
  } finally {
    await pool.end();
  }
}

/** The backend's part of the story: what it does with the table before and after this service. */
export type ServerpodBackend = ReturnType<typeof createServerpodBackend>;

export function createServerpodBackend({ url }: { url: string }) {
  const pool = connect(url);
  const update = async (change: string, ...values: unknown[]): Promise<void> => {
    await pool.query(`UPDATE kyc_verification SET ${change}`, values);
  };

  return {
    /** Returns the id of the new record, which is the `kycId`. */
    async insertRecord(record: NewRecord): Promise<number> {
      const { kycId, userId, status, passportKey, selfieKey, stampKey, createdAt } = record;
      const { rows } = await pool.query(
        `INSERT INTO kyc_verification (id, "userId", status, "passportKey", "selfieKey", "stampKey", "createdAt")
         VALUES (coalesce($1, nextval('kyc_verification_id_seq')), $2, coalesce($3, 'pending'), $4, $5, $6,
                 coalesce($7::timestamptz AT TIME ZONE 'UTC', now()))
         RETURNING id`,
        [kycId, userId, status, passportKey, selfieKey, stampKey, createdAt?.toISOString()],
      );
      return z.object({ id }).parse(rows[0]).id;
    },
    /** The person has sent in the pictures: the record waits for this service. */
    setInReview: (kycId: number) => update("status = 'in_review' WHERE id = $1", kycId),
    /** The same, where nothing has happened to the record yet. */
    startReview: (kycId: number) => update("status = 'in_review' WHERE id = $1 AND status = 'pending'", kycId),
    /** A reviewer decided by hand. */
    decide: (kycId: number, status: string) => update(`status = $2, "reviewedAt" = now() WHERE id = $1`, kycId, status),
    async readRecord(kycId: number): Promise<VerificationRecord | undefined> {
      const { rows } = await pool.query(
        `SELECT id, "userId", status, "passportKey", "selfieKey", "stampKey", "ocrResult",
                "reviewedAt" AT TIME ZONE 'UTC' AS "reviewedAt", "createdAt" AT TIME ZONE 'UTC' AS "createdAt"
         FROM kyc_verification WHERE id = $1`,
        [kycId],
      );
      return rows.length === 0 ? undefined : recordSchema.parse(rows[0]);
    },
    close: () => pool.end(),
  };
}

function connect(url: string): Pool {
  const pool = new Pool({ connectionString: url, max: 2, options: SESSION_IN_UTC });
  // An idle connection that the server closes, as when it is killed on purpose, is replaced at the next query.
  pool.on("error", () => {});
  return pool;
}
