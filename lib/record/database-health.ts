/**
 * Checks whether PostgreSQL would take a verdict. Has a connection of its own: the jobs' connections may all be busy.
 */
import { openPool } from "./pool.ts";

interface DatabaseHealthOptions {
  readonly url: string;
  readonly timeoutMs?: number;
  readonly onConnectionLost: (error: Error) => void;
}

/** Reads only the catalogue, so that it does not wait for a lock on the table, for example by a migration. */
const ASK = `SELECT
    pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS "isReadOnly",
    bool_and(has_column_privilege('kyc_verification', name, privilege)) AS "isAllowed"
  FROM (VALUES ('id', 'SELECT'), ('status', 'SELECT'), ('reviewedAt', 'SELECT'),
    ('status', 'UPDATE'), ('ocrResult', 'UPDATE'), ('reviewedAt', 'UPDATE')) AS needed (name, privilege)`;

interface Answer {
  readonly isReadOnly: boolean;
  readonly isAllowed: boolean | null;
}

/** Opens the check's connection. */
export function createDatabaseHealth({ url, timeoutMs = 1_500, onConnectionLost }: DatabaseHealthOptions) {
  const timeouts = { connectTimeoutMs: timeoutMs, queryTimeoutMs: timeoutMs };
  const pool = openPool({ url, name: "kyc-health", connections: 1, ...timeouts, onConnectionLost });
  return {
    /** Rejects unless the server takes writes and the user may write a verdict. */
    async check(): Promise<void> {
      const { rows } = await pool.query<Answer>(ASK);
      if (rows[0]?.isReadOnly !== false) throw new Error("PostgreSQL is read-only");
      if (rows[0].isAllowed !== true) throw new Error("The user may not read and update kyc_verification");
    },

    /** Ends the connection. */
    close: (): Promise<void> => pool.end(),
  };
}
