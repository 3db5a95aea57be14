/** A log of all written verdicts in order: a trigger notes each change of a result, by any user. */
import { Pool } from "pg";
import * as z from "zod/mini";

const TRIGGER = `
  CREATE TABLE verdict_log (at bigserial PRIMARY KEY, "kycId" bigint, before text, status text, "ocrResult" bytea,
    "startedAt" timestamptz DEFAULT now(), "writtenAt" timestamptz DEFAULT clock_timestamp());
  CREATE INDEX ON verdict_log ("kycId");
  CREATE FUNCTION log_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO verdict_log ("kycId", before, status, "ocrResult")
      VALUES (NEW.id, OLD.status, NEW.status, NEW."ocrResult");
    RETURN NEW;
  END $$;
  CREATE TRIGGER log_verdict AFTER UPDATE OF "ocrResult" ON kyc_verification FOR EACH ROW EXECUTE FUNCTION log_verdict();
`;

const time = z.pipe(z.date(), z.transform(Number));
const number = z.pipe(z.string(), z.transform(Number));

const entrySchema = z.object({
  at: number,
  kycId: number,
  /** The record's status before the verdict. */
  before: z.string(),
  status: z.string(),
  ocrResult: z.instanceof(Uint8Array),
  /** When the transaction began, and when it wrote the verdict, in milliseconds since 1970. */
  startedAt: time,
  writtenAt: time,
});

/** A written verdict. */
export type WrittenVerdict = z.infer<typeof entrySchema>;

/** Starts the log. */
export async function openVerdictLog(url: string) {
  const pool = new Pool({ connectionString: url, max: 2 });
  pool.on("error", () => {});
  await pool.query(TRIGGER);
  return {
    /** The verdicts of a record, the oldest first. */
    async of(kycId: number): Promise<WrittenVerdict[]> {
      const { rows } = await pool.query('SELECT * FROM verdict_log WHERE "kycId" = $1 ORDER BY at', [kycId]);
      return z.array(entrySchema).parse(rows);
    },
    /** The verdicts of all records from this entry on, except some entries. */
    async since(at: number, except: readonly number[]): Promise<WrittenVerdict[]> {
      const { rows } = await pool.query("SELECT * FROM verdict_log WHERE at >= $1 AND at <> ALL ($2) ORDER BY at", [
        at,
        except,
      ]);
      return z.array(entrySchema).parse(rows);
    },
    /** Counts the verdicts of each record. */
    async counts(): Promise<ReadonlyMap<number, number>> {
      const { rows } = await pool.query(`SELECT "kycId", count(*)::int AS count FROM verdict_log GROUP BY 1`);
      const parsed = z.array(z.object({ kycId: z.string(), count: z.number() })).parse(rows);
      return new Map(parsed.map(({ kycId, count }) => [Number(kycId), count]));
    },
    /** Runs a test's SQL. */
    query: (sql: string, values: readonly unknown[] = []) => pool.query(sql, [...values]),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
